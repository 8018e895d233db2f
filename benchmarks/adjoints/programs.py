"""Functions as one writes them for Numba, each of a kind that adjoints meet; they know no derivatives."""

from __future__ import annotations

from math import exp, log, sin

import numpy as np
from numba import njit

from ..gradbench.ode import solve


@njit
def mixture(p, x):
    """Log likelihood of points in one dimension; p has k weights, k means, k deviations."""
    k = p.size // 3
    weights = 0.0
    for j in range(k):
        weights += exp(p[j])
    total = 0.0
    for i in range(x.size):
        density = 0.0
        for j in range(k):
            z = (x[i] - p[k + j]) / p[2 * k + j]
            density += exp(p[j] - 0.5 * z * z) / p[2 * k + j]
        total += log(density)
    return total - x.size * log(weights)


@njit
def lorenz(start, force, steps):
    """Sum of squares after Euler steps of Lorenz' model of 1996."""
    n = start.size
    x = start.copy()
    slope = np.zeros(n)
    for _ in range(steps):
        for i in range(n):
            slope[i] = (x[(i + 1) % n] - x[i - 2]) * x[i - 1] - x[i] + force
        for i in range(n):
            x[i] += 0.01 * slope[i]
    return np.sum(x**2)


@njit
def dense(w, b, x):
    """A layer of a network: a matrix product, and a vector broadcast to it."""
    return np.sum(np.tanh(x @ w + b) ** 2)


@njit
def recurrent(w, u, b, x):
    """A recurrent network whose state is bound to a new array in every step."""
    h = np.zeros(b.size)
    for t in range(x.shape[0]):
        h = np.tanh(w @ h + u @ x[t] + b)
    return np.sum(h * h)


@njit
def newton(a):
    """Sum of square roots, by Newton's iteration."""
    s = 0.0
    for i in range(a.size):
        x = a[i]
        while abs(x * x - a[i]) > 1e-12 * a[i]:
            x = 0.5 * (x + a[i] / x)
        s += x
    return s


@njit
def branches(x):
    s = 0.0
    for i in range(x.size):
        v = x[i]
        if v < -0.5:
            s += v * v * v
        elif v < 0.5:
            s += sin(v) * v
        else:
            s += exp(-v)
    return s


@njit
def last(x, steps):
    """The last entry of the solution of an initial value problem."""
    return solve(x, steps)[-1]
