"""What rows say of an op beside its partials: identities that hold to the bit, and how it is written."""

import itertools
import math

import numpy as np
import pytest

from dualad.rules import lookup, table
from dualad.rules.accuracy import samples
from dualad.rules.algebra import evaluate
from dualad.rules.arguments import Argument

SPECIAL = (0.0, -0.0, 1.0, -2.5, 1e300, 5e-324, math.inf, -math.inf, math.nan)


def having(field):
    ops = [op for op in table() if getattr(op, field) not in (None, False, "", ())]
    assert ops
    return pytest.mark.parametrize("op", ops, ids=lambda op: op.name)


def is_same(x, y):
    return bool(np.array_equal(x, y, equal_nan=True)) and math.copysign(1, x) == math.copysign(1, y)


@having("neutral")
def test_the_neutral_number_changes_nothing(op):
    numbers = SPECIAL if op.neutral else range(-3, 4)  # -0.0 + 0.0 is 0.0
    for x in numbers:
        neutral = type(x)(op.neutral)
        for arguments in ((x, neutral), (neutral, x))[: 1 + op.commutes]:
            result = evaluate(op.name, arguments)
            assert is_same(result, x) or (op.absorbs and x == result == 0)


@having("commutes")
def test_arguments_may_be_exchanged(op):
    for x, y in itertools.product(SPECIAL, repeat=2):
        assert is_same(evaluate(op.name, (x, y)), evaluate(op.name, (y, x))) or math.isnan(x * y)


@having("inverse")
def test_the_inverse_is_the_op_of_the_neutral_number(op):
    for x in SPECIAL:
        assert is_same(evaluate(op.inverse, (x,)), evaluate(op.name, (float(op.neutral), x)))


@having("factors")
def test_a_factor_of_zero_makes_the_result_zero(op):
    for position, other in itertools.product(op.factors, (1.0, -2.5, 1e300)):
        assert evaluate(op.name, (0.0, other) if position == 0 else (other, 0.0)) == 0


@having("linear")
def test_sums_have_constant_partials_and_are_0_at_0(op):
    assert all(isinstance(partial, int | float) for partial in op.partials)
    assert evaluate(op.name, (0.0,) * op.arity) == 0


@having("exponent")
def test_an_exponent_counts_factors(op):
    for x, n in itertools.product((0.0, 1.5, -2.0), range(4)):
        assert evaluate(op.name, (x, float(n))) == math.prod([x] * n)


@having("written")
def test_what_is_written_is_the_op(op):
    truths = op.instruction and not op.instruction.startswith("f")
    points = itertools.product((True, False), repeat=op.arity) if truths else samples(op)
    for point in points:
        with np.errstate(all="ignore"):
            assert op.written(*point) == evaluate(op.name, point) or op.exponent is not None


@having("steepest")
def test_beyond_the_steepest_points_partials_are_finite(op):
    for low, exponent in itertools.product((0.5, 1e-3, 2.0), (0.5, -1.0, 0.0)):
        [place] = op.steepest(Argument(low=low), Argument(constant=exponent))
        assert place == (low, exponent)
    assert op.steepest(Argument(), Argument(constant=1.0)) == ()
    assert op.steepest(Argument(), Argument()) is None


def test_what_is_cheap():
    add, power, sine = map(lookup, ("add", "pow", "sin"))
    assert add.is_cheap((Argument(), Argument()))
    assert not sine.is_cheap((Argument(),))
    exponents = (0, 4, 5, -1, 2.0, None)
    cheap = [n for n in exponents if power.is_cheap((Argument(), Argument(constant=n)))]
    assert cheap == [0, 4]
