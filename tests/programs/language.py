"""A small language of random programs: its syntax, its hypothesis strategies, its text as Python.

A program works on registers ``r[0..5]`` and an array ``m[0..7]``, reads its inputs from ``x`` and
returns a few of them. The same program runs three ways: as data through one compiled interpreter
(`machine`), as compiled Python source (`source`), and slowly with error bounds (`reference`).
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import strategies as st

from dualad.rules.listing import dotted
from dualad.rules.table import table
from tests.staging.chain import INFIX

REGISTERS, CELLS, INPUTS, OUTPUTS = 6, 8, 4, 3
BOUND = 50.0  # results beyond it are folded back, so that no loop overflows
REACH = 3.0  # arguments of ops with a domain are drawn from its part within [-REACH, REACH]
CONSTANTS = (0.0, 1.0, -0.5, 2.0, 0.7, -1.3)

# Without the narrowing of float32: what passes through it has a single-precision tangent in forward mode.
OPS = tuple(op for op in table() if op.functions and op.name != "float32")
# Not differentiable everywhere on their domain: programs for the Taylor remainder leave these out.
KINKED = {
    "abs", "atan2", "cbrt", "copysign", "divmod", "fmax", "fmin", "fmod", "frexp", "hypot", "max", "maximum",
    "min", "minimum", "mod", "nextafter",
}  # fmt: skip
SMOOTH = tuple(k for k, op in enumerate(OPS) if not op.passive and op.name not in KINKED)


def interval(op, position):
    """Where an argument of an op is mapped to; None if every number will do."""
    low, high = op.domain[position]
    if math.isinf(low) and math.isinf(high):
        return None
    low, high = max(low, -REACH), min(high, REACH)
    if low >= high:
        low, high = op.domain[position][0], op.domain[position][0] + REACH
    return low, high - low


def call_text(k, x, y):
    """The text of op number `k` on the texts of its arguments, mapped into its domain."""
    op = OPS[k]
    arguments = []
    for position, text in enumerate((x, y)[: op.arity]):
        found = interval(op, position)
        if position in op.integers:
            arguments.append("2")
        elif found is None:
            arguments.append(text)
        else:
            arguments.append(f"({found[0]!r} + {found[1]!r} * (0.5 + 0.45 * math.sin({text})))")
    call = op.functions[0]
    if call in INFIX:
        text = INFIX[call].replace("x", "\0").replace("y", "\1")
        text = "(" + text.replace("\0", arguments[0]).replace("\1", arguments[-1]) + ")"
    else:
        text = f"{dotted(call)}({', '.join(arguments)})"
    if op.outputs > 1:
        text = f"({text}[0] + {text}[1])"
    return f"(1.0 * {text})" if op.passive else text


def names():
    """What the texts of calls refer to."""
    return {"math": math, "np": np, "numpy": np, "operator": operator}


# -- syntax ---------------------------------------------------------------------------------------
# Expressions: ("r", i), ("c", i), ("m", i, moving), (k, expression, expression).
# Statements are tuples too; those with bodies hold tuples of statements.


@dataclass(frozen=True, repr=False)
class Program:
    """Statements; prints as Python."""

    body: tuple

    @cached_property
    def text(self):
        from tests.programs.source import written

        return written(self)

    def __repr__(self):
        return f"\n{self.text}"


def expressions(ops, depth=2):
    leaves = st.one_of(
        st.tuples(st.just("r"), st.integers(0, REGISTERS - 1)),
        st.tuples(st.just("r"), st.integers(0, REGISTERS - 1)),
        st.tuples(st.just("c"), st.integers(0, len(CONSTANTS) - 1)),
        st.tuples(st.just("m"), st.integers(0, CELLS - 1), st.booleans()),
    )
    if depth == 0:
        return leaves
    inner = expressions(ops, depth - 1)
    operation = st.tuples(st.sampled_from(ops), inner, inner)
    return st.one_of(leaves, operation, operation)


def statements(ops, depth=2):
    register = st.integers(0, REGISTERS - 1)
    cell = st.integers(0, CELLS - 1)
    value = expressions(ops)
    operation = st.tuples(st.sampled_from(ops), value, value)
    simple = [
        st.tuples(st.just("set"), register, operation),
        st.tuples(st.just("set"), register, operation),
        st.tuples(st.just("add"), register, value),
        st.tuples(st.just("store"), cell, st.booleans(), value),
        st.tuples(st.just("accumulate"), cell, st.booleans(), value),
        st.tuples(st.just("swap"), register, register),
        st.tuples(st.just("helper"), register, register),
        st.tuples(st.just("smear"), st.integers(0, CELLS - 3), register),
    ]
    if depth == 0:
        return st.one_of(simple)
    body = st.lists(statements(ops, depth - 1), min_size=1, max_size=4).map(tuple)
    short = st.lists(statements(ops, depth - 1), max_size=3).map(tuple)
    nested = [
        st.tuples(st.just("if"), register, register, body, short),
        st.tuples(st.just("loop"), st.integers(0, 4), body),
        st.tuples(st.just("while"), register, register, st.integers(1, 4), body),
    ]
    return st.one_of(simple + nested)


def programs(ops=None):
    """Programs over the ops given by number, by default all."""
    ops = tuple(range(len(OPS))) if ops is None else ops
    statement = statements(ops)

    @st.composite
    def drawn(draw):
        # The length first, so that programs are not mostly short; it still shrinks.
        return Program(tuple(draw(statement) for _ in range(draw(st.integers(1, 16)))))

    return drawn()
