"""Adjoints by source transformation: from a function's source to its adjoint as Python that Numba compiles.

`frontend` (with `library`, what it knows of NumPy) reads the source into a program of `ir`; `passes` simplify
it, told by `analysis`; `plan` decides how each loop is reversed and where each value comes from; `reverse`
makes the adjoint, a program too, which other `passes` simplify; `emit` writes it as Python. `engine` leads
through it.
"""
