"""A loop of transcendental functions: what libm costs hides what derivatives cost."""

from __future__ import annotations

from math import cos, exp, log, sin

import numpy as np
from numba import njit


@njit
def softplus_sine(x):
    """Sum of log(1 + exp(x[i] x[i+1])) sin(x[i])."""
    s = 0.0
    for i in range(x.size - 1):
        s += log(1.0 + exp(x[i] * x[i + 1])) * sin(x[i])
    return s


@njit
def by_hand(x):
    """Value and gradient of :func:`softplus_sine`."""
    s = 0.0
    g = np.zeros_like(x)
    for i in range(x.size - 1):
        e = exp(x[i] * x[i + 1])
        softplus = log(1.0 + e)
        sine = sin(x[i])
        s += softplus * sine
        weight = sine * e / (1.0 + e)
        g[i] += weight * x[i + 1] + softplus * cos(x[i])
        g[i + 1] += weight * x[i]
    return s, g


def inputs(n):
    """An argument of length n."""
    return np.random.default_rng(n).normal(size=n)
