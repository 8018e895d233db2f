"""Rules for functions of whole arrays, by family."""

from . import extrema, factorisations, norms, parts, products, reductions, softmax, solves, spectra
from .table import ArrayRule, rule_for

__all__ = [
    "ArrayRule",
    "extrema",
    "factorisations",
    "norms",
    "parts",
    "products",
    "reductions",
    "rule_for",
    "softmax",
    "solves",
    "spectra",
]
