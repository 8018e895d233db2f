"""The reverse sweep: for every statement, from the last to the first, what its adjoint is."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

from ...compiler.ops.formulas import formula
from ..analysis.activity import depends
from ..analysis.first_stores import is_first
from ..analysis.partials import partial, values_in
from ..errors import NotTransformable
from ..frontend.callees import Callee
from ..ir.nodes import (
    FLOAT,
    INT,
    Block,
    Call,
    Carry,
    Const,
    If,
    Load,
    Loop,
    Merge,
    Op,
    Operand,
    Store,
    Value,
    View,
    is_counted,
)
from ..ir.variables import UNKNOWN
from ..plan.plan import late_values
from ..runtime import is_nonzero
from .bars import ZERO, Bars
from .calls import Calls
from .context import Context, shifted
from .forward import Forward
from .restoration import Restoration
from .tapes import Tapes


def _nothing() -> None:
    pass


class Sweep:
    """Writes the reverse sweep.

    Attributes
    ----------
    swept : set
        The loops that have a reverse sweep.
    origins : dict
        By loop of the sweep, the primal's.
    counts : dict
        As of a storage plan; in a rehearsal, those that it finds necessary.
    """

    def __init__(
        self, context: Context, tapes: Tapes, forward: Forward, adjoint_of: Callable[..., Any]
    ) -> None:
        self.context, self.build, self.tapes, self.forward = context, context.build, tapes, forward
        self.loops, self.plan, self.at = context.loops, context.plan, context.at
        self.bars = Bars(context)
        self.calls = Calls(context, tapes, self.bars, adjoint_of)
        self.restoration = Restoration(context, tapes)
        self.holders = {w: held for held, group in self.loops.fused.items() for w in group}
        self.late = late_values(self.loops)
        self.postponed: dict[Any, list[tuple[Op, int, Operand]]] = {}
        self.swept: set[Loop] = set()
        self.origins: dict[Loop, Loop] = {}
        self.counts: dict[Loop, Value] = dict(context.storage.counts)

    def block(
        self, block: Block, begin: Callable[[], None] = _nothing, end: Callable[[], None] = _nothing
    ) -> None:
        """The reverse sweep of a block; `begin` adds to the adjoints of its results."""
        self.restoration.restore(block)
        with self.bars.open(block):
            begin()
            for s in reversed(block.statements):
                self.build.line, self.build.file = s.line, s.file
                handler = getattr(self, f"_{type(s).__name__}", None)
                if handler is not None:
                    handler(s, block)
            end()

    # -- statements -------------------------------------------------------------------------------

    def _Op(self, s: Op, block: Block) -> None:
        seed = self.bars.known(s.out) if s.out.active else None
        if seed is None:
            return
        for position, arg in enumerate(s.args):
            if isinstance(arg, Value) and arg.active and depends(s, position):
                waits = s in self.holders and any(v in self.late for v in values_in(partial(s, position)))
                if waits:
                    self.postponed.setdefault(self.holders[s], []).append((s, position, seed))
                else:
                    self._add_by(s, position, seed)

    def _add_by(self, s: Op, position: int, seed: Operand) -> None:
        self.bars.add_product(s.args[position], partial(s, position), seed, self._product(s))

    def _product(self, s: Op) -> Any:
        """The product of a partial and an adjoint; where zeros absorb see :mod:`dualad.staging.strict`."""
        if s.nested and not (s.rule and s.rule.steady):
            return operator.mul
        return formula("absorbing" if s.out in self.loops.exposed else "weighted")

    def _released(self, s: Any, block: Block) -> None:
        """What waited for a statement that has run."""
        if not self.context.rehearsal:
            self.forward.block(block, self.loops.fused[s])
        for op, position, seed in self.postponed.pop(s, ()):
            self._add_by(op, position, seed)

    def _Load(self, s: Load, block: Block) -> None:
        bar = self.bars.known(s.out) if s.out.active else None
        if bar is None:
            return

        def add(branch: Any = None) -> None:
            self.bars.store(s.array, s.index, bar, add=True)

        if s.guards:
            self.context.branch(self._all(operator.lt, s.guards), add)
        else:
            add()

    def _all(self, function: Any, pairs: Any) -> Operand:
        """Whether something holds of all pairs."""
        tests = [self.build.op(function, *map(self.at, pair)) for pair in pairs]
        return reduce(lambda one, other: self.build.op(operator.and_, one, other), tests)

    def _Store(self, s: Store, block: Block) -> None:
        if not s.array.active:
            return
        if isinstance(s.value, Value) and s.value.active:
            self.bars.add(s.value, self.bars.load(s.array, s.index))
        if not s.add and not is_first(s, block):
            self.bars.store(s.array, s.index, ZERO, add=False)

    def _Call(self, s: Call, block: Block) -> None:
        if not isinstance(s.rule, Callee):
            self.calls.of_rule(s, block)
        elif s in self.loops.fused:
            self.calls.fused(s)
            self._released(s, block)
        else:
            self.calls.of_function(s, block)

    # -- branches ---------------------------------------------------------------------------------

    def _If(self, s: If, block: Block) -> None:
        selected = self.loops.selected.get(block.owner)
        if selected is not None and selected[0] is s:
            self._taken(s, selected[1])
        elif s in self.loops.tests:
            self._taken(s, "first")
        elif s in self.loops.fused:
            self._fused_branch(s, block)
        else:
            self._branch(s)

    def _passed_on(self, s: If, side: str) -> Callable[[], None]:
        """Add the adjoints of merged values to those of the values of one side."""

        def begin() -> None:
            for merge in s.merges:
                if merge.out.active and not self.bars.is_zero(merge.out):
                    self.bars.add(getattr(merge, side), self.bars.now(merge.out))

        return begin

    def _branch(self, s: If) -> None:
        before = self.context.mark()
        branch = self.context.branch(
            Const(True),
            lambda _: self.block(s.then, self._passed_on(s, "first")),
            lambda _: self.block(s.orelse, self._passed_on(s, "second")),
            (s.then, s.orelse),
        )
        if branch.then.statements or branch.orelse.statements or branch.merges:
            branch.condition = self.at(s.condition)
        else:
            self.context.undo(before)

    def _fused_branch(self, s: If, block: Block) -> None:
        """Both sides forward and backward at once."""

        def side(inner: Block, name: str) -> Callable[[If], None]:
            def fill(branch: If) -> None:
                if not self.context.rehearsal:
                    self.forward.block(inner)
                self.block(inner, self._passed_on(s, name))
                if not self.context.rehearsal:
                    self.forward.merge_side(s, branch, name)

            return fill

        sides = (side(s.then, "first"), side(s.orelse, "second"))
        self.context.branch(self.at(s.condition), *sides, (s.then, s.orelse))
        if not self.context.rehearsal:
            self.forward.store_merged(s)
        self._released(s, block)

    def _taken(self, s: If, side: str) -> None:
        """A branch of which the reverse sweep meets one side only."""
        inner = s.then if side == "first" else s.orelse
        self.context.variables.enter(inner)
        self.block(inner, self._passed_on(s, side))
        self.context.variables.resume(self.context.variables.leave())

    # -- loops ------------------------------------------------------------------------------------

    def _Loop(self, s: Loop, block: Block) -> None:
        carries = [c for c in s.carries if c.head.active]
        inits = [self.bars.now(c.out) for c in carries]
        if s in self.loops.fused:
            loop = self._fused(s, carries, inits)
            outs: list[Any] = [c.out for c in loop.carries[-len(carries) :]] if carries else []
        elif self._is_idle(s, inits):
            outs = inits
        else:
            if is_counted(s):
                self.tapes.find(s)
            swept = self._skipping if self.plan.is_skipped(s) else self._reversed
            outs = swept(s, carries, inits, block)
            if is_counted(s):
                self.tapes.release(s)
        for c, out in zip(carries, outs, strict=True):
            if out != ZERO:
                self.bars.add(c.init, out)
        if s in self.loops.fused:
            self._released(s, block)

    def _is_idle(self, s: Loop, inits: list[Operand]) -> bool:
        """Whether the sweep of a loop adds nothing, as no adjoint flows in by what it carries or stores."""
        if not self.context.rehearsal:
            return s not in self.context.storage.swept
        stores = any(root.active for root in self.context.memory.stored[s])
        return not stores and all(init == ZERO for init in inits)

    def _iteration(self, s: Loop, carries: list[Carry], bars: list[Carry]) -> None:
        """The reverse sweep of an iteration."""

        def begin() -> None:
            """Add the adjoints that the next iteration took in to those of the values carried on."""
            for c, bar in zip(carries, bars, strict=True):
                own = c.next if isinstance(c.next, Value) and c.next.block is s.body else None
                if c.head.is_array and own is not None and not isinstance(own.producer, View):
                    if own in self.bars.arrays:
                        reason = f"{c.head.described}, which goes through a loop under two names"
                        raise NotTransformable(reason, s)
                    self.bars.give(own, bar.head)
                else:
                    self.bars.add(c.next, bar.head)

        def hand_on() -> None:
            for c, bar in zip(carries, bars, strict=True):
                bar.next = self.bars.now(c.head)

        self.block(s.body, begin, hand_on)

    def _carried(self, loop: Loop, carries: list[Carry], inits: list[Operand]) -> list[Carry]:
        """The adjoints that the sweep of a loop carries."""
        for c, init in zip(carries, inits, strict=True):
            extents = (UNKNOWN,) * len(c.head.extents or ()) if c.head.is_array else None
            head, out = (
                Value(self.build.names.new(f"{c.head.name}_bar"), FLOAT, extents, layout=c.head.layout)
                for _ in range(2)
            )
            out.defined(loop.body.parent, loop)
            loop.carries.append(Carry(head.defined(loop.body, loop), init, head, out))
        return loop.carries[len(loop.carries) - len(carries) :]

    def _fused(self, s: Loop, carries: list[Carry], inits: list[Operand]) -> Loop:
        """A loop forward and backward at once."""
        rehearsal = self.context.rehearsal
        if rehearsal:
            loop = self.context.loop(tuple(map(self.at, s.bounds or ())))
        else:
            self.tapes.reserve(s)
            loop = self.forward.begin(s)
        copied = len(loop.carries)
        bars = self._carried(loop, carries, inits)
        with self.context.block(loop.body, s.body, loop):
            if not rehearsal:
                self.forward.block(s.body)
            self._iteration(s, carries, bars)
            if not rehearsal:
                self.forward.end(s, loop)
        self.build.line, self.build.file = s.line, s.file
        self.build.emit(loop)
        if not rehearsal:
            self.forward.leave(s, loop)
        self.swept.add(s)
        # Adjoints from outside have been added to the carries since.
        self.origins[loop] = s
        loop.carries[copied:] = [c for c in loop.carries[copied:] if c not in bars] + bars
        return loop

    def _skipping(self, s: Loop, carries: list[Carry], inits: list[Operand], block: Block) -> list[Any]:
        """The sweep of a loop, skipped where no adjoint flows in."""
        before = self.context.mark()
        tests: list[Operand] = [self.context.predicate(is_nonzero, init) for init in inits]
        condition = reduce(lambda one, other: self.build.op(operator.or_, one, other), tests)
        outs: list[Any] = []
        branch = self.context.branch(
            condition, lambda _: outs.extend(self._reversed(s, carries, inits, block))
        )
        if s not in self.swept:
            self.context.undo(before)
            return inits
        for i, (out, init) in enumerate(zip(outs, inits, strict=True)):
            merged = self.build.value(f"{carries[i].head.name}_bar", FLOAT)
            merged.defined(self.build.block, branch)
            branch.merges.append(Merge(merged, out, init))
            outs[i] = merged
        return outs

    def _reversed(self, s: Loop, carries: list[Carry], inits: list[Operand], block: Block) -> list[Any]:
        """The loop with its iterations in the opposite order, and what it gives; if empty, what it gets."""
        before = self.context.mark()
        self.restoration.step_back(s)
        bounds, first = self._bounds(s, block)
        loop = self.context.loop(bounds)
        bars = self._carried(loop, carries, inits)
        with self.context.block(loop.body, s.body, loop):
            number = self.context.index(loop, "iteration" if first or s.index is None else s.index.name)
            if s.index is not None:
                self.context.now[s.index] = self._index(s, number) if first else number
            (self.tapes.begin_row if is_counted(s) else self.tapes.pop_row)(s)
            self._iteration(s, carries, bars)
        unchanged = all(c.next is c.head for c in bars)
        if not loop.body.statements and unchanged:
            self.context.undo(before)
            return inits
        self.swept.add(s)
        self.build.line, self.build.file = s.line, s.file
        self.build.emit(loop)
        self.origins[loop] = s
        return [c.out for c in bars]

    def _bounds(self, s: Loop, block: Block) -> tuple[tuple[Operand, Operand, Operand], bool]:
        """The bounds of the sweep; whether its index is the number of an iteration."""
        selection = self.loops.selected.get(s)
        if selection is not None:
            last = self._count(s, block, "last")
            assert s.bounds is not None
            before = shifted(self.build, self.at(s.bounds[0]), -1)
            stop = self.build.op(max, shifted(self.build, last, -1), before)
            return (last, stop, Const(-1)), False
        if s.bounds is not None and s.ended == Const(False) and s.bounds[2] in (Const(1), Const(-1)):
            start, stop, step = map(self.at, s.bounds)
            if self.plan.in_order(s) and not self.context.rehearsal:
                return (start, stop, step), False
            by = -step.value
            return (shifted(self.build, stop, by), shifted(self.build, start, by), Const(by)), False
        count = self._count(s, block, "iterations")
        return (shifted(self.build, count, -1), Const(-1), Const(-1)), True

    def _index(self, s: Loop, number: Operand) -> Operand:
        """The index of an iteration that is known by its number."""
        assert s.bounds is not None
        start, _, step = map(self.at, s.bounds)
        return self.build.op(
            operator.add,
            start,
            self.build.op(operator.mul, number, step),
            hint=s.index.name,  # type: ignore[union-attr]
        )

    def _count(self, s: Loop, block: Block, hint: str) -> Operand:
        """What the forward sweep of a loop of a block has counted."""
        found: Operand = self.at(self.counts.setdefault(s, Value(hint, INT, block=block, producer=s)))
        return found
