"""Rules for functions of whole arrays, by family."""

from . import factorisations, norms, parts, products, reductions, solves, spectra
from .table import ArrayRule, array_rules, rule_for

__all__ = [
    "ArrayRule",
    "array_rules",
    "factorisations",
    "norms",
    "parts",
    "products",
    "reductions",
    "rule_for",
    "solves",
    "spectra",
]
