from __future__ import annotations

import math

import numpy as np
import pytest

from dualad.check.reference.differences import difference, holds_close_by, one_sided
from dualad.check.reference.noise import EPS, noise_level

# A function of one number, its derivatives, and where to take them.
CASES = [
    (np.exp, (np.exp, np.exp, np.exp), 0.3),
    (np.exp, (np.exp, np.exp, np.exp), -30.0),
    (np.log, (lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3), 1e-12),
    (np.log, (lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3), 1e12),
    (np.sin, (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)), 0.0),
    (np.sin, (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)), 1e6 + 0.5),
    (np.sin, (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)), 1e-9),
    (lambda x: x**3, (lambda x: 3 * x**2, lambda x: 6 * x, lambda x: 6.0 + 0 * x), -2.5),
    (lambda x: 1e12 * np.sqrt(x), (lambda x: 5e11 / np.sqrt(x), lambda x: -2.5e11 * x**-1.5, None), 2.0),
    (lambda x: 1 / (1 + 25 * x**2), (lambda x: -50 * x / (1 + 25 * x**2) ** 2, None, None), 0.7),
    (np.tan, (lambda x: 1 / np.cos(x) ** 2, lambda x: 2 * np.tan(x) / np.cos(x) ** 2, None), 1.5),
    (lambda x: 5.0 + 0 * x, (lambda x: 0 * x, lambda x: 0 * x, lambda x: 0 * x), 1.0),
    (lambda x: 1.0 + 1e-3 * np.sin(1e4 * x), (lambda x: 10 * np.cos(1e4 * x), None, None), 0.5),
]


def vector(function):
    return lambda x: np.atleast_1d(function(x[0]))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_errors_are_not_underestimated(case, order):
    function, derivatives, at = CASES[case]
    exact = derivatives[order - 1]
    if exact is None:
        return
    x = np.array([at])
    f = vector(function)
    length = np.array([2.0 ** math.floor(math.log2(abs(at))) if at else 1.0])
    with np.errstate(all="ignore"):
        y = f(x)
        noise = noise_level(f, x, y, length)
        found = difference(f, x, y, [length] * order, noise, 1e-8)
    error = abs(found.value[0] - exact(at) * length[0] ** order)
    assert error <= 2 * found.error[0]
    if order == 1 and exact(at) != 0:
        assert found.error[0] < 1e-6 * abs(found.value[0])


def test_mixed_derivatives():
    x = np.array([0.5, 2.0])
    f = lambda x: np.array([np.exp(x[0] * x[1]), x[0] ** 2 * x[1]])  # noqa: E731
    found = difference(f, x, f(x), [np.array([0.5, 0.0]), np.array([0.0, 2.0])], np.full(2, EPS), 1e-8)
    assert found.value == pytest.approx([2 * math.exp(1.0), 1.0], rel=1e-9)


def test_close_sight_counts():
    """Wide steps see the slope 1; close ones the function as it is."""
    f = lambda x: x + 1e-6 * np.sin(1e7 * x)  # noqa: E731
    x = np.array([1.0])
    noise = noise_level(f, x, f(x), x)
    found = difference(f, x, f(x), [x], noise, 1e-8)
    assert found.value[0] == pytest.approx(1 + 10 * math.cos(1e7), rel=1e-6)
    assert found.reach < 1e-3


@pytest.mark.parametrize("power", [1.2, 1.5, 1.8, 2.5])
def test_derivative_at_an_edge_with_roots(power):
    f = lambda x: x + np.where(x >= 0, np.abs(x) ** power, np.nan)  # noqa: E731
    found = one_sided(f, np.zeros(1), np.zeros(1), np.ones(1), np.array([EPS]))
    assert abs(found.value[0] - 1) <= 2 * found.error[0]


def test_derivative_from_one_side():
    f = lambda x: np.where(x >= 0, np.exp(np.abs(x)), np.nan)  # noqa: E731
    found = one_sided(f, np.zeros(1), np.ones(1), np.ones(1), np.array([EPS]))
    assert found.value[0] == pytest.approx(1.0, abs=2 * found.error[0])
    assert found.error[0] < 1e-8


class TestDifferencesCloseBy:
    """Whether they are what is claimed where wider steps have found something else."""

    direction = np.array([0.73])

    def pieces(self, x):
        """The square by straight lines between points that are a little off."""
        i = np.floor(x / 1e-6)
        low, high = ((1e-6 * k) ** 2 + 1e-11 * np.sin(k * k) for k in (i, i + 1))
        return low + (x / 1e-6 - i) * (high - low)

    def slope(self, x):
        return (self.pieces(x + 1e-9) - self.pieces(x - 1e-9)) / 2e-9 * self.direction

    def hold(self, function, x, claimed, found):
        return holds_close_by(function, np.array([x]), self.direction, claimed, found).item()

    def test_a_function_of_pieces_has_the_slope_of_the_piece(self):
        x = 0.7300005
        smooth = 2 * x * self.direction
        assert abs(self.slope(x) - smooth) > 1e-6 * smooth
        assert self.hold(self.pieces, x, self.slope(x), smooth)
        assert not self.hold(self.pieces, x, smooth, self.slope(x))

    def test_a_smooth_function_has_no_other_slope(self):
        right = 2 * 0.7 * self.direction
        assert not self.hold(np.square, 0.7, right * (1 + 1e-6), right)
        assert not self.hold(np.square, 0.7, 1.5 * right, right)

    def test_the_slope_0_of_a_staircase_does_not_count(self):
        assert not self.hold(lambda x: np.floor(x * 1e4) / 1e4, 0.70005, 0.0 * self.direction, self.direction)
