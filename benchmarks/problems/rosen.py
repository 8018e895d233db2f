"""Rosenbrock's function: nine operations per element, no transcendental function."""

from __future__ import annotations

import numpy as np
from numba import njit

# What the tape records per element: one statement, `s += ...`, with terms for s, x[i+1], x[i] and x[i].
STATEMENTS = 1


@njit
def rosen(x):
    """Sum of 100 (x[i+1] - x[i]²)² + (1 - x[i])²."""
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


# The same with names for two parts: each is a statement of its own, with 2, 1 and 3 terms.
NAMED_STATEMENTS = 3


@njit
def rosen_named(x):
    """As :func:`rosen`, written with two local variables."""
    s = 0.0
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] ** 2
        b = 1.0 - x[i]
        s += 100.0 * a**2 + b**2
    return s


@njit
def by_hand(x):
    """Value and gradient of :func:`rosen`."""
    s = 0.0
    g = np.zeros_like(x)
    for i in range(x.size - 1):
        a = x[i + 1] - x[i] ** 2
        b = 1.0 - x[i]
        s += 100.0 * a**2 + b**2
        g[i] -= 400.0 * a * x[i] + 2.0 * b
        g[i + 1] += 200.0 * a
    return s, g


def inputs(n):
    """An argument of length n."""
    return np.random.default_rng(n).normal(size=n)
