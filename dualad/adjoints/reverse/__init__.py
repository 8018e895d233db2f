"""The reverse sweep: the adjoint of each statement, tapes, and what is restored before a block is swept."""
