"""particle: the control of a charged particle's path, by derivatives within derivatives.

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
def potential(x, w):
    """Electric potential at x of charges at (10, 10 - w) and (10, 0)."""
    return 1.0 / np.hypot(x[0] - 10.0, x[1] - (10.0 - w)) + 1.0 / np.hypot(x[0] - 10.0, x[1])


def miss(mode):
    """By how much the particle misses the origin: a function of the control, an array of one."""
    field = da.grad(potential, mode=mode)

    @njit
    def squared_miss(control):
        w = control[0]
        x, velocity = np.array([0.0, 8.0]), np.array([0.75, 0.0])
        dt = 0.1
        while True:
            acceleration = -field(x, w)
            x = x + dt * velocity
            if x[1] <= 0.0:
                x = x - x[1] / velocity[1] * velocity
                return x[0] ** 2
            velocity = velocity + dt * acceleration

    return squared_miss


def control(outer, inner):
    """The function that finds the best control."""
    cost = miss(MODES[inner])
    gradient = da.grad(cost, mode=MODES[outer])

    @njit
    def best(start):
        return argmin(cost, gradient, start)

    return best


def read(data):
    return (np.array([data["w"]], dtype=float),)


def only(result):
    return result[0].item()


FUNCTIONS = {outer + inner: Function(control(outer, inner), read, only) for outer in MODES for inner in MODES}
