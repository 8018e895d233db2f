"""Single precision: values are those of the primal to the bit, gradients those of the tape."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit, typeof
from numba.core import types

import dualad as da
from dualad.adjoints.engine import adjoint, whole
from dualad.adjoints.errors import NotTransformable
from dualad.adjoints.ir import numba_types
from tests.adjoints.agreement import duplicated
from tests.same import assert_same

rng = np.random.default_rng(7)
x, y, z = (rng.uniform(0.2, 1.5, 7) for _ in range(3))
x, y = x.astype(np.float32), y.astype(np.float32)
m = rng.uniform(0.2, 1.5, (3, 4)).astype(np.float32)
w = np.float32(0.37)
TABLE, THIRD = np.float32([0.1, 0.2, 0.3]), np.float32(1 / 3)


@njit
def helper(a, b):
    c = a * b
    if c > 0.4:
        return c
    return c * 2.0


def loops(x, w):
    """A number that is single in one iteration and double in the next, a branch that tells them apart."""
    s = x[0]
    for i in range(x.size):
        t = x[i] * w
        s = s * t + math.sin(x[i])
        if s > t:
            s = s - 0.5 * t
    return s, helper(x[1], w) + helper(x[2], 0.5)


def work_arrays(x, y, w):
    b = np.empty(x.size, np.float32)
    a = np.zeros_like(x)
    for i in range(x.size):
        b[i] = x[i] * w
        a[i] = x[i] * y[i] * 1.1
    s = np.float32(0)
    for _ in range(4):
        for i in range(x.size - 1):
            b[i] = b[i] * b[i + 1] + w
            s += b[i]
    a *= 0.3
    a += y
    a[1:] *= x[:-1]
    return s, a, b[::-1]


def positions(x, w):
    """Integers and branches that depend on how numbers were rounded."""
    k, s = 0, w
    while s < 5 and k < 50:
        s = s * np.float32(1.3) + x[k % 7] * THIRD
        k = int(s * 1e6) % 11
        if k % 2:
            s = s + x[k % 7] / TABLE[1]
    return s


def in_place(x, w):
    for i in range(x.size):
        x[i] = x[i] * w + x[i - 1]
    return x, x[x > w]


def expressions(x, y, z):
    v = x * 3
    total = np.sum(x * 2 * y + 1.0) + np.sum(v * v) + np.mean(x**2) + sum([a * w for a in x])
    return total, x * z, np.where(x > y, x * 2, y * y), np.concatenate((x, z)), x.astype(np.float64) * x


def products(m, x):
    return np.sum((m @ m.T) ** 2), np.dot(m, x[:4]), m.sum(axis=0) * m[0], np.max(m) * m.T[1, 0]


def numbers(x, w):
    a = max(x[0], w) + min(x[1], 2.0) + abs(-w) + x[2] ** 3 + x[1] ** 0.5 + w**2
    b = math.floor(x[0] * 10) * x[1] + math.hypot(x[2], w) + np.float64(w) * x[3]
    s = 0
    for v in x:
        s += v
    return a, b, s, np.array([w, x[0], x[1] * w])


def both(x, z):
    """Double precision, and single in between."""
    r = z.astype(np.float32) * np.float32(2)
    return np.sum(r * z[0]), np.float32(z[1]) * x[0]


CASES = [
    (loops, x, w), (work_arrays, x, y, w), (positions, x, w), (in_place, x, w), (expressions, x, y, z),
    (products, m, x), (numbers, x, w), (both, x, z), (both, z, z),
]  # fmt: skip


SLOW = (products, expressions)  # to compile


@pytest.mark.parametrize(
    ("f", "args"),
    [
        pytest.param(f, tuple(args), id=f.__name__, marks=[pytest.mark.battery] * (f in SLOW))
        for f, *args in CASES
    ],
)
def test_as_on_the_tape(f, args):
    primal = njit(f)
    value = primal(*duplicated(args))
    seeds = tuple(np.ones_like(v) if isinstance(v, np.ndarray) else 1.0 for v in _tuple(value))
    seeds = seeds if isinstance(value, tuple) else seeds[0]
    got, gradients = da.vjp(primal, mode="adjoint")(duplicated(args), seeds)
    assert_same(got, value, rtol=0)
    _, expected = da.vjp(primal, mode="tape")(args, seeds)
    for one, other, arg in zip(gradients, expected, args, strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        assert isinstance(one, float) or one.dtype == arg.dtype
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def test_what_is_kept_is_rounded_as_it_was():
    def f(x):
        s = x[0]
        for i in range(x.size):
            s = np.exp(s * x[i])
        return s

    assert "np.float32(tape" in adjoint(f, [typeof(x)], (0,), whole).source


@pytest.mark.usefixtures("no_engine_preferred")
def test_what_is_rounded_in_another_order_is_left_to_the_tape():
    primal = njit(lambda x: np.std(x))
    with pytest.raises(da.UnsupportedError, match="compiled adjoint"):
        da.grad(primal, mode="adjoint")(x)
    with pytest.warns(da.TapeWarning):
        got = da.grad(primal)(x)
    assert_same(got, da.grad(primal, mode="tape")(x))


def test_precision_is_that_of_numba():
    """What is computed again must not be rounded otherwise than Numba rounds the primal."""
    made = adjoint(lambda x, w: x[0] * w, [typeof(x), types.float32], (0,), whole)
    numba_types.confirm(made.program, {"t": types.float32, "t_1": types.float32})
    with pytest.raises(NotTransformable, match="may round"):
        numba_types.confirm(made.program, {"t": types.float32, "t_1.2": types.float64})


@pytest.mark.usefixtures("no_engine_preferred")
def test_second_derivatives():
    def f(x):
        return x[0] ** 2 * x[1]

    with pytest.warns(da.TapeWarning):
        hessian = da.hessian(njit(f))(x[:2])
    assert hessian.dtype == np.float32
    np.testing.assert_allclose(hessian, [[2 * x[1], 2 * x[0]], [2 * x[0], 0.0]], rtol=1e-6)


@njit
def recursive(v, n):
    if n == 0:
        return v
    return v * recursive(v, n - 1)


def test_recursion_is_on_the_tape():
    with pytest.raises(NotTransformable, match="in single precision"):
        adjoint(recursive.py_func, [types.float32, types.int64], (0,), whole)
