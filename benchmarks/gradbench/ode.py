"""ode: an initial value problem by the classical method of Runge and Kutta."""

from __future__ import annotations

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def slope(x, y, out):
    """Right-hand side: y₀' = x₀ and yᵢ' = xᵢ yᵢ₋₁."""
    out[0] = x[0]
    for i in range(1, x.size):
        out[i] = x[i] * y[i - 1]


@njit
def solve(x, steps):
    """y(2) from y(0) = 0, shape of x."""
    n = x.size
    h = 2.0 / steps
    y = np.zeros(n)
    between = np.empty(n)
    k1, k2, k3, k4 = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for _ in range(steps):
        slope(x, y, k1)
        for i in range(n):
            between[i] = y[i] + h / 2.0 * k1[i]
        slope(x, between, k2)
        for i in range(n):
            between[i] = y[i] + h / 2.0 * k2[i]
        slope(x, between, k3)
        for i in range(n):
            between[i] = y[i] + h * k3[i]
        slope(x, between, k4)
        for i in range(n):
            y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    return y


@njit
def last(x, steps):
    """The last entry of the solution."""
    return solve(x, steps)[-1]


gradient = da.grad(last)


def read(data):
    return np.array(data["x"], dtype=float), int(data["s"])


FUNCTIONS = {
    "primal": Function(solve, read),
    "gradient": Function(gradient, read),
}
