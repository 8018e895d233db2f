"""The op table as Numba sees it: typing templates, and the code of an operation.

`operations` are the ops on active scalars, `elementwise` the operators and ufuncs on active arrays, `where`
is NumPy's. `formulas` makes every op a function of compiled code, `wrappers` makes one of code that we emit,
and `zeros` tells what may be left out of a product.
"""
