"""Rules turned into machine instructions.

A `value` of the rule language stands for an LLVM value of a Numba type. On a `stage`, operations on passive
values append instructions (`passive`, with `scipy_symbols` for SciPy's functions), operations on active ones
apply the chain rule of their level: `forward`, `reverse`, and `kinks` where pieces meet. `casts` converts
into active types, `trees` takes arguments and results apart into scalars and arrays.
"""
