"""The program as data: nodes, their builder, a verifier, a printer, and what types Numba will find."""
