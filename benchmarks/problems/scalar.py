"""Small functions of one number, for derivatives taken inside compiled code and from Python."""

from __future__ import annotations

from math import cos, exp, sin

import numpy as np
from numba import njit


@njit
def wave(x):
    """A damped sine plus a resonance."""
    return sin(x) * exp(-x * x) + x / (1.0 + x * x)


@njit
def wave_by_hand(x):
    """Derivative of :func:`wave`."""
    e = exp(-x * x)
    q = 1.0 + x * x
    return (cos(x) - 2.0 * x * sin(x)) * e + (1.0 - x * x) / (q * q)


@njit
def rational(x):
    """A polynomial plus a fraction: nothing but arithmetic."""
    return x * x * x * x - 3.0 * x**3 + x / (1.0 + x * x)


@njit
def rational_by_hand(x):
    """Derivative of :func:`rational`."""
    q = 1.0 + x * x
    return 4.0 * x * x * x - 9.0 * x * x + (1.0 - x * x) / (q * q)


def summed(function):
    """A compiled function that sums `function`, itself compiled, over an array."""

    @njit
    def total(x):
        s = 0.0
        for i in range(x.size):
            s += function(x[i])
        return s

    return total


def inputs(n):
    """Points to sum over."""
    return np.random.default_rng(n).normal(size=n)
