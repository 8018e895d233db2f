"""Adjoints of elements that are set to zero, as a store makes them, where nobody reads them again."""

from __future__ import annotations

from typing import Any

from ..analysis.memory import Memory
from ..ir.nodes import (
    Alloc,
    Block,
    Const,
    Loop,
    Op,
    Program,
    Store,
    Value,
    View,
    arrays_at,
    blocks_of,
    values_of,
    walk,
)

_READS_NOTHING = (Op, View, Alloc)


def is_zero(s: Any) -> bool:
    """Whether a statement stores a zero."""
    return isinstance(s, Store) and not s.add and s.value == Const(0.0)


def unzero(program: Program, memory: Memory) -> None:
    """Leave out zeros that are stored to adjoints and not read afterwards.

    To those that go by their own names and those of views only: what goes by another name through a loop or a
    branch may be read by other names.
    """
    if not any(map(is_zero, walk(program.body))):
        return
    by_root: dict[Value, list[Value]] = {}
    for array, roots in memory.roots.items():
        for root in roots:
            by_root.setdefault(root, []).append(array)
    own = {
        root
        for root in program.adjoints
        if isinstance(root.producer, Alloc)
        and all(other is root or isinstance(other.producer, View) for other in by_root.get(root, ()))
    }

    def is_clearing(s: Any) -> bool:
        return is_zero(s) and memory.of(s.array) <= own

    inside: dict[Any, set[Value]] = {}  # the memory that a statement reads, with those in its blocks

    def note(block: Block) -> set[Value]:
        found: set[Value] = set()
        for s in block.statements:
            inside[s] = read(s).union(*map(note, blocks_of(s)))
            found |= inside[s]
        return found

    def read(s: Any) -> set[Value]:
        """The memory that a statement reads, what is inside it left aside."""
        if isinstance(s, _READS_NOTHING) or is_clearing(s):
            return set()
        return memory.of_all(arrays_at(s))

    def visit(block: Block, later: set[Value]) -> None:
        """`later` grows by what the block reads."""
        kept = []
        for s in reversed(block.statements):
            if is_clearing(s) and not memory.of(s.array) & later:
                continue
            kept.append(s)
            if isinstance(s, Loop):  # its next iteration comes after this one
                later |= inside[s]
            for inner in blocks_of(s):
                visit(inner, set(later))
            later |= inside[s]
        block.statements = kept[::-1]

    note(program.body)
    visit(program.body, memory.of_all(v for v in values_of(program.result) if v.is_array))
