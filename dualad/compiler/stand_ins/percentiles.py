"""Percentiles and quantiles as they are differentiated.

Numba selects elements by exchanging them; of equal ones, those are differentiated here that ``np.argsort``
puts there, as for the median. The values are Numba's to the bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types

from ...registry import entering
from .table import STAND_INS

# mypy: disable-error-code="no-untyped-def"

# By function, what its numbers are multiplied by to be percentages, and whether NaNs are left out.
CASES: dict[Any, tuple[float, bool]] = {}


@njit
def _has_a_least(ordered):
    """Whether Numba takes the first of elements some of which are infinite for their percentile 0."""
    above = below = 0
    for v in ordered.flat:
        if v == np.inf:
            above += 1
        elif v == -np.inf:
            below += 1
    count = ordered.size - above - below
    alone = above == 1 and ordered.size == 2
    return not (count == 0 or alone or below > 1 or (count == 1 and above > 1 and below != 1))


@njit
def _percentile(ordered, q):
    """One of ordered elements; a mean of two of them."""
    n = ordered.size
    finite = np.isfinite(ordered[0]) and np.isfinite(ordered[n - 1])
    value = np.nan
    if n == 1:
        if finite:
            value = ordered[0]
    elif q == 100:
        if np.isfinite(ordered[n - 1]):
            value = np.max(ordered)
    elif q == 0:
        if finite or _has_a_least(ordered):
            value = np.min(ordered)
    else:
        rank = 1 + (n - 1) * np.true_divide(q, 100.0)
        f = math.floor(rank)
        value = ordered[f - 1] * (1 - (rank - f)) + ordered[f] * (rank - f)
    return value


def percentiles(a, q, factor, skips):
    """Order statistics of all elements, with the NaNs left out or not, at a vector of percentages."""
    for i in range(q.size):
        if not 0.0 <= q[i] * factor <= 100.0:
            if factor == 1.0:
                raise ValueError("Percentiles must be in the range [0, 100]")
            else:
                raise ValueError("Quantiles must be in the range [0, 1]")
    flat = a.ravel()
    order = np.argsort(flat)  # NaNs are the last
    n = flat.size
    while n > 0 and np.isnan(flat[order[n - 1]]):
        n -= 1
    ordered = np.empty(n)
    for i in range(n):
        ordered[i] = flat[order[i]]
    if flat.size == 0 and not skips:
        for i in range(q.size):
            if q[i] * factor == 100:
                raise ValueError("zero-size array to reduction operation maximum which has no identity")
            elif q[i] == 0:
                raise ValueError("zero-size array to reduction operation minimum which has no identity")
            else:
                raise AssertionError("a percentile of no elements")
    out = np.empty(q.size)
    if n == 0 or (n < flat.size and not skips):
        out[:] = np.nan
    else:
        for i in range(q.size):
            out[i] = _percentile(ordered, q[i] * factor)
    return out


_percentiles = njit(percentiles)


def _enter(function: Any, factor: float, skips: bool) -> None:
    CASES[function] = factor, skips

    @entering(STAND_INS, function)
    def choose(a: Any, q: Any) -> Any:
        if isinstance(q, types.Array | types.Sequence | types.BaseTuple) and getattr(q, "ndim", 1) > 0:

            def at_all(a, q):
                return _percentiles(np.asarray(a), np.asarray(q).ravel(), factor, skips)

            return at_all

        def at_one(a, q):
            return _percentiles(np.asarray(a), np.asarray(q).ravel(), factor, skips)[0]

        return at_one


_enter(np.percentile, 1.0, skips=False)
_enter(np.nanpercentile, 1.0, skips=True)
_enter(np.quantile, 100.0, skips=False)
_enter(np.nanquantile, 100.0, skips=True)
