"""Arguments of all layouts and of other kinds than float64."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit, typeof

import dualad as da
from dualad.adjoints.engine import adjoint, whole
from dualad.adjoints.errors import NotTransformable

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


def test_integers_of_64_bits_without_a_sign_are_refused():
    with pytest.raises(NotTransformable, match="the argument 'n'"):
        adjoint(lambda a, n: a[n[0]], [typeof(x), typeof(np.zeros(2, np.uint64))], (0,), whole)
