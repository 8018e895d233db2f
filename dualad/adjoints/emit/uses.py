"""What is read where: the operands of statements, in the order in which they are printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ..ir.nodes import (
    Block,
    Extent,
    Load,
    Op,
    Program,
    Store,
    Value,
    blocks_of,
    operands,
)

LARGEST = 8  # operations in one expression
_PURE = (Op, Load, Extent)


def nested(program: Program, uses: Counter[Value], may_raise: Callable[[Any], bool]) -> dict[Value, Any]:
    """The values that are written where they are read, with the statements that compute them.

    Each has no name of the user's, and is read once, in its block, with nothing in between that could change
    what it is made of.
    """
    found: dict[Value, Any] = {}

    def visit(block: Block) -> None:
        readers: dict[Value, tuple[int, Any]] = {}  # where values of the block are read
        sizes: Counter[Any] = Counter()
        effect = other = len(block.statements)  # the next statements that do more than compute, and store
        for place in range(len(block.statements) - 1, -1, -1):
            s = block.statements[place]
            for inner in blocks_of(s):
                visit(inner)
            reader = place, s
            if not isinstance(s, _PURE):
                effect = place
                other = other if isinstance(s, Store) else place
            elif uses[s.out] == 1 and s.out in readers and s.out.anonymous:
                end, root = readers[s.out]
                moves = not isinstance(s, Load) and not may_raise(s)
                if sizes[root] < LARGEST and end <= (other if moves else effect):
                    found[s.out] = s
                    sizes[root] += 1
                    reader = end, root
            for v in operands(s):
                if isinstance(v, Value) and v.block is block:
                    readers[v] = reader

    visit(program.body)
    return found


def read(s: Any, inside: dict[Value, Any]) -> Iterator[Value]:
    """The values that a statement reads, those of nested expressions included."""
    work = [v for v in operands(s) if isinstance(v, Value)]
    while work:
        value = work.pop()
        if value in inside:
            work += [v for v in operands(inside[value]) if isinstance(v, Value)]
        else:
            yield value
