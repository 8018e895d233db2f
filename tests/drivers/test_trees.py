"""Integers, truth values, strings and None among what is differentiated: None stands in their places."""

from __future__ import annotations

import resource
from collections import namedtuple

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.grid import MODES

P = namedtuple("P", "n k")
Q = namedtuple("Q", "kind on p w index pair nothing")
R = namedtuple("R", "index w")
x = np.array([1.0, 2.0])


@njit
def power(p):
    return p.k**p.n


@njit
def mixed(q):
    s = 0.0
    for i in q.index:
        s += q.w[i] ** 2 * q.p.k
    if q.kind == "a" and q.on:
        s *= q.pair[0][1]
    if q.nothing is None:
        s += power(q.p)
    return s


def given():
    return Q(
        "a", True, P(3, 0.5), np.array([1.0, 2.0, 3.0]), np.array([0, 2, 2]), (np.array([4.0, 5.0]), 2), None
    )


def assert_tree(got, kind, on, p, w, index, pair, nothing):
    assert type(got) is Q
    assert type(got.p) is P
    assert (got.kind, got.on, got.index, got.nothing, got.p.n, got.pair[1]) == (None,) * 6
    np.testing.assert_allclose(got.p.k, p)
    np.testing.assert_allclose(got.w, w)
    np.testing.assert_allclose(got.pair[0], pair)


EXPECTED = (None, None, 95.75, [5.0, 0.0, 30.0], None, [0.0, 9.5], None)


@pytest.mark.parametrize("mode", MODES)
def test_gradients_have_the_tree_of_the_argument(mode):
    assert da.grad(power, mode=mode)(P(2, 0.5)) == P(None, 1.0)
    value, gradient = da.value_and_grad(mixed, mode=mode)(given())
    assert value == mixed(given())
    assert_tree(gradient, *EXPECTED)
    assert_tree(da.jacobian(mixed, mode=mode)(given()), *EXPECTED)


@pytest.mark.parametrize("mode", MODES)
def test_hessians_have_trees_in_trees(mode):
    assert da.hessian(power, mode=mode)(P(2, 0.5)) == P(None, P(None, 2.0))
    bent = da.hessian(mixed, mode=mode)(given())
    assert (bent.kind, bent.index, bent.p.n) == (None, None, None)
    assert_tree(bent.p.k, None, None, 3.0, [10.0, 0.0, 60.0], None, [0.0, 19.0], None)
    np.testing.assert_allclose(bent.w.w, np.diag([5.0, 0.0, 10.0]))
    assert bent.w.index is None


def test_directions_have_none_or_anything_in_these_places():
    for n in (None, 0, 7):
        assert da.jvp(power, 0)(P(2, 0.5), P(n, 3.0)) == (0.25, 3.0)
        assert da.hvp(power)(P(2, 0.5), P(n, 3.0)) == P(None, 6.0)
    assert da.vjp(power, 0)(P(2, 0.5), 2.0) == (0.25, P(None, 2.0))
    with pytest.raises(da.ArgumentError, match="the tangents must have the form of"):
        da.jvp(power, 0)(P(2, 0.5), P(None, x))


@pytest.mark.parametrize("mode", MODES)
def test_named_tuples_beside_other_arguments_and_inside_functions(mode):
    @njit
    def scaled(p, x):
        return p.k**p.n * x

    assert da.grad(scaled, (0, 1), mode=mode)(P(2, 0.5), 3.0) == (P(None, 3.0), 0.25)
    gradient = da.grad(power, mode="reverse")

    @njit
    def inside(x):
        return gradient(P(3, x[0])).k * x[1]

    np.testing.assert_allclose(da.grad(inside, mode=mode)(np.array([0.5, 2.0])), [6.0, 0.75])
    assert njit(lambda k: gradient(P(2, k)))(0.5) == P(None, 1.0)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_stored_into_is_a_copy(mode):
    @njit
    def stored(r):
        r.index[0] = 1
        r.w[0] = r.w[1] ** 2
        return r.w[0] * r.index[0] * r.w[r.index[0]]

    r = R(np.array([0, 5]), np.array([1.0, 2.0]))
    index, w = da.grad(stored, mode=mode)(r)
    assert index is None
    np.testing.assert_allclose(w, [0.0, 12.0])
    np.testing.assert_equal(r, R(np.array([0, 5]), np.array([1.0, 2.0])))


