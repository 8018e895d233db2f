"""Numba types of active values (`active`), their data models (`models`), and maps between types (`maps`)."""
