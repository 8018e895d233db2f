"""Lower bounds of numbers: an argument that stays away from a singularity has finite partials.

``log(2.0 + exp(x) + exp(y))`` has no infinite partial, whatever x and y are, as its argument is not below 2.
"""

from __future__ import annotations

import math
from typing import Any

from ..ir.nodes import FLOATS, Block, Const, If, Loop, Op, Program, Value, blocks_of

NONE = -math.inf


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
        if isinstance(operand, Const):
            number = isinstance(operand.value, int | float) and operand.value == operand.value
            return float(operand.value) if number else NONE
        return self.known.get(operand, NONE)

    def note(self, value: Value, bound: float) -> None:
        if bound > NONE and value.kind in FLOATS and not value.is_array:  # integers wrap around
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
            elif isinstance(s, Op):
                self.note(s.out, self._op(s))

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

    def _op(self, s: Op) -> float:
        if s.rule is None:
            return NONE
        lows = [self.of(arg) for arg in s.args]
        combine = _COMBINED.get(s.rule.name)
        return s.rule.least if combine is None else combine(s.args, lows)


def _sum(args: Any, lows: list[float]) -> float:
    return NONE if NONE in lows else sum(lows)


def _product(args: Any, lows: list[float]) -> float:
    if args[0] is args[1]:
        return 0.0
    return lows[0] * lows[1] if min(lows) >= 0.0 else NONE


def _quotient(args: Any, lows: list[float]) -> float:
    return 0.0 if lows[0] >= 0.0 and lows[1] > 0.0 else NONE  # zero might be negative


def _power(args: Any, lows: list[float]) -> float:
    power = args[1].value if isinstance(args[1], Const) else None
    return 0.0 if lows[0] > 0.0 or (isinstance(power, int) and power % 2 == 0) else NONE


def _largest(args: Any, lows: list[float]) -> float:
    """The constant among the arguments, if one is: beside a NaN the other may be the result."""
    constant = [low for arg, low in zip(args, lows, strict=True) if isinstance(arg, Const)]
    return max(constant) if constant else min(lows)


_COMBINED = {
    "add": _sum,
    "mul": _product,
    "truediv": _quotient,
    "pow": _power,
    "sqrt": lambda args, lows: math.sqrt(max(lows[0], 0.0)),
    **dict.fromkeys(("max", "maximum", "fmax"), _largest),
    **dict.fromkeys(("min", "minimum", "fmin"), lambda args, lows: min(lows)),
}
