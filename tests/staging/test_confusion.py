"""Perturbation confusion: derivatives of different levels stay apart, in every pairing of modes.

The first example is that of Siskind and Pearlmutter, Perturbation confusion and referential
transparency, IFL 2005; the shift operator is that of Manzyuk et al., Perturbation confusion in
forward automatic differentiation of higher-order functions, JFP 29 (2019). A function inside another
takes the outer variable as a passive argument, as compiled code has no closures over variables.
"""

import itertools
import math
from functools import partial

import numpy as np
import pytest
from numba import njit

import dualad as da

D = {
    "derivative": da.derivative,
    "forward": partial(da.grad, mode="forward"),
    "tape": partial(da.grad, mode="tape"),
}
MODES = ("forward", "tape")
pairings = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(MODES, repeat=2)))
triples = pytest.mark.parametrize(("outer", "middle", "inner"), list(itertools.product(MODES, repeat=3)))


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(D, repeat=2)))
def test_siskind_and_pearlmutter(outer, inner):
    """D(x → x · D(y → x + y)(1))(1) = 1; levels taken for one another give 2."""
    d = D[inner](lambda y, x: x + y)
    assert D[outer](lambda x: x * d(1.0, x))(1.0) == 1.0


def repeated(name, function, order):
    for _ in range(order):
        function = D[name](function)
    return function


# Every mode meets every order on either side; all 9 times 16 would take minutes to compile.
ORDERS = [("forward", "tape", m, n) for m, n in [(1, 2), (2, 1), (2, 2)]]
ORDERS += [("tape", "forward", m, n) for m, n in [(1, 2), (2, 1), (3, 1)]]
ORDERS += [("tape", "tape", m, n) for m, n in [(1, 2), (2, 1), (2, 2)]]
ORDERS += [("derivative", "derivative", m, n) for m, n in [(2, 3), (3, 2), (4, 1), (1, 4)]]
HIGHER = [("forward", "tape", m, n) for m, n in [(1, 4), (4, 1)]]
HIGHER += [("tape", "forward", m, n) for m, n in [(1, 3), (1, 4)]]
HIGHER += [("tape", "tape", m, n) for m, n in [(3, 1), (1, 3)]]
HIGHER += [("derivative", "derivative", 4, 4)]
ORDERS += [pytest.param(*orders, marks=pytest.mark.battery) for orders in HIGHER]


@pytest.mark.parametrize(("outer", "inner", "m", "n"), ORDERS)
def test_orders(outer, inner, m, n):
    """D^n(x → x^3 · D^m(y → x y^5)(1))(2): the m-th derivative of y^5 at 1 is 5!/(5-m)!."""
    d = repeated(inner, lambda y, x: x * y**5, m)
    got = repeated(outer, lambda x: x**3 * d(1.0, x), n)(2.0)
    assert got == math.perm(5, m) * math.perm(4, n) * 2.0 ** (4 - n)


@pairings
def test_inner_at_the_outer_variable(outer, inner):
    """D(x → D(y → x y^2)(x)) = D(x → 2 x^2): the point is x as well."""
    d = D[inner](lambda y, x: x * y * y)
    assert D[outer](lambda x: d(x, x))(3.0) == 12.0


@pairings
def test_inner_that_does_not_depend_on_its_variable(outer, inner):
    """D(y → x^2) = 0, though x^2 has a derivative by x."""
    d = D[inner](lambda y, x: x * x)
    assert D[outer](lambda x: x * d(1.0, x))(3.0) == 0.0


@pairings
def test_outer_that_does_not_reach_the_inner(outer, inner):
    """D(x → x D(y → y^3)(2)) = 12: the inner derivative is a constant."""
    d = D[inner](lambda y: y**3)
    assert D[outer](lambda x: x * d(2.0))(5.0) == 12.0


@pairings
def test_shift_operator(outer, inner):
    """Twice the derivative by a shift is the second derivative; confused levels give 0."""
    shifted_once = D[inner](lambda u, x: math.sin(x + u))
    shifted_twice = D[outer](lambda u, x: shifted_once(0.0, x + u))
    assert shifted_twice(0.0, 0.7) == pytest.approx(-math.sin(0.7), rel=1e-15)


@triples
def test_three_levels(outer, middle, inner):
    """D(x → x · D(y → y · D(z → x y z)(1))(1))(x): x y; then 2 x y at y = 1; then 2 x^2."""
    d = D[inner](lambda z, x, y: x * y * z)
    e = D[middle](lambda y, x: y * d(1.0, x, y))
    assert D[outer](lambda x: x * e(1.0, x))(3.0) == 12.0


@triples
def test_three_levels_of_sums(outer, middle, inner):
    d = D[inner](lambda z, x, y: x + y + z)
    e = D[middle](lambda y, x: y * d(1.0, x, y))
    assert D[outer](lambda x: x * e(1.0, x))(1.0) == 1.0


