"""Adjoints of scalars that are those of another go by its name: less to read, and to compile."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..emit.lines import Line, Nest, walk_lines

WORD = re.compile(r"[^\W\d]\w*")


def without_copies(lines: list[Any], results: Iterable[str]) -> list[Any]:
    """The lines of a reverse sweep without those that only copy an adjoint.

    Both names have to be assigned once: then they mean the same wherever the copy is read.

    Parameters
    ----------
    results : iterable of str
        Names that are used after the lines.
    """
    assigned = Counter(name for one in walk_lines(lines) if isinstance(one, Line) for name in _assigned(one))
    kept = set(results)
    copies: dict[str, str] = {}
    for one in walk_lines(lines):
        source = _source(one)
        if source and one.target not in kept and assigned[one.target] == 1 and assigned[source] == 1:
            copies[one.target] = copies.get(source, source)
    return _renamed(lines, copies)


def _assigned(one: Line) -> list[str]:
    """The names on the left of an assignment, those in an index among them."""
    if one.target:
        return [one.target]
    left, equals, _ = "".join(p if isinstance(p, str) else " " for p in one.pieces).partition("=")
    return WORD.findall(left) if equals else []


def _source(one: Any) -> str:
    """The name that a line copies, or none."""
    if not isinstance(one, Line) or not one.assigns or one.plain or len(one.pieces) != 3:
        return ""
    name = one.pieces[2]
    return name if one.pieces[1] == " = " and isinstance(name, str) and WORD.fullmatch(name) else ""


def _renamed(lines: list[Any], names: dict[str, str]) -> list[Any]:
    def renamed(pieces: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            WORD.sub(lambda m: names.get(m[0], m[0]), p) if isinstance(p, str) else p for p in pieces
        )

    result: list[Any] = []
    for one in lines:
        if isinstance(one, Nest):
            heads = map(renamed, (one.other, one.needed))
            result.append(Nest(renamed(one.head), _renamed(one.body, names), *heads))
        elif isinstance(one, Line):
            if one.target not in names:
                pieces, plain = renamed(one.pieces), renamed(one.plain)
                result.append(Line(pieces, one.target, one.assigns, plain, one.reads_memory))
        else:
            result.append(one)
    return result
