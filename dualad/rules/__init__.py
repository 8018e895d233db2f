"""The mathematics of every op, without machinery: no Numba in this package.

`table` holds the ops, `algebra` the language that partials are written in, `readings` evaluates them on
numbers, `kernels` has the scalar functions that partials need. The other modules are the ops themselves.
"""

from . import (
    arithmetic,
    bessel,
    elementary,
    extrema,
    hyperbolic,
    information,
    kinks,
    logic,
    rounding,
    special,
    trigonometric,
)
from .listing import ops
from .table import Op, for_call, lookup, table

__all__ = [
    "Op", "arithmetic", "bessel", "elementary", "extrema", "for_call", "hyperbolic", "information", "kinks",
    "logic",
    "lookup", "ops", "rounding", "special", "table", "trigonometric",
]  # fmt: skip
