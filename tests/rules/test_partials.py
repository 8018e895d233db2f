"""Partials of every op against mpmath: 4 ulp for the first, 16 for the second, or the op's tolerance."""

from __future__ import annotations

import sys

import pytest

from dualad.rules import lookup, table
from dualad.rules.accuracy import Error, errors, limit, orders, samples, second_partials
from dualad.rules.readings import Dual, Real

SMOOTH = [op for op in table() if not op.passive]
BINARY = [op for op in SMOOTH if op.arity == len(op.smooth) == 2]


def within(error: Error) -> bool:
    ulps, relative = limit(lookup(error.name), len(error.positions))
    return error.ulps <= ulps and error.relative <= relative


@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.name)
def test_partials_agree_with_mpmath(op):
    found = [error for arguments in samples(op, count=20) for error in errors(op, arguments)]
    assert {len(e.positions) for e in found} == set(orders(op))
    assert [e for e in found if not within(e)] == []


@pytest.mark.parametrize("op", [op for op in BINARY if op.is_called], ids=lambda op: op.name)
def test_mixed_second_partials_do_not_depend_on_the_order(op):
    for arguments in samples(op, count=10, seed=2):
        for hessian in second_partials(op, arguments):
            scale = max(abs(hessian[0][1]), sys.float_info.min)
            if op.name == "pow":  # x**(y-1) (1 + y log x) vanishes: compare with its terms
                scale += abs(float(arguments[0]) ** (arguments[1] - 1))
            assert hessian[0][1] == hessian[1][0] or abs(hessian[0][1] - hessian[1][0]) <= 1e-14 * scale


def test_the_measure_sees_an_error_of_a_few_ulps():
    error = next(errors(lookup("exp"), (1.0,)))
    assert error.ulps < 1
    assert error.exact == pytest.approx(2.718281828459045, rel=1e-16)


def test_samples_reach_small_large_and_bounds():
    points = [x for (x,) in samples(lookup("log"), count=200)]
    assert min(points) < 1e-250
    assert max(points) > 1e250
    near_one = [abs(x) for (x,) in samples(lookup("asin"), count=200) if 1 - abs(x) < 1e-10]
    assert near_one
    assert max(near_one) < 1


def test_samples_of_an_op_are_reproducible():
    assert samples(lookup("pow"), count=5) == samples(lookup("pow"), count=5)


@pytest.mark.parametrize("n", [-7, -2, -1, 0, 1, 2, 3, 8, 9, 40])
def test_constant_integer_exponents_agree_with_variable_ones(n):
    for x in (-2.5, 0.7, 1.0, 3.0):
        first, second = (Dual(Real(x), (1.0,)) ** y for y in (n, Real(float(n))))
        assert float(first.tangents[0]) == pytest.approx(float(second.tangents[0]), rel=1e-15)
