"""Which arrays share memory, and where they are stored to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..ir.nodes import (
    Alloc,
    Block,
    If,
    Loop,
    Program,
    Value,
    View,
    base_of,
    blocks_of,
    is_inside,
    values_of,
    walk,
    written,
)

_NOTHING: frozenset[Value] = frozenset()


class Memory:
    """Which allocations, parameters and constants an array may be, and where they are stored to."""

    def __init__(self, program: Program) -> None:
        self.roots: dict[Value, frozenset[Value]] = {}
        self._find_roots(program)
        self.stored: dict[Any, frozenset[Value]] = {}
        self.carried: dict[Any, frozenset[Value]] = {}  # what is stored to by a name that went through a loop
        self._note_stores(program.body)
        self.mutable = frozenset(r for s in program.body.statements for r in self.stored.get(s, ()))

    def of(self, array: Value) -> frozenset[Value]:
        """The roots of an array."""
        return self.roots.get(array) or frozenset((array,))

    def of_all(self, arrays: Iterable[Value]) -> set[Value]:
        """The roots of several arrays."""
        return {root for array in arrays for root in self.of(array)}

    def _find_roots(self, program: Program) -> None:
        references = [found for statement in walk(program.body) for found in _references(statement)]
        self.roots = {out: frozenset((out,) if out in sources else ()) for out, sources in references}
        changed = True
        while changed:
            changed = False
            for out, sources in references:
                # Sets only grow, so this ends.
                found = self.roots[out].union(*(self.roots.get(s, frozenset((s,))) for s in sources))
                if self.roots[out] != found:
                    self.roots[out] = found
                    changed = True

    def _note_stores(self, block: Block) -> frozenset[Value]:
        total: frozenset[Value] = frozenset()
        for statement in block.statements:
            stored = carried = _NOTHING
            if arrays := written(statement):
                stored = frozenset(self.of_all(arrays))
                carried = frozenset(r for array in arrays for r in self.of(array) if base_of(array) is not r)
            for inner in blocks_of(statement):
                stored |= self._note_stores(inner)
                carried = carried.union(*filter(None, (self.carried[s] for s in inner.statements)))
            self.stored[statement], self.carried[statement] = stored, carried
            if stored:
                total |= stored
        return total

    def is_final(self, array: Value, statement: Any, block: Block, until: Block | None = None) -> bool:
        """Whether no store to `array` follows `statement` of `block`, in the body `until` or at all.

        An array that is allocated in a loop and carried into an iteration is that of an earlier one:
        stores to the new one leave it alone.
        """
        roots = self.of(array)
        if not roots & self.mutable:
            return True
        head = base_of(array)
        body = (
            head.producer.body
            if isinstance(head.producer, Loop) and head.block is head.producer.body
            else None
        )
        older = frozenset(r for r in roots if body is not None and is_inside(r.block, body))

        def is_stored_to(by: Any) -> bool:
            return bool(self.stored[by] & (roots - older) or self.carried[by] & older)

        inside: Block | None = block
        while inside is not None:
            position = inside.statements.index(statement)
            if any(map(is_stored_to, inside.statements[position + 1 :])):
                return False
            if inside is until:
                return True
            owner = inside.owner
            if isinstance(owner, Loop) and is_stored_to(owner):
                return False
            statement, inside = owner, inside.parent
        return True


def may_share(trees: Iterable[Any]) -> bool:
    """Whether arrays may share memory, as far as is known of a program that is being read."""
    arrays = [base_of(value) for value in values_of(*trees) if value.is_array]
    known = [array for array in arrays if not isinstance(array.producer, Loop | If)]
    return len(arrays) > 1 and len(set(known)) < len(arrays)


def _references(statement: Any) -> Iterator[tuple[Value, list[Value]]]:
    """The arrays that a statement defines, with those they may be."""
    if isinstance(statement, View):
        yield statement.out, [statement.array]
    elif isinstance(statement, Alloc):
        yield statement.out, [statement.out]
    elif isinstance(statement, Loop):
        for carry in statement.carries:
            if carry.head.is_array:
                sources = [v for v in (carry.init, carry.next) if isinstance(v, Value)]
                yield carry.head, sources
                yield carry.out, sources
    elif isinstance(statement, If):
        for merge in statement.merges:
            if merge.out.is_array:
                yield merge.out, [v for v in (merge.first, merge.second) if isinstance(v, Value)]
