"""What functions of other people's packages call, and how they are declared, in all modes."""

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.errors import UnsupportedError

from .grid import in_all_modes

x = np.array([0.7, 1.3, -0.4])
y = np.array([0.3, -1.2, 0.8])


def refused(f, *args, match):
    with pytest.raises(UnsupportedError, match=match):
        da.grad(f, mode="adjoint")(*args)


# -- the type of an argument ----------------------------------------------------------------------


@njit
def half(v):
    T = type(v)
    return T(0.5) * v * T(v)


def test_type_of_a_number():
    @njit
    def f(x, n):
        T, U = type(x[0]), x.dtype.type
        out = np.empty(x.size, T)
        for i in range(x.size):
            out[i] = U(x[i]) ** 3 / T(3) + half(x[i]) + half(n) * type(i)(1.9)
        return np.sum(out)

    in_all_modes(f, x, 3)


def test_type_of_a_number_of_single_precision():
    @njit
    def f(v, w):
        return half(v) * w

    v, w = np.float32(1.3), np.float32(0.7)
    for mode in ("forward", "adjoint", "tape"):
        value, (by_v, by_w) = da.value_and_grad(f, (0, 1), mode=mode)(v, w)
        assert value == f(v, w)
        np.testing.assert_allclose((by_v, by_w), (v * w, v * v / 2), rtol=1e-6)


def test_type_of_an_array():
    @njit
    def f(x):
        return type(x)

    refused(f, x, match="the type of an array")


# -- products of vectors, and comparisons of tuples ------------------------------------------------


def test_cross():
    @njit
    def f(x):
        a = np.cross([0, 0, 1], x)
        return np.sum(np.cross(a, x)) * np.cross((1.0, 2.0, 0.5), x)[1]

    in_all_modes(f, x)


def test_cross_of_rows():
    @njit
    def f(m, y):
        return np.sum(np.cross(m, y) ** 2)

    in_all_modes(f, np.array([[0.7, 1.3, -0.4], [0.2, 0.9, 1.1]]), y)


def test_comparisons_of_tuples():
    @njit
    def f(x, m, n):
        s = 0.0
        if x.shape != m.shape:
            s += x[0] ** 2
        if x.shape == m[0].shape and (n, 1.5) != (2, x[1]):
            s += x[1] ** 3
        if (n, x[0]) < (n, 0.9):
            s += x[2] ** 2
        if x.shape >= m.shape or (1, 2) > (1,):
            s *= x[0]
        return s if m[0].shape == x.shape else 2.0 * s

    in_all_modes(f, x, np.ones((2, 3)), 2)
    in_all_modes(f, x, np.ones((2, 2)), 1)
