"""Loops whose reverse sweep may take the trips in any order.

Forward is the order in which the processor has just written what the sweep reads, and in which LLVM
vectorises; backward is needed only where a trip's adjoints depend on those of later trips.
"""

from __future__ import annotations

from typing import Any

from .analysis import Memory
from .fusion import is_natural, is_sum
from .ir import Call, Const, If, Load, Loop, Store, is_inside, walk


def is_unordered(loop: Loop, memory: Memory) -> bool:
    """Whether no trip of a loop uses what the adjoint of another one changes, but for sums.

    Only innermost loops are looked at: the rows of loops inside would be taken off the tape in order.
    """
    if loop.bounds is None or loop.ended != Const(False) or loop.bounds[2] != Const(1):
        return False
    inside = list(walk(loop.body))
    if any(isinstance(s, Loop | Call) for s in inside):
        return False
    if any(c.head.active and (c.head.is_array or not is_sum(loop, c.head, c.next)) for c in loop.carries):
        return False
    if any(m.out.is_array for s in inside if isinstance(s, If) for m in s.merges):
        return False
    accesses = [s for s in inside if isinstance(s, Load | Store) and s.array.active]
    stored = {root for s in accesses if isinstance(s, Store) for root in memory.of(s.array)}
    by_root = ([s for s in accesses if root in memory.of(s.array)] for root in stored)
    return all(_is_apart(loop, found, memory) for found in by_root)


def _is_apart(loop: Loop, accesses: list[Any], memory: Memory) -> bool:
    """Whether accesses to one allocation only add, or are to elements that no other trip accesses."""
    if all(isinstance(s, Store) and s.add for s in accesses):
        return True
    arrays = {s.array for s in accesses}
    if len(arrays) > 1 or len(memory.of(accesses[0].array)) > 1:
        return False
    [array] = arrays
    if array.home is not None and is_inside(array.home, loop.body):
        return False
    assert loop.bounds is not None
    return any(
        all(s.index[axis] is loop.index for s in accesses) for axis in range(len(accesses[0].index))
    ) and is_natural(loop.bounds[0], [])  # -1 and n - 1 are one element


__all__ = ["is_unordered"]
