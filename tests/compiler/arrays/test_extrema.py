"""Equal elements share what the largest or smallest of them moves, in every mode and order."""

import numpy as np
import pytest
from numba import njit

import dualad as da

MODES = ("adjoint", "tape", "forward")


@njit
def extremes(x):
    a = x.reshape((2, 2))
    largest = (np.max(x), x.max(), np.amax(a.T), np.nanmax(x))
    smallest = (np.min(x), a.min(), np.amin(x), np.nanmin(x))
    return np.array(largest + smallest + (np.ptp(x),))


@njit
def missing(x):
    """Of three equal ones one counts, and the first element not at all."""
    y = x.copy()
    y[0] = np.nan
    return np.nanmax(y) ** 2


@njit
def unknown(x):
    """The largest is NaN; of nobody is it asked what moves it."""
    y = x.copy()
    y[0] = np.nan
    largest = np.max(y)
    return largest if largest > 0 else x[1]


@njit
def square(x):
    return np.max(x) ** 2 + np.min(x) ** 3


@pytest.mark.parametrize("mode", MODES)
def test_ties_share(mode):
    largest, smallest = [0, 0.5, 0, 0.5], [0.5, 0, 0.5, 0]
    want = np.array([largest] * 4 + [smallest] * 4 + [np.subtract(largest, smallest)])
    got = da.jacobian(extremes, mode=mode)(np.array([-1.0, 2.0, -1.0, 2.0]))
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(da.jacobian(extremes, mode=mode)(np.ones(4))[:8], 0.25)


@pytest.mark.parametrize("mode", MODES)
def test_ties_beside_what_is_missing(mode):
    np.testing.assert_allclose(da.grad(missing, mode=mode)(np.full(4, 3.0)), [0, 2, 2, 2], rtol=1e-15)
    np.testing.assert_array_equal(da.grad(unknown, mode=mode)(np.ones(4)), [0, 1, 0, 0])


@pytest.mark.parametrize(
    "modes",
    [
        ("reverse", "reverse"),
        ("forward", "reverse"),
        pytest.param(("reverse", "forward"), marks=pytest.mark.battery),
        pytest.param(("forward", "forward"), marks=pytest.mark.battery),
    ],
)
def test_of_ties_one_is_taken_in_second_derivatives(modes):
    outer, inner = modes
    x = np.array([3.0, 1.0, 3.0])
    got = da.jacobian(da.grad(square, mode=inner), mode=outer)(x)
    if outer == "forward":
        np.testing.assert_allclose(got, [[2, 0, 0], [0, 6, 0], [0, 0, 0]], rtol=1e-15)
    else:
        assert np.isnan(got[[0, 2]][:, [0, 2]]).all()
        assert got[1, 1] == 6.0


@njit
def of_elements(x):
    return 2 * max(x) + min(x)


@pytest.mark.parametrize("mode", MODES)
def test_elements_are_compared_in_pairs_by_pythons_own(mode):
    both = da.value_and_grad(of_elements, mode=mode)
    value, slopes = both(np.array([1.0, 1.0, 1.0, 0.5]))
    assert value == 2.5
    np.testing.assert_array_equal(slopes, [0.5, 0.5, 1, 1])
    x = np.array([1.0, np.nan, 3.0, 0.5])  # what comes after NaN is compared with what came before
    assert both(x)[0] == of_elements(x)
    with pytest.raises(ValueError, match="empty"):
        both(np.zeros(0))


@pytest.mark.parametrize("extreme", [np.max, np.min, np.nanmax, np.nanmin])
def test_of_no_elements_every_order_raises_what_the_function_does(extreme):
    @njit
    def f(x, n):
        return extreme(x[:n]) * x[0]

    for call in (f, da.grad(f), da.hessian(f), da.hessian(f, mode="forward")):
        with pytest.raises(ValueError, match="zero-size array to reduction operation"):
            call(np.ones(2), 0)
