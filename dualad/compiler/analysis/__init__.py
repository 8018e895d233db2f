"""Analyses of a user's code before it is compiled with active arguments.

`flow` follows values through the untyped IR of one function: what may become active, what shares memory,
what is written to. `summaries` says the same of helpers, found together for all that call each other.
`callees` knows what callables do to their arguments that are no functions of the catalogue, `implementations`
which functions Numba implements in Python.
"""
