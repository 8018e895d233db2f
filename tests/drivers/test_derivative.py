"""``derivative``: by a scalar, to any order, of results of any form."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.same import assert_same


class State(NamedTuple):
    position: float
    field: np.ndarray


@njit
def wave(x):
    return math.exp(0.5 * x) * math.sin(x)


@njit
def everything(t, n):
    field = np.empty((n, 2))
    for i in range(n):
        field[i, 0] = t**i
        field[i, 1] = i
    return t, (field, 1.0), State(t * t, field[1])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_orders(order):
    # exp(x/2) sin x is the imaginary part of exp(c x), c = 1/2 + i.
    c = 0.5 + 1j
    for x in (-1.3, 0.0, 0.8):
        exact = (c**order * np.exp(c * x)).imag
        assert da.derivative(wave, order=order)(x) == pytest.approx(exact, rel=1e-14, abs=1e-14)


def test_result_keeps_its_form():
    got = da.derivative(everything)(3.0, 3)
    field = np.array([[0.0, 0.0], [1.0, 0.0], [6.0, 0.0]])
    assert_same(got, (1.0, (field, 0.0), State(6.0, field[1])))


def test_second_derivative_keeps_its_form():
    got = da.derivative(everything, order=2)(3.0, 3)
    field = np.array([[0.0, 0.0], [0.0, 0.0], [2.0, 0.0]])
    assert_same(got, (0.0, (field, 0.0), State(2.0, field[1])))


@pytest.mark.parametrize(("argnums", "exact"), [(0, 5.0), (1, 2.0), (-1, 2.0), (-2, 5.0)])
def test_argnums(argnums, exact):
    assert da.derivative(lambda x, y: x * y, argnums)(2.0, 5.0) == exact


def test_single_precision_stays():
    got = da.derivative(lambda x: np.array([x * x]))(np.float32(3.0))
    assert_same(got, np.array([6.0], np.float32))


def test_constant_function():
    assert_same(da.derivative(lambda x: 7.0)(1.0), 0.0)
    assert_same(da.derivative(lambda x: np.ones(2))(1.0), np.zeros(2))


def test_result_that_is_the_argument():
    assert da.derivative(lambda x: x)(4.0) == 1.0
    assert da.derivative(lambda x: x, order=2)(4.0) == 0.0


@pytest.mark.parametrize("order", [0, -1, 1.0, True])
def test_order_must_be_a_positive_int(order):
    with pytest.raises(da.ArgumentError, match="order"):
        da.derivative(wave, order=order)


def test_argument_must_be_a_scalar():
    with pytest.raises(da.ArgumentError, match=r"'x'.*use jacobian or grad"):
        da.derivative(lambda x: x[0])(np.ones(2))


def test_one_argument_only():
    with pytest.raises(da.ArgumentError, match="argnums must be an int"):
        da.derivative(lambda x, y: x * y, (0, 1))
