"""llsq: linear least squares for the coefficients of a polynomial."""

from __future__ import annotations

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def llsq(x, n):
    """Half the sum of squares by which the polynomial x misses the sign of t, at n points t in [-1, 1]."""
    total = 0.0
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1)
        residual = np.sign(t)
        power = 1.0
        for j in range(x.size):
            residual -= x[j] * power
            power *= t
        total += residual**2
    return total / 2.0


gradient = da.grad(llsq)


def read(data):
    return np.array(data["x"], dtype=float), int(data["n"])


FUNCTIONS = {
    "primal": Function(llsq, read),
    "gradient": Function(gradient, read),
}
