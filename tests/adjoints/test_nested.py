"""Gradients of functions that call a gradient: the adjoint of a compiled adjoint."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.marks import in_battery

x = np.array([0.3, 0.65, 1.0, 1.35, 1.7])


def branches(x):
    s = 0.0
    for i in range(x.size):
        v = math.sin(x[i]) * x[0]
        w = np.exp(v) / (1 + v * v)
        if w > 1.0:
            w = np.sqrt(w)
        s += w * v
    return s


def extremes(x):
    return np.sum(np.sin(x) * x / (1 + x * x)) * np.max(x)


def products(x):
    return np.dot(np.outer(x, x) @ x, x)


def taped(x):
    s = 1.0
    for i in range(x.size):
        s = math.sin(s * x[i])
    return s


def newton(x):
    s = 0.0
    for i in range(x.size):
        y = 1.0
        while abs(y * y - x[i] * x[i] - 1) > 1e-12:
            y = 0.5 * (y + (x[i] * x[i] + 1) / y)
        s += y
    return s


@pytest.mark.parametrize("f", [branches, pytest.param(products, marks=pytest.mark.battery), taped, newton])
def test_gradient_of_a_gradient(f):
    gradient = da.grad(njit(f), mode="adjoint")

    @njit
    def length(x):
        return np.sum(gradient(x) ** 2)

    value, got = da.value_and_grad(length, mode="adjoint")(x)
    assert value == length(x)
    want = 2.0 * da.hessian(njit(f), mode="forward")(x) @ gradient(x)
    np.testing.assert_allclose(got, want, rtol=1e-11)


def test_gradients_of_extremes():
    """At ties only the tape knows which element leads: such gradients are called."""
    gradient = da.grad(njit(extremes), mode="adjoint")

    @njit
    def length(x):
        return np.sum(gradient(x) ** 2)

    want = 2.0 * da.hessian(njit(extremes), mode="forward")(x) @ gradient(x)
    for mode in ("tape", "adjoint"):
        np.testing.assert_allclose(da.grad(length, mode=mode)(x), want, rtol=1e-11)


def test_descent():
    """Gradients in a loop, by a tuple of arguments, with the value."""
    inner = da.value_and_grad(njit(lambda a, x: np.sum(np.cos(a * x))), (1,), mode="adjoint")

    @njit
    def descended(x, rate):
        y = x.copy()
        for k in range(3):
            value, (slope,) = inner(1.0 + k, y)
            y = y - rate * value * slope
        return np.sum(y**2)

    value, got = da.value_and_grad(descended, (0, 1), mode="adjoint")(x, 0.1)
    assert value == descended(x, 0.1)
    for one, other in zip(got, da.grad(descended, (0, 1), mode="tape")(x, 0.1), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.battery
def test_third_order():
    first = da.grad(njit(branches), mode="adjoint")

    @njit
    def curved(x):
        return np.sum(first(x) ** 2)

    second = da.grad(curved, mode="adjoint")

    @njit
    def outer(x):
        return np.sum(second(x) ** 2)

    got = da.grad(outer, mode="adjoint")(x)
    np.testing.assert_allclose(got, da.grad(outer, mode="tape")(x), rtol=1e-11)


# -- derivatives that are called ----------------------------------------------------------------------


@njit
def kinked(y):
    return np.sum(np.abs(y) * y * y)


@njit
def curve(y):
    return np.sin(y) * y[0]


@njit
def equation(v, a):
    return math.exp(a * v) - 3.0 * v * v


slope, bend = da.derivative(equation), da.derivative(equation, order=2)
of_kinks, with_value = da.grad(kinked), da.value_and_grad(kinked)
by_duals, jacobian, hessian = da.grad(kinked, mode="forward"), da.jacobian(curve), da.hessian(kinked)
along, product = da.jvp(curve), da.hvp(kinked)


@njit
def newton(x):
    v = x[0]
    for _ in range(3):
        v -= equation(v, x[1]) / slope(v, x[1])
    return v * x[1]


@njit
def halley(x):
    f, d = equation(x[0], x[1]), slope(x[0], x[1])
    return x[0] - 2.0 * f * d / (2.0 * d * d - f * bend(x[0], x[1]))


@njit
def descended(x):
    return of_kinks(x * x - 1.5) @ x


@njit
def slopes_alone(x):
    _, found = with_value(x * x[0])
    return found.sum() * by_duals(x)[1]


@njit
def matrices(x):
    j = jacobian(x)
    return (j @ x).sum() * j[1, 0] + (hessian(x) @ x).sum()


@njit
def directions(x):
    y, dy = along(x, x * x)
    return (y * dy).sum() + product(x, x * 2.0).sum()


@pytest.mark.parametrize(
    "f", [newton, descended, *map(in_battery, (halley, slopes_alone, matrices, directions))]
)
def test_other_derivatives_are_called(f):
    at = np.array([0.9, 1.2])
    value, got = da.value_and_grad(f, mode="adjoint")(at)
    assert value == f(at)
    np.testing.assert_allclose(got, da.grad(f, mode="tape")(at), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(got, da.grad(f, mode="forward")(at), rtol=1e-10, atol=1e-15)


def test_second_derivatives_of_functions_that_call_others():
    at = np.array([0.9, 1.2])
    np.testing.assert_allclose(da.hessian(newton)(at), da.hessian(newton, mode="forward")(at), rtol=1e-9)


def test_divisions_by_zero_are_those_of_the_inner_function():
    inner = da.grad(njit(error_model="numpy")(lambda x: np.sum(1.0 / x)), mode="adjoint")

    @njit
    def f(x):
        return np.sum(inner(x))

    with pytest.raises(da.UnsupportedError, match="error_model"):
        da.grad(f, mode="adjoint")(x)
