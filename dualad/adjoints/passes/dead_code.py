"""Dead code elimination."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ir.nodes import (
    Block,
    Call,
    If,
    Loop,
    Program,
    Raise,
    Value,
    blocks_of,
    leaves,
    operands,
    walk,
    written,
)


def eliminate_dead_code(program: Program, inputs: Iterable[Value]) -> None:
    """Remove statements that neither the result nor the shape of a derivative depends on."""
    live: set[Any] = set()
    work = [leaf for leaf in leaves(program.result) if isinstance(leaf, Value)]
    work += [e for value in inputs for e in value.extents or ()]
    users: list[Any] = []
    for statement in walk(program.body):
        if isinstance(statement, Raise) or written(statement):
            users.append(statement)
    carries = {}
    for statement in walk(program.body):
        if isinstance(statement, Loop):
            for carry in statement.carries:
                carries[carry.head] = carries[carry.out] = (statement, carry)

    def need(statement: Any) -> None:
        if statement is None or statement in live:
            return
        live.add(statement)
        if isinstance(statement, Loop):
            work.extend(v for v in (*(statement.bounds or ()), statement.ended) if isinstance(v, Value))
        else:
            work.extend(v for v in operands(statement) if isinstance(v, Value))
        if isinstance(statement, Call):  # its adjoint takes that of every result
            work.extend(e for out in statement.outs for e in out.extents or () if isinstance(e, Value))

    def need_enclosing(block: Block | None) -> None:
        while block is not None and block.owner is not None:
            need(block.owner)
            block = block.parent

    blocks: dict[Any, Block] = {}

    def place(block: Block) -> None:
        for statement in block.statements:
            blocks[statement] = block
            for inner in blocks_of(statement):
                place(inner)

    place(program.body)
    for user in users:
        need(user)
        need_enclosing(blocks[user])
    # A loop without bounds may not end: it stays.
    for statement in tuple(blocks):
        if isinstance(statement, Loop) and statement.bounds is None:
            need(statement)
            need_enclosing(blocks[statement])
    while work:
        value = work.pop()
        if value in live:
            continue
        live.add(value)
        if value.extents is not None:
            work.extend(e for e in value.extents if isinstance(e, Value))
        if value in carries:
            statement, carry = carries[value]
            work.extend(v for v in (carry.init, carry.next, carry.head) if isinstance(v, Value))
            work.extend(e for e in carry.out.extents or () if isinstance(e, Value))
        if isinstance(value.made, If):
            merge = next(m for m in value.made.merges if m.out is value)
            work.extend(v for v in (merge.first, merge.second) if isinstance(v, Value))
        if value.made is not None:
            need(value.made)
            need_enclosing(blocks.get(value.made))
    _keep(program.body, live)


def _keep(block: Block, live: set[Any]) -> None:
    block.statements = [s for s in block.statements if s in live]
    for statement in block.statements:
        if isinstance(statement, Loop):
            statement.carries = [c for c in statement.carries if c.head in live or c.out in live]
        elif isinstance(statement, If):
            statement.merges = [m for m in statement.merges if m.out in live]
        for inner in blocks_of(statement):
            _keep(inner, live)
