"""saddle: a saddle point by a descent within a descent, with derivatives within derivatives.

The names of the functions say the mode of the outer derivative, then of the inner.
"""

from __future__ import annotations

import numpy as np
from numba import njit

import dualad as da

from .descent import argmin
from .function import Function

MODES = {"f": "forward", "r": "reverse"}


@njit
def loss(y, x):
    """What the inner descent minimises: minus the function whose saddle point is sought."""
    return (y[0] ** 2 + y[1] ** 2) - (x[0] ** 2 + x[1] ** 2)


def saddle_point(outer, inner):
    """The function that finds min over x of max over y, as the array (x₀, x₁, y₀, y₁)."""
    slope = da.grad(loss, mode=MODES[inner])

    @njit
    def highest(x, start):
        return -loss(argmin(loss, slope, start, x), x)

    outer_slope = da.grad(highest, mode=MODES[outer])

    @njit
    def solve(start):
        x = argmin(highest, outer_slope, start, start)
        return np.concatenate((x, argmin(loss, slope, start, x)))

    return solve


def read(data):
    return (np.array(data["start"], dtype=float),)


FUNCTIONS = {outer + inner: Function(saddle_point(outer, inner), read) for outer in MODES for inner in MODES}
