"""Numba types of active values and their data models."""
