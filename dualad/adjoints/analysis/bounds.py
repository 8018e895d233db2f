"""Lower bounds of numbers: an argument that stays away from a singularity has finite partials.

``log(2.0 + exp(x) + exp(y))`` has no infinite partial, whatever x and y are, as its argument is not below 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...rules.arguments import UNBOUNDED, Argument
from ..ir.nodes import FLOATS, Block, Const, If, Loop, Op, Operand, Program, Value, blocks_of


def argument(operand: Operand, bounds: Mapping[Value, float]) -> Argument:
    """What is known of an operand, whose lower bound may be among `bounds`."""
    if isinstance(operand, Const):
        number = isinstance(operand.value, int | float) and operand.value == operand.value
        return Argument(operand, float(operand.value) if number else UNBOUNDED, operand.value)
    return Argument(operand, bounds.get(operand, UNBOUNDED))


def lower_bounds(program: Program) -> dict[Value, float]:
    """What numbers are not below, of those of which something is known; a NaN is below nothing."""
    lost: set[Value] = set()
    while True:
        found = _Bounds(lost)
        found.block(program.body)
        if not found.refuted:
            return found.known
        lost |= found.refuted


class _Bounds:
    """One walk, which takes for granted that what goes through loops does not fall below its first value.

    Attributes
    ----------
    lost : set
        Heads of loops of which an earlier walk has refuted that.
    refuted : set
        Those of which this one has.
    """

    def __init__(self, lost: set[Value]) -> None:
        self.known: dict[Value, float] = {}
        self.lost, self.refuted = lost, set[Value]()

    def of(self, operand: Any) -> float:
        return argument(operand, self.known).low

    def note(self, value: Value, bound: float) -> None:
        if bound > UNBOUNDED and value.kind in FLOATS and not value.is_array:  # integers wrap around
            self.known[value] = bound

    def block(self, block: Block) -> None:
        for s in block.statements:
            if isinstance(s, Loop):
                self._loop(s)
                continue
            for inner in blocks_of(s):
                self.block(inner)
            if isinstance(s, If):
                for merge in s.merges:
                    self.note(merge.out, min(self.of(merge.first), self.of(merge.second)))
            elif isinstance(s, Op) and s.rule is not None:
                self.note(s.out, s.rule.least_of([argument(arg, self.known) for arg in s.args]))

    def _loop(self, s: Loop) -> None:
        for c in s.carries:
            if c.head not in self.lost:
                self.note(c.head, self.of(c.init))
        self.block(s.body)
        for c in s.carries:
            bound = self.of(c.head)
            if self.of(c.next) < bound:
                self.refuted.add(c.head)
            self.note(c.out, bound)
