"""From a function's source to its program: sources, scopes and liveness, statements, expressions, calls."""
