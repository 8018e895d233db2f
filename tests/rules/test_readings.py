"""Readings of the rules: plain numbers, mpmath, dual numbers of any depth."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from dualad.rules.algebra import apply, function, where
from dualad.rules.readings import Dual, Exact, Real, partials

sin, exp = function("sin"), function("exp")


def derivative(f, level):
    """Forward mode by the rules, of functions of one variable."""

    def slope(x):
        y = f(Dual(x, (1.0,), level))
        return y.tangents[0] if isinstance(y, Dual) and y.level == level else 0.0

    return slope


def test_plain_numbers_give_plain_numbers():
    assert apply("add", 1.0, 2.0) == 3.0
    assert not isinstance(sin(1.0), Real)
    assert where(True, 1.0, 2.0) == 1.0


def test_nothing_is_raised_or_warned():
    assert apply("truediv", 1.0, 0.0) == np.inf
    assert np.isnan(apply("log", -1.0))
    assert apply("exp", 1e4) == np.inf


def test_a_rule_cannot_branch():
    with pytest.raises(TypeError, match="where"):
        bool(Real(1.0) > 0)


def test_exact_reading_has_the_precision_of_its_context():
    with mpmath.workdps(50):
        slope = partials("exp", Exact(mpmath.mp, 1))[0]
        assert slope.value == mpmath.e


def test_derivatives_of_high_order():
    f = sin
    for level in reversed(range(4)):
        f = derivative(f, level)
    assert float(f(Real(0.3))) == pytest.approx(np.sin(0.3), rel=1e-15)


def test_levels_are_not_confused():
    assert float(derivative(lambda x: x * derivative(lambda y: x + y, 1)(Real(1.0)), 0)(Real(1.0))) == 1.0
    assert float(derivative(lambda x: x * derivative(lambda y: x * y, 1)(Real(1.0)), 0)(Real(3.0))) == 6.0


def test_several_tangents_and_outputs():
    q, r = apply("divmod", Dual(Real(7.0), (1.0, 0.0)), Dual(Real(2.0), (0.0, 1.0)))
    assert [float(t) for t in q.tangents] == [0.0, 0.0]
    assert [float(t) for t in r.tangents] == [1.0, -3.0]


def test_partials_of_plain_numbers_are_floats():
    assert partials("mul", 2.0, 3.0) == (3.0, 2.0)
    assert partials("lt", 2.0, 3.0) == (0.0, 0.0)
    assert all(type(p) is float for p in partials("pow", 2.0, 3.0))
