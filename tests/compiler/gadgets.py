"""Helpers that tests refer to as a module, and functions that raise (pytest would rewrite their asserts)."""

import math

import numpy as np
from numba import njit

WEIGHT = 2.5


class Refusal(Exception):  # noqa: N818
    """An exception of the user's own."""


@njit
def product(a, b=2.0):
    return a * b + 1


@njit
def cube(a):
    return a * a * a


@njit
def half(a):
    return a / 2


@njit
def even(x, n):
    return x if n == 0 else odd(x * x * 0.5, n - 1)


@njit
def odd(x, n):
    return x if n == 0 else even(math.sin(x), n - 1)


@njit
def factorial(x, n):
    return 1.0 if n == 0 else x * factorial(x, n - 1)


@njit
def checked(a):
    work = np.zeros(3)
    work[0] = a
    if a < 0:
        raise Refusal("negative", 3)
    return work[0] * a


@njit
def asserting(x):
    assert x[0] > 0, "must be positive"
    return x[0] * x[1]


@njit
def helped(x):
    work = np.zeros(5)
    work[1] = x[1]
    items = [x[0]]
    return checked(x[0]) * work[1] * items[0]


@njit
def dynamic(x):
    if x[0] < 0:
        raise ValueError(x[0], x[1] * 2, "negative")
    return x[0] * x[1]


@njit
def division(x):
    return 1 / (x[0] - x[2])


@njit
def emptied(x):
    items = [x[0]]
    items.pop()
    if x[0] < 0:
        items.pop()
    return x[0]


@njit(boundscheck=True)
def bounds(x):
    return x[7] if x[0] < 0 else x[0]


GRADIENTS = {
    "asserting": lambda x: np.array([x[1], x[0], 0.0]),
    "helped": lambda x: np.array([3 * x[0] ** 2 * x[1], x[0] ** 3, 0.0]),
    "dynamic": lambda x: np.array([x[1], x[0], 0.0]),
    "division": lambda x: np.array([-1.0, 0.0, 1.0]) / (x[0] - x[2]) ** 2,
    "emptied": lambda x: np.array([1.0, 0.0, 0.0]),
    "bounds": lambda x: np.array([1.0, 0.0, 0.0]),
}


@njit
def balanced(t, h):
    """Reaches itself by way of `residual` with constants, which carry no derivative."""
    return residual(0, 0.25, t) * h if h > 0.5 else t * h


@njit
def residual(kind, x, t):
    return x - 3.0 * t if kind == 0 else balanced(x, 0.75) + t
