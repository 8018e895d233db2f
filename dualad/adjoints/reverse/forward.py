"""The forward sweep: the primal, with what is kept of it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from ..ir.nodes import (
    FLOAT,
    FLOATS,
    INT,
    SINGLE,
    ZEROS,
    Block,
    Call,
    Carry,
    Const,
    Extent,
    If,
    Loop,
    Merge,
    Operand,
    Value,
    is_counted,
    map_tree,
    outputs,
    rewritten,
    walk,
)
from ..ir.variables import Variable
from .context import Context, shifted
from .tapes import Tapes


class Forward:
    """Copies statements of the primal.

    Attributes
    ----------
    waiting : frozenset
        The statements that wait for the reverse sweep.
    """

    def __init__(self, context: Context, tapes: Tapes) -> None:
        self.context, self.build, self.tapes = context, context.build, tapes
        self.variables, self.plan = context.variables, context.plan
        self.at = context.at
        self.waiting = frozenset(w for group in context.loops.fused.values() for w in group)
        self.single = any(v.kind == SINGLE for s in walk(context.program.body) for v in outputs(s))
        self.counts: dict[Loop, Variable] = {}

    def block(self, block: Block, statements: Sequence[Any] | None = None) -> None:
        """The statements of a block, or some that have waited."""
        late = statements is not None
        for s in block.statements if statements is None else statements:
            if s in self.context.loops.fused or (not late and s in self.waiting):
                continue
            self.build.line, self.build.file = s.line, s.file
            copy = getattr(self, f"_{type(s).__name__}")
            if s in self.context.storage.kept:
                self._with_kept(s, block, copy)
            else:
                copy(s, block)

    def _with_kept(self, s: Any, block: Block, copy: Callable[[Any, Block], None]) -> None:
        """A statement of which the adjoint needs the contents of arrays, as they were before."""
        memory, kept = self.context.memory, self.context.storage.kept[s]
        before = [array for array in kept if memory.of(array) & memory.stored[s]]
        for array in before:
            self.tapes.push(s, array, is_final=False)
        copy(s, block)
        for array in kept:
            if array not in before:
                self.tapes.push(s, array, self.context.loops.is_final(array, s, block, memory))

    def define(self, value: Value) -> Value:
        """What stands for a value that the next statement defines, under its name."""
        found = Value(
            value.name,
            value.kind,
            None if value.extents is None else (),
            active=value.active,
            # Numba's own rounding is looked up by name, where it may be another one.
            anonymous=value.anonymous and not (self.single and value.kind in FLOATS),
            layout=value.layout,
            width=value.width,
            of=value.of,
            type=value.type,
        )
        self.context.now[value] = self.context.forward[value] = found
        self.context.settle_extents(value)
        return found

    def emit(self, statement: Any, *outs: Value) -> None:
        """A copied statement; `outs` are the primal's."""
        self.build.emit(statement, *(self.context.now[out] for out in outs))  # type: ignore[arg-type]
        for out in outs:
            self.tapes.store(out, self.context.now[out])

    def _all(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(map(self.at, operands))

    def _simple(self, s: Any, block: Block) -> None:
        made = rewritten(s, self.at)
        for out in outputs(s):
            made.out = self.define(out)
        self.emit(made, *outputs(s))
        if isinstance(s, Extent) and s.out in (s.array.extents or ()):
            self.context.settle_extents(s.array)

    _Op = _Load = _Store = _View = _Alloc = _Extent = _Raise = _simple

    def _Call(self, s: Call, block: Block) -> None:
        made = rewritten(s, self.at)
        made.outs = tuple(map(self.define, s.outs))
        made.result = map_tree(s.result, lambda leaf: self.context.now[leaf] if leaf in s.outs else leaf)
        self.emit(made, *s.outs)

    def _If(self, s: If, block: Block) -> None:
        def side(inner: Block, name: str) -> Any:
            def fill(branch: If) -> None:
                if s in self.context.loops.tests and inner is s.then:
                    self.iterated(block.owner)
                self.block(inner)
                taken = self.context.loops.selected.get(block.owner)
                if taken == (s, name) and block.owner in self.counts:
                    self.variables.set(self.counts[block.owner], self.at(block.owner.index))
                self.merge_side(s, branch, name)

            return fill

        self.context.branch(
            self.at(s.condition), side(s.then, "first"), side(s.orelse, "second"), (s.then, s.orelse)
        )
        self.store_merged(s)

    def merge_side(self, s: If, branch: If, side: str) -> None:
        """What a side of a branch brings; to be called when the side is complete."""
        for position, merge in enumerate(s.merges):
            if position == len(branch.merges):
                out = self.define(merge.out).defined(branch.then.parent, branch)
                branch.merges.append(Merge(out, None, None))
            brought = getattr(merge, side)
            setattr(branch.merges[position], side, self._brought(merge.out, brought))

    def store_merged(self, s: If) -> None:
        """Keep what a branch has brought."""
        for merge in s.merges:
            self.context.settle_extents(merge.out)
            self.tapes.store(merge.out, self.context.now[merge.out])

    def _brought(self, value: Value, brought: Any) -> Operand:
        """What a path brings to a value; where that is not defined, something that is not looked at."""
        if brought is None:
            return self.tapes.nothing(value) if value.is_array else Const(ZEROS[value.kind])
        if value.kind == FLOAT and isinstance(brought, Const):
            return Const(float(brought.value))  # of one type with what other paths bring
        found: Operand = self.at(brought)
        return found

    # -- loops ------------------------------------------------------------------------------------

    def _Loop(self, s: Loop, block: Block) -> None:
        storage = self.context.storage
        if is_counted(s):
            self.tapes.reserve(s)
            for kind in storage.kinds(s):
                self.tapes.enter(s, kind)
        if s in storage.counts:
            self._begin_count(s, Variable(storage.counts[s].name, INT, block))
        loop = self.begin(s)
        with self.context.block(loop.body, s.body, loop):
            if is_counted(s):
                self.tapes.begin_row(s)
            else:
                for kind in storage.kinds(s):
                    self.tapes.enter(s, kind)
            if not self.context.loops.is_tested(s):
                self.iterated(s)
            for c in s.carries:
                self.tapes.store(c.head, self.context.now[c.head])
            self.block(s.body)
            self.end(s, loop)
        self.build.line, self.build.file = s.line, s.file
        self.emit(loop)
        if s in storage.counts:
            count = self.context.now[storage.counts[s]] = self.variables.now(self.counts[s])
            self.tapes.store(storage.counts[s], count)
        self.leave(s, loop)

    def _begin_count(self, s: Loop, count: Variable) -> None:
        self.counts[s] = count
        start: Operand = Const(0)
        if s in self.context.loops.selected:
            assert s.bounds is not None
            start = shifted(self.build, self.at(s.bounds[0]), -1)
        self.variables.set(count, start)

    def iterated(self, loop: Loop) -> None:
        """What an iteration that the reverse sweep will repeat adds to the counts."""
        self.tapes.iterated(loop)
        if loop in self.counts and loop not in self.context.loops.selected:
            variable = self.counts[loop]
            count = self.build.op(operator.add, self.variables.now(variable), Const(1), hint=variable.name)
            self.variables.set(variable, count)

    def begin(self, s: Loop) -> Loop:
        """A copy of a loop, its body still empty."""
        loop = self.context.loop(None if s.bounds is None else self._all(s.bounds))
        loop.line, loop.file = s.line, s.file
        inits = [self._brought(c.head, c.init) for c in s.carries]
        for c, init in zip(s.carries, inits, strict=True):
            head, out = self.define(c.head).defined(loop.body, loop), self.context.copy(c.out)
            loop.carries.append(Carry(head, init, head, out))
        if s.index is not None:
            loop.index = self.define(s.index).defined(loop.body, loop)
        return loop

    def end(self, s: Loop, loop: Loop) -> None:
        """What is carried to the next iteration; to be called where the body ends."""
        for c, copied in zip(s.carries, loop.carries, strict=False):
            copied.next = self._brought(c.head, c.next)
        loop.ended = self.at(s.ended)

    def leave(self, s: Loop, loop: Loop) -> None:
        """What is behind a loop."""
        for c, copied in zip(s.carries, loop.carries, strict=False):
            copied.out = self.define(c.out).defined(loop.body.parent, loop)
            self.tapes.store(c.out, copied.out)
