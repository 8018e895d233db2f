"""Pages that are made from what they describe.

`constructs` tries which constructs of Python have a compiled adjoint, `numpy_functions` says what becomes of
each function of NumPy, `ops` tells all of one op.
"""
