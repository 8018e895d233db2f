from __future__ import annotations

import math

import numpy as np
import pytest

from dualad import check_derivatives
from dualad.check.reference.noise import EPS, noise_level


def test_noise_is_an_ulp_for_plain_functions():
    x = np.array([0.7, 1.3])
    f = lambda x: np.array([np.sum(np.sin(x)), 3.0])  # noqa: E731
    noise = noise_level(f, x, f(x), x)
    assert np.all(noise >= EPS * np.abs(f(x)))
    assert np.all(noise <= 4 * EPS * np.abs(f(x)))


@pytest.mark.parametrize(
    ("function", "least", "most"),
    [
        (lambda x: np.sin(x.astype(np.float32)).astype(float), 1e-8, 1e-6),
        (lambda x: (1 - np.cos(1e-4 * x)) / 1e-8, 1e-10, 1e-6),
        (lambda x: 1e-300 * np.exp((x + 1e6) - 1e6), 1e-12, 1e-8),
    ],
)
def test_lost_digits_are_noise(function, least, most):
    x = np.array([1.37])
    y = function(x)
    assert least < noise_level(function, x, y, x)[0] / abs(y[0]) < most


@pytest.mark.parametrize("at", [1e6 + 0.5, 1.02264e8, 1.7e9])
def test_fast_variation_is_not_noise(at):
    """Points of the widest spacing are many waves apart."""
    x = np.array([at])
    noise = noise_level(np.sin, x, np.sin(x), x)
    # No better than what the rounding of the argument leaves.
    assert noise < max(1e-15, at * EPS)


def test_poles_are_not_noise():
    x = np.array([19322.6])
    assert noise_level(np.tan, x, np.tan(x), x) < 1e-10


@pytest.mark.parametrize("place", [0.0, 1e-7, -1e-5])
def test_kinks_are_not_noise(place):
    x = np.array([0.8])
    f = lambda x: np.abs(x - 0.8 - place) + np.exp(x)  # noqa: E731
    assert noise_level(f, x, f(x), x) < 8 * EPS * f(x)


CANCELLING = [
    (lambda x: (1 - math.cos(x)) / x**2, lambda x: -x / 12 + x**3 / 180),
    (lambda x: math.exp(x) - 1 - x, math.expm1),
    (lambda x: math.sqrt(1 + x * x) - 1, lambda x: x / math.sqrt(1 + x * x)),
    (lambda x: float(np.float32(math.sin(x))) + x, lambda x: math.cos(x) + 1),
]


@pytest.mark.parametrize("with_mpmath", [True, False])
@pytest.mark.parametrize("case", range(len(CANCELLING)))
def test_right_derivatives_of_functions_that_lose_digits(case, with_mpmath, monkeypatch):
    if not with_mpmath:
        monkeypatch.setattr("dualad.check.reference.exact.find_spec", lambda name: None)
    function, slope = CANCELLING[case]
    for x in 10 ** np.linspace(-5.3, -2.1, 25):
        report = check_derivatives(function, float(x), jac=slope)
        assert report.ok, str(report)
        assert not with_mpmath or not report.comparisons[0].unresolved


def test_a_switch_that_is_off_does_not_hide_lost_digits(monkeypatch):
    """The position of a minute is rounded as a date is; with the flag another branch is exact."""

    def f(x):
        if x[1] != 0.0:
            return math.sin(x[0])
        return math.sin((x[0] / 86400.0 + 2455900.0) - 2455900.0)

    monkeypatch.setattr("dualad.check.reference.exact.find_spec", lambda name: None)
    right = math.cos(67.0 / 86400.0) / 86400.0
    report = check_derivatives(f, np.array([67.0, 0.0]), jac=lambda x: np.array([right, 0.0]))
    assert not any(entry.index == (0,) for c in report.comparisons for entry in c.wrong), str(report)
