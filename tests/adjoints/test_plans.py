"""How adjoints are made fast: each plan where it applies and where it must not, under all switches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit, typeof

import dualad as da
from dualad.adjoints.engine import SWITCHES, adjoint, whole
from tests.adjoints.agreement import agrees
from tests.adjoints.oracle import check

x = np.array([0.6, -1.1, 1.9, 1.9, -0.4])


def source(function, args, switches=SWITCHES):
    return adjoint(function, [typeof(a) for a in args], (0,), whole, switches).source


# -- what is the same in every iteration leaves the loop ----------------------------------------------------


def invariant(x, n, h):
    s = 1.0
    for i in range(n):
        a = h / 2.0
        b = a * x[0]
        s = np.sin(s * b + x[i])
    return s


def quotient(x, n, h):
    """It may divide by zero, where it has iterations."""
    s = 1.0
    for i in range(n):
        s = np.sin(s * (1.0 / h) + x[i])
    return s


@pytest.mark.parametrize("n", [0, 1, 4])
def test_invariants(n):
    check(invariant, (x, n, 0.7), [0, 2])
    check(quotient, (x, n, 0.7 if n else 0.0), [0, 2])


def test_invariants_are_computed_once():
    assert "        a = h / 2.0" not in source(invariant, (x, 3, 0.7))
    assert "        a = h / 2.0" in source(invariant, (x, 3, 0.7), frozenset())
    assert "1.0 / h" in source(quotient, (x, 3, 0.7)).partition("for i in")[2]


# -- order of the reverse sweep ---------------------------------------------------------------------------


def apart(x, steps):
    """Trips of the inner loops have elements of their own."""
    y = x.copy()
    for _ in range(steps):
        for i in range(y.size):
            y[i] = y[i] * x[i] + x[0]
    return np.sum(y)


def neighbours(x, steps):
    """An iteration reads what the iteration before stored."""
    y = x.copy()
    for _ in range(steps):
        for i in range(1, y.size):
            y[i] = y[i] * y[i - 1]
    return np.sum(y)


def same_element(x, steps):
    y = x.copy()
    for _ in range(steps):
        for i in range(y.size):
            y[0] = y[0] * x[i]
    return y[0]


def from_behind(x, steps):
    """-1 and n - 1 are one element."""
    y = x.copy()
    for _ in range(steps):
        for i in range(-y.size, y.size):
            y[i] = y[i] * x[i] * 1.5
    return np.sum(y)


def two_views(x, steps):
    y = x.copy()
    for _ in range(steps):
        front, back = y[:-1], y[1:]
        for i in range(front.size):
            front[i] = front[i] * back[i]
    return np.sum(y)


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("function", [apart, neighbours, same_element, from_behind, two_views])
def test_orders(function, steps):
    check(function, (x, steps))


def backward_heads(function):
    reverse = source(function, (x, 2)).partition("x_b = ")[2]
    return [head for head in reverse.splitlines() if head.strip().startswith("for i") and ", -1)" in head]


def test_only_independent_trips_are_swept_forward():
    assert not backward_heads(apart)
    for function in (neighbours, same_element, from_behind, two_views):
        assert backward_heads(function)


# -- a selected value --------------------------------------------------------------------------------------


def largest(x, n):
    top = x[0]
    for i in range(1, n):
        if x[i] > top:
            top = x[i] * 1.5
    return top * top


def least_of_others(x, n):
    """The branch that keeps the value comes first."""
    low = math.inf
    for i in range(n):
        v = np.sin(x[i])
        if not v < low:
            pass
        else:
            low = v
    return low if n else x[0]


def decayed(x, n):
    """What replaces the value depends on it."""
    top = x[0]
    for i in range(1, n):
        if x[i] > top:
            top = 0.5 * top + x[i]
    return top


def used_besides(x, n):
    """The value is used in every iteration."""
    top, s = x[0], 0.0
    for i in range(1, n):
        s += top * x[i]
        if x[i] > top:
            top = x[i]
    return s + top


def in_a_loop(x, n):
    s = 1.0
    for k in range(n):
        top = s
        for i in range(k, x.size):
            if x[i] * s > top:
                top = x[i]
        s = np.sin(s + top)
    return s


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("function", [largest, least_of_others, decayed, used_besides, in_a_loop])
def test_selections(function, n):
    check(function, (x, n))
    check(function, (-x[::-1].copy(), n))
    check(function, (np.zeros(5), n))


def test_flags_of_selections_are_not_kept():
    assert "tape" not in source(largest, (x, 5))
    assert "tape" in source(largest, (x, 5), frozenset())


# -- integers that go back ---------------------------------------------------------------------------------


def triangle(x, n):
    """The entries of a triangle, one after another."""
    s, entry = 1.0, 0
    for row in range(n):
        for column in range(row + 1, n):
            s = np.sin(s * x[entry % x.size] + column)
            entry += 1
    return s + entry


def strides(x, n):
    s, at = 0.5, 7
    for k in range(n):
        s = np.sin(s * x[at % x.size])
        at = at - 2 + k
    return s


def unsteady(x, n):
    """How far it moves depends on where it is."""
    s, at = 0.5, 1
    for _ in range(n):
        s = np.sin(s * x[at % x.size])
        at += at % 3 + 1
    return s


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("function", [triangle, strides, unsteady])
def test_counters(function, n):
    check(function, (x, n))


# -- absorption --------------------------------------------------------------------------------------------


def masked(x, n):
    """Zeros meet infinities: a square root at zero, a logarithm that is not taken, an overflow."""
    s = 0.0
    for i in range(n):
        v = x[i]
        r = np.sqrt(v * v)
        e = 1.0 / (1.0 + np.exp(-400.0 * v))
        w = np.log(np.abs(v)) * v
        s += r * r + e * v + v * v * v
        if v > 0.0:
            s += w
    return s


@pytest.mark.parametrize("values", [(0.0, 1.0, -1.0), (-3.0, 0.0, 3.0), (math.nan, 1.0, 0.0), (1.0, 2.0)])
def test_zeros_absorb(values):
    given = np.array(values)
    check(masked, (given, given.size))


def test_many_products_are_tried_plainly():
    assert "if v_b != v_b:" in source(masked, (x, 5))
    assert "if v_b != v_b:" not in source(masked, (x, 5), frozenset({"fuse"}))


# -- reciprocals --------------------------------------------------------------------------------------


def sigmoids(x, n):
    """The partial of a reciprocal is made of the result."""
    s = 0.0
    for _ in range(n):
        for i in range(x.size):
            s = s + 1.0 / (1.0 + np.exp(-s * x[i])) + 1 / (2.0 + x[i] * s)
    return s


@pytest.mark.parametrize("n", [0, 1, 3])
def test_reciprocals(n):
    check(sigmoids, (x, n), [0])
    assert "true_divide" not in source(sigmoids, (x, n))


# -- sweeps of loops that nothing flows into ---------------------------------------------------------------

places = np.array([[0.2, -0.9, 1.5], [1.8, 0.3, -0.2], [0.5, -1.2, 2.0]])


def nearest(x, places):
    least = np.inf
    for i in range(places.shape[0]):
        d = 0.0
        for k in range(places.shape[1]):
            d += (x[k] - places[i, k]) ** 2
        least = min(least, d)
    return least


def within(x, places):
    total = 0.0
    for i in range(places.shape[0]):
        d = 0.0
        for k in range(places.shape[1]):
            d += math.sqrt(abs(x[k] - places[i, k]))
        if d < 2.5:
            total += d * d
    return total


def everywhere(x, places):
    total = 0.0
    for i in range(places.shape[0]):
        d = 0.0
        for k in range(places.shape[1]):
            d += (x[k] - places[i, k]) ** 2
        total += d * d
    return total


@pytest.mark.parametrize("f", [nearest, within])
def test_left_out_where_nothing_flows_in(f):
    assert "if is_nonzero(d_" in source(f, (x, places))
    assert "skipped where no adjoint flows in" in str(da.explain(njit(f), x, places))
    check(f, (x, places), [0])


def test_not_where_something_always_does():
    assert "is_nonzero" not in source(everywhere, (x, places))


def test_an_adjoint_that_is_zero_with_a_derivative():
    """The product with y vanishes at 0, its derivatives by y and x do not."""

    nearest_njit = njit(nearest)
    f = njit(lambda z, places: z[3] * nearest_njit(z, places))
    z = np.array([0.6, -1.1, 1.9, 0.0])
    wanted = np.zeros((4, 4))
    wanted[3, :3] = wanted[:3, 3] = 2 * (z[:3] - places[2])
    gradient = da.grad(f, mode="adjoint")
    for mode in ("forward", "tape"):
        np.testing.assert_allclose(da.jacobian(gradient, mode=mode)(z, places), wanted, rtol=1e-14)
    first = njit(lambda z, places: gradient(z, places)[0])
    for mode in ("tape", "adjoint"):
        np.testing.assert_allclose(da.grad(first, mode=mode)(z, places), wanted[0], rtol=1e-14)


def test_infinite_partials_behind_zero():
    f = njit(within)
    z = np.array([0.2, -1.1, 1.9])  # at a place that is too far away
    gradients = [da.grad(f, mode=mode)(z, places) for mode in ("adjoint", "tape", "forward")]
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, gradients[2])


# -- what a stretch adds to a number of all iterations -------------------------------------------------


def sums_of_products(x, y):
    """Each iteration adds to the adjoint of c by one product, and to that of x by another."""
    c = math.sin(x[0])
    s = 0.0
    for i in range(x.size):
        s += y[i] * (c * (x[i] * x[i] * x[i]))
    return s


def test_sums_are_tried_plainly():
    text = source(sums_of_products, (x, places[0]))
    assert "if total_b != total_b:" in text
    assert "total_b" not in source(sums_of_products, (x, places[0]), SWITCHES - {"try"})
    check(sums_of_products, (x[:3], places[0]), [0, 1])


def test_zeros_absorb_infinities_in_sums():
    """In one iteration the adjoint is zero and what it is multiplied by infinite."""
    f = njit(sums_of_products)
    z, y = np.array([0.3, 1e200, 0.5]), np.array([1.0, 0.0, 2.0])
    gradient = da.grad(f, mode="adjoint")(z, y)
    assert np.all(np.isfinite(gradient))
    np.testing.assert_allclose(gradient, da.grad(f, mode="tape")(z, y), rtol=1e-15)


# -- what need not be set to zero ------------------------------------------------------------------------


def first_stores(x):
    w = np.sin(x)
    return np.sum(w * w)


def stored_twice(x):
    w = np.zeros(x.size)
    for i in range(x.size):
        w[i // 2] = math.sin(x[i])
    return np.sum(w * w)


def stored_by_two(x):
    w = np.sin(x)
    s = np.sum(w * w)
    for i in range(x.size):
        w[i] = math.cos(x[i]) * x[i]
    return s + np.sum(w * w)


def stored_from_the_end(x):
    """The last element is stored into first and last."""
    w = np.zeros(x.size)
    for i in range(-1, x.size):
        w[i] = math.sin(x[i] + i)
    return np.sum(w * w)


def stored_and_viewed(x):
    w = np.zeros(x.size)
    v = w[::-1]
    for i in range(x.size):
        w[i] = math.sin(x[i])
    s = v[0] * v[1]
    for i in range(x.size):
        w[i] = math.cos(x[i])
    return s + np.sum(v * x)


def copied(x, y):
    """By x nothing is to be done for what is copied at the beginning."""
    w = np.empty(x.size)
    for i in range(x.size):
        w[i] = y[i]
    for i in range(x.size):
        w[i] *= x[i]
    return np.sum(w * w)


def test_what_is_not_differentiated_is_not_cleared():
    text = source(copied, (x, x + 1.0))
    assert text.count("range(x_n0") == 4  # two forward, the sum forward and back at once, one back
    check(copied, (x, x + 1.0), [0])


@pytest.mark.parametrize(
    ("f", "clears"),
    [
        (first_stores, 0),
        (stored_twice, 1),
        (stored_by_two, 1),
        (stored_from_the_end, 1),
        (stored_and_viewed, 2),
    ],
)
def test_only_what_is_read_again_is_cleared(f, clears):
    text = source(f, (x,))
    assert sum("_b[" in one and one.endswith("] = 0.0") for one in text.splitlines()) == clears
    check(f, (x,), [0])


# -- what no adjoint flows into ---------------------------------------------------------------------


def test_a_loop_whose_results_only_decide_has_no_sweep():
    """Its adjoints are zero: no arithmetic is emitted for them, and nothing is stored."""

    def f(x, y):
        largest = 0.0
        for i in range(x.size):
            largest = largest * 0.5 + x[i] * x[i]
        return y * y if largest > 0.1 else 3.0 * y

    source = agrees(f, np.array([0.5, 0.25, 0.3]), 1.5)
    assert source.count("\n    for ") == 1
    assert not any(dead in source for dead in ("weighted(0.0", "is_nonzero(0.0)", "+= 0.0"))
    assert "tape" not in source
