"""Mathematics of every op, without machinery: no Numba in this folder.

`table` holds the ops, `algebra` the language their partials are written in, `readings` ways to read them as
numbers, `kernels` the scalar functions that partials need; the other modules are the ops themselves.
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
