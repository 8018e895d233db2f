"""Gradient descent, as particle and saddle prescribe it; it is itself differentiated."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit
def norm(v):
    total = 0.0
    for i in range(v.size):
        total += v[i] ** 2
    return np.sqrt(total)


@njit
def argmin(cost, gradient, start, *others):
    """Where ``cost(x, *others)`` is least, from `start`; the step grows and shrinks with success."""
    x = start.copy()
    value = cost(x, *others)
    slope = gradient(x, *others)
    eta, successes = 1e-5, 0
    while norm(slope) > 1e-5:
        if successes == 10:
            eta *= 2.0
            successes = 0
            continue
        trial = x - eta * slope
        if norm(x - trial) <= 1e-5:
            break
        found = cost(trial, *others)
        if found < value:
            x, value = trial, found
            slope = gradient(x, *others)
            successes += 1
        else:
            eta /= 2.0
            successes = 0
    return x
