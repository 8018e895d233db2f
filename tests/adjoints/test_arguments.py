"""Arguments of all layouts and of other kinds than float64."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit, typeof

import dualad as da
from dualad.adjoints.engine import adjoint, whole

from .agreement import agrees

x = np.array([0.7, 1.3, -0.4, 0.9, 1.6, 0.2])
m = np.array([[0.4, 1.2, -0.3], [0.8, -0.6, 1.1]])


def mixed(a, index, mask, k):
    s = 0.0
    for i in range(index.size):
        if mask[i]:
            s += a[index[i]] * (index[i] + k)
    return s + np.sum(a[mask] ** 2) + np.sum(a[index]) * len(index)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int8])
def test_integers_and_answers(dtype):
    index = np.array([3, 0, 0, 5, 2, 1], dtype)
    agrees(mixed, x, index, np.array([True, False, True, True, False, True]), np.int32(2))


def rows(a):
    s = a * a + a.T[0, 0]
    t = np.sum(a, axis=0) * a[1]
    return np.sum(s[::-1] * a) + np.mean(a.T) * np.prod(a + 1.0), t


@pytest.mark.parametrize(
    "a",
    [
        m,
        np.asfortranarray(m),
        m.T,
        np.repeat(np.repeat(m, 2, axis=0), 3, axis=1)[::2, ::3],
        m[:, ::-1],
        m[:1],
    ],
    ids=["C", "F", "transposed", "strided", "reversed", "one row"],
)
def test_layouts(a):
    def first(a):
        return np.sum(a * a * 0.3 + a), np.sum(a.T + a[0, 0]), a[0] * 2.0, np.var(a), np.max(a)

    agrees(rows if a.shape[0] == 2 else first, a)
    agrees(first, a)


def test_read_only():
    a = x.copy()
    a.flags.writeable = False
    agrees(lambda a, b: np.sum(a[1:] * a[:-1] * b[::2][0]), a, x)


def test_what_is_stored_into_narrow_integers_is_cut():
    def f(a, n):
        n[0] = 300
        return a[0] * n[0]

    n = np.zeros(2, np.int8)
    value, gradients = adjoint(f, [typeof(x), typeof(n)], (0,), whole).function(x, np.zeros(2, np.int16), 1.0)
    assert value == 300 * x[0]  # nothing was put in its place
    source = adjoint(f, [typeof(x), typeof(n)], (0,), whole).source
    assert "n[0]" in source.partition("n[0] = 300")[2]
    assert da.grad(f, mode="adjoint")(x, n)[0] == 44.0
    assert njit(f)(x, n.copy()) == 44 * x[0]
    assert gradients[0][0] == 300.0


@pytest.mark.parametrize(
    "f",
    [
        lambda a, n: a[0] * (n + n)[0],
        lambda a, n: a[0] * n.copy()[0],
        lambda a, n: a[0] * np.zeros_like(n)[0],
        lambda a, n: a[0] * np.sum(n),
        lambda a, n: a[0] * n[n][0],
    ],
)
def test_new_arrays_of_narrow_integers(f):
    agrees(f, x, np.array([1, 0], np.int32))


def differences(a, n):
    return a[n[0]] * (n[0] - n[1])  # below zero it starts again from above


def products(a, n):
    k, s = n[0], 0.0
    for j in range(3):
        k = k * n[1] + n[0]
        s += a[j] * k * s + a[j] ** 2
    return s


def steps(a, n):
    k, s = n[0], 1.0
    for _ in range(2):
        s *= a[k] * (k - 1)  # a float, as Numba has it for 64 bits without a sign and with one
        k += n[0]
    return s


def taped(a, n):
    s, k = 1.0, n[1]
    while s < 50.0:
        k = k + n[0] if s > 3 else k * n[1]
        s = s * (1 + a[0]) * k * 0.7 + a[0]
    return s


def of_arrays(a, n):
    m = n + n
    m *= m
    return (a[:2] * m).sum() * np.max(n) + a[0] * (n[1] / n[0]) + a[1] * (n[1] // n[0]) + a[2] * -n[0]


@pytest.mark.parametrize("f", [differences, products, steps, taped, of_arrays])
@pytest.mark.parametrize("dtype", [np.uint64, np.uint8])
def test_integers_without_a_sign(f, dtype):  # compiled, as NumPy gives sums of them other types than Numba
    primal, n = njit(f), np.array([1, 2], dtype)
    value, slope = da.value_and_grad(primal, mode="adjoint")(x, n)
    assert value == primal(x, n)
    np.testing.assert_allclose(slope, da.grad(primal, mode="forward")(x, n), rtol=1e-12)


def test_second_derivatives_with_integers_without_a_sign():
    primal, n = njit(taped), np.array([1, 2], np.uint64)
    np.testing.assert_allclose(da.hessian(primal)(x, n), da.hessian(primal, mode="forward")(x, n), rtol=1e-12)
