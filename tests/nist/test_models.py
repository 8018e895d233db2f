"""Models at the certified parameters give the certified residual sum of squares.

The formulas run as plain Python here: compiling all of them would take longer than all other tests of
the package `nist`.
"""

import numpy as np
import pytest

from dualad.nist import load, log_relative_error, names, problem
from dualad.nist.models import MODELS, residuals_of


def residuals(name):
    prepared = problem(name)
    formula, b = MODELS[name].py_func, prepared.data.certified
    return np.array([formula(b, x) for x in prepared.data.x]) - prepared.response


def test_every_set_has_a_model():
    assert sorted(MODELS, key=str.lower) == names()


@pytest.mark.parametrize("name", [name for name in MODELS if name != "Lanczos1"])
def test_certified_sum_of_squares(name):
    r = residuals(name)
    assert log_relative_error(r @ r, load(name).rss) > 9.5


def test_residuals_of_lanczos1_vanish_to_the_certified_digits():
    # Its certified sum of squares, 1.4e-25, is below what parameters printed to 11 digits resolve.
    assert abs(residuals("Lanczos1")).max() < 1e-9


def test_response_of_nelson_is_logarithmic():
    assert np.array_equal(problem("Nelson").response, np.log(load("Nelson").y))
    assert np.array_equal(problem("DanWood").response, load("DanWood").y)


@pytest.mark.parametrize("name", ["DanWood", "Nelson"])
def test_compiled_residuals_and_prediction(name):
    prepared = problem(name)
    b, data = prepared.data.certified, prepared.data
    compiled = prepared.residuals(b, data.x, prepared.response)
    assert compiled == pytest.approx(residuals(name), rel=1e-12, abs=1e-14)
    assert prepared.predict(b) - prepared.response == pytest.approx(compiled, rel=1e-12, abs=1e-14)


def test_equal_models_share_their_residuals():
    assert problem("Misra1a").residuals is problem("BoxBOD").residuals
    assert residuals_of(MODELS["Gauss1"]) is residuals_of(MODELS["Gauss3"])
