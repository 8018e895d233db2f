"""Rules of the smooth maximum and its kin, as plain NumPy functions."""

import numpy as np
import pytest
from scipy import special

from dualad.rules.arrays import rule_for
from tests.rules.arrays.application import Application, normal

FUNCTIONS = (special.logsumexp, special.softmax, special.log_softmax)
INFINITE = [([-np.inf, -np.inf], [0.0, 0.0]), ([1.0, np.inf, np.inf], [0.0, 1.0, 0.0]),
            ([0.0, -np.inf], [1.0, 0.0]), ([1e300, -1e300], [1.0, 0.0])]  # fmt: skip


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (2, 3, 2)])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_along_an_axis(function, shape, axis):
    Application(function, normal(*shape), axis).check()


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_vectors(function, axis):
    Application(function, normal(4), axis).check()


@pytest.mark.parametrize("active", [None, ["a"], ["b"]])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_weights(axis, active):
    Application(special.logsumexp, normal(3, 4), axis, 0.1 + normal(3, 4, seed=2) ** 2, active=active).check()


def test_weights_of_zero_have_derivatives():
    a, b = np.array([0.3, 0.7, 800.0]), np.array([0.0, 2.0, 0.0])
    with np.errstate(over="ignore"):
        added = Application(special.logsumexp, a, None, b).adjoint([np.array(1.0)])
    np.testing.assert_allclose(added["a_bar"], [0.0, 1.0, 0.0])
    np.testing.assert_allclose(added["b_bar"], [np.exp(-0.4) / 2.0, 0.5, np.inf], rtol=1e-15)


def test_weights_of_another_shape():
    with pytest.raises(ValueError, match="weights of logsumexp"):
        rule_for(special.logsumexp)(np.ones((3, 2)), 0, np.ones((3, 1)))


def test_large_numbers_lose_nothing():
    """The slopes of numbers of the size 1e9 are those of their differences."""
    a = np.array([0.0, -1.0, -3.0])
    slopes = [Application(special.logsumexp, x).adjoint([np.array(1.0)])["a_bar"] for x in (a, a + 2.0**30)]
    np.testing.assert_array_equal(*slopes)


@pytest.mark.parametrize(("a", "slopes"), INFINITE)
def test_infinite_elements(a, slopes):
    application = Application(special.logsumexp, np.array(a), active=[])
    assert application.y == special.logsumexp(a)
    values = application.values | {"a_bar": np.zeros(len(a)), "b_bar": None, "y_bar": 1.0}
    application.rule.backward(*[values[name] for name in ("a", "axis", "b", "y_bar", "a_bar", "b_bar")])
    np.testing.assert_array_equal(values["a_bar"], slopes)
