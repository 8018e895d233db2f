"""lse: the logarithm of a sum of exponentials."""

from __future__ import annotations

from math import exp, log

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def lse(x):
    """log(sum(exp(x))), without overflow."""
    top = x.max()
    total = 0.0
    for i in range(x.size):
        total += exp(x[i] - top)
    return top + log(total)


gradient = da.grad(lse)


def read(data):
    return (np.array(data["x"], dtype=float),)


FUNCTIONS = {
    "primal": Function(lse, read),
    "gradient": Function(gradient, read),
}
