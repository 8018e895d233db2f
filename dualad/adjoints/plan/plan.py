"""The plan of a reverse sweep: how each loop is swept, and how each value gets there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..analysis.memory import Memory
from ..analysis.singular import exposed
from ..ir.nodes import (
    FLOAT,
    FLOATS,
    INT,
    Block,
    Call,
    Const,
    If,
    Loop,
    Program,
    Store,
    Value,
    View,
    around,
    is_counted,
    is_inside,
    loop_around,
    outputs,
    walk,
    within,
)
from .fusion import fused_loops
from .order import is_unordered, selection
from .skipping import idles


class Treatment(Enum):
    """How the reverse sweep treats a loop."""

    FUSED = "fused: runs forward and backward at once"
    TAPED = "taped: each iteration stores values for the reverse sweep"
    RECOMPUTED = "recomputed: the reverse sweep re-runs the iterations"
    PASSIVE = "passive: it has no reverse sweep"


class Source(Enum):
    """How a value gets into the reverse sweep."""

    STORED = "stored"
    RECOMPUTED = "recomputed"
    AT_HAND = "at hand"


@dataclass(frozen=True)
class Loops:
    """How the sweep treats loops.

    Attributes
    ----------
    fused : mapping
        What runs forward and backward at once, with the statements that wait for it.
    reasons : mapping
        Why the other loops are not fused.
    unordered : frozenset
        The loops whose sweep may take the iterations in any order.
    selected : mapping
        By loop that selects a value, the branch that does and the side on which it takes another value.
    skipped : frozenset
        The loops whose sweep is worth skipping where nothing flows in.
    tests : frozenset
        The branches of ``while`` loops whose other side is taken in the last iteration and changes nothing.
    exposed : collection
        The values whose adjoint may be infinite though they are finite.
    """

    fused: Mapping[Any, Sequence[Any]] = field(default_factory=dict)
    reasons: Mapping[Loop, str] = field(default_factory=dict)
    unordered: frozenset[Loop] = frozenset()
    selected: Mapping[Loop, tuple[If, str]] = field(default_factory=dict)
    skipped: frozenset[Loop] = frozenset()
    tests: frozenset[If] = frozenset()
    exposed: Collection[Value] = ()

    @classmethod
    def of(cls, program: Program, memory: Memory, switches: Collection[str]) -> Loops:
        """What is chosen under some switches."""
        fused, reasons = fused_loops(program, memory) if "fuse" in switches else ({}, {})
        loops = [s for s in walk(program.body) if isinstance(s, Loop) and s not in fused]
        ordered = loops if "reorder" in switches else []
        return cls(
            fused,
            reasons,
            frozenset(loop for loop in ordered if is_unordered(loop, memory)),
            {loop: chosen for loop in ordered if (chosen := selection(loop)) is not None},
            frozenset(loop for loop in loops if idles(loop, program)),
            frozenset(
                s.body.statements[-1]
                for s in loops
                if s.body.statements and is_test(s.body.statements[-1], s)
            ),
            exposed(program, memory),
        )

    def scope(self, block: Block | None) -> Loop | None:
        """The innermost loop around a block that is swept after it has run."""
        loop = loop_around(block)
        return None if loop in self.fused else loop

    def fused_body(self, block: Block | None) -> Block | None:
        """The body of the fused loop around a block."""
        return next((outer for outer in around(block) if outer.owner in self.fused), None)

    def lasts(self, array: Value) -> bool:
        """Whether the reference to an array is still there in the reverse sweep."""
        while isinstance(array.producer, View) and self.scope(array.block) is not None:
            array = array.producer.array
        return self.scope(array.block) is None

    def is_final(self, array: Value, statement: Any, block: Block, memory: Memory) -> bool:
        """Whether an array is in the sweep what it is after a statement of a block."""
        return memory.is_final(array, statement, block, self.fused_body(block))

    def is_tested(self, loop: Loop) -> bool:
        """Whether the last iteration of a loop leaves nothing."""
        return bool(loop.body.statements) and loop.body.statements[-1] in self.tests


@dataclass(frozen=True)
class Storage:
    """How values get into the sweep.

    Attributes
    ----------
    slots : mapping
        By loop and kind, the values in a row of the tape.
    restored : mapping
        By block, the values that its sweep begins with.
    stepped : mapping
        By loop, the carried integers that go back from their last value.
    begins : mapping
        By loop and kind, where its rows begin, if that is stored itself.
    counts : mapping
        By loop, an integer that its forward sweep determines: the last iteration that selected a value, if it
        selects one, else how many iterations it made.
    kept : mapping
        By call, the arrays of which it leaves a copy.
    swept : frozenset
        The loops that have a reverse sweep.
    """

    slots: Mapping[Loop, Mapping[str, Sequence[Value]]] = field(default_factory=dict)
    restored: Mapping[Block, Collection[Value]] = field(default_factory=dict)
    stepped: Mapping[Loop, Sequence[Value]] = field(default_factory=dict)
    begins: Mapping[tuple[Loop, str], Value] = field(default_factory=dict)
    counts: Mapping[Loop, Value] = field(default_factory=dict)
    kept: Mapping[Call, Sequence[Value]] = field(default_factory=dict)
    swept: frozenset[Loop] = frozenset()

    def kinds(self, loop: Loop) -> tuple[str, ...]:
        """The kinds of rows that a loop has."""
        return tuple(self.slots.get(loop, ()))

    def has(self, loop: Loop | None, value: Value) -> bool:
        """Whether a value is in the rows of a loop."""
        return loop is not None and value in self.slots.get(loop, {}).get(tape_kind(value), ())


@dataclass(frozen=True)
class Plan:
    """All that is decided about a reverse sweep before it is written."""

    loops: Loops
    storage: Storage

    def treatment(self, loop: Loop) -> Treatment:
        """How a loop is treated."""
        if loop in self.loops.fused:
            return Treatment.FUSED
        if self.storage.kinds(loop) or self.copies(loop.body):
            return Treatment.TAPED
        return Treatment.RECOMPUTED if loop in self.storage.swept else Treatment.PASSIVE

    def source(self, value: Value) -> tuple[Source, str]:
        """How a value gets into the sweep, and why so."""
        loop = self.loops.scope(value.block)
        if loop is None:
            return Source.AT_HAND, "it is no value of an iteration that has passed"
        if self.storage.has(loop, value):
            return Source.STORED, "no fewer values give all that the sweep reads"
        if value.block is not None and value in self.storage.restored.get(value.block, ()):
            return Source.RECOMPUTED, "it is cheap to compute from what is there"
        return Source.AT_HAND, "the sweep does not read it"

    def copies(self, block: Block) -> list[Value]:
        """The arrays that an iteration copies, what loops inside copy left aside."""
        found = [array for s in block.statements for array in self.storage.kept.get(s, ())]
        for s in block.statements:
            if isinstance(s, If):
                found += [*self.copies(s.then), *self.copies(s.orelse)]
        return found

    def in_order(self, loop: Loop) -> bool:
        """Whether the sweep of a loop takes the iterations as they came."""
        return loop in self.loops.unordered and loop not in self.storage.stepped

    def is_skipped(self, loop: Loop) -> bool:
        """Whether the sweep of a loop, which only adds, is skipped where no adjoint flows in."""
        if loop not in self.loops.skipped or loop in self.storage.stepped:
            return False
        stepped, kept = self.storage.stepped, self.storage.kept
        return not any(
            s in kept or (isinstance(s, Loop) and (s in stepped or self.storage.kinds(s)))
            for s in walk(loop.body)
        )


def tape_kind(value: Value) -> str:
    """Of the tape: booleans are integers there, numbers in single precision in double."""
    return FLOAT if value.kind in FLOATS else INT


def is_covered(slots: Mapping[Loop, Mapping[str, Any]], loop: Loop, kind: str) -> bool:
    """Whether loops in a counted loop put rows behind its own."""
    return is_counted(loop) and any(
        kind in kinds and is_counted(other) and is_inside(other.body.parent, loop.body)
        for other, kinds in slots.items()
    )


def is_test(s: Any, loop: Loop) -> bool:
    """Whether a branch ends a ``while`` loop, and its other side changes nothing but ends it.

    The last iteration has no reverse sweep then, so what comes before the branch must not store, nor put rows
    on a tape.
    """
    if not isinstance(s, If) or loop.bounds is not None or s.orelse.statements:
        return False
    before = within(loop.body.statements[:-1])
    if any(isinstance(part, Store | Loop | Call) for part in before):
        return False
    second: dict[Any, Any] = {m.out: m.second for m in s.merges}
    first: dict[Any, Any] = {m.out: m.first for m in s.merges}
    return (
        first.get(loop.ended) == Const(False)
        and second.get(loop.ended) == Const(True)
        and all(c.next is c.head or second.get(c.next) is c.head for c in loop.carries if c.head.active)
    )


def late_values(loops: Loops) -> frozenset[Value]:
    """What is defined in the sweep only."""
    waiting = [w for group in loops.fused.values() for w in group]
    return frozenset(v for s in (*loops.fused, *waiting) for v in outputs(s))
