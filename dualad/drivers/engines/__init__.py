"""The engines that differentiate one call of a function.

`forward` runs it over dual numbers, `tape` records and sweeps it, `adjoint` calls its compiled adjoint;
`choice` selects one of the latter two in reverse mode. Between the sweeps of a long derivative,
`signals` has Python's handlers called.
"""
