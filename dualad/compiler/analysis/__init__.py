"""Analyses of a user's code before it is compiled with active arguments.

`flow` follows values through the untyped IR of one function: what may become active, what shares memory,
what is written to. `summaries` says the same of helpers, found together for all that call each other.
`callees` knows what functions of Python, NumPy and Numba do to their arguments, `implementations` which of
NumPy's are Python code that can be compiled again, and which are passive or refused.
"""
