"""The adjoint as a program: the forward sweep with what it keeps, and the adjoint of each statement."""
