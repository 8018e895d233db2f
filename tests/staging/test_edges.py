"""Every op at edge inputs, in every mode: the primal is plain Numba's to the bit, derivatives agree."""

from __future__ import annotations

import math
from functools import cache
from itertools import chain as flattened
from itertools import repeat

import numpy as np
import pytest

import dualad as da
from dualad.rules.readings import partials
from tests.staging.chain import (
    division_chain,
    float_chain,
    mixed_chain,
    power_chain,
    single_chain,
    special_chain,
)

CHAINS = {
    "floats": float_chain,
    "singles": single_chain,
    "mixed": mixed_chain,
    "divisions": division_chain,
    "powers": power_chain,
    "special": special_chain,
}
FIRST = {
    "forward 1": {"mode": "forward", "chunk": 1},
    "forward 4": {"mode": "forward", "chunk": 4},
    "forward 8": {"mode": "forward", "chunk": 8},
    "tape": {"mode": "tape"},
}
REFERENCE = "forward 4"
ONE_OPERAND = {
    "by x": (1, "forward"),
    "by y": (2, "forward"),
    "back to x": (1, "tape"),
    "back to y": (2, "tape"),
}
PAIRINGS = [(outer, inner) for outer in ("forward", "tape") for inner in ("forward", "tape")]


@cache
def outcomes(which, kind):
    """What a chain gives at all its points; `kind` names the derivative. Shared by the tests of a process."""
    chain = CHAINS[which]()
    function, argnums = chain.function, chain.argnums
    if kind in FIRST:
        function = da.value_and_grad(function, argnums, **FIRST[kind])
    elif kind in ONE_OPERAND:
        number, mode = ONE_OPERAND[kind]
        function = da.value_and_grad(function, number, mode=mode)
    elif kind != "plain":
        outer, inner = kind
        function = da.value_and_jacobian(function, argnums, mode=inner)
        function = da.value_and_jacobian(function, argnums, mode=outer)
    return [outcome(function, point) for point in chain.points()]


def outcome(function, point):
    """The result of a call, or the type of what it raises."""
    try:
        return function(*point)
    except (ArithmeticError, ValueError) as error:
        return type(error)


def bits(number):
    return np.float64(number).view(np.int64)


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def close(a, b, tolerance=1e-14):
    """Equal up to the order in which a mode adds and multiplies."""
    return same(a, b) or math.isclose(a, b, rel_tol=tolerance)


def report(which, kind, expected, agree):
    """Assert that the outcomes of `kind` agree with those expected, exceptions included."""
    chain = CHAINS[which]()
    wrong = []
    for point, want, got in zip(chain.points(), expected, outcomes(which, kind), strict=True):
        raised = isinstance(want, type) or isinstance(got, type)
        if not (want is got if raised else agree(want, got)):
            wrong.append(f"{chain.title(point)}: {got}, not {want}")
    assert not wrong, f"{len(wrong)} disagree:\n" + "\n".join(wrong[:40])


def singular(which):
    """For each point whether second derivatives may be infinite: at 0, but for kinks, and at the ends."""
    chain = CHAINS[which]()

    def is_extreme(x, is_kinked):
        return not is_kinked if x == 0 else not 1e-100 < abs(x) < 1e100

    return [any(is_extreme(x, chain.cases[k].op.kinked) for x in point[:2]) for k, *point in chain.points()]


def with_primal(which, others):
    """Pairs of the primal that plain Numba gives and another outcome, or the exception."""
    plain = outcomes(which, "plain")
    return [p if isinstance(p, type) else (p, o) for p, o in zip(plain, others, strict=True)]


# Of SciPy's functions only what differs by mode: how they are called is the same for all.
@pytest.mark.parametrize(
    ("which", "kind"),
    [(w, k) for w in ("floats", "divisions") for k in FIRST] + [("special", "tape")],
)
def test_first_derivatives(which, kind):
    def agree(want, got):
        return bits(want[0]) == bits(got[0]) and all(map(same, want[1][1], got[1]))

    report(which, kind, with_primal(which, outcomes(which, REFERENCE)), agree)


