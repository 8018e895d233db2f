"""Semantics-preserving transformations of a program, and their order."""
