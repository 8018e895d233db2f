"""Loops whose reverse sweep may take the iterations in any order, or needs only one of them.

Forward is the order in which the processor has just written what the sweep reads, and in which LLVM
vectorises; backward is needed only where an iteration's adjoints depend on those of later iterations.
"""

from __future__ import annotations

from typing import Any

from ..analysis.memory import Memory
from ..ir.nodes import (
    Call,
    If,
    Load,
    Loop,
    Store,
    Value,
    is_counted,
    is_inside,
    operands,
    outputs,
    walk,
)
from .fusion import is_sum, tells_iterations_apart


def is_unordered(loop: Loop, memory: Memory) -> bool:
    """Whether no iteration of a loop uses what the adjoint of another one changes, but for sums.

    Only innermost loops are looked at: the rows of loops inside would be taken off the tape in order.
    """
    if not is_counted(loop):
        return False
    inside = walk(loop.body)
    if any(isinstance(s, Loop | Call) for s in inside):
        return False
    if any(c.head.active and (c.head.is_array or not is_sum(loop, c.head, c.next)) for c in loop.carries):
        return False
    if any(m.out.is_array for s in inside if isinstance(s, If) for m in s.merges):
        return False
    accesses = [s for s in inside if isinstance(s, Load | Store) and s.array.active]
    stored = memory.of_all(s.array for s in accesses if isinstance(s, Store))
    by_root = ([s for s in accesses if root in memory.of(s.array)] for root in stored)
    return all(_is_apart(loop, found, memory) for found in by_root)


def _is_apart(loop: Loop, accesses: list[Any], memory: Memory) -> bool:
    """Whether accesses to one allocation only add, or are to elements that no other iteration accesses."""
    if all(isinstance(s, Store) and s.add for s in accesses):
        return True
    arrays = {s.array for s in accesses}
    if len(arrays) > 1 or len(memory.of(accesses[0].array)) > 1:
        return False
    [array] = arrays
    if array.block is not None and is_inside(array.block, loop.body):
        return False
    return tells_iterations_apart(loop, accesses)


def selection(loop: Loop) -> tuple[If, str] | None:
    """The branch in which a loop takes a value for another one, as the largest so far, and its side.

    Such a loop carries one active value, which an iteration either leaves as it is or replaces by what
    does not depend on it: its adjoint goes to the last iteration that did so.
    """
    carries = [c for c in loop.carries if c.head.active]
    if not is_counted(loop) or len(carries) != 1 or carries[0].head.is_array:
        return None
    [carry] = carries
    inside = walk(loop.body)
    if any(isinstance(s, Loop | Call) or (isinstance(s, Store) and s.array.active) for s in inside):
        return None
    branch = carry.next.producer if isinstance(carry.next, Value) else None
    if not isinstance(branch, If) or branch not in loop.body.statements:
        return None
    merge = next(m for m in branch.merges if m.out is carry.next)
    if (merge.first is carry.head) == (merge.second is carry.head):
        return None
    for s in inside:
        merged = [m for m in (s.merges if isinstance(s, If) else ()) if m is not merge]
        if any(carry.head in (m.first, m.second) and m.out.active for m in merged):
            return None
        if carry.head in operands(s) and any(out.active for out in outputs(s)):
            return None
    return branch, "second" if merge.first is carry.head else "first"
