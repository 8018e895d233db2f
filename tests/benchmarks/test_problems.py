"""Derivatives by hand: right against dualad and against central differences."""

import numpy as np
import pytest

import dualad as da
from benchmarks.problems import linalg, mixture, rosen, scalar, transcendental

LOOPS = [
    (rosen.rosen, rosen.by_hand),
    (rosen.rosen_named, rosen.by_hand),
    (transcendental.softplus_sine, transcendental.by_hand),
]
SCALARS = [(scalar.wave, scalar.wave_by_hand), (scalar.rational, scalar.rational_by_hand)]


def differences(f, x, h=1e-5):
    """Central differences of a function of one array."""
    steps = h * np.eye(x.size)
    return np.array([(f(x + step) - f(x - step)) / (2 * h) for step in steps])


@pytest.mark.parametrize(("f", "by_hand"), LOOPS)
def test_loops(f, by_hand):
    x = rosen.inputs(7)
    value, gradient = by_hand(x)
    ours, our_gradient = da.value_and_grad(f, mode="reverse")(x)
    assert value == pytest.approx(ours, rel=1e-14)
    np.testing.assert_allclose(gradient, our_gradient, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradient, differences(f, x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("f", "by_hand"), SCALARS)
@pytest.mark.parametrize("x", [-1.7, 0.0, 0.3, 2.5])
def test_scalars(f, by_hand, x):
    assert by_hand(x) == pytest.approx(da.derivative(f)(x), rel=1e-13, abs=1e-14)
    assert by_hand(x) == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rel=1e-7, abs=1e-8)


def test_sum_over_an_array():
    x = scalar.inputs(5)
    assert scalar.summed(scalar.wave)(x) == pytest.approx(sum(map(scalar.wave, x)), rel=1e-14)


@pytest.mark.battery
@pytest.mark.parametrize(
    ("function", "by_hand", "count"),
    [
        (linalg.product, linalg.product_by_hand, 2),
        (linalg.solution, linalg.solution_by_hand, 2),
        (linalg.factor, linalg.factor_by_hand, 1),
    ],
)
def test_linear_algebra(function, by_hand, count):
    arguments = linalg.inputs(5)[::-1][:count]
    value, gradient = by_hand(*arguments)
    ours, our_gradient = da.value_and_grad(function, mode="reverse")(*arguments)
    assert value == pytest.approx(ours, rel=1e-14)
    np.testing.assert_allclose(gradient, our_gradient, rtol=1e-12, atol=1e-12)


def test_mixture():
    arguments = mixture.inputs(mixture.SMALL)
    parameters, rest = arguments[:3], arguments[3:]
    gradient = mixture.by_hand(*arguments)
    rng = np.random.default_rng(0)
    for _ in range(3):
        direction = [rng.normal(size=part.shape) for part in parameters]
        slope = sum(np.vdot(g, part) for g, part in zip(gradient, direction, strict=True))

        def along(t, direction=direction):
            return mixture.gmm(*(p + t * part for p, part in zip(parameters, direction, strict=True)), *rest)

        assert slope == pytest.approx((along(1e-6) - along(-1e-6)) / 2e-6, rel=1e-6)


@pytest.mark.battery
def test_mixture_in_arrays():
    arguments = mixture.inputs(mixture.LARGE)
    value, gradient = da.value_and_grad(mixture.in_arrays, argnums=(0, 1, 2), mode="reverse")(*arguments)
    wanted, by_loops = da.value_and_grad(mixture.gmm, argnums=(0, 1, 2), mode="reverse")(*arguments)
    assert value == pytest.approx(wanted, rel=1e-14)
    for got, want in zip(gradient, by_loops, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-11 * np.abs(want).max())
