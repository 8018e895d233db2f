"""What numbers are not below, and where no product needs absorption because of it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numba import typeof

from dualad.adjoints.analysis.bounds import argument
from dualad.adjoints.engine import SWITCHES, adjoint, whole
from dualad.adjoints.ir.nodes import Const
from dualad.rules.algebra import evaluate
from dualad.rules.arguments import Argument
from dualad.rules.table import lookup, table
from tests.adjoints.oracle import check

x = np.array([0.6, -1.1, 1.9])


def absorbs(function):
    """Whether adjoints are multiplied so that zeros absorb infinities."""
    return "= absorbing(" in adjoint(function, [typeof(x)], (0,), whole, SWITCHES).source


def above_two(x):
    total = 2.0
    for v in x:
        total += math.exp(v)
    return math.log(total)


def softened(x):
    square = 0.0
    for v in x:
        square += v * v
    return 1.0 / math.sqrt(square + 1e-3)


def at_least(x):
    s = 0.0
    for v in x:
        s += math.log(max(v * x[0], 1e-3))
    return s


def either(x):
    return math.sqrt(abs(x[0]) + 0.5 if x[1] > 0 else x[2] ** 2 + 1.0)


def powers(x):
    return (1.0 + x[0] ** 2 + x[1] * x[1]) ** -1.5


@pytest.mark.parametrize("f", [above_two, softened, at_least, either, powers])
def test_nothing_is_infinite_beyond_a_bound(f):
    assert not absorbs(f)
    check(f, (x,), [0])


def positive(x):
    total = 0.0
    for v in x:
        total += math.exp(v)
    return math.log(total)


def falling(x):
    total = 5.0
    for v in x:
        total = total + v * v - 1.0
    return math.sqrt(total)


def other_of_two(x):
    """Beside a NaN the other argument may be the result."""
    return math.sqrt(max(x[0] * x[0] + 1.0, abs(x[1])))


def distance(x):
    return math.sqrt(x[0] * x[0] + x[1] ** 2)


@pytest.mark.parametrize("f", [positive, falling, other_of_two, distance])
def test_where_nothing_keeps_it_away_zeros_absorb(f):
    assert absorbs(f)
    check(f, (x,), [0])


def nested(x):
    """The bound of the outer sum is refuted by the inner one."""
    total = 1.0
    for i in range(x.size):
        for v in x:
            total += math.exp(v)
        total -= x[i]
    return math.log(total * total)


def test_refuted_bounds():
    assert absorbs(nested)
    check(nested, (x,), [0])


def known(x, rng):
    """What an analysis may know of an argument: nothing, a lower bound, the number."""
    below = 7.0 if math.isnan(x) else x - float(rng.choice([0.0, 0.5, 2.0]))
    return Argument(object()), Argument(object(), below), argument(Const(x), {})


@pytest.mark.parametrize(
    "op", [op for op in table() if callable(op.least) or op.least > -math.inf], ids=lambda op: op.name
)
def test_ops_are_not_below_their_bounds(op):
    rng = np.random.default_rng(4)
    low, high = (max(min(edge, 1e3), -1e3) for edge in op.domain[0])
    places = [*rng.uniform(low, high, (200, op.arity)), *(place for place, _ in op.edges), *op.points]
    for place in (tuple(map(float, place)) for place in places):
        result = evaluate(op.name, place)
        for arguments in itertools.product(*(known(x, rng) for x in place)):
            assert not result < op.least_of(arguments), arguments
        if op.arity == 2:
            same = Argument(object(), place[0])
            assert not evaluate(op.name, (place[0], place[0])) < op.least_of((same, same))


def test_even_powers_are_not_negative():
    power = lookup("pow")
    bounds = [power.least_of((Argument(), argument(Const(n), {}))) for n in (2, 3, 2.0)]
    assert bounds == [0.0, -math.inf, -math.inf]
