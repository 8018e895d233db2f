"""Dead code elimination."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ir.nodes import (
    Block,
    Call,
    If,
    Loop,
    Op,
    Program,
    Raise,
    Value,
    acts,
    leaves,
    operands,
    written,
)
from ..runtime import POSITIONS


def eliminate_dead_code(program: Program, inputs: Iterable[Value]) -> None:
    """Remove statements that neither the result nor the shape of a derivative depends on."""
    live: set[Any] = set()
    work: list[Any] = list(leaves(program.result))
    work += [e for value in inputs for e in value.extents or ()]
    owners: dict[Any, Any] = {}
    users: list[Any] = []
    sources: dict[Value, tuple[Any, ...]] = {}  # what is carried or merged, from what

    def place(block: Block) -> None:
        for s in block.statements:
            owners[s] = block.owner
            kind = type(s)
            if kind is Loop:
                for c in s.carries:
                    sources[c.head] = sources[c.out] = (c.init, c.next, c.head, *(c.out.extents or ()))
                place(s.body)
            elif kind is If:
                for m in s.merges:
                    sources[m.out] = (m.first, m.second)
                place(s.then)
                place(s.orelse)
            # A loop without bounds may not end: it stays.
            raises = kind is Raise or (kind is Op and s.function in POSITIONS)
            if raises or written(s) or acts(s) or (kind is Loop and s.bounds is None):
                users.append(s)

    def need(statement: Any) -> None:
        """A statement stays, and those around it."""
        while statement is not None and statement not in live:
            live.add(statement)
            kind = type(statement)
            work.extend((*(statement.bounds or ()), statement.ended) if kind is Loop else operands(statement))
            if kind is Call:  # its adjoint takes that of every result
                work.extend(e for out in statement.outs for e in out.extents or ())
            statement = owners.get(statement)

    place(program.body)
    for user in users:
        need(user)
    while work:
        value = work.pop()
        if type(value) is Value and value not in live:
            live.add(value)
            work.extend(value.extents or ())
            work.extend(sources.get(value, ()))
            need(value.producer)
    _keep(program.body, live)


def _keep(block: Block, live: set[Any]) -> None:
    block.statements = [s for s in block.statements if s in live]
    for statement in block.statements:
        kind = type(statement)
        if kind is Loop:
            statement.carries = [c for c in statement.carries if c.head in live or c.out in live]
            _keep(statement.body, live)
        elif kind is If:
            statement.merges = [m for m in statement.merges if m.out in live]
            _keep(statement.then, live)
            _keep(statement.orelse, live)