@triples
def test_outer_variable_skips_a_level(outer, middle, inner):
    """The middle derivative does not involve x, the inner one does: D(x → x · D(y → y D(z → x z)(y))(2))."""
    d = D[inner](lambda z, x: x * z * z)
    e = D[middle](lambda y, x: y * d(y, x))
    assert D[outer](lambda x: x * e(2.0, x))(3.0) == 48.0


@pairings
def test_two_inner_derivatives_side_by_side(outer, inner):
    """Two derivatives of one level that do not meet: x → D(y → x y^2)(x) · D(y → x^2 y)(1)."""
    d = D[inner](lambda y, x: x * y * y)
    e = D[inner](lambda y, x: x * x * y)
    assert D[outer](lambda x: d(x, x) * e(1.0, x))(2.0) == 64.0


@pairings
def test_result_of_a_derivative_goes_into_another(outer, inner):
    """The value of one derivative is the point of the next: 2 x (2 x^2)."""
    d = D[inner](lambda y, x: x * y * y)
    assert D[outer](lambda x: d(d(x, x), x))(2.0) == 48.0


@pairings
def test_a_function_inside_its_own_derivative(outer, inner):
    @njit
    def cube(x):
        return x**3

    d = D[inner](cube)
    assert D[outer](lambda x: cube(x) * d(x))(2.0) == 15 * 2.0**4


@pairings
def test_through_arrays(outer, inner):
    """The outer variable reaches the inner function inside a passive array."""
    d = D[inner](lambda y, a: a[0] * y * y + a[1] * y)

    def f(x):
        a = np.empty(2)
        a[0] = x
        a[1] = x * x
        return x * d(x, a)  # x (2 x^2 + x^2)

    assert D[outer](f)(2.0) == 36.0


@pairings
def test_through_tuples(outer, inner):
    d = D[inner](lambda y, p: p[0] * y * p[1][0])
    assert D[outer](lambda x: x * d(5.0, (x, (x, 1))))(2.0) == 12.0


@pairings
def test_through_a_work_array_of_the_inner_function(outer, inner):
    """A work array of the inner function holds values of both levels."""

    def inside(y, x):
        work = np.zeros(3)
        work[0] = x
        work[1] = y
        work[2] = work[0] * work[1]
        return work[2] * work[0] + work[1]

    d = D[inner](inside)
    assert D[outer](lambda x: x * d(1.0, x))(2.0) == 3 * 4.0 + 1.0


@pairings
def test_branches_look_at_the_primal_only(outer, inner):
    d = D[inner](lambda y, x: x * y if y > x else x * x * y)
    f = D[outer](lambda x: x * d(2.0, x))
    assert f(1.0) == 2.0
    assert f(3.0) == 27.0


@pairings
def test_vectors_of_one_width(outer, inner):
    """Both levels have as many partials: grad(x → x · grad(y → (x · y)^2 / 2)(x)) with x · y summed."""

    def inside(y, x):
        s = 0.0
        for i in range(x.size):
            s += x[i] * y[i]
        return 0.5 * s * s

    d = D[inner](inside)

    def f(x):
        g = d(x, x)  # |x|^2 x
        s = 0.0
        for i in range(x.size):
            s += x[i] * g[i]
        return s  # |x|^4

    x = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(D[outer](f)(x), 4 * (x @ x) * x, rtol=1e-15)


@pairings
def test_saddle_point_step(outer, inner):
    """The derivative of a descent step made of another derivative, as in GradBench's `saddle`."""
    d = D[inner](lambda y, x: (y - x[0]) ** 2 * x[1])

    def f(x):
        y = 0.0
        for _ in range(3):
            y -= 0.25 * d(y, x)
        return y  # x0 (1 - (1 - x1/2)^3)

    got = D[outer](f)(np.array([2.0, 1.0]))
    np.testing.assert_allclose(got, [1 - 0.5**3, 2.0 * 3 * 0.5**2 / 2], rtol=1e-15)


@pytest.mark.parametrize("inner", ["jvp", "vjp"])
@pytest.mark.parametrize("outer", ["jvp", "vjp", *D])
def test_directional_derivatives(outer, inner):
    """The direction of the inner derivative is the outer variable: x → D(y → x y^2)(y = 3) · x."""
    d = {"jvp": da.jvp, "vjp": da.vjp}[inner](lambda y, x: x * y * y)
    f = lambda x: d(3.0, x, x)[1]  # noqa: E731
    if outer in D:
        assert D[outer](f)(2.0) == 24.0
    else:
        assert {"jvp": da.jvp, "vjp": da.vjp}[outer](f)(2.0, 10.0) == (24.0, 240.0)
