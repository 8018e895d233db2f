"""Derivatives of derivatives at kinks: right or NaN, in every mode and nesting; first ones by convention."""

import math
from functools import cache

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.marks import in_battery

INNER = ("forward", "adjoint", "tape")


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
    [("forward", "adjoint")]
    + [
        in_battery(*pair)
        for pair in (("reverse", "tape"), ("forward", "forward"), ("forward", "tape"), ("reverse", "adjoint"))
    ],
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


def test_a_derivative_with_kinks_inside_the_function_is_called():
    want = da.grad(penalised, mode="tape")(0.5)
    assert da.grad(penalised, mode="adjoint")(0.5) == want


@njit(error_model="numpy")
def steep(x, which):
    """At the origin: smooth functions made of infinite slopes, then functions with entries that are known."""
    q = x @ x
    if which == 0:
        return np.sqrt(q) ** 2
    if which == 1:
        return (q**0.5) ** 2
    if which == 2:
        return np.cbrt(q) ** 3
    if which == 3:
        return math.sin(math.asin(1.0 - q))
    if which == 4:
        return np.cos(np.arccos(1.0 - q))
    if which == 5:
        return np.cosh(np.arccosh(1.0 + q))
    if which == 6:
        return np.exp(np.log(q))
    if which == 7:
        return np.tanh(np.arctanh(1.0 - q))
    if which == 8:
        return 1.0 / (1.0 / q)
    if which == 9:
        return np.expm1(np.log1p(q - 1.0))
    if which == 10:
        return np.sqrt(np.trace(np.outer(x, x))) ** 2
    if which == 11:
        c = np.cbrt(x)
        return (c @ (c * c)) ** 2
    if which == 12:
        return x[0] ** 2 + np.sqrt(x[1])
    if which == 13:
        return x[0] ** 2 + np.where(x > 0.0, np.log(x), x * x)[1]
    if which == 14:
        return q + (np.sqrt(x[0]) if x[0] > 0.0 else 0.0)
    return np.sqrt(max(x[0] - 1.0, 0.0)) + np.sqrt(1.0 + q)


STEEP = [
    *([[s, 0], [0, s]] for s in (2, 2, 2, -2, -2, 2, 2, -2, 2, 2, 2)),
    [[2, 2], [2, 2]],
    [[2, 0], [0, -np.inf]],
    [[2, 0], [0, 2]],
    [[2, 0], [0, 2]],
    [[1, 0], [0, 1]],
]


def steep_hessians(outer, inner):
    if outer == "forward":
        return da.hessian(steep, mode=inner)
    return da.jacobian(da.grad(steep, mode=inner), mode=outer)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("forward", "adjoint"),
        in_battery("reverse", "tape"),
        in_battery("forward", "forward"),
        in_battery("forward", "tape"),
        in_battery("reverse", "forward"),
        in_battery("reverse", "adjoint"),
    ],
)
def test_through_infinite_slopes(outer, inner):
    """Right or NaN; what does not depend on the infinite slope is right."""
    hessian = steep_hessians(outer, inner)
    for which, expected in enumerate(STEEP):
        got = hessian(ORIGIN, which)
        right_or_nan(got, expected, exactly=which in (13, 14) or (which == 15 and outer == "forward"))
        if which == 12:
            assert got[0, 0] == 2.0


def test_first_derivatives_through_infinite_slopes_are_those_of_the_conventions():
    both = da.value_and_jacobian(da.value_and_grad(steep, mode="adjoint"), mode="forward")
    for which in range(11):
        (value, gradient), (slope, _) = both(ORIGIN, which)
        assert value == steep(ORIGIN, which)
        np.testing.assert_array_equal(gradient, [0.0, 0.0])
        np.testing.assert_array_equal(slope, [0.0, 0.0])


@njit
def norm_squared(x):
    return np.sqrt(x @ x) ** 2


@njit
def regular(x):
    return np.sqrt(1.0 + x @ x) ** 2


slope_of_norm_squared = da.grad(norm_squared, mode="adjoint")
slope_of_regular = da.grad(regular, mode="adjoint")


@njit
def steepness(x):
    return np.sum(slope_of_norm_squared(x))


@njit
def regular_steepness(x):
    return np.sum(slope_of_regular(x))


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_a_derivative_with_infinite_slopes_inside_the_function(mode):
    assert np.isnan(da.grad(steepness, mode=mode)(ORIGIN)).all()
    np.testing.assert_allclose(da.grad(steepness, mode=mode)(np.ones(2)), [2.0, 2.0], rtol=1e-14)
    np.testing.assert_allclose(da.grad(regular_steepness, mode=mode)(ORIGIN), [2.0, 2.0], rtol=1e-14)


@njit
def extremes(x, which):
    """At (1, 1): what is smooth, or one of the pieces of what is not."""
    if which == 0:
        return np.max(x) * np.min(x)
    if which == 1:
        return np.ptp(x) ** 2
    if which == 2:
        return (np.max(x) - abs(x[0] - x[1]) / 2.0) ** 2
    if which == 3:
        return np.nanmax(x) * np.nanmin(x)
    if which == 4:
        m = np.max(x)
        return m + np.log(np.sum(np.exp(x - m)))
    return np.max(x) ** 2


EXTREMES = [
    [[0, 1], [1, 0]],
    [[2, -2], [-2, 2]],
    [[0.5, 0.5], [0.5, 0.5]],
    [[0, 1], [1, 0]],
    [[0.25, -0.25], [-0.25, 0.25]],
]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("forward", "adjoint"),
        *(in_battery(*pair) for pair in (("forward", "forward"), ("forward", "tape"), ("reverse", "tape"))),
    ],
)
def test_ties_of_extremes_of_arrays(outer, inner):
    """One of the elements is taken, the same everywhere; first derivatives are shared."""
    gradient = da.value_and_grad(extremes, mode=inner)
    hessian = da.value_and_jacobian(gradient, mode=outer)
    for which, expected in enumerate(EXTREMES):
        (value, shared), (_, got) = hessian(np.ones(2), which)
        assert (value, *shared) == (gradient(np.ones(2), which)[0], *gradient(np.ones(2), which)[1])
        right_or_nan(got, expected, exactly=outer == "forward")
    got = hessian(np.ones(2), len(EXTREMES))[1][1]
    assert outer == "reverse" or got.tolist() in ([[2, 0], [0, 0]], [[0, 0], [0, 2]])
    np.testing.assert_array_equal(hessian(np.array([1.0, 2.0]), len(EXTREMES))[1][1], [[0, 0], [0, 2]])
