"""What was chosen for a function and its loops, and why, for people to read."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .emitter import Emitter
from .ir import Block, Loop, Program, blocks_of
from .reversal import Reversal
from .runtime import ITEMSIZE

FUSED = "fused: runs forward and backward at once"
TAPED = "taped: what its trips compute is kept for the reverse sweep"
REPEATED = "repeated: the reverse sweep computes its trips again"
PASSIVE = "passive: it has no reverse sweep"


@dataclass(frozen=True)
class LoopPlan:
    """What was chosen for one loop.

    Attributes
    ----------
    file, line : str, int
        Where the loop stands.
    plan : str
        What was chosen.
    reason : str
        Why it was not fused; empty if it was.
    bytes_per_trip : int
        What one trip leaves on the tape.
    kept : tuple of str
        The values that it leaves there.
    depth : int
        How many loops are around it.
    """

    file: str
    line: int
    plan: str
    reason: str
    bytes_per_trip: int
    kept: tuple[str, ...]
    depth: int


@dataclass(frozen=True)
class Explanation:
    """How a function is differentiated in reverse mode.

    Attributes
    ----------
    function : str
        Its name.
    engine : {"adjoint", "tape"}
        Which engine answers.
    reason : str
        If it is the tape, the construct that has no compiled adjoint, with its file and line.
    loops : tuple of LoopPlan
        What was chosen for each loop, helpers' loops where they are called.
    source : str
        The compiled adjoint; empty if there is none.
    """

    function: str
    engine: str
    reason: str = ""
    loops: tuple[LoopPlan, ...] = ()
    source: str = ""

    def __str__(self) -> str:
        if self.engine == "tape":
            return f"{self.function}: on the tape\n  {self.reason}"
        lines = [f"{self.function}: compiled adjoint"]
        for loop in self.loops:
            pad = "  " * (loop.depth + 1)
            lines.append(f"{pad}{os.path.basename(loop.file)}:{loop.line}: {loop.plan}")
            if loop.kept:
                lines.append(f"{pad}  {loop.bytes_per_trip} bytes a trip: {', '.join(loop.kept)}")
            if loop.reason:
                lines.append(f"{pad}  not fused: {loop.reason}")
        if not self.loops:
            lines.append("  no loops")
        return "\n".join(lines)


def loop_plans(
    program: Program, reversal: Reversal, emitter: Emitter, reasons: dict[Loop, str]
) -> tuple[LoopPlan, ...]:
    """The plans of all loops, in the order of the program."""
    found: list[LoopPlan] = []

    def visit(block: Block, depth: int) -> None:
        for statement in block.statements:
            if isinstance(statement, Loop):
                found.append(_plan(statement, depth, reversal, emitter, reasons))
            for inner in blocks_of(statement):
                visit(inner, depth + isinstance(statement, Loop))

    visit(program.body, 0)
    return tuple(found)


def _plan(loop: Loop, depth: int, reversal: Reversal, emitter: Emitter, reasons: dict[Loop, str]) -> LoopPlan:
    slots = emitter.tapes.slots.get(loop, {})
    kept = tuple(value.name for values in slots.values() for value in values)
    if loop in reversal.fused:
        plan = FUSED
    elif kept:
        plan = TAPED
    else:
        plan = REPEATED if loop in reversal.reversed else PASSIVE
    reason = "" if plan in (FUSED, PASSIVE) else reasons.get(loop, "")
    return LoopPlan(loop.file, loop.line, plan, reason, ITEMSIZE * len(kept), kept, depth)