def test_memory_is_released():
    @njit
    def stored(q):
        q.index[0] = 1
        return np.sum(q.w) * q.p.k if q.kind == "a" else q.w[q.index[0]]

    hvp, gradient = da.hvp(stored), da.grad(stored, mode="tape")

    def run(count):
        for i in range(count):
            q = given()._replace(kind="ab"[i % 2] * (1 + i % 3), w=np.ones(500), index=np.arange(500))
            hvp(q, q._replace(kind=None, index=None))
            gradient(q)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = run(300)
    assert run(2000) - before < 2048


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (P(2, 3), r"a tuple \(int64, int64\): there is nothing to differentiate with respect to"),
        ((2, 0.5), r"pass floats \(1.0 rather than 1.*; the integers of a named tuple are passed on"),
        (P(np.complex64(1j), 2.0), "pass complex128"),
    ],
)
def test_refused_arguments(argument, message):
    with pytest.raises(da.ArgumentError, match=message):
        da.grad(lambda p: p[1] ** 2)(argument)


@njit
def several(x):
    return x * x, np.arange(2), 7, "abc", x[0] > 0.0, None


@pytest.mark.parametrize("mode", MODES)
def test_results_without_derivatives_have_none_in_a_jacobian(mode):
    value, blocks = da.value_and_jacobian(several, mode=mode)(x)
    np.testing.assert_array_equal(value[0], x * x)
    np.testing.assert_array_equal(value[1], [0, 1])
    assert value[2:] == (7, "abc", True, None)
    np.testing.assert_array_equal(blocks[0], np.diag(2.0 * x))
    assert blocks[1:] == (None,) * 5
    row, nothing = da.jacobian(lambda x: (x[0] * x[1], 2), mode=mode)(x)
    np.testing.assert_array_equal(row, [2.0, 1.0])
    assert nothing is None


def test_results_without_derivatives_in_other_drivers():
    v = np.array([1.0, 0.0])
    _, tangent = da.jvp(several)(x, v)
    np.testing.assert_array_equal(tangent[0], [2.0, 0.0])
    assert tangent[1:] == (None,) * 5
    for others in ((None,) * 5, (np.arange(2), 0, "", True, None)):
        _, pulled = da.vjp(several)(x, (v, *others))
        np.testing.assert_array_equal(pulled, [2.0, 0.0])
    assert da.derivative(lambda x: (x**3, 2), order=2)(3.0) == (18.0, None)
    bent, nothing = da.jacobian(da.jacobian(lambda x: (x[0] * x[1], 2)))(x)
    np.testing.assert_array_equal(bent, [[0.0, 1.0], [1.0, 0.0]])
    assert nothing is None


def maybe(x):
    if x[0] > 0.0:
        return x * x, (x[1] * x, 2)
    return x, (None, None)


def maybe_an_array(x):
    return x * x if x[0] > 0.0 else None


@pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])
def test_results_that_may_be_none(mode):
    first, (second, nothing) = da.jacobian(maybe, mode=mode)(x)
    np.testing.assert_array_equal(first, [[2.0, 0.0], [0.0, 4.0]])
    np.testing.assert_array_equal(second, [[2.0, 1.0], [0.0, 4.0]])
    assert nothing is None
    np.testing.assert_array_equal(da.jacobian(maybe_an_array, mode=mode)(x), first)
    for f in (maybe, maybe_an_array):
        with pytest.raises(da.OutputError, match=f"'{f.__name__}' returned None, which has no derivative"):
            da.jacobian(f, mode=mode)(-x)


@pytest.mark.parametrize(
    ("f", "shown"),
    [
        (lambda x: 2, "int64"),
        (lambda x: (2, 3), r"a tuple \(int64, int64\)"),
        (lambda x: (x, [1.0]), r"a tuple \(an array of float64 \(1d\), a list of float64\)"),
    ],
)
def test_refused_results(f, shown):
    with pytest.raises(da.OutputError, match=f"needs a function that returns floats.* returns {shown}"):
        da.jacobian(f)(x)
