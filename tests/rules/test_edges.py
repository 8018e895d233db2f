"""Conventions at kinks and singular points: the edge tables of the ops, and design rules beyond one op."""

from __future__ import annotations

import math
from math import inf, nan

import numpy as np
import pytest

from dualad.rules import for_call, table
from dualad.rules.algebra import absorbing, apply, function, where
from dualad.rules.readings import Dual, Real, partials

EDGES = [(op, arguments, expected) for op in table() for arguments, expected in op.edges]


def same(got, expected):
    """Equal to an ulp or two, or both NaN."""
    got, expected = float(got), float(expected)
    if math.isnan(expected):
        return math.isnan(got)
    return got == expected or math.isclose(got, expected, rel_tol=5e-16)


def flat(values):
    return [v for value in values for v in (value if isinstance(value, tuple) else (value,))]


@pytest.mark.parametrize(
    ("op", "arguments", "expected"), EDGES, ids=[f"{op.name}{arguments}" for op, arguments, _ in EDGES]
)
def test_edge_table(op, arguments, expected):
    got = flat(partials(op.name, *arguments))
    assert len(got) == len(expected)
    assert all(same(g, e) for g, e in zip(got, expected, strict=True)), (got, expected)


@pytest.mark.parametrize(
    ("op", "arguments", "expected"), EDGES, ids=[f"{op.name}{arguments}" for op, arguments, _ in EDGES]
)
def test_edge_table_through_the_chain_rule(op, arguments, expected):
    """The tangent of one live argument is its partial; the others, with zero tangents, do not disturb."""
    for k in op.smooth:
        duals = [Dual(Real(a), (float(i == k),)) if i in op.smooth else a for i, a in enumerate(arguments)]
        results = apply(op.name, *duals)
        results = results if op.outputs > 1 else (results,)
        for output, result in enumerate(results):
            tangent = result.tangents[0] if isinstance(result, Dual) else 0.0
            want = expected[output * op.arity + k]
            assert same(tangent, want), (k, output)


# Design §8, by the function a user calls.
CONVENTIONS = [
    (abs, (0.0,), (0.0,)),
    (abs, (-0.0,), (0.0,)),
    (max, (1.0, 1.0), (0.5, 0.5)),
    (min, (1.0, 1.0), (0.5, 0.5)),
    (np.maximum, (0.0, -0.0), (0.5, 0.5)),
    (np.maximum, (nan, 1.0), (nan, nan)),
    (np.minimum, (1.0, nan), (nan, nan)),
    (math.sqrt, (0.0,), (inf,)),
    (math.sqrt, (-0.0,), (inf,)),
    (math.log, (0.0,), (inf,)),
    (math.log, (-0.0,), (inf,)),
    (math.log, (-1e-300,), (nan,)),
    (np.log2, (-1.0,), (nan,)),
    (np.log10, (-1.0,), (nan,)),
    (np.log1p, (-1.5,), (nan,)),
    (pow, (0.0, 0.0), (0.0, -inf)),
    (pow, (0.0, 2.5), (0.0, 0.0)),
    (pow, (-3.0, 2.0), (-6.0, nan)),
    (pow, (-3.0, -1.0), (-1 / 9, nan)),
    (math.hypot, (0.0, 0.0), (0.0, 0.0)),
    (math.hypot, (3e-300, 4e-300), (0.6, 0.8)),
    (math.hypot, (3e300, 4e300), (0.6, 0.8)),
    (math.atan2, (0.0, 0.0), (0.0, 0.0)),
    (math.atan2, (1e300, 1e300), (5e-301, -5e-301)),
    (math.atan2, (1e-300, 1e-300), (5e299, -5e299)),
]


@pytest.mark.parametrize(("call", "arguments", "expected"), CONVENTIONS)
def test_convention(call, arguments, expected):
    got = partials(for_call(call).name, *arguments)
    assert all(same(g, e) for g, e in zip(got, expected, strict=True)), got


@pytest.mark.parametrize(
    "call", [np.sign, math.floor, math.ceil, round, math.trunc, np.rint, int, bool, np.floor_divide]
)
def test_rounding_is_passive(call):
    op = for_call(call)
    assert op.passive
    assert set(partials(op.name, *[0.5] * op.arity)) == {0.0}


@pytest.mark.parametrize(
    ("x", "expected"),
    [(-1.0, (0, 1, 0)), (0.0, (1, 0, 0)), (0.5, (1, 0, 0)), (1.0, (1, 0, 0)), (2.0, (0, 0, 1))],
)
def test_clip_is_flat_outside_and_the_identity_on_its_bounds(x, expected):
    assert partials("clip", x, 0.0, 1.0) == expected


