"""The passes over a program before it is reversed, and over its adjoint, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..analysis.activity import activate, refuse_kinked
from ..analysis.memory import Memory
from ..ir.nodes import Program, Value, walk
from ..ir.verification import verify
from .dead_code import eliminate_dead_code
from .optimistic import try_plainly
from .simplify import eliminate_common_subexpressions, move_invariants, remove_trivial_phis
from .zeroing import is_zero, unzero

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


def _reversal(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    """Nothing: it is there to have the reversal verified."""


def _phis(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    remove_trivial_phis(program)


def _zeroing(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    if any(map(is_zero, walk(program.body))):
        unzero(program, Memory(program))


def _optimistic(program: Program, inputs: Sequence[Value], switches: Collection[str]) -> None:
    if "try" in switches:
        program.tried |= try_plainly(program, Memory(program))


ADJOINT_PASSES = (
    Pass("reversal", _reversal),
    Pass("trivial phis", _phis),
    _CSE,
    _DCE,
    Pass("dead zeroing", _zeroing),
    Pass("optimistic products", _optimistic),
)


def run(
    program: Program,
    inputs: Sequence[Value],
    switches: Collection[str],
    passes: Sequence[Pass] | None = None,
) -> None:
    """Run all passes; a program is always verified before the first and after the last."""
    passes = PASSES if passes is None else passes
    if passes is PASSES:
        verify(program)
    each = os.environ.get(VARIABLE) == "1"
    for number, one in enumerate(passes, 1):
        one.run(program, inputs, switches)
        if each or number == len(passes):
            verify(program, one.name)
