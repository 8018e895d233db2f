"""Activity analysis: which values depend on the differentiated arguments."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import NotTransformable
from ..ir.nodes import (
    FLOATS,
    OTHER,
    Call,
    If,
    Load,
    Loop,
    Op,
    Program,
    Store,
    Value,
    leaves_of,
    values_of,
    walk,
    written,
)
from .memory import Memory


def activate(program: Program, inputs: Iterable[Value], memory: Memory) -> None:
    """Mark every value that depends on the inputs."""
    for value in inputs:
        value.active = value.kind in FLOATS

    def mark(value: Value, active: bool) -> bool:
        if not active or value.active or value.kind not in FLOATS:
            return False
        value.active = True
        return True

    statements = walk(program.body)
    changed = True
    while changed:
        changed = False
        for s in statements:
            if isinstance(s, Op):
                if not s.out.active and any(a.active and depends(s, i) for i, a in enumerate(s.args)):
                    changed |= mark(s.out, True)
            elif isinstance(s, Load):
                changed |= mark(s.out, any(r.active for r in memory.of(s.array)))
            elif isinstance(s, Store) and s.value.active:
                for root in memory.of(s.array):
                    changed |= mark(root, True)
            elif isinstance(s, Call):
                if any(a.active for a in leaves_of(s.args)):
                    for out in (*s.outs, *(root for array in written(s) for root in memory.of(array))):
                        changed |= mark(out, True)
            elif isinstance(s, Loop):
                for c in s.carries:
                    live = any(v is not None and v.active for v in (c.init, c.next, c.head))
                    changed |= mark(c.head, live) | mark(c.out, live)
            elif isinstance(s, If):
                for m in s.merges:
                    changed |= mark(m.out, any(v is not None and v.active for v in (m.first, m.second)))
        for array, roots in memory.roots.items():
            changed |= mark(array, any(root.active for root in roots))
    for s in statements:
        if isinstance(s, Store) and s.value.active and s.array.kind not in FLOATS:
            reason = f"a store of a differentiated value into {s.array.described}, an array of integers"
            raise NotTransformable(reason, s)
        if isinstance(s, Op) and s.out.kind == OTHER and any(arg.active for arg in s.args):
            name = getattr(s.function, "__name__", "an operation")
            raise NotTransformable(f"a differentiated value given to {name}", s)
        constant = getattr(s.rule, "constant", "") if isinstance(s, Call) else ""
        if constant and any(value.active for value in values_of(*s.args)):
            raise NotTransformable(f"a random draw by a differentiated parameter: {constant}", s)
        things = [root for array in written(s) for root in memory.of(array) if root.kind == OTHER]
        if things:
            raise NotTransformable(f"a store into an array in {things[0].described}", s)


def depends(statement: Op, position: int) -> bool:
    """Whether an op depends differentiably on one of its arguments."""
    rule = statement.rule
    if rule is None:
        if statement.out.kind in FLOATS:
            name = getattr(statement.function, "__name__", "an operation")
            raise NotTransformable(f"{name} of a differentiated value", statement)
        return False
    if rule.passive:
        return False
    partial = rule.partials_of(0)[position]
    return not (isinstance(partial, int | float) and partial == 0)


def refuse_kinked(program: Program) -> None:
    """Raise if a derivative inside, which this one differentiates, is one at kinks.

    What it is there depends on how its arguments move (see :mod:`dualad.rules.kinks`): tapes know.
    """
    for s in walk(program.body):
        decides = isinstance(s, Op) and s.rule is not None and bool(s.rule.decides)
        if decides and any(isinstance(arg, Value) and arg.active for arg in s.args):
            raise NotTransformable("a call of the derivative of operations with kinks", s)
