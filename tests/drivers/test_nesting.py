"""Derivatives of derivatives at kinks: right or NaN, in every mode and nesting; first ones by convention."""

import math
from functools import cache

import numpy as np
import pytest
from numba import njit

import dualad as da

INNER = ("forward", "adjoint", "tape")


def in_battery(*values):
    return pytest.param(*values, marks=pytest.mark.battery)


NAN = np.full((2, 2), np.nan)


@njit
def kinked(x, which):
    """At the origin: where first derivatives cancel, or where a sum of kinks has none."""
    a, b = x[0], x[1]
    if which == 0:
        return np.abs(a) ** 2
    if which == 1:
        return abs(a - b) * abs(b - a)
    if which == 2:
        return math.hypot(a, b) ** 2
    if which == 3:
        return np.log1p(np.exp(-abs(a))) + max(a, 0.0)
    if which == 4:
        return max(a, 0.0) ** 2 + max(-a, 0.0) ** 2
    if which == 5:
        return 3.0 * np.maximum(a, b) * np.minimum(a, b)
    if which == 6:
        return np.exp(-(abs(a) ** 2) - abs(b) * abs(-b))
    if which == 7:
        return math.copysign(a, 1.0) * math.copysign(a, -1.0)
    if which == 8:
        return np.fmax(a, b) + np.fmin(a, b) + np.fmax(a, 0.0) * np.fmin(a, 0.0)
    if which == 9:
        return abs(a) + abs(b) + max(a, b) + 2.0 * min(a, 0.0)
    if which == 10:
        return np.exp(-(math.hypot(a, 2.0 * a) ** 2))
    return math.atan2(b, a) * math.atan2(b, a)


HESSIANS = [
    [[2, 0], [0, 0]],
    [[2, -2], [-2, 2]],
    [[2, 0], [0, 2]],
    [[0.25, 0], [0, 0]],
    [[2, 0], [0, 0]],
    [[0, 3], [3, 0]],
    [[-2, 0], [0, -2]],
    [[-2, 0], [0, 0]],
    [[0, 0], [0, 0]],
    [[0, 0], [0, 0]],
    [[-10, 0], [0, 0]],
    NAN,
]
GRADIENTS = {3: [0.5, 0.0], 8: [1.0, 1.0], 9: [1.5, 0.5]}  # by the conventions; else 0
CASES = range(len(HESSIANS))
ORIGIN = np.zeros(2)


def right_or_nan(got, expected, exactly=()):
    """Compare where a number is given; NaN is allowed but where the answer must be exact."""
    got, expected = np.asarray(got), np.asarray(expected, float)
    if exactly:
        assert np.isfinite(got).all()
    known = ~np.isnan(got)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got[known], expected[known], rtol=1e-14, atol=0.0)


# Of a norm at its origin the derivative is known along one direction, not along several at once.
KNOWN = set(CASES) - {2, 11}


@cache
def hessians(outer, inner):
    """Shared by the tests of a process."""
    if outer == "forward":
        return da.hessian(kinked, mode=inner)
    return da.jacobian(da.grad(kinked, mode=inner), mode=outer)


@pytest.mark.parametrize("mode", INNER)
def test_forward_over_any_mode(mode):
    hessian, product = hessians("forward", mode), da.hvp(kinked, mode=mode)
    for which in CASES:
        right_or_nan(hessian(ORIGIN, which), HESSIANS[which], exactly=which in KNOWN)
        for p in (np.array([1.0, 0.0]), np.array([-0.5, 2.0])):
            right_or_nan(product(ORIGIN, p, which), np.array(HESSIANS[which]) @ p, exactly=which != 11)


@pytest.mark.parametrize("mode", [in_battery("forward"), "adjoint", "tape"])
def test_reverse_over_any_mode(mode):
    """Nothing says into which piece the outer derivative moves: right where pieces do not matter, or NaN."""
    hessian = hessians("reverse", mode)
    for which in CASES:
        right_or_nan(hessian(ORIGIN, which), HESSIANS[which], exactly=which == 9)


@pytest.mark.parametrize("mode", [in_battery("forward"), "adjoint", "tape"])
def test_away_from_kinks_nothing_is_lost(mode):
    x = np.array([0.3, -0.7])
    for which in CASES:
        by_reverse, by_forward = hessians("reverse", mode)(x, which), hessians("forward", mode)(x, which)
        np.testing.assert_allclose(by_reverse, by_forward, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("forward", "adjoint"), ("reverse", "tape")]
    + [in_battery(*pair) for pair in (("forward", "forward"), ("forward", "tape"), ("reverse", "adjoint"))],
)
def test_values_and_first_derivatives_at_kinks_are_those_of_the_conventions(outer, inner):
    both = da.value_and_jacobian(da.value_and_grad(kinked, mode=inner), mode=outer)
    for which in CASES:
        (value, gradient), (slope, _) = both(ORIGIN, which)
        expected = GRADIENTS.get(which, [0.0, 0.0])
        assert value == kinked(ORIGIN, which)
        np.testing.assert_array_equal(gradient, expected)
        np.testing.assert_array_equal(slope, expected)


@njit
def softplus(x):
    return np.log1p(np.exp(-abs(x))) + max(x, 0.0)


def test_orders_of_one_number():
    """0, 1/4, 0 and -1/8 are the derivatives of a logistic function's integral; kinks do not show."""
    for order, expected in enumerate([0.5, 0.25, 0.0, -0.125], start=1):
        assert da.derivative(softplus, order=order)(0.0) == pytest.approx(expected, abs=1e-15)


slope_of_softplus = da.grad(softplus, mode="adjoint")


@njit
def penalised(x):
    """A function that holds a derivative with a kink."""
    return slope_of_softplus(x) ** 2 + 3.0 * slope_of_softplus(x)


@pytest.mark.filterwarnings("ignore::dualad.TapeWarning")
@pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])
def test_a_derivative_inside_the_function(mode):
    value, slope = da.value_and_grad(penalised, mode=mode)(0.0)
    assert value == penalised(0.0) == 1.75
    right_or_nan(slope, 1.0, exactly=mode == "forward")
    p = 1.0 / (1.0 + math.exp(-0.5))
    assert da.grad(penalised, mode=mode)(0.5) == pytest.approx((2 * p + 3) * p * (1 - p), rel=1e-14)


@njit
def total(x, parts):
    """It stores into what it is given."""
    parts[0] = abs(x[0])
    x[0] = 2.0 * x[0]
    return parts[0] * parts[0] + abs(x[0])


value_and_slope = da.value_and_grad(total, mode="tape")


@njit
def storing(x):
    value, slope = value_and_slope(x, np.zeros(1))
    return value + 3.0 * slope[0] + 5.0 * x[0]


def test_the_function_stores_into_its_arguments():
    """Values and first derivatives are computed again at kinks, from arguments as they were."""
    value, slope = da.value_and_grad(storing, mode="forward")(np.zeros(1))
    assert value == storing(np.zeros(1)) == 0.0
    assert slope[0] == 3.0 * 2.0 + 5.0


def test_a_derivative_with_kinks_inside_the_function_is_taken_by_the_tape():
    with pytest.raises(da.UnsupportedError, match="kinks"):
        da.grad(penalised, mode="adjoint")(0.5)
