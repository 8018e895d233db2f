"""Writes the adjoint as Python: the forward sweep, which keeps on tapes what the reverse sweep needs.

A value that the reverse sweep needs is still there, or computed again if that is cheap, or kept on the
tape of its loop, one row per trip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..analysis.counters import stepping
from ..analysis.memory import Memory
from ..ir.nodes import (
    ZEROS,
    Alloc,
    Block,
    Call,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Merge,
    Op,
    Program,
    Raise,
    Store,
    Value,
    View,
    is_counted,
    walk,
)
from ..plan.retention import Retention
from ..reverse.restoration import Restoration
from ..reverse.reversal import Reversal
from ..reverse.tapes import Tapes
from . import text
from .lines import Carried, Forward, Nest, Restored, line, renamed


class Emitter:
    """The text of one adjoint."""

    def __init__(self, program: Program, memory: Memory, reversal: Reversal) -> None:
        self.program, self.memory, self.reversal = program, memory, reversal
        self.functions = reversal.functions
        self.tapes = Tapes(program, reversal)
        self.retention = Retention(memory, reversal, self.tapes)
        self.restoration = Restoration(program, reversal, self.tapes, self.retention)
        self.forward_order: set[Loop] = set()  # whose reverse sweep takes the trips as they came
        self.left_out: set[Loop] = set()  # whose reverse sweep is left out where nothing flows in
        self.nothing: dict[tuple[int, str], str] = {}  # arrays without elements, by rank and kind

    def settle(self, lines: list[Any]) -> None:
        """Decide for every value that the reverse sweep reads how it gets there."""
        shadows = [array for arrays in self.reversal.shadows.values() for array in arrays]
        read = [piece for array in shadows for piece in self.restoration.shadow(array).pieces]
        self.retention.settle(lines, read)

    # -- the forward sweep --------------------------------------------------------------------------

    def forward(self, block: Block, statements: list[Any] | None = None, late: bool = False) -> Iterator[Any]:
        """The primal, with what is kept of it."""
        for statement in block.statements if statements is None else statements:
            if statement in self.reversal.fused or (not late and statement in self.reversal.holders):
                continue
            kept = self.reversal.calls.kept.get(statement, {})
            before = [array for array in kept if self.memory.of(array) & self.memory.stored[statement]]
            for array in before:
                yield from self.tapes.appended(array, kept[array], (f"{array.name}.copy()",))
            yield from getattr(self, f"_{type(statement).__name__}")(statement, block)
            for array, name in kept.items():
                until = self.reversal.fused_body(block)
                if array not in before:
                    final = self.memory.is_final(array, statement, block, until)
                    copy = "" if final else ".copy()"
                    yield from self.tapes.appended(
                        array, name, (f"np.ascontiguousarray({array.name}){copy}",)
                    )

    def _keep(self, value: Value) -> Iterator[Any]:
        """Store a value that was just defined on the tape of its loop, if it is to be there."""
        loop = self.reversal.scope(value.home)
        if loop is not None and self.tapes.has(loop, value):
            yield line(*self.tapes.slot(loop, value), " = ", value)

    def _rows_begin(self, loop: Loop) -> Iterator[Any]:
        for kind in self.tapes.kinds(loop):
            yield from self.tapes.begin(loop, kind)
            if (loop, kind) in self.tapes.begins:
                yield from self._keep(self.tapes.begins[loop, kind])

    def _counted_trip(self, loop: Loop) -> Iterator[Any]:
        """What a trip that the reverse sweep will repeat adds to the counts."""
        yield from self.tapes.counted_trip(loop)
        if loop in self.reversal.trips:
            yield line(self.reversal.trips[loop], " += 1")

    def _Op(self, s: Op, block: Block) -> Iterator[Any]:
        yield line(s.out, " = ", *text.operation(self.functions, s.function, s.args).pieces)
        yield from self._keep(s.out)

    def _Load(self, s: Load, block: Block) -> Iterator[Any]:
        yield line(s.out, " = ", *text.loaded(self.functions, s))
        yield from self._keep(s.out)

    def _Store(self, s: Store, block: Block) -> Iterator[Any]:
        sign = " += " if s.add else " = "
        yield line(
            *text.element(self.functions, s.array, s.index),
            sign,
            *text.text_of(self.functions, s.value).pieces,
        )

    def _View(self, s: View, block: Block) -> Iterator[Any]:
        yield line(s.out, " = ", *text.filled(self.functions, s.form, s.array, s.operands).pieces)

    def _Alloc(self, s: Alloc, block: Block) -> Iterator[Any]:
        yield line(s.out, " = ", *text.filled(self.functions, s.form, None, s.operands).pieces)

    def _Extent(self, s: Extent, block: Block) -> Iterator[Any]:
        yield line(s.out, " = ", s.array, f".shape[{s.axis}]")
        yield from self._keep(s.out)

    def _Call(self, s: Call, block: Block) -> Iterator[Any]:
        given = text.listed(text.tree(self.functions, arg) for arg in s.args)
        function = s.rule.called
        result = (*text.unpacked(s.result), " = ") if s.outs else ()
        yield line(*result, f"{self.functions(function)}(", *given, ")")
        for out in s.outs:
            yield from self._keep(out)

    def _Raise(self, s: Raise, block: Block) -> Iterator[Any]:
        yield line(f"raise {self.functions(s.exception)}({', '.join(map(repr, s.arguments))})")

    def _If(self, s: If, block: Block) -> Iterator[Any]:
        sides = []
        for inner, side in ((s.then, "first"), (s.orelse, "second")):
            body = list(self.forward(inner))
            if s in self.reversal.tests and inner is s.then:
                body = [*self._counted_trip(block.owner), *body]
            for merge in s.merges:
                body += self._merged(merge, getattr(merge, side))
            if self.reversal.selected.get(s) == side:
                body.append(line(self.reversal.chosen[block.owner], " = ", block.owner.index))
            sides.append(body)
        condition = text.text_of(self.functions, s.condition).pieces
        if sides[0] or not sides[1]:
            yield Nest(("if ", *condition), sides[0])
            if sides[1]:
                yield Nest(("else",), sides[1])
        else:
            yield Nest(("if not ", *condition), sides[1])
        for merge in s.merges:
            yield from self._keep(merge.out)

    def _nothing(self, value: Value) -> str:
        """What stands for a value where it is not defined; it is not looked at."""
        if not value.is_array:
            return repr(ZEROS[value.kind])
        key = len(value.extents or ()), value.kind
        if key not in self.nothing:
            self.nothing[key] = self.program.names.new("nothing")
        return self.nothing[key]

    def _merged(self, merge: Merge, source: Any) -> Iterator[Any]:
        if source is None:
            yield line(merge.out, " = ", self._nothing(merge.out))
        else:
            yield line(merge.out, " = ", *text.text_of(self.functions, source).pieces)

    def _Loop(self, s: Loop, block: Block) -> Iterator[Any]:
        yield from self._begun(s)
        trips = self.reversal.trips.get(s)
        body: list[Any] = []
        if is_counted(s):
            yield from self.tapes.reserve(s)
            yield from self._rows_begin(s)
            body += self.tapes.row(s)
        else:
            body += self._rows_begin(s)
        if trips is not None:
            yield line(trips, " = 0")
        chosen = self.reversal.chosen.get(s)
        if chosen is not None:
            yield line(chosen, " = ", *self.reversal.before_first(s))
        if not self.tapes.is_tested(s):
            body += self._counted_trip(s)
        for c in s.carries:
            body += self._keep(c.head)
        body += self.forward(s.body)
        body += self._advanced(s)
        if s.ended != Const(False):
            ended = text.text_of(self.functions, s.ended).pieces
            body.append(Nest(("if ", *ended), [line("break")]))
        yield Nest(self.reversal.forward_head(s), body)
        for told in (trips, chosen):
            if told is not None:
                yield from self._keep(told)
        yield from self._left(s)

    def _begun(self, s: Loop) -> Iterator[Any]:
        for c in s.carries:
            if c.init is None:
                yield line(c.head, " = ", self._nothing(c.head))
            else:
                yield line(c.head, " = ", *text.text_of(self.functions, c.init).pieces)

    def _advanced(self, s: Loop) -> Iterator[Any]:
        moved = [c for c in s.carries if c.next is not c.head]
        nexts = {c.next for c in moved if isinstance(c.next, Value)}
        if any(c.head in nexts for c in moved):
            pieces: list[Any] = []
            for position, c in enumerate(moved):
                pieces += [", "] * bool(position) + [c.head]
            pieces.append(" = ")
            for position, c in enumerate(moved):
                pieces += [", "] * bool(position) + [*text.text_of(self.functions, c.next).pieces]
            yield line(*pieces)
        else:
            for c in moved:
                yield line(c.head, " = ", *text.text_of(self.functions, c.next).pieces)

    def _left(self, s: Loop) -> Iterator[Any]:
        for c in s.carries:
            yield line(c.out, " = ", c.head)
            yield from self._keep(c.out)

    # -- the reverse sweep --------------------------------------------------------------------------

    def finished(self, lines: list[Any]) -> list[Any]:
        """The lines of the reverse sweep with everything filled in."""
        result: list[Any] = []
        again: dict[Value, str] = {}
        for one in lines:
            if isinstance(one, Forward):
                result += self.forward(one.block, one.statements, one.late)
            elif isinstance(one, Carried):
                if one.stage == "init":
                    result += self.tapes.reserve(one.loop)
                stages = {"init": self._begun, "next": self._advanced, "out": self._left}
                if one.stage in stages:
                    result += stages[one.stage](one.loop)
                else:
                    for merge in one.loop.merges:
                        result += self._merged(merge, getattr(merge, one.stage))
            elif isinstance(one, Restored):
                result += self.restoration.lines(one.block)
                again |= self.restoration.names(one.block)
            elif isinstance(one, Nest):
                body = self.finished(one.body)
                loop = self._loop_of(one)
                after: list[Any] = []
                head = one.head
                if loop is not None and is_counted(loop):
                    if one.other and loop not in self.retention.stepped:
                        head = one.other
                        self.forward_order.add(loop)
                    result += [line(v, " = ", stepping(v)[0]) for v in self.retention.stepped.get(loop, ())]  # type: ignore[index]
                    result += self.tapes.found(loop)
                    body = [*self.tapes.row(loop), *body]
                    after += self.tapes.released(loop)
                elif loop is not None:
                    body = [*self.tapes.popped(loop), *body]
                if body or (one.head and one.head[0] == "if "):
                    nest = Nest(head, body)
                    if loop is not None and one.needed and self._only_adds(loop):
                        self.left_out.add(loop)
                        nest = Nest(one.needed, [nest])
                    result.append(nest)
                result += after
            else:
                result.append(one)
        return renamed(result, again)

    def _only_adds(self, loop: Loop) -> bool:
        """Whether the reverse sweep of a loop does nothing beside what it adds to adjoints."""
        inside = list(walk(loop.body))
        loops = [s for s in inside if isinstance(s, Loop)]
        return (
            not any(s in self.retention.stepped for s in (loop, *loops))
            and not any(self.tapes.kinds(s) for s in loops)
            and not any(s in self.reversal.calls.kept for s in (loop, *inside))
        )

    def _loop_of(self, nest: Nest) -> Loop | None:
        """The taped loop whose reverse sweep a nest is."""
        for one in nest.body:
            if isinstance(one, Forward):
                return None
            if isinstance(one, Restored):
                owner = one.block.owner
                return owner if isinstance(owner, Loop) and str(nest.head[0]).startswith("for ") else None
        return None
