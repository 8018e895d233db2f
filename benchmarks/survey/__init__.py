"""Derivatives of functions of other people's packages, unmodified: ``make survey``."""
