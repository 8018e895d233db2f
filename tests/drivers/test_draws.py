"""Functions that draw: a derivative belongs to one sample, and the stream goes on as after the function."""

# ruff: noqa: NPY002 - what Numba compiles
from __future__ import annotations

import random
from typing import NamedTuple

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


class Model(NamedTuple):
    scale: float
    rng: np.random.Generator


def test_generators_in_named_tuples():
    f = njit(lambda x, model: model.rng.normal(x[0], model.scale * x[1]) * x.sum())
    with pytest.raises(da.UnsupportedError, match=r"is run several times, .* mode='tape'"):
        da.grad(f, 0, mode="forward")(x, Model(2.0, np.random.default_rng(1)))
    z, (mean, scale) = np.random.default_rng(1).standard_normal(), parameters
    for mode in ("forward", "adjoint", "tape"):
        found = da.grad(f, 0, mode=mode)(parameters, Model(2.0, np.random.default_rng(1)))
        want = mean + 2.0 * scale * z + (mean + scale) * np.array([1.0, 2.0 * z])
        np.testing.assert_allclose(found, want, rtol=1e-14, err_msg=mode)


# -- parameters -------------------------------------------------------------------------------------

parameters = np.array([1.3, 0.7])
DRAWS = [
    "np.random.normal(p[0], p[1])",
    "np.random.normal(p[0], scale=p[1], size=(2, 2))[1, 0]",
    "np.random.exponential(p[0], 3)[2]",
    "random.lognormvariate(p[0], p[1])",
    "np.random.triangular(p[0], p[0] + 0.4 * p[1], p[0] + p[1])",
    "rng.normal(p[0], scale=p[1], size=(2, 2))[1, 0]",
    "rng.laplace(p[0], p[1])",
    "(rng.poisson(3.0) + rng.standard_normal(dtype=np.float32)) * rng.exponential(p[0])",
]
MORE = [
    "np.random.choice(p, (2, 3))[1, 0] * np.random.choice(5)",
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
    "rng.normal(p[0])",
    "rng.uniform(p[0], p[0] + p[1], 3)[1]",
    "rng.exponential(p[0], 3)[1]",
    "rng.logistic(p[0], p[1])",
    "rng.lognormal(p[0], p[1])",
    "rng.pareto(p[0])",
    "rng.power(p[0])",
    "rng.rayleigh(p[0], size=2).sum()",
    "rng.triangular(p[0], p[0] + 0.4 * p[1], p[0] + p[1])",
    "rng.weibull(p[0])",
    "p[rng.integers(0, 2)] * rng.standard_normal(3)[1] * rng.random()",
    "p[rng.permutation(2)[0]] * rng.gamma(2.0) * rng.standard_exponential(method='inv')",
    "p[0] * rng.beta(2.0, 3.0) * rng.binomial(4, 0.5) * rng.normal(size=2)[0]",
]
DISCRETE, REJECTED = "the draw is discrete", "it is drawn by rejection"
REFUSED = [
    ("np.random.gamma(p[0], p[1])", REJECTED),
    ("1.0 * rng.poisson(p[0])", DISCRETE),
]
MORE_REFUSED = [
    ("1.0 * np.random.poisson(p[0])", DISCRETE),
    ("1.0 * np.random.binomial(10, p[0] / 10)", DISCRETE),
    ("1.0 * rng.negative_binomial(3, p[1])", DISCRETE),
    ("np.random.standard_t(p[0])", REJECTED),
    ("np.random.beta(p[0], p[1])", REJECTED),
    ("np.random.chisquare(p[0])", REJECTED),
    ("np.random.vonmises(p[0], p[1])", REJECTED),
    ("np.random.wald(p[0], p[1])", REJECTED),
    ("random.gammavariate(p[0], p[1])", REJECTED),
    ("rng.standard_gamma(p[0])", REJECTED),
    ("rng.noncentral_f(p[0], p[1], 1.0)", REJECTED),
]