@pytest.mark.parametrize("name", ["log", "sqrt", "cbrt", "log1p", "asin"])
def test_zero_tangent_stays_zero_at_a_singular_point(name):
    x = {"log1p": -1.0, "asin": 1.0}.get(name, 0.0)
    live, dead = Dual(Real(x), (1.0,)), Dual(Real(x), (0.0,))
    assert float(apply(name, live).tangents[0]) == inf
    assert float(apply(name, dead).tangents[0]) == 0.0


def test_the_branch_not_taken_has_no_say():
    log = function("log")
    x = Dual(Real(0.0), (1.0,))
    assert float(where(x > 0, log(x), 0.0).tangents[0]) == 0.0
    x = Dual(Real(2.0), (1.0,))
    assert float(where(x > 0, log(x), 0.0).tangents[0]) == 0.5


def test_an_exact_zero_absorbs_inf_and_nan():
    assert absorbing(0.0, inf) == 0.0
    assert absorbing(nan, 0.0) == 0.0
    assert math.isnan(absorbing(1.0, nan))


@pytest.mark.parametrize("y", [1.0, 2.0, 3.0, 4.0])
def test_powers_of_zero_keep_their_higher_derivatives(y):
    """d^k/dx^k x**y at 0 is 0 unless k = y."""
    x = Real(0.0)
    for level in range(4):
        x = Dual(x, (1.0,), level)
    value = x**y
    for k in range(1, 5):
        value = value.tangents[0]
        inner = value
        while isinstance(inner, Dual):
            inner = inner.value
        assert float(inner) == (math.factorial(k) if k == y else 0.0)


def test_mixed_partial_of_pow_survives_a_zero_exponent():
    """d/dy (y x**(y-1)) at y = 0 is 1/x: a formula that returned a constant 0 there would lose it."""
    y = Dual(Real(0.0), (1.0,))
    slope = partials("pow", Real(4.0), y)[0]
    assert float(slope.tangents[0]) == 0.25


def second(function, *directions):
    """The second derivative of a function at the origin, along the first direction and then the second."""
    inner, outer = directions
    x = [Dual(Dual(Real(0.0), (a,)), (b,), level=1) for a, b in zip(inner, outer, strict=True)]
    value = function(*x)
    tangent = value.tangents[0] if isinstance(value, Dual) else 0.0
    return float(tangent.tangents[0]) if isinstance(tangent, Dual) else 0.0


hypot, exp, log1p, atan2, i0e = (function(name) for name in ("hypot", "exp", "log1p", "atan2", "i0e"))
maximum, minimum, copysign, clip = (function(n) for n in ("maximum", "minimum", "copysign", "clip"))
SMOOTH = {
    "abs squared": (lambda x: abs(x) ** 2, 2.0),
    "abs times its mirror": (lambda x: abs(x) * abs(-x), 2.0),
    "abs of abs": (lambda x: abs(abs(x)) * abs(x), 2.0),
    "stable softplus": (lambda x: log1p(exp(-abs(x))) + maximum(x, 0.0), 0.25),
    "hinges of both sides": (lambda x: maximum(x, 0.0) ** 2 + maximum(-x, 0.0) ** 2, 2.0),
    "largest and least": (lambda x: maximum(x, 0.0) * 3 * x + minimum(0.0, x) * 3 * x, 6.0),
    "copysign": (lambda x: copysign(x, 1.0) * copysign(x, -1.0), -2.0),
    "both parts of a clip": (lambda x: clip(x, 0.0, 1.0) * x + clip(x, -1.0, 0.0) * x, 2.0),
    "hypot squared": (lambda x: hypot(x, 2 * x) ** 2, 10.0),
    "i0e without its kink": (lambda x: i0e(x) * exp(abs(x)), 0.5),
    "a sum of abs": (lambda x: abs(x) + maximum(x, 0.0) + minimum(x, 0.0), 0.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_are_right_where_kinks_cancel(name):
    f, expected = SMOOTH[name]
    for direction in (1.0, -1.0, 2.0):
        got = second(f, [direction], [direction])
        assert got == pytest.approx(expected * direction**2, rel=1e-15, abs=0.0)


def test_a_second_derivative_across_two_directions():
    """At the origin of a norm they are known along one direction only; else NaN, and no wrong number."""
    assert second(lambda x, y: abs(x - y) * abs(y - x), [1.0, 0.0], [0.0, 1.0]) == -2.0
    assert second(lambda x, y: hypot(x, y) ** 2, [1.0, 1.0], [1.0, 1.0]) == pytest.approx(4.0)
    assert math.isnan(second(lambda x, y: atan2(y, x) * atan2(y, x), [1.0, 0.0], [1.0, 0.0]))


def test_slopes_at_kinks_stay_conventions_in_first_derivatives():
    for name, count in (("abs", 1), ("hypot", 2), ("atan2", 2)):
        assert partials(name, *[0.0] * count) == (0.0,) * count
        moving = apply(name, *[Dual(Real(0.0), (1.0,))] * count)
        assert float(moving.tangents[0]) == 0.0
