"""Functions that draw: a derivative belongs to one sample, and the stream goes on as after the function."""

# ruff: noqa: NPY002 - what Numba compiles
from __future__ import annotations

import random

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.marks import in_battery
from tests.written import function_from

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
    with pytest.raises(da.UnsupportedError, match=r"'.*' is run several times, .* mode='tape'"):
        driver(f, 0, mode="forward")(x, np.random.default_rng(1))


# -- parameters -------------------------------------------------------------------------------------

parameters = np.array([1.3, 0.7])
DRAWS = [
    "np.random.normal(p[0], p[1])",
    "np.random.normal(p[0], scale=p[1], size=(2, 2))[1, 0]",
    "np.random.exponential(p[0], 3)[2]",
    "random.lognormvariate(p[0], p[1])",
    "np.random.triangular(p[0], p[0] + 0.4 * p[1], p[0] + p[1])",
]
MORE = [
    "np.random.normal(p[0])",
    "np.random.uniform(p[0], p[0] + p[1])",
    "np.random.gumbel(p[0], p[1])",
    "np.random.laplace(p[0], p[1], 3)[1]",
    "np.random.logistic(p[0], p[1])",
    "np.random.lognormal(p[0], p[1])",
    "np.random.lognormal(p[0])",
    "np.random.pareto(p[0])",
    "np.random.power(p[0])",
    "np.random.rayleigh(p[0])",
    "np.random.weibull(p[0], size=5).sum()",
    "random.gauss(p[0], p[1])",
    "random.normalvariate(p[0], p[1])",
    "random.uniform(p[0], p[0] + p[1])",
    "random.expovariate(p[0])",
    "random.paretovariate(p[0])",
    "random.triangular(p[0], p[0] + p[1], p[0] + 0.4 * p[1])",
    "random.weibullvariate(p[0], p[1])",
]
BY_REJECTION = [
    "np.random.gamma(p[0], p[1])",
    "1.0 * np.random.poisson(p[0])",
    "np.random.standard_t(p[0])",
    "np.random.beta(p[0], p[1])",
    "np.random.chisquare(p[0])",
    "1.0 * np.random.binomial(10, p[0] / 10)",
    "np.random.vonmises(p[0], p[1])",
    "np.random.wald(p[0], p[1])",
    "random.gammavariate(p[0], p[1])",
]


def summed(expression):
    """The weighted sum of three draws."""
    lines = ["s = 0.0", "for i in range(3):", f"    s += {expression} * (i + 1)", "return s"]
    text = "def f(p):\n    " + "\n    ".join(lines)
    return njit(function_from(text, {"np": np, "random": random}))


@pytest.mark.parametrize("expression", [*DRAWS, *map(in_battery, MORE)])
def test_parameters_move_the_sample(expression):
    f = summed(expression)
    seed(5)
    value, after = f(parameters), following()
    slope = []
    for direction in 1e-5 * np.eye(2):
        seed(5)
        above = f(parameters + direction)
        seed(5)
        slope.append((above - f(parameters - direction)) / 2e-5)
    for mode in ("forward", "adjoint", "tape"):
        derivative = da.value_and_grad(f, mode=mode)
        seed(5)
        got, found = derivative(parameters)
        assert got == value, mode
        assert following() == after, mode
        np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-8, err_msg=mode)


@pytest.mark.parametrize("expression", [*BY_REJECTION[:2], *map(in_battery, BY_REJECTION[2:])])
@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_parameters_that_do_not_move_the_sample_are_refused(expression, mode):
    with pytest.raises(da.UnsupportedError, match="drawn by rejection, or discrete"):
        da.grad(summed(expression), mode=mode)(parameters)


# -- compiled adjoints ------------------------------------------------------------------------------


@njit
def price(p):
    s = 0.0
    for _ in range(100):
        s += max(p[0] * np.exp(p[2] - 0.5 * p[1] ** 2 + p[1] * np.random.normal()) - 1.0, 0.0)
    return np.exp(-p[2]) * s / 100


@njit
def several_loops(p):
    a = b = 0.0
    for _ in range(4):
        a += np.random.rand() * p[0] ** 2
        for _ in range(2):
            a = a * p[1] + np.random.standard_normal() * p[2]
    for _ in range(4):
        b += np.random.exponential(p[1]) ** 2
    return a * b + p[2]


@njit
def left_unused(p):
    np.random.rand()
    z = np.random.normal(0.0, 1.0, 3)
    k = np.random.randint(0, 3)
    return p[k] * p[0] + (z * p).sum()


@njit
def permuted(p):
    q = p.copy()
    np.random.shuffle(q)
    return q[0] ** 2 * p[np.random.permutation(3)[0]]


@pytest.mark.parametrize("f", [price, several_loops, left_unused, permuted])
def test_draws_are_taken_once(f):
    p = np.array([1.05, 0.2, 0.03])
    seed(4)
    value, after = f(p), following()
    results = {}
    for name, derivative in {
        "forward": da.grad(f, mode="forward"),
        "adjoint": da.grad(f, mode="adjoint"),
        "second order": da.hessian(f),
        "second order, forward": da.hessian(f, mode="forward"),
    }.items():
        derivative(p)
        seed(4)
        results[name] = derivative(p)
        assert following() == after, name
    seed(4)
    assert da.value_and_grad(f, mode="adjoint")(p)[0] == value
    np.testing.assert_allclose(results["adjoint"], results["forward"], rtol=1e-12)
    np.testing.assert_allclose(
        results["second order"], results["second order, forward"], rtol=1e-9, atol=1e-9
    )


@njit
def recursive(v, n):
    return v * np.random.rand() if n == 0 else recursive(v * v, n - 1)


def test_draws_in_functions_that_are_called_are_refused():
    f = njit(lambda p: recursive(p[0], 2) * p[1])
    with pytest.raises(da.UnsupportedError, match="'recursive', which is called, not inlined, and"):
        da.grad(f, mode="adjoint")(parameters)
