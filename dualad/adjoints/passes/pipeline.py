"""The passes over a program before it is reversed, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..analysis.activity import activate, refuse_kinked
from ..analysis.memory import Memory
from ..ir.nodes import Program, Value
from ..ir.verification import verify
from .dead_code import eliminate_dead_code
from .simplify import eliminate_common_subexpressions, move_invariants

# Set to 1, every pass is followed by a verification, as in the tests.
VARIABLE = "DUALAD_VERIFY"


@dataclass(frozen=True)
class Pass:
    """A transformation of a program in place, given the differentiated values and the switches."""

    name: str
    run: Callable[[Program, Sequence[Value], Collection[str]], None]


def _activity(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    activate(program, inputs, Memory(program))


def _kinks(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    refuse_kinked(program)


def _dead_code(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    eliminate_dead_code(program, inputs)


def _subexpressions(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    eliminate_common_subexpressions(program, Memory(program))


def _invariants(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    move_invariants(program, Memory(program), "hoist" in switches)


_DCE = Pass("dead code elimination", _dead_code)
_CSE = Pass("common subexpression elimination", _subexpressions)

PASSES = (
    Pass("activity", _activity),
    _DCE,
    Pass("kinks", _kinks),
    _CSE,
    Pass("loop-invariant code motion", _invariants),
    _CSE,
    _DCE,
)


def run(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    """Run all passes; the program is always verified before the first and after the last."""
    verify(program)
    each = os.environ.get(VARIABLE) == "1"
    for number, one in enumerate(PASSES, 1):
        one.run(program, inputs, switches)
        if each or number == len(PASSES):
            verify(program, one.name)
