"""Induction variables: integers that loops carry, which the reverse sweep computes without a tape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..ir.nodes import (
    INT,
    Carry,
    Const,
    Extent,
    Loop,
    Op,
    Value,
    is_counted,
    is_inside,
    operands,
)

Term = tuple[int, Any]  # a factor, and an integer or the loop whose iterations are counted


def counting(value: Value) -> tuple[Any, int] | None:
    """For a carried integer that a counted loop moves by a constant: where it starts, and the constant."""
    carry = _carry(value)
    if carry is None:
        return None
    change = _change(carry.next, value)
    if change is None or any(not isinstance(of, Const) for _, of in change):
        return None
    return (carry.init, sum(factor * of.value for factor, of in change))


def stepping(value: Value) -> tuple[Value, list[Term]] | None:
    """For a carried integer whose change does not depend on it: its last value and the terms."""
    carry = _carry(value)
    change = None if carry is None else _change(carry.next, value)
    if carry is None or change is None or any(not _is_told(p, value) for p in parts(change)):
        return None
    return carry.out, change


def parts(change: list[Term]) -> Iterator[Any]:
    """The integers that a change is computed from."""
    for _, of in change:
        yield from (of.bounds or ())[:2] if isinstance(of, Loop) else (of,)


def _carry(value: Value) -> Carry | None:
    loop = value.producer
    if not isinstance(loop, Loop) or value.element != INT or value.is_array or not is_counted(loop):
        return None
    return next((c for c in loop.carries if c.head is value and c.init is not None), None)


def _change(value: Any, head: Value) -> list[Term] | None:
    """The terms of the difference between a value at the end of an iteration and the head, or None."""
    if value is head:
        return []
    made = value.producer if isinstance(value, Value) else None
    if isinstance(made, Op) and made.rule is not None and made.rule.linear and len(made.args) == 2:
        factors = made.rule.partials
        for start, other in ((0, 1), (1, 0)):
            change = _change(made.args[start], head) if factors[start] == 1 else None
            if change is not None and made.args[other].element == INT:
                return [*change, (factors[other], made.args[other])]
    if isinstance(made, Loop) and is_counted(made):
        carry = next((c for c in made.carries if c.out is value), None)
        change = None if carry is None else _change(carry.init, head)
        inner = None if carry is None else counting(carry.head)
        if change is not None and inner is not None:
            return [*change, (inner[1], made)]
    return None


def _is_told(operand: Any, head: Value) -> bool:
    """Whether an integer of an iteration does not depend on the head."""
    loop: Loop = head.producer
    if not isinstance(operand, Value) or not is_inside(operand.block, loop.body) or operand is loop.index:
        return True
    if operand.block is not loop.body or operand is head:
        return False
    made = operand.producer
    return isinstance(made, Op | Extent) and all(
        _is_told(o, head) for o in operands(made) if not _is_array(o)
    )


def _is_array(operand: Any) -> bool:
    return isinstance(operand, Value) and operand.is_array
