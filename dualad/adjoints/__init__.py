"""Adjoints by source transformation: from a function's source to its adjoint as Python that Numba compiles.

`frontend` (with `library`, its knowledge of NumPy) reads the source into a program of `ir`. `passes` simplify
it, with the results of `analysis`. `plan` decides how each loop is reversed and where each value comes from.
`reverse` builds the adjoint, a program too, which other `passes` simplify. `emit` prints it as Python.
`engine` runs these steps.
"""
