"""`least_squares` and `curve_fit`: arguments, shapes and Jacobians."""

import functools

import numpy as np
import pytest
from numba import njit
from scipy import optimize

from dualad.errors import ArgumentError, OutputError
from dualad.scipy import curve_fit, least_squares

T = np.linspace(0.0, 4.0, 50)
RNG = np.random.default_rng(0)
Y = 2.5 * np.exp(-1.3 * T) + 0.5 + 0.05 * RNG.normal(size=T.size)
NOISE = RNG.normal(size=(50, 50))


@njit
def decay(t, a, b, c):
    return a * np.exp(-b * t) + c


@njit
def decay_of_array(t, p):
    return p[0] * np.exp(-p[1] * t) + p[2]


@njit
def residuals(x, t, y):
    return decay(t, x[0], x[1], x[2]) - y


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"p0": (1, 1, 1)},
        {"sigma": np.linspace(0.1, 1.0, 50), "absolute_sigma": True},
        {"sigma": np.eye(50) + 0.01 * NOISE @ NOISE.T},
        {"sigma": 0.3, "absolute_sigma": True},
        {"bounds": (0.0, [3.0, 1.0, 0.5])},
        {"bounds": optimize.Bounds([0.0] * 3, [3.0, 1.0, 0.5])},
        {"method": "trf", "loss": "soft_l1"},
        {"method": "dogbox"},
        {"method": "trf", "jac": "3-point"},
    ],
    ids=str,
)
def test_as_scipy(options):
    found, covariance, info, *_ = curve_fit(decay, T, Y, full_output=True, **options)
    scipys, its_covariance, its_info, *_ = optimize.curve_fit(decay, T, Y, full_output=True, **options)
    np.testing.assert_allclose(found, scipys, rtol=1e-6)
    np.testing.assert_allclose(covariance, its_covariance, rtol=1e-5)
    assert info["nfev"] <= its_info["nfev"]


def test_missing_data():
    y = Y.copy()
    y[3] = np.nan
    found = curve_fit(decay, T, y, nan_policy="omit")[0]
    np.testing.assert_allclose(found, optimize.curve_fit(decay, T, y, nan_policy="omit")[0], rtol=1e-6)


def by_list(t, a, b, c):
    return np.array([a * np.exp(-b * s) + c for s in t])


def variadic(t, *p):
    return p[0] * np.exp(-p[1] * t) + p[2]


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (decay_of_array, {"p0": [1, 1, 1]}),
        (variadic, {"p0": [1, 1, 1]}),
        (by_list, {}),
        (functools.partial(lambda scale, t, a, b, c: scale * decay(t, a, b, c), 1.0), {}),
        (decay.py_func, {"jac": "2-point"}),
    ],
    ids=["array", "variadic", "by list", "partial", "differences"],
)
def test_forms_of_models(model, options):
    np.testing.assert_allclose(curve_fit(model, T, Y, **options)[0], [2.50376138, 1.38435502, 0.53361068])


def test_two_predictors_and_one_parameter():
    grid = np.array([T, T**0.5])
    found = curve_fit(lambda x, a, b: a * x[0] + b * x[1], grid, 2.0 * T + 3.0 * T**0.5)[0]
    np.testing.assert_allclose(found, [2.0, 3.0])
    assert curve_fit(lambda x, a: a * x, list(T), list(2.0 * T))[0] == pytest.approx([2.0])


@pytest.mark.parametrize("p0", [[1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
def test_wrong_lengths_of_p0_are_refused(p0):
    with pytest.raises(ArgumentError, match=rf"p0 has shape \({len(p0)},\).*'decay'.*shape \(3,\): a, b, c"):
        curve_fit(decay, T, Y, p0=p0)


@pytest.mark.parametrize(
    ("model", "shape"),
    [(lambda t, a: a, r"\(\)"), (lambda t, a: a * t[1:], r"\(49,\)")],
    ids=["one", "short"],
)
def test_wrong_shapes_of_models_are_refused(model, shape):
    with pytest.raises(OutputError, match=rf"of shape {shape}, but ydata has shape \(50,\)"):
        curve_fit(model, T, Y)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "lm"},
        {"method": "dogbox"},
        {"loss": "cauchy", "f_scale": 0.1},
        {"loss": "soft_l1", "tr_solver": "lsmr"},
        {"bounds": (0.0, [3.0, 1.0, 1.0]), "x_scale": "jac"},
    ],
    ids=str,
)
def test_least_squares_as_scipy(options):
    found, scipys = (
        solve(residuals, [1, 1, 1], args=(T, Y), **options)
        for solve in (least_squares, optimize.least_squares)
    )
    np.testing.assert_allclose(found.x, scipys.x, rtol=1e-5)
    assert found.nfev <= scipys.nfev
    np.testing.assert_allclose(found.jac, scipys.jac, rtol=1e-4, atol=1e-6)


def test_keywords_and_results_that_are_no_arrays():
    for given in ({"kwargs": {"t": T, "y": Y}}, {"args": (T,), "kwargs": {"y": Y}}):
        assert least_squares(residuals, [1.0, 1.0, 1.0], **given).success
    np.testing.assert_allclose(
        least_squares(lambda x: [x[0] - 3.0, 2, x[1]], [1.0, 2.0]).x, [3.0, 0.0], atol=1e-9
    )
    np.testing.assert_allclose(least_squares(lambda x: (x[0] - 3.0, 2), [1.0]).x, [3.0])
    np.testing.assert_allclose(least_squares(lambda x: x[0] - 3.0, 1.0).x, [3.0])


def test_sparse_jacobians_are_left_to_scipys_differences():
    found = least_squares(lambda x: x - float(str(3.0)), [1.0, 2.0], jac_sparsity=np.eye(2))
    np.testing.assert_allclose(found.x, 3.0)
