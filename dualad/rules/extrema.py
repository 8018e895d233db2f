"""Selection: maxima and minima, clipping, where.

Ties share: 1/2 and 1/2. A NaN result has NaN partials. The operators of Python, NumPy's maximum and C's
fmax differ in what they make of a NaN, so each has its own test of which argument the result is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import arguments
from .algebra import function, where
from .table import inf, nan, op

ahead = function("ahead")
NOTE = "ties: 1/2 and 1/2; NaN partials where the result is NaN"


def _chosen(first: Callable[[Any, Any], Any], toward: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Partials of an op whose result is x where `first(x, y)` holds, else y.

    It is the one that is ahead, if `toward` is 1; the one that is behind, if it is -1.
    """

    def slope(x: Any, y: Any, r: Any, here: float, there: float) -> Any:
        shared = 0.5 + (0.5 * (here - there) * toward) * ahead(x, y)
        return where(r != r, nan, where(x == y, shared, where(first(x, y), here, there)))

    return lambda x, y, r: slope(x, y, r, 1.0, 0.0), lambda x, y, r: slope(x, y, r, 0.0, 1.0)


_TIES = (
    ((1.0, 1.0), (0.5, 0.5)),
    ((0.0, -0.0), (0.5, 0.5)),
    ((inf, inf), (0.5, 0.5)),
    ((nan, nan), (nan, nan)),
)
_MORE = (*_TIES, ((2.0, 1.0), (1.0, 0.0)), ((-inf, inf), (0.0, 1.0)))
_LESS = (*_TIES, ((2.0, 1.0), (0.0, 1.0)), ((-inf, inf), (1.0, 0.0)))


def _inside(x: Any, low: Any, high: Any) -> Any:
    """1 where x is inside or on a bound, but 0 where it leaves by that bound."""
    up, down = ahead(x, low), ahead(high, x)
    return where((x >= low) & (x <= high), 1.0 + 0.5 * (up - abs(up)) + 0.5 * (down - abs(down)), 0.0)


def _clip_by_x(x: Any, low: Any, high: Any, r: Any) -> Any:
    return where(r != r, nan, _inside(x, low, high))


def _clip_by_low(x: Any, low: Any, high: Any, r: Any) -> Any:
    left = where(x == low, 1.0 - _inside(x, low, high), where(x < low, 1.0, 0.0))
    return where(r != r, nan, where(low <= high, left, 0.0))


def _clip_by_high(x: Any, low: Any, high: Any, r: Any) -> Any:
    left = where((x == high) & (low < high), 1.0 - _inside(x, low, high), where(x > high, 1.0, 0.0))
    return where(r != r, nan, where(low > high, 1.0, left))


def _order(mp: Any, x: Any, y: Any) -> Any:
    return mp.sign(x - y)


# fmt: off
op("max", max, _chosen(lambda x, y: ~(y > x), 1.0), fold=True, kinked=True, steady=True,
   least=arguments.of_larger, cheap=True,
   reference=lambda x, y: y if y > x else x, oracle=lambda mp, x, y: max(x, y),
   edges=(*_MORE, ((nan, 1.0), (nan, nan)), ((1.0, nan), (1.0, 0.0))),
   piece=_order, note=NOTE + "; a NaN that comes later is never greater, as in Python")
op("min", min, _chosen(lambda x, y: ~(y < x), -1.0), fold=True, kinked=True, steady=True,
   least=arguments.of_smaller, cheap=True,
   reference=lambda x, y: y if y < x else x, oracle=lambda mp, x, y: min(x, y),
   edges=(*_LESS, ((nan, 1.0), (nan, nan)), ((1.0, nan), (1.0, 0.0))),
   piece=_order, note=NOTE + "; a NaN that comes later is never less, as in Python")
op("maximum", np.maximum, _chosen(lambda x, y: x >= y, 1.0), kinked=True, steady=True,
   least=arguments.of_larger, cheap=True,
   reference=np.maximum, oracle=lambda mp, x, y: max(x, y),
   edges=(*_MORE, ((nan, 1.0), (nan, nan)), ((1.0, nan), (nan, nan))), piece=_order,
   note=NOTE + "; NaN wins")
op("minimum", np.minimum, _chosen(lambda x, y: x <= y, -1.0), kinked=True, steady=True,
   least=arguments.of_smaller, cheap=True,
   reference=np.minimum, oracle=lambda mp, x, y: min(x, y),
   edges=(*_LESS, ((nan, 1.0), (nan, nan)), ((1.0, nan), (nan, nan))), piece=_order,
   note=NOTE + "; NaN wins")
op("fmax", np.fmax, _chosen(lambda x, y: (x >= y) | (y != y), 1.0), kinked=True, steady=True,
   least=arguments.of_larger,
   reference=np.fmax, oracle=lambda mp, x, y: max(x, y),
   edges=(*_MORE, ((nan, 1.0), (0.0, 1.0)), ((1.0, nan), (1.0, 0.0))), piece=_order,
   note=NOTE + "; NaN loses")
op("fmin", np.fmin, _chosen(lambda x, y: (x <= y) | (y != y), -1.0), kinked=True, steady=True,
   least=arguments.of_smaller,
   reference=np.fmin, oracle=lambda mp, x, y: min(x, y),
   edges=(*_LESS, ((nan, 1.0), (0.0, 1.0)), ((1.0, nan), (1.0, 0.0))), piece=_order,
   note=NOTE + "; NaN loses")

op("clip", (), (_clip_by_x, _clip_by_low, _clip_by_high), kinked=True, steady=True,
   reference=lambda x, low, high: np.minimum(np.maximum(x, low), high),
   oracle=lambda mp, x, low, high: min(max(x, low), high),
   edges=(((0.0, 0.0, 1.0), (1.0, 0.0, 0.0)), ((1.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
          ((0.5, 0.0, 1.0), (1.0, 0.0, 0.0)),
          ((-1.0, 0.0, 1.0), (0.0, 1.0, 0.0)), ((2.0, 0.0, 1.0), (0.0, 0.0, 1.0)),
          ((nan, 0.0, 1.0), (nan, nan, nan))),
   piece=lambda mp, x, low, high: (mp.sign(x - low), mp.sign(x - high)),
   note="0 outside, 1 inside and on the bounds; elements of np.clip, which Numba has for arrays only")
op("where", (), (0, lambda c, x, y, r: where(c, 1.0, 0.0), lambda c, x, y, r: where(c, 0.0, 1.0)),
   steady=True, cheap=True,
   reference=lambda c, x, y: np.float64(x if c else y), oracle=lambda mp, c, x, y: x if c else y,
   edges=(((1.0, 2.0, nan), (0.0, 1.0, 0.0)), ((0.0, nan, 2.0), (0.0, 0.0, 1.0))),
   note="the argument that is not chosen has partial 0, whatever its value")
