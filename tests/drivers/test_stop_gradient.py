"""``stop_gradient``: a value as a constant of every derivative."""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.same import assert_same

both_modes = pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])


@both_modes
def test_scalar(mode):
    assert da.grad(lambda x: x * da.stop_gradient(x), mode=mode)(3.0) == 3.0
    assert da.grad(lambda x: da.stop_gradient(x * x), mode=mode)(3.0) == 0.0


@both_modes
def test_array(mode):
    def f(x):
        held = da.stop_gradient(x)
        return x[0] * held[1] + x[1]

    assert_same(da.grad(f, mode=mode)(np.array([2.0, 5.0])), np.array([5.0, 1.0]))


@both_modes
def test_tuple(mode):
    def f(p):
        a, x = da.stop_gradient(p)
        return a * p[0] + x[0] * p[1][0]

    assert_same(da.grad(f, mode=mode)((2.0, np.array([3.0]))), (2.0, np.array([3.0])))


@both_modes
def test_every_order(mode):
    f = lambda x: x * x * da.stop_gradient(x * x)  # noqa: E731
    assert da.grad(da.grad(f, mode=mode), mode=mode)(3.0) == 18.0


def test_values_pass_unchanged():
    x = np.arange(3.0)
    assert da.stop_gradient(x) is x
    assert da.stop_gradient(2) == 2
    assert_same(njit(lambda x: da.stop_gradient(x))(x), x)


@both_modes
def test_anything_else_is_returned_as_it_is(mode):
    assert da.grad(lambda x, n: x ** da.stop_gradient(n), mode=mode)(2.0, 3) == 12.0
