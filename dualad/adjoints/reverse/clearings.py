"""Adjoints of elements that are set to zero, as a store makes them, where nobody reads them again."""

from __future__ import annotations

from typing import Any

from ..analysis.memory import Memory
from ..emit.lines import Line, Nest
from ..ir.nodes import Alloc, Block, Const, Loop, Store, Value, View, ends, operands, walk
from .copies import WORD


def without_idle_clearings(lines: list[Any], memory: Memory, names: dict[Value, str]) -> list[Any]:
    """The lines of a reverse sweep without those that clear what is not read afterwards.

    Of work arrays that go by their own names and those of views only: what goes by another name through a
    loop or a branch, and what the caller has, may be read by other names.

    Parameters
    ----------
    names : dict
        The names of adjoints.
    """
    readers: dict[Value, set[str]] = {}

    def may_read(array: Value) -> set[str] | None:
        """The names by which the adjoint of an array is read, or None if not all are known."""
        (root, *others) = memory.of(array)
        if others or not isinstance(root.made, Alloc):
            return None
        if root not in readers:
            same = [root, *(other for other, roots in memory.roots.items() if root in roots)]
            if not all(other is root or isinstance(other.made, View) for other in same):
                return None
            readers[root] = {names[other] for other in same if other in names}
        return readers[root]

    def kept(some: list[Any], later: set[str]) -> list[Any]:
        """The lines of a block, those of nests included; `later` grows by the names that they mention."""
        found: list[Any] = []
        for one in reversed(some):
            if isinstance(one, Line):
                by = None if one.clears is None else may_read(one.clears)
                if by is not None and not by & later:
                    continue
                if one.clears is None:
                    later |= mentioned(one)
            elif isinstance(one, Nest):
                if str(one.head[0]).startswith(("if ", "else")):
                    inside = set(later)
                else:  # of a loop, whose next trip comes after this one
                    inside = later | mentioned_in(one.body)
                one.body = kept(one.body, inside)
                later |= inside
            found.append(one)
        return found[::-1]

    return kept(lines, set())


def is_first(store: Store, block: Block) -> bool:
    """Whether a store is the first to touch an element of a new array, so that its adjoint may stay."""
    array = store.array
    if not isinstance(array.made, Alloc):
        return False
    statement: Any = store
    while block is not array.home:
        statement = block.owner
        if isinstance(statement, Loop) and not _tells_trips_apart(statement, store):
            return False
        assert block.parent is not None
        block = block.parent
    begin, end = (block.statements.index(s) for s in (array.made, statement))
    so_far = walk(Block(statements=block.statements[begin + 1 : end + 1]))
    return not any(array in (*operands(s), *ends(s)) for s in so_far if s is not store)


def _tells_trips_apart(loop: Loop, store: Store) -> bool:
    if loop.bounds is None or loop.index not in store.index:
        return False
    start, _, step = loop.bounds
    if not isinstance(start, Const) or not isinstance(step, Const):
        return False
    return bool(start.value >= 0 and step.value > 0)  # -1 and n - 1 are one element


def mentioned(one: Line) -> set[str]:
    """The names of adjoints in a line: its strings have them, values print themselves."""
    return {name for piece in one.pieces if isinstance(piece, str) for name in WORD.findall(piece)}


def mentioned_in(lines: list[Any]) -> set[str]:
    """The names in lines and nests that are not there to clear."""
    found: set[str] = set()
    for one in lines:
        if isinstance(one, Line) and one.clears is None:
            found |= mentioned(one)
        elif isinstance(one, Nest):
            found |= mentioned_in(one.body)
    return found
