"""What is known of the functions, methods and attributes that users' code may call: one row for each.

`functions` and `methods` hold the rows, `table` their type and :func:`resolve`, which everything else asks.
What is an op or has an array rule is found in :mod:`dualad.rules`. No Numba in this package.
"""

from . import functions, methods
from .methods import is_of_containers, method
from .table import Category, Row, Sharing, is_of_generators, is_random, resolve, rows, stated

__all__ = [
    "Category",
    "Row",
    "Sharing",
    "functions",
    "is_of_containers",
    "is_of_generators",
    "is_random",
    "method",
    "methods",
    "resolve",
    "rows",
    "stated",
]
