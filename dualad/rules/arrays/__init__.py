"""Rules for functions of whole arrays, by family."""

from . import products, reductions
from .table import ArrayRule, array_rules, rule_for, rule_for_method

__all__ = ["ArrayRule", "array_rules", "products", "reductions", "rule_for", "rule_for_method"]
