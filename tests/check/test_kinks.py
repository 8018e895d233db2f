from __future__ import annotations

import numpy as np
import pytest

from dualad.check.reference.kinks import hull, locate

NOISE = np.array([1e-16])


def at(function, x):
    x = np.array([x])
    return hull(function, x, function(x), np.ones(1), 1.0, NOISE)


@pytest.mark.parametrize(
    ("function", "below", "above"),
    [
        (np.abs, -1.0, 1.0),
        (lambda x: np.maximum(x, 0.0), 0.0, 1.0),
        (lambda x: np.where(x > 0, np.sin(3 * x), np.exp(x) - 1), 1.0, 3.0),
    ],
)
def test_slopes_on_the_two_sides_of_a_kink(function, below, above):
    found = at(function, 0.0)
    assert found.is_kink.all()
    assert found.below[0] == pytest.approx(below, abs=1e-4)
    assert found.above[0] == pytest.approx(above, abs=1e-4)
    assert found.low[0] <= below
    assert found.high[0] >= above


@pytest.mark.parametrize("function", [np.exp, lambda x: np.abs(x) ** 1.5, lambda x: 1e6 * x**2, np.sin])
def test_what_bends_has_no_kink(function):
    assert not at(function, 0.0).is_kink.any()


def test_edge_of_the_domain():
    found = at(lambda x: np.where(x >= 0, 2 * x, np.nan), 0.0)
    assert found.one_sided.all()
    assert found.below == found.above == pytest.approx([2.0])


@pytest.mark.parametrize("place", [0.011, -0.1, 0.2])
def test_kinks_close_by_are_located(place):
    f = lambda x: np.abs(x - 1 - place) + np.sin(x)  # noqa: E731
    kink = locate(f, np.ones(1), np.ones(1), NOISE, 0, "x", 1.0)
    assert kink is not None
    assert kink.offset == pytest.approx(place, rel=1e-3)
    slope = np.cos(1 + place)
    assert kink.slopes == pytest.approx((slope - 1, slope + 1), abs=1e-3)
    assert str(kink).startswith(f"kink at x {place:+.2g}, slopes")


def test_jumps_are_located():
    kink = locate(lambda x: np.floor(x) + x, np.array([0.9]), np.ones(1), NOISE, 0, "x", 1.0)
    assert kink is not None
    assert kink.jump
    assert str(kink) == "jump at x +0.1"


@pytest.mark.parametrize("function", [np.exp, np.sin, lambda x: np.tanh(50 * (x - 1)), lambda x: x**7])
def test_nothing_is_located_where_nothing_is(function):
    assert locate(function, np.ones(1), np.ones(1), NOISE, 0, "x", 1.0) is None
