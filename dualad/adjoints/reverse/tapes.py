"""Tapes of adjoints: what the iterations of a loop leave for the reverse sweep, a row for each.

Loops whose iterations are counted before the first take their rows at once, so the last to come is the first
to go, and one tape serves them all. A loop that may end early has a tape of its own. Copies of arrays go on
stacks beside the tapes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import runtime
from ..analysis.partials import Term, leaf, lowered
from ..frontend.elementwise import DTYPES
from ..ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    OTHER,
    SINGLE,
    Alloc,
    Block,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Operand,
    Raise,
    Routine,
    Value,
    is_counted,
    is_inside,
    walk,
)
from ..ir.variables import UNKNOWN, Variable
from ..plan.plan import tape_kind
from ..plan.storage import STEMS
from .context import Context

GROWN = {FLOAT: runtime.grown, INT: runtime.grown_integers}
EMPTY = {FLOAT: runtime.no_numbers, INT: runtime.no_integers}
PUSH = Routine(None, (0,), "{0}.append(np.ascontiguousarray({1}))")
PUSH_COPY = Routine(None, (0,), "{0}.append(np.ascontiguousarray({1}).copy())")
POP = Routine(None, (0,), "{0}.pop()")


class Tapes:
    """The tapes and stacks of one adjoint.

    Attributes
    ----------
    tapes : dict
        By loop that owns it and kind, a tape and where it ends; the shared ones have no owner.
    rows : dict
        By loop and kind, where its rows begin; of a loop that may end early, where the iteration's row is.
    stacks : dict
        By call and array, where copies of it are.
    """

    def __init__(self, context: Context) -> None:
        self.context, self.build, self.variables = context, context.build, context.variables
        self.storage = context.storage
        self.tapes: dict[tuple[Loop | None, str], tuple[Variable, Variable]] = {}
        self.rows: dict[tuple[Loop, str], Operand] = {}
        self.row_of: dict[tuple[Loop, str], Operand] = {}
        self.stacks: dict[tuple[Any, Value], Value] = {}
        self.held = Variable(context.build.names.new("held"), INT)
        self.roomy: set[tuple[Loop, str]] = set()  # the room for their rows was made before a loop around

    def begin(self) -> None:
        """Tapes and stacks without anything in them."""
        for loop, kinds in self.storage.slots.items():
            for kind in kinds:
                key = None if is_counted(loop) else loop, kind
                if key not in self.tapes:
                    stems = map(self.build.names.new, (STEMS[kind], f"{STEMS[kind]}_end"))
                    tape, end = Variable(next(stems), kind, rank=1), Variable(next(stems), INT)
                    self.tapes[key] = tape, end
                    out = self.build.value(tape.name, kind, (UNKNOWN,))
                    self.context.call(Routine(EMPTY[kind]), (), out)
                    self.variables.set(tape, out)
                    self.variables.set(end, Const(0))
        for statement, arrays in self.storage.kept.items():
            for array in arrays:
                none = self.nothing(array)
                stack = self.build.value(f"{array.name}_kept", OTHER)
                self.build.emit(Alloc(stack, "[{1}]", (none,)), stack)
                self.stacks[statement, array] = stack
                self.variables.set(self.held, Const(0))

    def nothing(self, value: Value) -> Value:
        """An array without elements, which stands for one that is not defined; it is not looked at."""
        key = len(value.extents or ()), value.kind
        known = self.context.nothing
        if key not in known:
            out = self.build.value("nothing", value.kind, (Const(0),) * key[0])
            made = Alloc(out, f"np.empty({(0,) * key[0]!r}{DTYPES[value.kind]})", ())
            out.defined(self.context.body, made)
            self.context.prelude.append(made)
            known[key] = out
        return known[key]

    # -- slots --------------------------------------------------------------------------------------

    def _slot(self, loop: Loop, value: Value) -> tuple[Operand, tuple[Operand, ...]]:
        """The tape and the index of the slot of a value in an iteration."""
        kind = tape_kind(value)
        values = self.storage.slots[loop][kind]
        tape = self.variables.now(self._tape(loop, kind)[0])
        return tape, (self._plus(self._row(loop, kind), Const(list(values).index(value))),)

    def store(self, value: Value, stands: Operand) -> None:
        """Leave a value that was just defined in the row of the iteration, if it is to be there."""
        loop = self.context.loops.scope(value.block)
        if loop is not None and self.storage.has(loop, value):
            tape, index = self._slot(loop, value)
            self.build.store(tape, index, stands)  # type: ignore[arg-type]

    def load(self, loop: Loop, value: Value, name: str) -> Operand:
        """A value that an iteration has left."""
        tape, index = self._slot(loop, value)
        unsigned = value.width.startswith("u")
        plain = value.kind not in (SINGLE, BOOL) and not unsigned
        hint = name if plain else "t"
        out = self.build.value(hint, tape.kind)
        self.build.emit(Load(out, tape, index), out)  # type: ignore[arg-type]
        if plain:
            return out
        if unsigned:  # what Numba makes of it and other integers depends on its type
            return self.build.op(getattr(np, value.width), out, hint=name)
        if value.kind == SINGLE:
            return self.build.op(np.float32, out, hint=name)
        return self.build.op(operator.ne, out, Const(0), hint=name)

    def _row(self, loop: Loop, kind: str) -> Operand:
        """Where the row of an iteration begins."""
        if not is_counted(loop):
            return self.rows[loop, kind]
        if (loop, kind) in self.row_of:
            return self.row_of[loop, kind]
        assert loop.bounds is not None
        number = self._minus(self.context.at(loop.index), self.context.at(loop.bounds[0]))
        width = len(self.storage.slots[loop][kind])
        return self._plus(self.rows[loop, kind], self._times(Const(width), number), f"{STEMS[kind]}_row")

    def begin_row(self, loop: Loop) -> None:
        """Where the rows of an iteration of a counted loop begin, if they have more than one value."""
        for kind, values in self.storage.slots.get(loop, {}).items():
            self.row_of.pop((loop, kind), None)
            if len(values) > 1:
                self.row_of[loop, kind] = self._row(loop, kind)

    def _tape(self, loop: Loop, kind: str) -> tuple[Variable, Variable]:
        return self.tapes[None if is_counted(loop) else loop, kind]

    # -- integers -------------------------------------------------------------------------------------

    def _plus(self, one: Operand, other: Operand, hint: str = "t") -> Operand:
        if other == Const(0):
            return one
        return other if one == Const(0) else self.build.op(operator.add, one, other, hint=hint)

    def _minus(self, one: Operand, other: Operand) -> Operand:
        return one if other == Const(0) else self.build.op(operator.sub, one, other)

    def _times(self, one: Operand, other: Operand) -> Operand:
        return other if one == Const(1) else self.build.op(operator.mul, one, other)

    def _size(self, array: Value, axis: int = 0) -> Value:
        out = self.build.value("t", INT)
        result: Value = self.build.emit(Extent(out, array, axis), out)
        return result

    # -- the forward sweep --------------------------------------------------------------------------

    def reserve(self, loop: Loop) -> None:
        """Make room before a counted loop: for all that is in it if that is known, else for its own rows."""
        for kind in (FLOAT, INT):
            if (loop, kind) in self.roomy:
                continue
            needed = self._room(loop, kind)
            if needed is None:
                needed = self._rows(loop, kind) if kind in self.storage.kinds(loop) else 0
            else:
                inside = [s for s in walk(loop.body) if isinstance(s, Loop)]
                self.roomy.update((one, kind) for one in (loop, *inside))
            if isinstance(needed, Term):
                self._grow((None, kind), lowered(self.build, needed, self.context.at))

    def _grow(self, key: tuple[Loop | None, str], needed: Operand) -> None:
        """Make room on a tape."""
        tape, end = self.tapes[key]
        total = self._plus(self.variables.now(end), needed)
        array: Any = self.variables.now(tape)

        def larger(branch: If) -> None:
            out = self.build.value(tape.name, key[1], (UNKNOWN,))
            beside = self._held(apart_from=tape)
            self.context.call(Routine(GROWN[key[1]]), (array, total, *[beside] * (beside != Const(0))), out)
            size = self._size(out)
            self.context.branch(self.build.op(operator.eq, size, Const(0)), self._refused)
            self.variables.set(tape, out)

        size = self._size(array)
        self.context.branch(self.build.op(operator.gt, total, size), larger)

    def _held(self, apart_from: Variable | None = None) -> Operand:
        """How many elements tapes and stacks hold, but for one tape."""
        held: Operand = self.variables.now(self.held) if self.stacks else Const(0)
        for tape, _ in self.tapes.values():
            if tape is not apart_from:
                array: Any = self.variables.now(tape)
                held = self._plus(held, self._size(array))
        return held

    def _refused(self, branch: If) -> None:
        """Raise, for too little memory."""
        name = self.context.program.name
        message = (
            f"the tape of {name!r} would exceed the memory limit; raise it with "
            f"dualad.set_tape_limit(bytes), use mode='forward', or differentiate in smaller pieces"
        )
        self.build.emit(Raise(runtime.MemoryLimitError, (Const(message),)))

    def push(self, call: Any, array: Value, is_final: bool) -> None:
        """Put an array on its stack: itself if nothing is stored to it any more."""
        found = self.context.at(array)
        self._hold(operator.add, found)
        self.context.branch(self.context.predicate(runtime.is_too_large, self._held()), self._refused)
        self.context.call(PUSH if is_final else PUSH_COPY, (self.stacks[call, array], found))

    def pop(self, call: Any, array: Value) -> Value:
        """Take an array off its stack."""
        out = self.context.copy(array, f"{array.name}_then")
        out.layout = "C"
        if self.context.rehearsal:
            return out
        self.context.call(POP, (self.stacks[call, array],), out)
        self._hold(operator.sub, out)
        return out

    def _hold(self, function: Callable[[Any, Any], Any], array: Value) -> None:
        """Note that so many elements more, or less, are held."""
        size: Operand = Const(1)
        for axis in range(len(array.extents or ())):
            size = self._times(size, self._size(array, axis))
        self.variables.set(self.held, self.build.op(function, self.variables.now(self.held), size))

    def _room(self, loop: Loop, kind: str) -> Any:
        """What a counted loop and those in it put on the shared tape; None if it takes a run to know."""
        inner = self._room_in(loop.body, kind)
        if inner is None or any(is_inside(v.block, loop.body) for v in _values(inner)):
            return None
        if isinstance(inner, Term) and loop not in self.context.loops.fused:
            inner = Term(operator.mul, iterations(loop), inner)
        own = self._rows(loop, kind) if kind in self.storage.kinds(loop) else 0
        return _sum(own, inner)

    def _room_in(self, block: Block, kind: str) -> Any:
        total: Any = 0
        for statement in block.statements:
            if isinstance(statement, Loop) and is_counted(statement):
                room = self._room(statement, kind)
                if room is None:
                    return None
                total = _sum(total, room)
            elif isinstance(statement, Loop | If) and self._has_rows(statement, kind):
                return None
        return total

    def _has_rows(self, statement: Any, kind: str) -> bool:
        """Whether counted loops inside have rows."""
        blocks = (statement.body,) if isinstance(statement, Loop) else (statement.then, statement.orelse)
        inside = [s for block in blocks for s in walk(block) if isinstance(s, Loop)]
        return any(is_counted(one) and kind in self.storage.kinds(one) for one in inside)

    def enter(self, loop: Loop, kind: str) -> None:
        """The rows of a counted loop, or the row of an iteration of another."""
        _, end = self._tape(loop, kind)
        self.rows[loop, kind] = self.variables.now(end)
        needed = self._count(loop, kind)
        if not is_counted(loop):
            self._grow((loop, kind), needed)
        if not self.context.loops.is_tested(loop):
            self._advance(end, needed)
        begin = self.storage.begins.get((loop, kind))
        if begin is not None:
            self.store(begin, self.rows[loop, kind])

    def iterated(self, loop: Loop) -> None:
        """Keep the row of an iteration, if not all iterations keep theirs."""
        if self.context.loops.is_tested(loop):
            for kind in self.storage.kinds(loop):
                self._advance(self._tape(loop, kind)[1], self._count(loop, kind))

    def _advance(self, end: Variable, by: Operand) -> None:
        self.variables.set(end, self._plus(self.variables.now(end), by, end.name))

    def _rows(self, loop: Loop, kind: str) -> Any:
        """How many elements the rows of a counted loop take, or the row of an iteration."""
        width = len(self.storage.slots[loop][kind])
        if not is_counted(loop):
            return width
        return iterations(loop) if width == 1 else Term(operator.mul, width, iterations(loop))

    def _count(self, loop: Loop, kind: str) -> Operand:
        return lowered(self.build, self._rows(loop, kind), self.context.at)

    # -- the reverse sweep --------------------------------------------------------------------------

    def find(self, loop: Loop) -> None:
        """Where the rows of a counted loop begin; if nothing tells, those of loops in it are not behind."""
        for kind in self.storage.kinds(loop):
            begin = self.storage.begins.get((loop, kind))
            if begin is not None:
                self.rows[loop, kind] = self.context.at(begin)
            elif self.context.loops.scope(loop.body.parent) is None:
                self.rows[loop, kind] = self.context.reached((loop, kind), self.rows[loop, kind])
            else:
                end = self.variables.now(self._tape(loop, kind)[1])
                self.rows[loop, kind] = self.build.op(
                    operator.sub, end, self._count(loop, kind), hint=f"{STEMS[kind]}_rows"
                )

    def release(self, loop: Loop) -> None:
        """Give the rows of a counted loop back."""
        for kind in self.storage.kinds(loop):
            self.variables.set(self._tape(loop, kind)[1], self.rows[loop, kind])

    def pop_row(self, loop: Loop) -> None:
        """The row of an iteration of another loop, which is given back."""
        for kind in self.storage.kinds(loop):
            _, end = self._tape(loop, kind)
            row = self.build.op(operator.sub, self.variables.now(end), self._count(loop, kind), hint=end.name)
            self.variables.set(end, row)
            self.rows[loop, kind] = row


def iterations(loop: Loop) -> Term:
    """How many iterations a counted loop makes."""
    assert loop.bounds is not None
    start, stop, _ = loop.bounds
    many = leaf(stop) if start == Const(0) else Term(operator.sub, leaf(stop), leaf(start))
    return Term(max, many, 0)


def _sum(one: Any, other: Any) -> Any:
    """A sum of terms, or of none (0)."""
    if not isinstance(one, Term):
        return other
    return Term(operator.add, one, other) if isinstance(other, Term) else one


def _values(found: Any) -> list[Value]:
    return [v for v in found.leaves() if isinstance(v, Value)] if isinstance(found, Term) else []
