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
    acts,
    blocks_of,
    leaves,
    operands,
    written,
)


def eliminate_dead_code(program: Program, inputs: Iterable[Value]) -> None:
    """Remove statements that neither the result nor the shape of a derivative depends on."""
    live: set[Any] = set()
    work: list[Any] = list(leaves(program.result))
    work += [e for value in inputs for e in value.extents or ()]
    blocks: dict[Any, Block] = {}
    users: list[Any] = []
    sources: dict[Value, tuple[Any, ...]] = {}  # what is carried or merged, from what

    def place(block: Block) -> None:
        for s in block.statements:
            blocks[s] = block
            # A loop without bounds may not end: it stays.
            if isinstance(s, Raise) or written(s) or acts(s) or (isinstance(s, Loop) and s.bounds is None):
                users.append(s)
            if isinstance(s, Loop):
                for c in s.carries:
                    sources[c.head] = sources[c.out] = (c.init, c.next, c.head, *(c.out.extents or ()))
            elif isinstance(s, If):
                for m in s.merges:
                    sources[m.out] = (m.first, m.second)
            for inner in blocks_of(s):
                place(inner)

    def need(statement: Any) -> None:
        """A statement stays, and those around it."""
        while statement is not None and statement not in live:
            live.add(statement)
            if isinstance(statement, Loop):
                work.extend((*(statement.bounds or ()), statement.ended))
            else:
                work.extend(operands(statement))
            if isinstance(statement, Call):  # its adjoint takes that of every result
                work.extend(e for out in statement.outs for e in out.extents or ())
            statement = blocks[statement].owner if statement in blocks else None

    place(program.body)
    for user in users:
        need(user)
    while work:
        value = work.pop()
        if not isinstance(value, Value) or value in live:
            continue
        live.add(value)
        work.extend(value.extents or ())
        work.extend(sources.get(value, ()))
        need(value.made)
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
