"""Functions that draw: a derivative belongs to one sample, and the stream goes on as after the function."""

# ruff: noqa: NPY002 - what Numba compiles
from __future__ import annotations

import random

import numpy as np
import pytest
from numba import njit

import dualad as da

x = np.linspace(0.5, 1.5, 30)  # more than one pass of forward mode
MODES = ("forward", "tape", "auto")


@njit
def seed(k):
    np.random.seed(k)
    random.seed(k)


@njit
def following():
    return np.random.rand() + random.random()


@njit
def weighted(x):
    s = 0.0
    for v in x:
        s += v * np.random.standard_normal()
    return s * random.random()


@njit
def scaled(x):
    return x * np.random.rand()


@njit
def given(x, rng):
    return np.sum(x * x) * rng.normal()


@njit
def scaled_by(x, rng):
    return x * rng.normal()


@pytest.mark.parametrize("mode", MODES)
def test_a_gradient_belongs_to_one_sample(mode):
    seed(3)
    value, after = weighted(x), following()
    derivative = da.value_and_grad(weighted, mode=mode)
    seed(3)
    got, slope = derivative(x)
    assert got == value
    assert following() == after
    assert slope @ x == pytest.approx(value, rel=1e-12)  # the function is linear


@pytest.mark.parametrize("mode", MODES)
def test_a_jacobian_belongs_to_one_sample(mode):
    jacobian = da.jacobian(scaled, mode=mode)
    seed(3)
    factor, after = scaled(x)[0] / x[0], following()
    seed(3)
    np.testing.assert_allclose(jacobian(x), factor * np.eye(x.size), rtol=1e-12)
    assert following() == after


@pytest.mark.parametrize("mode", ["tape", "auto"])
def test_generators_go_on(mode):
    factor = np.random.default_rng(1).normal()
    np.testing.assert_allclose(da.grad(given, 0, mode=mode)(x, np.random.default_rng(1)), 2 * x * factor)
    jacobian = da.jacobian(scaled_by, 0, mode=mode)(x, np.random.default_rng(1))
    np.testing.assert_allclose(jacobian, factor * np.eye(x.size))


@pytest.mark.parametrize(("driver", "f"), [(da.grad, given), (da.jacobian, scaled_by)])
def test_several_runs_with_a_generator_are_refused(driver, f):
    with pytest.raises(da.UnsupportedError, match=r"runs '.*' several times in this mode, .* mode='tape'"):
        driver(f, 0, mode="forward")(x, np.random.default_rng(1))
