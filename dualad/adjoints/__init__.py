"""Adjoints by source transformation: from a function's source to its adjoint as Python that Numba compiles.

`frontend` (with `library`, what it knows of NumPy) reads the source into a program of `ir`; `passes`
simplify it, told by `analysis`; `plan` decides how each loop is reversed and where each value comes from;
`reverse` turns the statements around; `emit` writes Python. `engine` leads through it.
"""
