"""Common subexpression elimination, trivial phis, loop-invariant code motion."""

from __future__ import annotations

from typing import Any

from ...catalogue import stated
from ..analysis.bounds import argument
from ..analysis.memory import Memory
from ..ir.nodes import (
    INT,
    Block,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Op,
    Program,
    Raise,
    Store,
    Value,
    blocks_of,
    is_inside,
    map_tree,
    operands,
    outputs,
    rewrite,
    walk,
    within,
)


class _Replaced(dict[Any, Any]):
    """What stands for values that are gone."""

    def of(self, thing: Any) -> Any:
        """What stands for an operand."""
        while type(thing) is Value and thing in self:
            thing = self[thing]
        return thing


def eliminate_common_subexpressions(program: Program, memory: Memory) -> bool:
    """Give equal operations on equal operands one value; a load after a store gives what was stored.

    Returns
    -------
    bool
        Whether it has found any.
    """
    new = _Replaced()

    def visit(block: Block, known: dict[Any, Any]) -> None:
        kept = []
        for statement in block.statements:
            if new:
                _rewrite(statement, new)
            key = _key(statement)
            if key is not None:
                found = known.get(key) or _trivial(statement)
                if found is None:
                    known[key] = statement.out
                    kept.append(statement)
                else:
                    new[statement.out] = found
                    if isinstance(statement, Op) and isinstance(getattr(found, "producer", None), Op):
                        found.producer.nested |= statement.nested
                continue
            kept.append(statement)
            if stored := memory.stored[statement]:
                for place in [k for k in known if k[0] == "load" and memory.of(k[1]) & stored]:
                    del known[place]
            if (
                isinstance(statement, Store)
                and not statement.add
                and statement.value.kind == statement.array.kind
                and not statement.array.width
            ):
                known["load", statement.array, (), *map(_same, statement.index)] = statement.value
            inner = blocks_of(statement)
            for one in inner:
                visit(one, dict(known))
            if new and inner:
                _rewrite_ends(statement, new.of)
        block.statements = kept

    visit(program.body, {})
    program.result = map_tree(program.result, new.of)
    return bool(new)


def remove_trivial_phis(program: Program) -> None:
    """Drop carries and merges whose values are always the same."""
    new = _Replaced()
    statements = walk(program.body)
    phis = [s for s in statements if isinstance(s, Loop | If)]
    known = -1
    while known < len(new):
        known = len(new)
        for s in phis:
            if isinstance(s, Loop):
                for carry in s.carries:
                    if carry.init is not None and new.of(carry.next) is carry.head:
                        new[carry.head] = new[carry.out] = carry.init
            else:
                for merge in s.merges:
                    first, second = new.of(merge.first), new.of(merge.second)
                    if first is not None and _same(first) == _same(second):
                        new[merge.out] = first
    if not new:
        return
    for s in statements:
        _rewrite(s, new)
    for s in phis:
        _rewrite_ends(s, new.of)
        if isinstance(s, Loop):
            s.carries = [c for c in s.carries if c.head not in new]
        else:
            s.merges = [m for m in s.merges if m.out not in new]
    program.result = map_tree(program.result, new.of)


def _key(statement: Any) -> Any:
    if isinstance(statement, Op):
        return ("op", statement.function, *map(_same, statement.args))
    if isinstance(statement, Load):
        guards = tuple((_same(start), _same(stop)) for start, stop in statement.guards)
        return ("load", statement.array, guards, *map(_same, statement.index))
    if isinstance(statement, Extent):
        return ("extent", statement.array, statement.axis)
    return None


def _trivial(statement: Any) -> Any:
    """The operand that an operation on integers gives unchanged, or None."""
    if not isinstance(statement, Op) or statement.out.kind != INT or len(statement.args) != 2:
        return None
    rule, args = statement.rule, statement.args
    if rule is None or rule.neutral is None:
        return None
    for one, other in (args, args[::-1])[: 1 + rule.commutes]:
        if other == Const(rule.neutral) and one.element == other.kind == INT:
            return one
    return None


def _same(operand: Any) -> Any:
    """Constants that are equal but not the same (0.0 and -0.0, 1 and True) are distinguished."""
    return (type(operand.value), repr(operand.value)) if isinstance(operand, Const) else operand


def _rewrite(statement: Any, new: _Replaced) -> None:
    """Replace what a statement reads, inside it and at its end left aside."""
    of = new.of
    for operand in operands(statement):
        if type(operand) is Value and operand in new:
            rewrite(statement, of)
            break
    if not blocks_of(statement):
        for out in outputs(statement):
            if out.extents:
                out.extents = tuple(map(of, out.extents))


def _rewrite_ends(statement: Any, of: Any) -> None:
    if isinstance(statement, Loop):
        statement.ended = of(statement.ended)
        for carry in statement.carries:
            carry.next = of(carry.next)
            for value in (carry.head, carry.out):
                if value.extents:
                    value.extents = tuple(map(of, value.extents))
    elif isinstance(statement, If):
        for merge in statement.merges:
            merge.first, merge.second = of(merge.first), of(merge.second)
            if merge.out.extents:
                merge.out.extents = tuple(map(of, merge.out.extents))


def move_invariants(program: Program, memory: Memory, operations: bool = True) -> bool:
    """Move loads and operations that are the same in every iteration out of their loop.

    A loop without iterations does not load. Only operations that cannot fail are moved.

    Returns
    -------
    bool
        Whether there are any.
    """
    moved = False

    def visit(block: Block) -> None:
        nonlocal moved
        result: list[Any] = []
        for statement in block.statements:
            for inner in blocks_of(statement):
                visit(inner)
            if isinstance(statement, Loop):
                found = _taken_out(statement, block, memory, operations)
                moved |= bool(found)
                result += found
            result.append(statement)
        block.statements = result

    visit(program.body)
    return moved


def _taken_out(loop: Loop, block: Block, memory: Memory, operations: bool) -> list[Load | Op]:
    found: list[Load | Op] = []
    counted = loop.bounds is not None and loop.bounds[2] == Const(1)
    for statement in tuple(loop.body.statements):
        if any(isinstance(s, Raise) for s in within([statement])):
            break  # what follows may be there only because nothing was raised
        if isinstance(statement, Load):
            if not counted or memory.of(statement.array) & memory.stored[loop]:
                continue
        elif not (operations and isinstance(statement, Op) and _never_fails(statement)):
            continue
        if any(isinstance(v, Value) and is_inside(v.block, loop.body) for v in operands(statement)):
            continue
        if isinstance(statement, Load):
            assert loop.bounds is not None
            statement.guards = (*statement.guards, loop.bounds[:2])
        statement.out.block = block
        loop.body.statements.remove(statement)
        found.append(statement)
    return found


def _never_fails(s: Op) -> bool:
    """Whether an operation never raises, and costs little if a loop has no iterations."""
    known, rule = stated(s.function), s.rule
    if rule is None or not known.static or rule.fold:
        return False
    if known.raises:
        divisor = None if rule.divisor is None else s.args[rule.divisor]
        return isinstance(divisor, Const) and divisor.value != 0
    return rule.is_cheap([argument(arg, {}) for arg in s.args])
