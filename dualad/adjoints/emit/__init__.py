"""The adjoint as Python: expressions, statements, and both sweeps as one function."""
