"""The passes over a program before it is reversed, and over its adjoint, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..analysis.activity import activate
from ..analysis.memory import Memory
from ..ir.nodes import Program, Value
from ..ir.verification import verify
from .dead_code import eliminate_dead_code
from .optimistic import try_plainly
from .simplify import eliminate_common_subexpressions, move_invariants, remove_trivial_phis
from .zeroing import unzero

# Set to 1, every pass is followed by a verification, as in the tests.
VARIABLE = "DUALAD_VERIFY"


@dataclass(eq=False)
class Task:
    """A program in the pipeline.

    Attributes
    ----------
    inputs : sequence of Value
        The differentiated values.
    switches : collection of str
        The names of transformations that may be made.
    memory : Memory
        Of the program before the first pass: no pass adds arrays or stores to them.
    """

    program: Program
    inputs: Sequence[Value]
    switches: Collection[str]

    @cached_property
    def memory(self) -> Memory:
        return Memory(self.program)


@dataclass(frozen=True)
class Pass:
    """A transformation of a program in place; `run` gives False if it has changed nothing."""

    name: str
    run: Callable[[Task], bool | None]


def _optimistic(task: Task) -> None:
    if "try" in task.switches:
        task.program.tried |= try_plainly(task.program, task.memory)


_DCE = Pass("dead code elimination", lambda task: eliminate_dead_code(task.program, task.inputs))
_CSE = Pass(
    "common subexpression elimination",
    lambda task: eliminate_common_subexpressions(task.program, task.memory),
)

PASSES = (
    Pass("activity", lambda task: activate(task.program, task.inputs, task.memory)),
    _DCE,
    _CSE,
    Pass(
        "loop-invariant code motion",
        lambda task: move_invariants(task.program, task.memory, "hoist" in task.switches),
    ),
    _CSE,
    _DCE,
)

ADJOINT_PASSES = (
    Pass("trivial phis", lambda task: remove_trivial_phis(task.program)),
    _CSE,
    _DCE,
    Pass("dead zeroing", lambda task: unzero(task.program, task.memory)),
    Pass("optimistic products", _optimistic),
)


def run(
    program: Program,
    inputs: Sequence[Value],
    switches: Collection[str],
    passes: Sequence[Pass],
    after: str = "reading",
) -> Memory:
    """Run the passes, those aside that nothing has changed for since they ran.

    What was read and what will be printed is always verified.

    Returns
    -------
    Memory
        Of the program.
    """
    task = Task(program, inputs, switches)
    each = os.environ.get(VARIABLE) == "1"
    if each or passes is PASSES:
        verify(program, after)
    idle: set[Pass] = set()  # they would find nothing
    for one in passes:
        if one not in idle:
            idle = {*idle, one} if one.run(task) is False else {one}
        if each or (one is passes[-1] and passes is not PASSES):
            verify(program, one.name)
    return task.memory