def summed(expression):
    """The weighted sum of ten thousand draws: a difference in one of them would show."""
    lines = ["s = 0.0", "for i in range(10_000):", f"    s += {expression} * (i % 7 - 2)", "return s"]
    text = "def f(p, rng):\n    " + "\n    ".join(lines)
    return njit(function_from(text, {"np": np, "random": random}))


def fresh():
    """All streams at their beginning."""
    seed(5)
    return np.random.default_rng(5)


@pytest.mark.parametrize("expression", [*DRAWS, *map(in_battery, MORE)])
def test_parameters_move_the_sample(expression):
    f = summed(expression)
    rng = fresh()
    value, after = f(parameters, rng), (following(), rng.random())
    slope = [
        (f(parameters + direction, fresh()) - f(parameters - direction, fresh())) / 2e-5
        for direction in 1e-5 * np.eye(2)
    ]
    for mode in ("forward", "adjoint", "tape"):
        derivative = da.value_and_grad(f, 0, mode=mode)
        rng = fresh()
        got, found = derivative(parameters, rng)
        assert got == value, mode
        assert (following(), rng.random()) == after, mode
        np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-6 * np.abs(slope).max(), err_msg=mode)


@pytest.mark.parametrize(
    ("expression", "reason"), [*REFUSED, *(in_battery(*refused) for refused in MORE_REFUSED)]
)
@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_parameters_that_do_not_move_the_sample_are_refused(expression, reason, mode):
    with pytest.raises(da.UnsupportedError, match=rf"(line 4|:4).*{reason}.*; keep the parameters const"):
        da.grad(summed(expression), 0, mode=mode)(parameters, np.random.default_rng(5))


@pytest.mark.parametrize("mode", ["forward", "tape"])
def test_arrays_that_a_generator_shuffles_are_copies(mode):
    f = njit(lambda x, y, rng: rng.shuffle(x=y) or (x * y).sum())
    y, shuffled = np.arange(3.0), np.arange(3.0)
    f(x[:3], shuffled, np.random.default_rng(5))
    found = da.grad(f, 0, mode=mode)(x[:3], y, np.random.default_rng(5))
    np.testing.assert_array_equal(found, shuffled)
    np.testing.assert_array_equal(y, np.arange(3.0))


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
def path(p, rng):
    x = p[0]
    z = rng.standard_normal(3)
    while rng.random() > 0.2:
        if rng.random() < 0.5:
            x = x * p[1] + rng.exponential(x * x)
        else:
            x += (rng.normal(p[0], p[1], 3) * z).sum()
    rng.normal(p[0], p[1])
    return x * x


gradient = da.grad(path, 0)


@njit
def steepness(p, rng):
    g = gradient(p, rng)
    return (g * g).sum() * rng.random()


@pytest.mark.parametrize("f", [path, in_battery(steepness)])
def test_a_generator_is_drawn_from_once(f):
    rng = np.random.default_rng(7)
    value, after = f(parameters, rng), rng.random()
    results = {}
    for name, derivative in {
        "forward": da.grad(f, 0, mode="forward"),
        "adjoint": da.grad(f, 0, mode="adjoint"),
        "tape": da.grad(f, 0, mode="tape"),
        "second order": da.hessian(f, 0),
        "second order, forward": da.hessian(f, 0, mode="forward"),
    }.items():
        rng = np.random.default_rng(7)
        results[name] = derivative(parameters, rng)
        assert rng.random() == after, name
    assert da.value_and_grad(f, 0, mode="adjoint")(parameters, np.random.default_rng(7))[0] == value
    np.testing.assert_allclose(results["adjoint"], results["forward"], rtol=1e-12)
    np.testing.assert_allclose(results["tape"], results["forward"], rtol=1e-12)
    np.testing.assert_allclose(results["second order"], results["second order, forward"], rtol=1e-9)


@njit
def recursive(v, n):
    return v * np.random.rand() if n == 0 else recursive(v * v, n - 1)


def test_draws_in_functions_that_are_called_are_refused():
    f = njit(lambda p: recursive(p[0], 2) * p[1])
    with pytest.raises(da.UnsupportedError, match="'recursive', which is called, not inlined, and"):
        da.grad(f, mode="adjoint")(parameters)
