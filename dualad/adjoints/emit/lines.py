"""Lines of emitted code, made of strings and values, some of them filled in later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..ir.nodes import Block, Value


@dataclass(eq=False)
class Line:
    """One line: strings, and values whose names are printed.

    Attributes
    ----------
    target : str
        The scalar adjoint that the line assigns or adds to; empty for lines that do something else.
    assigns : bool
        Whether it is the first contribution.
    plain : tuple
        The same with a plain product, if the line's absorbs inf and NaN.
    reads_memory : bool
        Whether it reads the adjoint of an array.
    clears : Value or None
        The array of whose adjoint it sets an element to zero.
    """

    pieces: tuple[Any, ...]
    target: str = ""
    assigns: bool = False
    plain: tuple[Any, ...] = ()
    reads_memory: bool = False
    clears: Value | None = None


@dataclass(eq=False)
class Nest:
    """A line that ends with a colon, and what is indented below it.

    `other` is the head of a loop in the order of the forward sweep, if that will do as well; `needed` the
    condition without which it would add zeros only.
    """

    head: tuple[Any, ...]
    body: list[Any] = field(default_factory=list)
    other: tuple[Any, ...] = ()
    needed: tuple[Any, ...] = ()


@dataclass(eq=False)
class Forward:
    """Statements of the primal, in a place of the reverse sweep; `late` for those that waited for it."""

    block: Block
    statements: list[Any]
    late: bool = False


@dataclass(eq=False)
class Restored:
    """Where a block's reverse sweep begins: values are restored, adjoints of arrays made."""

    block: Block


@dataclass(eq=False)
class Carried:
    """What a fused loop carries: before it ("init"), at the end of a trip ("next"), after it ("out").

    And what a fused branch merges, on one side ("first") or the other ("second").
    """

    loop: Any
    stage: str


def line(*pieces: Any) -> Line:
    """A line of its pieces: text and values."""
    return Line(pieces)


def walk_lines(lines: list[Any]) -> Iterator[Any]:
    """All lines, those inside nests after their head."""
    for one in lines:
        yield one
        if isinstance(one, Nest):
            yield from walk_lines(one.body)


def renamed(lines: list[Any], names: Mapping[Value, str]) -> list[Any]:
    """The lines with some values under other names."""
    if not names:
        return lines

    def shown(pieces: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(p if isinstance(p, str) else names.get(p, p) for p in pieces)

    return [
        Nest(shown(one.head), renamed(one.body, names), shown(one.other), shown(one.needed))
        if isinstance(one, Nest)
        else Line(shown(one.pieces))
        for one in lines
    ]


def printed(lines: list[Any], indent: int = 1) -> list[str]:
    """The text; an empty nest holds ``pass``."""
    text: list[str] = []
    pad = "    " * indent
    for one in lines:
        if isinstance(one, Nest):
            text.append(pad + "".join(map(_shown, one.head)) + ":")
            text += printed(one.body, indent + 1) or [pad + "    pass"]
        else:
            text.append(pad + "".join(map(_shown, one.pieces)))
    return text


def _shown(piece: Any) -> str:
    return piece if isinstance(piece, str) else str(piece.name)
