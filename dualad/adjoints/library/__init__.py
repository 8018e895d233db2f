"""How the reader handles functions of Python and NumPy."""

from . import creation, draws, iterating, reductions, several, structure, tabulation
from .attributes import attribute, method
from .dispatch import call, knows
from .handlers import BoundMethod
from .iterating import item_of, items_of

__all__ = [
    "BoundMethod",
    "attribute",
    "call",
    "creation",
    "draws",
    "item_of",
    "items_of",
    "iterating",
    "knows",
    "method",
    "reductions",
    "several",
    "structure",
    "tabulation",
]
