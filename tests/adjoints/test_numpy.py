"""NumPy inside transformed functions: several uses of a kind in each."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special as special
from numba import njit, typeof

import dualad as da
from dualad.adjoints.engine import adjoint, whole

from .agreement import agrees

x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])
m = np.array([[0.4, 1.2, -0.3], [0.8, -0.6, 1.1]])
s = np.array([[2.0, 0.3, 0.1], [0.4, 1.5, -0.2], [-0.3, 0.2, 1.8]])
cases = []


def case(*args, exact=True):
    def enter(f):
        cases.append(pytest.param(f, args, exact, id=f.__name__))
        return f

    return enter


@case(x)
def ranges(x):
    a = np.arange(6.0) * x[0] + np.arange(0.0, 1.5, 0.25)
    b = np.arange(2, 7) * x + np.linspace(x[0], x[1], 5)
    return a, b * np.arange(5), np.linspace(0.0, 1.0, 3) * x[:3]


@case(x)
def creations(x):
    a = np.eye(3) * x[0] + np.identity(3) * x[1] + np.full((3, 3), x[2])
    b = np.full_like(x, x[1]) + np.zeros_like(x, dtype=np.int64) + np.ones(5, dtype=np.int64) * x
    c = np.array([[x[0], 1], [x[2], x[3]]]) + np.array(((1.0, x[4]), (2.0, 3.0)))
    return a, b, c, np.array((x[0], 2)), np.asarray(x) * np.copy(x) * x.copy()


@case(x, m)
def conversions(x, m):
    a = x.astype(np.float64) * (x > 0).astype(np.float64) + (x > 1).astype(np.int64)
    return a, np.ascontiguousarray(m.T) * 2.0, np.asfortranarray(m) * 3.0


@case(m)
def sums(m):
    a = np.sum(m) * m.sum(0) + np.sum(m, axis=0) + np.mean(m) * m[1]
    return a, np.sum(m, -1), m.mean(), np.prod(m), m.prod(), sum(m[0])


@case(m)
def sums_in_the_order_of_memory(m):
    t = np.asfortranarray(m)
    a = np.sum(m.T) + np.mean(t * 2.0) + np.sum(t[1:] + 0.1) + np.prod(m.T + 1.0)
    return a, t.sum() + np.sum(m.T[1:]) + np.sum(t.copy() * 0.3), np.var(m.T), np.std(t)


@case(m)
def spreads(m):
    return np.var(m), np.std(m), m.std(), m.var(), np.ptp(m[0]), np.max(m), m.min(), np.amax(m[:, 1])


@case(x)
def scans(x):
    return np.cumsum(x), x.cumsum(), np.cumprod(x), np.diff(x), np.nansum(x)


@case(x, m)
def positions_and_answers(x, m):
    a = np.argmax(x) * x[0] + x[np.argmin(x)] + x.argmax() * x[1] + np.argmax(m[0]) * m[0, 0]
    b = np.any(x > 0) * x[0] + np.all(x > 0) * x[1] + np.count_nonzero(x > 0.5) * x[2]
    c = np.searchsorted(np.sort(x), 0.5) * x[3] + np.flatnonzero(x > 0.5).size * x[0]
    return a, b, c, np.isnan(x) * x + np.isfinite(x) * 2.0


@case(x)
def order(x):
    y = x.copy()
    y.sort()
    return np.sort(x), x[np.argsort(x)] * 2.0, y * x, np.median(x), np.median(x[:4])


@case(x, m)
def products(x, m):
    a = np.dot(m, m.T) + m @ m.T
    b = m @ x[:3] + m.dot(x[:3]) + x[:2] @ m @ m.T
    return a, b, np.dot(x, x) + np.vdot(x, x), np.outer(x[:2], x), np.kron(m, m[:1]), np.trace(a)


@case(s, exact=False)
def solves(s):
    a = np.linalg.solve(s, s[0]) + np.linalg.inv(s)[1]
    p = s @ s.T
    return a, np.linalg.solve(s, p), np.linalg.det(s), np.linalg.cholesky(p), np.linalg.pinv(s)


@case(s, exact=False)
def several_results(s):
    q, r = np.linalg.qr(s)
    sign, logarithm = np.linalg.slogdet(s)
    w, v = np.linalg.eigh(s @ s.T)
    u, d, vt = np.linalg.svd(s)
    return q * q + r * r, logarithm * sign, w + v[0] ** 2, u * u * d + vt * vt


@case(s, exact=False)
def norms(s):
    x = s[0]
    a = np.linalg.norm(x) + np.linalg.norm(x, 1) * np.linalg.norm(x, np.inf) + np.linalg.norm(s)
    return (
        a + np.linalg.norm(s, 1),
        np.linalg.cond(s),
        np.linalg.matrix_power(s, 3),
        np.linalg.eigvalsh(s + s.T),
    )


@case(x, m)
def joined(x, m):
    a = np.concatenate((x, x[1:3] * 2.0, np.ones(2))) * np.hstack((x, x[:4]))
    b = np.vstack((m, m * 2.0)) + np.concatenate((m, np.ones((2, 3)))) * np.concatenate((m * m, m), 0)
    c = np.stack((x, x * x)) + np.vstack((x, x))
    return a, b, c, np.column_stack((x, x * 3.0)), np.concatenate((m, m), axis=1), np.append(x, x[:2])


@case(x, m)
def reshaped(x, m):
    a = m.reshape(3, 2) + m.reshape((3, -1)) * np.reshape(m, (3, 2))
    b = m.ravel() * m.T.ravel() + m.flatten() * m.T.flatten() + np.ravel(m)
    c = np.transpose(m) * m.transpose() + m.transpose(1, 0) + np.swapaxes(m, 0, 1)
    return a, b, c, np.expand_dims(x, 0) * x[:, None], np.atleast_2d(x) * np.atleast_1d(x)


@case(x, m)
def moved(x, m):
    a = np.repeat(x, 2) * np.roll(np.repeat(x, 2), 3) + np.flip(np.repeat(x, 2))
    return a, np.flipud(m) * np.fliplr(m), np.roll(x, -1), np.take(x, np.array([0, 2])), np.flip(m)


@case(s)
def triangles(s):
    t = s.copy()
    np.fill_diagonal(t, s[0, 1])
    return np.triu(s) * np.tril(s, 1) + np.diag(s[0]) + np.diag(s), t * s, np.vander(s[0])


@case(x)
def elementwise(x):
    a = np.clip(x, 0.0, 1.0) + x.clip(-0.1, 1.5) + np.abs(x) + np.maximum(x, 0.1) * np.minimum(x, x[::-1])
    b = np.fmax(x, 0.5) + np.sign(x) * x + np.floor(x) * x + np.round(x) + np.square(x) + x**3
    c = np.add(x, 1.0) * np.subtract(x, 2.0) / np.divide(x, 3.0) + np.multiply(x, x) - np.negative(x)
    return a, b, c, np.where(~(x > 0), x, x * x) + np.logical_and(x > 0, x < 1) * x, np.mod(x, 0.37)


@case(x, exact=False)
def transcendental(x):
    a = np.exp(x) + np.log(x * x) + np.sqrt(x * x + 1.0) + np.sin(x) * np.cos(x) + np.tanh(x)
    b = np.arctan2(x, 2.0) + np.hypot(x, 1.0) + np.log1p(x * x) + np.expm1(x) + np.log2(x * x) + np.exp2(x)
    c = math.exp(x[0]) * math.sin(x[1]) + math.sqrt(x[0]) + math.gamma(x[1]) + math.erf(x[0])
    return a, b, c + math.hypot(x[0], x[1]) + math.atan2(x[0], x[1]) + math.pow(x[0], 2.0) + math.pi


@case(x)
def of_python(x):
    a = max(x[0], x[1], 0.5) + min(x[2], 1.0) + abs(x[2]) + max(x) + min(x) + sum(x)
    b = float(3) * x[0] + int(2.5) * x[1] + bool(1) * x[2] + np.float64(2) * x[3] + pow(x[0], 2)
    q, r = divmod(17, 5)
    return a, b + q * x[0] + r * x[1], (2 in (1, 2)) * x[0], (*(x[0], x[1]), x[2])


@case(x)
def results_with_a_place(x):
    y = np.empty(5)
    np.multiply(x, x, y)
    z = np.zeros(5)
    np.add(y, x, z)
    return y * z


@case(x, m, exact=False)
def softmax_family(x, m):
    a = special.softmax(m, axis=1) * special.log_softmax(m, axis=0) + special.softmax(m)
    return special.logsumexp(x), special.logsumexp(m, axis=1), special.logsumexp(m, 0), a


@case(x, exact=False)
def special_functions(x):
    return special.erf(x) + special.gammaln(x * x + 1.0) + special.expit(x) + special.xlogy(x * x, x * x)


@case(x, m, exact=False)
def inside_loops(x, m):
    """What an iteration makes is there again in the reverse sweep."""
    total = 0.0
    z = np.zeros(2)
    for k in range(3):
        y = np.sort(x * (k + 1.0)) * np.exp(z[0])
        z = np.tanh(m @ y[:3] + z)
        w = special.softmax(np.concatenate((z, y[y > 0.5][:2])))
        a = np.outer(w[:2], w[1:3]) + np.eye(2)
        total += np.linalg.det(a) + np.sum(np.linalg.solve(a, z)) + np.mean(w) * np.max(z)
    return total


@pytest.mark.parametrize(("f", "args", "exact"), cases)
def test_as_numba_computes_it(f, args, exact):
    agrees(f, *args, exact=exact, switches=(frozenset({"fuse"}),))


def test_compiled():
    """As the text of the adjoint is as Python, which is held against differences."""

    @njit
    def f(s):
        order = np.sort(s[0])
        y = np.linalg.solve(s, order) + s.T @ np.concatenate((order[order > 0.2], s[1, :1]))
        return np.sum(y * y) * np.linalg.det(s)

    agrees(f, s, exact=False)
    value, gradient = da.value_and_grad(f, mode="adjoint")(s)
    assert value == f(s)
    reference = adjoint(f.py_func, [typeof(s)], (0,), whole).function(s, 1.0)[1][0]
    np.testing.assert_allclose(gradient, reference, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("extreme", [np.max, np.min])
def test_extremes_of_nothing(extreme):
    """Raise as in Numba; memory that is not there is not read."""

    def f(a):
        return extreme(a)

    with pytest.raises(ValueError, match="zero-size array to reduction operation m"):
        da.grad(f, mode="adjoint")(np.zeros((2, 0)))


def equality(x):
    return np.sum(x[0] * np.array_equal(x, x)) + np.sum(x[1] * (1 - np.array_equal(x, x[1:])))


def closeness(x):
    return np.sum(x[0] * (np.isreal(x[1]) + 0)) if np.allclose(x, x, 1e-3) else x[1]


def kinds(x):
    return np.sum(x[0] * np.isrealobj(x)) + np.sum(x[1] * (1 - np.iscomplexobj(x) - np.isscalar(x)))


def chosen(x):
    return np.sum(x[np.isposinf(x) | np.isclose(x, 2.0)]) + x[1]


@pytest.mark.parametrize(
    ("function", "gradient"),
    [(equality, [1, 1]), (closeness, [1, 0]), (kinds, [1, 1]), (chosen, [1, 1])],
)
def test_truth_values_of_whole_arrays_and_of_elements(function, gradient):
    at = np.array([2.0, 3.0])
    value, slope = da.value_and_grad(function, mode="adjoint")(at)
    assert value == njit(function)(at)
    np.testing.assert_array_equal(slope, gradient)
