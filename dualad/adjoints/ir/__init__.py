"""The intermediate representation: nodes, builder, verifier, printer, and the types that Numba will infer."""
