"""Compiled adjoints beside the tape."""

from __future__ import annotations

import numpy as np
import pytest
from numba import float64

import dualad as da
from dualad.adjoints.engine import adjoint, whole


def newton(a):
    s = 0.0
    for i in range(a.size):
        x = a[i]
        while abs(x * x - a[i]) > 1e-12 * a[i]:
            x = 0.5 * (x + a[i] / x)
        if x > 1.2:
            s += x * x
        else:
            s += np.exp(x)
    return s


def lorenz(start, force):
    n = start.size
    x = start.copy()
    slope = np.zeros(n)
    for _ in range(5):
        for i in range(n):
            slope[i] = (x[(i + 1) % n] - x[i - 2]) * x[i - 1] - x[i] + force
        for i in range(n):
            x[i] += 0.01 * slope[i]
    return np.sum(x**2)


def triangle(x):
    """Loops of different lengths in a loop, all with rows on the tape."""
    s = 1.0
    for i in range(x.size):
        s = np.sin(s * x[i])
        for j in range(i):
            s = np.exp(-s * x[j])
            for _ in range(j):
                s = np.cos(s + x[i])
        for _ in range(2):
            s = np.tanh(s) * 1.5
    return s


def idle(x, iterations):
    """What a loop of no iterations would have read is read after it."""
    s = 0.0
    for _ in range(iterations):
        s = np.sin(s + x[0])
    return s + np.exp(x[0]) * x[1]


x = np.array([0.6, 1.1, 1.9, 2.4, 0.9])


@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_loads_of_a_loop_are_its_own(iterations):
    expected, reference = da.value_and_grad(idle, mode="tape")(x, iterations)
    value, gradient = da.value_and_grad(idle, mode="adjoint")(x, iterations)
    assert value == expected
    np.testing.assert_allclose(gradient, reference, rtol=1e-13)


@pytest.mark.parametrize(("f", "args"), [(newton, (x,)), (lorenz, (x, 8.0))])
def test_as_on_the_tape(f, args):
    everything = tuple(range(len(args)))
    value, gradients = da.value_and_grad(f, everything, mode="adjoint")(*args)
    expected, references = da.value_and_grad(f, everything, mode="tape")(*args)
    assert value == expected
    for gradient, reference in zip(gradients, references, strict=True):
        np.testing.assert_allclose(gradient, reference, rtol=1e-13)


@pytest.mark.parametrize("switches", [frozenset(), frozenset({"fuse"})])
def test_rows_of_inner_loops_lie_behind(switches):
    gradient = adjoint(triangle, [float64[::1]], (0,), whole, switches).function(x, 1.0)[1][0]
    step = 1e-6
    central = [(triangle(x + step * e) - triangle(x - step * e)) / (2 * step) for e in np.eye(x.size)]
    np.testing.assert_allclose(gradient, central, rtol=1e-7, atol=1e-9)


def test_what_cannot_be_read_is_named():
    def f(x):
        mantissa, _ = np.frexp(x[0])
        return mantissa * x[1]

    with pytest.raises(da.UnsupportedError, match=r"no compiled adjoint.*frexp"):
        da.grad(f, mode="adjoint")(x)
