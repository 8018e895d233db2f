"""SciPy's solvers with exact derivatives against the same solvers with differences, on published problems."""
