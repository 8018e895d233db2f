"""Analyses of a program: shared memory, activity, bounds, induction variables, singular partials."""
