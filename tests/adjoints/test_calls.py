"""Functions that are called with their own adjoints: recursion, direct and mutual, whatever it passes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numba import njit

import dualad as da
from benchmarks.gradbench.det import determinant
from dualad.adjoints.engine import SWITCHES

from .agreement import agrees

x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])
BOTH = (frozenset(), SWITCHES)


@njit
def product(x, i):
    if i == x.size:
        return 1.0
    return x[i] * product(x, i + 1)


@njit
def power(a, n):
    """Not linear in what it calls."""
    if n == 0:
        return 1.0
    half = power(a, n // 2)
    if n % 2 == 1:
        return a * half * half
    return half * half


@njit
def simpson(a, b, depth, p):
    middle = 0.5 * (a + b)
    whole = (b - a) / 6.0 * (np.exp(p * a) + 4.0 * np.exp(p * middle) + np.exp(p * b))
    if depth == 0:
        return whole, 3
    left, n = simpson(a, middle, depth - 1, p)
    right, m = simpson(middle, b, depth - 1, p)
    return left + right, n + m


@njit
def even(x, i):
    if i == x.size:
        return 0.3
    return np.sin(x[i]) * odd(x, i + 1)


@njit
def odd(x, i):
    if i == x.size:
        return 1.7
    return np.exp(x[i]) + even(x, i + 1) ** 2


@njit
def smooth(x, start, stop):
    """Writes to what it is given, and calls itself on what it has written."""
    if stop - start < 2:
        return x[start]
    for i in range(start, stop - 1):
        x[i] = np.sin(x[i]) * x[i + 1]
    middle = (start + stop) // 2
    first = smooth(x, start, middle)
    x[start] += 0.5 * x[stop - 1]
    return first * smooth(x, middle, stop) + x[start]


@njit
def halves(x):
    """Makes and returns arrays."""
    if x.size < 2:
        return np.exp(x)
    low = halves(x[: x.size // 2])
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = x[i] * low[i // 2 if i // 2 < low.size else 0]
    return out


@njit
def tree(children, weights, node, scale=0.5):
    """A sum over the leaves of a tree, in a loop, with a default."""
    total = weights[node]
    for k in range(children.shape[1]):
        child = children[node, k]
        if child >= 0:
            total += scale * weights[node] * tree(children, weights, child)
    return total


def of_product(x):
    return product(x, 0)


def of_power(a, n):
    return power(a, n) + power(2.0, 3)


def of_simpson(a, b, p):
    total, n = simpson(a, b, 3, p)
    return total * n


def of_even(x):
    return even(x, 0)


def of_smooth(x):
    y = x.copy()
    return smooth(y, 0, y.size) + np.sum(y * y)


def of_halves(x):
    return np.sum(halves(x) * x)


def of_tree(weights):
    children = np.array([[1, 2], [3, -1], [-1, 4], [-1, -1], [-1, -1]])
    return tree(children, weights, 0)


def in_a_loop(x, n):
    total = 0.0
    for k in range(n):
        total = np.sin(total + product(x, k))
    return total


def after_a_store(x):
    """What changes after a call is passed as it was."""
    y = x.copy()
    first = product(y, 0)
    y[1] = 3.0
    return first * first * product(y, 1)


@njit
def fibonacci(n, a):
    if n < 2:
        return a * n
    return fibonacci(n - 1, a) + fibonacci(n - 2, a)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (fibonacci, (6, 0.5)),
        (of_product, (x,)),
        (of_power, (1.3, 6)),
        (of_power, (1.3, 0)),
        (of_simpson, (0.1, 0.9, 0.8)),
        (of_even, (x,)),
        (of_smooth, (x,)),
        (of_halves, (x,)),
        (of_tree, (x,)),
        (in_a_loop, (x, 4)),
        (after_a_store, (x,)),
        (determinant, (np.random.default_rng(1).normal(size=(4, 4)),)),
    ],
)
def test_recursion(f, args):
    agrees(f, *args, switches=BOTH)


def test_one_array_written_to_under_two_names_is_refused():
    @njit
    def both(a, b, n):
        if n == 0:
            return a[0]
        a[0] = b[1] * a[1]
        return both(a, b, n - 1)

    def f(x):
        y = x.copy()
        return both(y, y, 2)

    with pytest.raises(da.UnsupportedError, match=r"'both'.*twice"):
        da.grad(f, mode="adjoint")(x)


def test_what_would_become_too_long_is_called():
    """Each doubles the code of the one before it."""
    functions = [njit(lambda v: np.sin(v) * v)]
    for _ in range(9):
        inner = functions[-1]
        functions.append(_doubled(inner))
    outer = functions[-1]

    def f(v):
        return outer(v)

    source = agrees(f, 0.4)
    assert source.count("\n") < 4_000


def _doubled(inner):
    @njit
    def outer(v):
        return 0.6 * inner(v) + 0.3 * inner(v * v)

    return outer


def test_a_recursive_determinant_costs_a_small_multiple():
    """A recursion computed again at every level would cost as many times as it is deep."""
    a = np.random.default_rng(0).normal(size=(9, 9))
    gradient = da.grad(determinant, mode="adjoint")

    def least(f):
        f(a)
        times = []
        for _ in range(7):
            start = time.perf_counter()
            f(a)
            times.append(time.perf_counter() - start)
        return min(times)

    np.testing.assert_allclose(gradient(a), np.linalg.det(a) * np.linalg.inv(a).T, rtol=1e-10)
    assert least(gradient) < 4 * least(determinant)
