"""What was chosen for a function and its loops, and why, for people to read."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from ..ir.nodes import Block, Loop, Program, Value, blocks_of
from ..runtime import ITEMSIZE
from .plan import Plan, Treatment

IN_ORDER = "forward order: the reverse sweep runs over the iterations in their own order"
SELECT = "select: the reverse sweep visits only the iteration that gave the value"
LEFT_OUT = "skipped where no adjoint flows in: the reverse sweep would add zeros"
TRY = "optimistic: products are computed without zero absorption first, and again with it if a NaN appears"


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
    notes : tuple of str
        What else was chosen for its reverse sweep.
    bytes_per_iteration : int
        What one iteration stores on the tape.
    kept : tuple of str
        The values that it leaves there.
    copies : tuple of str
        The arrays of which an iteration stores a copy beside it, with their shapes.
    depth : int
        How many loops are around it.
    """

    file: str
    line: int
    plan: str
    reason: str
    notes: tuple[str, ...]
    bytes_per_iteration: int
    kept: tuple[str, ...]
    copies: tuple[str, ...]
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
            kept = [*loop.kept, *(f"a copy of {copy}" for copy in loop.copies)]
            size = " and ".join([f"{loop.bytes_per_iteration} bytes", *["copies"] * bool(loop.copies)])
            lines.append(f"{pad}  {size} per iteration{': ' * bool(kept)}{', '.join(kept)}")
            lines += [f"{pad}  {note}" for note in loop.notes]
            if loop.reason:
                lines.append(f"{pad}  not fused: {loop.reason}")
        if not self.loops:
            lines.append("  no loops")
        return "\n".join(lines)


def loop_plans(program: Program, plan: Plan, tried: Collection[Loop]) -> tuple[LoopPlan, ...]:
    """The plans of all loops, in the order of the program."""
    found: list[LoopPlan] = []

    def visit(block: Block, depth: int) -> None:
        for statement in block.statements:
            if isinstance(statement, Loop):
                found.append(_plan(statement, depth, plan, statement in tried))
            for inner in blocks_of(statement):
                visit(inner, depth + isinstance(statement, Loop))

    visit(program.body, 0)
    return tuple(found)


def _plan(loop: Loop, depth: int, plan: Plan, tried: bool) -> LoopPlan:
    kept = tuple(value.name for values in plan.storage.slots.get(loop, {}).values() for value in values)
    copies = tuple(map(_shown, plan.copies(loop.body)))
    treatment = plan.treatment(loop)
    told = treatment in (Treatment.FUSED, Treatment.PASSIVE)
    swept = loop in plan.storage.swept
    notes = {
        IN_ORDER: swept and plan.in_order(loop),
        SELECT: swept and loop in plan.loops.selected,
        LEFT_OUT: swept and plan.is_skipped(loop),
        TRY: tried,
    }
    return LoopPlan(
        loop.file,
        loop.line,
        treatment.value,
        "" if told else plan.loops.reasons.get(loop, ""),
        tuple(note for note, holds in notes.items() if holds),
        ITEMSIZE * len(kept),
        kept,
        copies,
        depth,
    )


def _shown(array: Value) -> str:
    extents = [str(getattr(e, "name", getattr(e, "value", e))) for e in array.extents or ()]
    return f"{array.name} ({' x '.join(extents)})"