@pytest.mark.parametrize(
    "which",
    [
        "powers",
        "divisions",
        pytest.param("floats", marks=pytest.mark.battery),
        pytest.param("special", marks=pytest.mark.battery),
    ],
)
def test_compiled_adjoints(which):
    """As in the other modes; above all, no partial raises where the function does not."""
    chain = CHAINS[which]()
    points = map(str, chain.points())
    want = dict(zip(points, with_primal(which, outcomes(which, REFERENCE)), strict=True))
    wrong = []
    for numbers, part in chain.parts():
        function = da.value_and_grad(part.function, part.argnums, mode="adjoint")
        for k, *point in part.points():
            whole = numbers[k], *point
            expected, got = want[str(whole)], outcome(function, (k, *point))
            if isinstance(expected, type) or isinstance(got, type):
                agrees = expected is got
            else:
                plain, (_, slope) = expected
                agrees = bits(plain) == bits(got[0]) and all(map(same, slope, got[1]))
            if not agrees:
                wrong.append(f"{chain.title(whole)}: {got}, not {expected}")
    assert not wrong, f"{len(wrong)} disagree:\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize("kind", ["forward 4", "tape"])
@pytest.mark.parametrize("which", ["singles", "mixed"])
def test_first_derivatives_of_other_types(which, kind):
    # Forward mode computes in single precision throughout, reverse mode records partials in double.
    tolerance = 1e-6 if which == "singles" else 0.0

    def agree(want, got):
        return bits(want[0]) == bits(got[0]) and all(
            close(a, b, tolerance) for a, b in zip(want[1][1], got[1], strict=True)
        )

    report(which, kind, with_primal(which, outcomes(which, REFERENCE)), agree)


@pytest.mark.parametrize("kind", ONE_OPERAND)
def test_one_active_operand(kind):
    """With the other operand passive, the primal and its partial stay what they were."""
    position = ONE_OPERAND[kind][0] - 1

    def agree(want, got):
        return bits(want[0]) == bits(got[0]) and same(want[1][1][position], got[1])

    report("floats", kind, with_primal("floats", outcomes("floats", REFERENCE)), agree)


# Every pairing meets the first one, which is the reference, over one chain.
NESTED = [("floats", PAIRINGS[0]), ("floats", PAIRINGS[-1]), *(("mixed", p) for p in PAIRINGS)]
FURTHER = [*(("floats", p) for p in PAIRINGS[1:-1]), *(("special", p) for p in (PAIRINGS[0], PAIRINGS[-1]))]


@pytest.mark.parametrize(
    ("which", "pairing"), [*NESTED, *(pytest.param(*p, marks=pytest.mark.battery) for p in FURTHER)]
)
def test_nested(which, pairing):
    """Value and first derivatives of a nested derivative are those of a plain one; second ones agree."""
    both = zip(outcomes(which, REFERENCE), outcomes(which, PAIRINGS[0]), singular(which), strict=True)
    expected = with_primal(which, [a if isinstance(a, type) else (a[1], b[1][1], s) for a, b, s in both])

    def agrees(want, got, through_infinity):
        # Of kinks and infinite slopes outer modes know more or less: in each it is right or NaN, and reverse
        # mode, in which nothing moves, knows least.
        unknown = math.isnan(got) and (pairing[0] == "tape" or through_infinity)
        return close(want, got) or unknown or (math.isnan(want) and through_infinity)

    def agree(want, got):
        primal, (first, second, is_singular) = want
        (value, inner), (outer, hessian) = got
        through_infinity = is_singular or not all(map(math.isfinite, first))
        return (
            bits(primal) == bits(value)
            and all(map(same, first, inner))
            and all(map(same, first, outer))
            and all(map(agrees, flattened(*second), flattened(*hessian), repeat(through_infinity)))
        )

    report(which, pairing, expected, agree)


@pytest.mark.parametrize("which", ["floats", "special"])
def test_first_derivatives_are_those_of_the_rules(which):
    """Compiled code gives what the rules give on plain numbers, at every edge input."""
    chain = CHAINS[which]()
    wrong = []
    for point, got in zip(chain.points(), outcomes(which, REFERENCE), strict=True):
        k, *arguments = point
        case = chain.cases[k]
        if not case.arguments or isinstance(got, type):
            continue
        values = dict(zip("xyn", arguments, strict=True))
        if case.op.name == "angle" and math.isnan(values["x"]):
            continue  # NaN: it is read as the angle of a complex number
        want = partials(case.op.name, *(values[a] if a in values else float(a) for a in case.arguments))
        want = want[case.output] if case.op.outputs > 1 else want
        named = dict(zip(case.arguments, want, strict=True))
        if not all(close(named.get(p, 0.0), g, 1e-12) for p, g in zip("xy", got[1], strict=True)):
            wrong.append(f"{chain.title(point)}: {got[1]}, not {named}")
    assert not wrong, f"{len(wrong)} disagree:\n" + "\n".join(wrong[:40])


def test_edge_inputs_raise_where_python_does():
    """The comparisons above do cover exceptions, and NumPy's error model does not raise."""
    assert ZeroDivisionError in outcomes("floats", "plain")
    assert not any(isinstance(o, type) for o in outcomes("divisions", "plain"))
