"""``dualad.fast_exp``: one function in Python, in compiled code and in every derivative of it."""

import math

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.agreement import MODES

compiled = njit(lambda x: da.fast_exp(x))
EDGES = [math.inf, -math.inf, math.nan, 0.0, 709.78, 709.79, -745.13, -745.2, -1e308, 1e308, 5e-324]


@pytest.mark.parametrize("x", EDGES)
def test_edges_are_those_of_exp(x):
    with np.errstate(over="ignore"):
        expected = np.exp(x)
    np.testing.assert_allclose([da.fast_exp(x), compiled(x)], expected, rtol=3e-16)


def test_compiled_code_gives_what_python_gives():
    for x in np.random.default_rng(1).uniform(-745.0, 709.0, 300):
        assert compiled(x) == da.fast_exp(x)


def test_integers_are_numbers():
    assert compiled(1) == da.fast_exp(1) == compiled(1.0)


@pytest.mark.parametrize("mode", [*MODES, "adjoint"])
@pytest.mark.parametrize("fastmath", [False, {"reassoc"}])
def test_derivatives(mode, fastmath):
    @njit(fastmath=fastmath)
    def f(x):
        total = 0.0
        for v in x:
            total += da.fast_exp(-v * v)
        return np.log(total)

    x = np.linspace(-2.0, 2.0, 37)
    gradient = da.grad(f, mode=mode)
    weights = np.exp(-x * x) / np.sum(np.exp(-x * x))
    np.testing.assert_allclose(gradient(x), -2.0 * x * weights, rtol=1e-14, atol=1e-16)
    slope = -2.0 * x * weights
    hessian = np.diag(weights * (4.0 * x * x - 2.0)) - np.outer(slope, slope)
    np.testing.assert_allclose(da.jacobian(gradient)(x), hessian, rtol=1e-12, atol=1e-15)
