"""Stores that are the first to touch an element of a new array: its adjoint need not be set to zero."""

from __future__ import annotations

from typing import Any

from ..ir.nodes import Alloc, Block, Const, Loop, Store, ends, operands, within


def is_first(store: Store, block: Block) -> bool:
    """Whether a store of a block is the first to touch an element of a new array."""
    array = store.array
    if not isinstance(array.producer, Alloc):
        return False
    statement: Any = store
    while block is not array.block:
        statement = block.owner
        if isinstance(statement, Loop) and not _tells_iterations_apart(statement, store):
            return False
        assert block.parent is not None
        block = block.parent
    begin, end = (block.statements.index(s) for s in (array.producer, statement))
    so_far = within(block.statements[begin + 1 : end + 1])
    return not any(array in (*operands(s), *ends(s)) for s in so_far if s is not store)


def _tells_iterations_apart(loop: Loop, store: Store) -> bool:
    if loop.bounds is None or loop.index not in store.index:
        return False
    start, _, step = loop.bounds
    if not isinstance(start, Const) or not isinstance(step, Const):
        return False
    return bool(start.value >= 0 and step.value > 0)  # -1 and n - 1 are one element
