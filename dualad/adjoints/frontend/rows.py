"""Lists of vectors: their elements one behind another in one vector, and the places where each begins.

In Python a list holds the arrays themselves, here it holds copies. So an array must not change after it was
appended, nor an item in the list; `confirm` sees to it when all has been read.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from ..analysis.memory import Memory
from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, GROWN, Builder
from ..ir.nodes import (
    INT,
    Block,
    Call,
    Const,
    Loop,
    Operand,
    Program,
    Tuple,
    Value,
    blocks_of,
    is_inside,
    walk,
)
from . import elementwise
from .iteration import ONE, ZERO, RowsIn


@dataclass(frozen=True)
class Rows:
    """The form of items that are vectors, by the type of their elements."""

    element: str


@dataclass(frozen=True)
class Appended:
    """A vector that was copied into a list, by the loop that does so."""

    vector: Value
    copying: Loop
    block: Block
    elements: Value
    place: tuple[int, str]  # the line, and its file


def empty(build: Builder, form: Rows) -> Tuple:
    """The arrays of a list without items."""
    elements = elementwise.empty(build, (ZERO,), form.element, "items")
    starts = elementwise.empty(build, (ONE,), INT, "starts")
    build.store(starts, (ZERO,), ZERO)
    return Tuple((elements, starts))


def append(build: Builder, arrays: Tuple, count: Operand, vector: Value) -> None:
    """Copy a vector behind the last."""
    elements, starts = arrays.items
    (length,) = vector.extents or ()
    start = build.load(starts, (count,))
    stop = build.op(operator.add, start, length)
    build.grow(elements, stop)
    build.grow(starts, build.op(operator.add, count, Const(2)))

    def one(at: tuple[Operand, ...]) -> None:
        build.store(elements, (build.op(operator.add, start, at[0]),), build.load(vector, at))

    elementwise.each(build, (length,), one)
    copying = build.block.statements[-1]
    build.appended.append(Appended(vector, copying, build.block, elements, (build.line, build.file)))
    build.store(starts, (build.op(operator.add, count, ONE),), stop)


def item(build: Builder, arrays: Any, place: Operand) -> Value:
    """The vector at a position."""
    elements, starts = arrays.items
    start = build.load(starts, (place,))
    stop = build.load(starts, (build.op(operator.add, place, ONE),))
    length = build.op(operator.sub, stop, start)
    return build.view(elements, "{0}[{1}:{2}]", (start, stop), (length,), ANONYMOUS)


def snapshot(build: Builder, arrays: Any, count: Operand) -> RowsIn:
    """The items that the list has now."""
    return RowsIn(count, lambda at: item(build, arrays, at))


def confirm(program: Program, appended: list[Appended]) -> None:
    """Raise unless what was appended stays as it was."""
    statements = walk(program.body)
    placed = set(statements)
    appended = [one for one in appended if one.copying in placed]
    if not appended:
        return
    memory = Memory(program)
    copying = {inner for one in appended for inner in (one.copying, *walk(one.copying.body))}
    elements = memory.of_all(one.elements for one in appended)
    for s in statements:
        grows = isinstance(s, Call) and s.rule is GROWN
        if not blocks_of(s) and s not in copying and not grows and memory.stored[s] & elements:
            raise _changing(s.line, s.file)
    for one in appended:
        if _may_change(memory, one):
            raise _changing(*one.place)


def _changing(line: int, file: str) -> NotTransformable:
    error = NotTransformable("an array that changes after it was appended to a list")
    error.line, error.file = line, file
    return error


def _may_change(memory: Memory, one: Appended) -> bool:
    """Whether a vector may be stored to after it was copied."""
    roots = memory.of(one.vector)
    statement: Any = one.copying
    block: Block | None = one.block
    while block is not None:
        position = block.statements.index(statement)
        if any(memory.stored[s] & roots for s in block.statements[position + 1 :]):
            return True
        owner = block.owner
        if isinstance(owner, Loop):
            # What an iteration allocates is another array in the next one, if it is not carried there.
            own = {root for root in roots if is_inside(root.block, block)}
            if memory.stored[owner] & (roots - own) or memory.carried[owner] & own:
                return True
        statement, block = owner, block.parent
    return False
