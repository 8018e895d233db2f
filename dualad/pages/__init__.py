"""Generators of documentation pages.

`constructs` tries which constructs of Python have a compiled adjoint, `numpy_functions` lists the functions
of NumPy, `ops` describes one op.
"""
