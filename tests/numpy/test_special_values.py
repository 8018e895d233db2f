"""NaNs, infinities and zeros of either sign: a function's value is its own, whatever differentiates it.

Numba's code for arrays of floats orders NaNs in a way of its own, but not as it is compiled for other types.
"""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.agreement import differences
from tests.numpy.expressions import POINT, expressions, function
from tests.numpy.survey import unless_refused
from tests.numpy.test_survey import parameters

CASES = list(expressions([]))
NAN = POINT * np.array([1.0, np.nan, 1.0, 1.0, 1.0, 1.0])
POINTS = {
    "nan": NAN,
    "nan first": np.array([np.nan, 0.3, 0.45, 0.15, np.nan, 0.6]),
    "infinities": np.array([0.7, -np.inf, 0.45, np.inf, 0.9, 0.6]),
    "zeros": np.array([0.0, -0.0, 0.0, -0.0, 1.0, 0.5]),
}
W = np.arange(1.0, 7.0)


def sorted_copy(x):
    return np.sum(np.sort(x)[:5] ** 2 * W[:5])


def sorted_in_place(x):
    y = x * x
    y[1:].sort()
    return np.sum(y[:4] * W[:4])


def sorted_by_method(x):
    y = x * x
    y.sort(kind="mergesort")
    return np.sum(y[:5] * W[:5])


def sorted_rows(x):
    y = (x * x).reshape((2, 3))
    y.sort()
    return np.sum(y[0, :2]) + 3.0 * np.sum(y[1])


def sorted_list(x):
    y = [v * v for v in x[2:]]
    y.sort()
    return y[0] + 2.0 * y[1]


def sorted_backwards(x):
    y = [v * v for v in x[2:]]
    y.sort(reverse=True)
    return y[0] + 2.0 * y[1]


def positions(x):
    order = np.argsort(x)
    return x[order[0]] * x[order[1]] + W[np.argmax(x)] * x[0] + W[np.argmin(x)] * x[2] ** 2


def positions_by_methods(x):
    order = x.argsort()
    return x[order[0]] * x[order[1]] + W[x.argmax()] * x[0] + W[x.argmin()] * x[2] ** 2


def different(x):
    return np.sum(np.unique(x * x)[:5] * W[:5])


def middle(x):
    return np.nanmedian(x) ** 2


def smallest(x):
    return np.sum(np.partition(x, 3)[:4] ** 2)


def percentiles(x):
    return np.sum(np.percentile(x[2:], np.array([0.0, 33.0, 100.0])) * W[:3]) + np.quantile(x[::2], 0.3) ** 2


def percentiles_of_the_rest(x):
    low, high = np.nanpercentile(x, (20.0, 80.0))
    return low * high + np.nanquantile(x, 0.9 * x[-1]) + np.nanquantile(x, 1.0)


@pytest.mark.parametrize(
    "f",
    [
        sorted_copy, sorted_in_place, sorted_by_method, sorted_rows, sorted_list, sorted_backwards, positions,
        positions_by_methods, different, middle, smallest, percentiles, percentiles_of_the_rest,
    ],
)  # fmt: skip
def test_what_orders_nans(f):
    """The same elements as the function itself, and as without the NaN where it is put last."""
    value = njit(f)(NAN.copy())
    assert np.isfinite(value)
    gradients = []
    for mode in ("forward", "reverse", "tape"):
        got, gradient = da.value_and_grad(f, mode=mode)(NAN)
        assert got == value
        gradients.append(gradient)
    assert np.any(gradients[0] != 0.0)
    for other in gradients[1:]:
        np.testing.assert_allclose(gradients[0], other, rtol=1e-14, atol=0)
    np.testing.assert_allclose(da.grad(f)(POINT), differences(f, POINT), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("f", [percentiles, percentiles_of_the_rest])
@pytest.mark.parametrize("at", ["infinities", "nan first"])
def test_percentiles_where_not_all_is_finite(f, at):
    x = POINTS[at]
    found = [da.value_and_grad(f, mode=mode)(x) for mode in ("forward", "adjoint", "tape")]
    for value, gradient in found:
        np.testing.assert_array_equal(value, njit(f)(x))
        known = np.isfinite(gradient) & np.isfinite(found[0][1])
        assert np.sum(known) >= 3
        np.testing.assert_allclose(gradient[known], found[0][1][known], rtol=1e-14)


@pytest.mark.parametrize(("q", "error"), [(0.0, ValueError), (100.0, ValueError), (40.0, AssertionError)])
@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_percentiles_of_nothing(q, error, mode):
    def of_all(x, q):
        return np.percentile(x, q)

    def of_the_rest(x, q):
        return np.nanpercentile(x, q)

    with pytest.raises(error):
        njit(of_all)(np.zeros(0), q)
    with pytest.raises(error):
        da.grad(of_all, mode=mode)(np.zeros(0), q)
    assert np.isnan(da.value_and_grad(of_the_rest, mode=mode)(np.zeros(0), q)[0])


def test_equal_elements_of_percentiles_are_the_same_in_every_mode():
    x = np.array([2.0, 1.0, 2.0, 2.0, 2.0, 1.0])
    first, *others = (da.grad(percentiles_of_the_rest, mode=m)(x / 3) for m in ("forward", "adjoint", "tape"))
    for other in others:
        np.testing.assert_allclose(first, other, rtol=1e-14, atol=0)


@pytest.mark.parametrize("f", [sorted_in_place, positions_by_methods, middle])
def test_second_derivatives_of_what_orders_nans(f):
    first, *others = (da.hessian(f, mode=mode)(NAN) for mode in ("forward", "reverse", "tape"))
    assert np.any(first != 0.0)
    for other in others:
        np.testing.assert_array_equal(first, other)


@pytest.mark.battery
@pytest.mark.parametrize("at", POINTS)
@pytest.mark.parametrize(("name", "expression"), parameters(CASES))
def test_values_are_those_of_the_function(name, expression, at):
    f, x = function(expression), POINTS[at]
    try:
        with np.errstate(all="ignore"):
            value = njit(f)(x.copy())
    except Exception as error:
        value = type(error)
    for mode in ("forward", "adjoint", "tape"):
        try:
            got = unless_refused(lambda: da.value_and_jacobian(f, mode=mode)(x)[0])  # noqa: B023
        except Exception as error:
            got = type(error)
        if got is None:
            continue
        if isinstance(value, type) or isinstance(got, type):
            assert got is value
        else:
            np.testing.assert_array_equal(got, value)
            zeros = value == 0.0
            np.testing.assert_array_equal(np.signbit(got)[zeros], np.signbit(value)[zeros])
