"""Whether arrays that branches and loops bind to several names may have adjoints of their own.

Where a loop or a branch binds an array, the new name gets an adjoint of its own, which is added to that
of the old name where the sweep comes past the binding: as if the elements had been copied. They have
not. It makes no difference if nothing is stored into the array afterwards, or if the old name is not
used any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import NotTransformable
from ..ir.nodes import (
    Block,
    Const,
    Extent,
    If,
    Loop,
    Program,
    Store,
    Value,
    View,
    arrays_at,
    base_of,
    blocks_of,
    is_inside,
    values_of,
    walk,
    within,
    written,
)
from .memory import Memory


@dataclass(frozen=True)
class Binding:
    """``new = old``: on entering `statement`, or at the end of `block`, a part of it."""

    old: Value
    new: Value
    statement: Any
    block: Block | None


def refuse_shared(program: Program, memory: Memory) -> None:
    """Raise if an array is stored into while it goes by two names."""
    blocks = [program.body, *(block for s in walk(program.body) for block in blocks_of(s))]
    positions = {s: (block, i) for block in blocks for i, s in enumerate(block.statements)}
    bindings = [b for s in walk(program.body) for b in _bindings(s) if b.new.active]
    results = {base_of(v) for v in values_of(program.result) if v.is_array}
    for binding in bindings:
        base = base_of(binding.old)
        twice = sum(base_of(b.old) is base for b in bindings if _is_beside(b, binding)) > 1
        kept = base in results and base.block in (None, program.body)
        if not (
            twice
            or kept
            or any(base_of(v) is base for s in _later(binding, base, positions) for v in _used(s))
        ):
            continue
        row = _row_of_iteration(binding, base, positions)
        later = [s for s in _later(binding, None, positions) if row is None or not _stores_row(s, *row)]
        if any(_may_be(array, binding, memory) for s in later for array in _written(s)):
            raise NotTransformable(
                f"the array {base.name!r}, which a loop or a branch binds to a second name, is stored into "
                f"through one name and used through the other",
                binding.statement,
            )


def _row_of_iteration(binding: Binding, base: Value, positions: Any) -> tuple[Value, set[int], Value] | None:
    """The row of the iteration that is bound at its end: of which array, along which axes, and the index.

    Later iterations store to other rows. None if no row is bound, or one that may be stored to again.
    """
    loop = binding.statement
    if not isinstance(loop, Loop) or binding.block is not loop.body or loop.bounds is None:
        return None
    start, _, step = loop.bounds
    rises = isinstance(start, Const) and isinstance(step, Const) and start.value >= 0 and step.value > 0
    block = positions[loop][0]
    is_new = base.block is block or (base.block is None and block.owner is None)  # whenever the loop runs
    axes = _axes_at(binding.old, base, loop.index) if rises and is_new and loop.index is not None else set()
    return (base, axes, loop.index) if loop.index is not None and axes else None


def _axes_at(array: Value, base: Value, index: Value) -> set[int]:
    """The axes of the base that are fixed by an index in an array that shows a part of it."""
    made = array.producer
    while isinstance(made, View) and made.array is not base:
        made = made.array.producer
    if not isinstance(made, View):
        return set()
    return {axis for axis, position in made.fixed if made.operands[position] is index}


def _stores_row(s: Any, base: Value, axes: set[int], index: Value) -> bool:
    """Whether a statement stores to the row of an index alone."""
    if not isinstance(s, Store):
        return False
    if s.array is base:
        return any(s.index[axis] is index for axis in axes)
    return bool(axes & _axes_at(s.array, base, index))


def _is_bound(array: Value) -> bool:
    """Whether a name is given by a loop or a branch."""
    return isinstance(array.producer, Loop | If)


def _may_be(stored: Value, binding: Binding, memory: Memory) -> bool:
    """Whether a store shows in what was bound; those by names bound elsewhere are their bindings' concern."""
    base = base_of(stored)
    if base is base_of(binding.old):
        return True
    return _is_bound(base) and bool(memory.of(base) & memory.of(binding.new))


def _bindings(statement: Any) -> Iterator[Binding]:
    if isinstance(statement, Loop):
        for c in statement.carries:
            if c.head.is_array:
                if isinstance(c.init, Value):
                    yield Binding(c.init, c.head, statement, None)
                if isinstance(c.next, Value) and c.next is not c.head:
                    yield Binding(c.next, c.head, statement, statement.body)
    elif isinstance(statement, If):
        for m in statement.merges:
            if m.out.is_array:
                for side, block in ((m.first, statement.then), (m.second, statement.orelse)):
                    if isinstance(side, Value):
                        yield Binding(side, m.out, statement, block)


def _is_beside(one: Binding, other: Binding) -> bool:
    return one.statement is other.statement and one.block is other.block


def _later(binding: Binding, base: Value | None, positions: Any) -> Iterator[Any]:
    """What may run after a binding, as long as `base` is the array it is: to the end of its block."""
    if binding.block is not None and base is not None and is_inside(base.block, binding.block):
        return
    statement = binding.statement
    if isinstance(statement, Loop):
        yield from walk(statement.body)
        yield _End(statement, statement.body)
    while statement is not None:
        block, position = positions[statement]
        yield from within(block.statements[position + 1 :])
        statement = block.owner
        if isinstance(statement, Loop) and (base is None or base.block is not block):
            yield from walk(statement.body)
        if statement is not None:
            yield _End(statement, block)
        if base is not None and base.block is block:
            return


@dataclass(frozen=True)
class _End:
    """The end of a block, where its results are bound."""

    owner: Any
    block: Block

    @property
    def bound(self) -> list[Any]:
        if isinstance(self.owner, Loop):
            return [carry.next for carry in self.owner.carries]
        return [m.first if self.block is self.owner.then else m.second for m in self.owner.merges]


def _used(s: Any) -> Iterator[Value]:
    """The arrays whose elements a statement reads, stores or binds."""
    if isinstance(s, View | Extent):
        return
    yield from (v for v in values_of(*s.bound) if v.is_array) if isinstance(s, _End) else arrays_at(s)


def _written(s: Any) -> tuple[Value, ...]:
    return () if isinstance(s, _End) else tuple(written(s))
