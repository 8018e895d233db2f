"""Expressions as text."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..runtime import Attribute, Method

# How strongly the operators bind; a call or a name binds most.
ATOM, POWER, SIGN, PRODUCT, SUM, BITS, COMPARISON, NOT, CHOICE = 10, 9, 8, 7, 6, 5, 4, 3, 2

INFIX: dict[Any, tuple[str, int]] = {
    operator.add: ("+", SUM), operator.sub: ("-", SUM), operator.mul: ("*", PRODUCT),
    operator.truediv: ("/", PRODUCT), operator.floordiv: ("//", PRODUCT), operator.mod: ("%", PRODUCT),
    operator.pow: ("**", POWER), operator.and_: ("&", BITS), operator.or_: ("|", BITS),
    operator.xor: ("^", BITS), operator.lshift: ("<<", BITS), operator.rshift: (">>", BITS),
    operator.lt: ("<", COMPARISON), operator.le: ("<=", COMPARISON), operator.gt: (">", COMPARISON),
    operator.ge: (">=", COMPARISON), operator.eq: ("==", COMPARISON), operator.ne: ("!=", COMPARISON),
    operator.is_: ("is", COMPARISON), operator.is_not: ("is not", COMPARISON),
}  # fmt: skip
PREFIX: dict[Any, tuple[str, int]] = {
    operator.neg: ("-", SIGN), operator.pos: ("+", SIGN), operator.invert: ("~", SIGN),
    operator.not_: ("not ", NOT),
}  # fmt: skip

Functions = Callable[[Any], str]  # from a function to the name it has in the emitted code


class Text(NamedTuple):
    """An expression, and how strongly its outermost operator binds."""

    text: str
    strength: int = ATOM

    def inside(self, least: int) -> str:
        """The text, in parentheses if it binds less."""
        return self.text if self.strength >= least else f"({self.text})"


def literal(value: Any) -> Text:
    """A constant as text."""
    if isinstance(value, np.float32):
        return Text(f"np.float32({literal(float(value)).text})")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Text(repr(value))
    if isinstance(value, float) and not math.isfinite(value):
        return Text("np.nan" if value != value else "np.inf" if value > 0 else "-np.inf", SIGN)
    text = repr(float(value)) if isinstance(value, float) else repr(value)
    return Text(text, SIGN if text.startswith("-") else ATOM)


def operation(functions: Functions, function: Any, texts: Sequence[Text]) -> Text:
    """An operator or a function applied."""
    if function in PREFIX and len(texts) == 1:
        sign, strength = PREFIX[function]
        return Text(f"{sign}{texts[0].inside(strength)}", strength)
    if function in INFIX and len(texts) == 2:
        sign, strength = INFIX[function]
        left, right = texts
        # Python groups from the left, ** from the right; comparisons must not be chained.
        least = strength + (strength in (POWER, COMPARISON))
        return Text(f"{left.inside(least)} {sign} {right.inside(strength + 1)}", strength)
    if function is operator.getitem:
        return Text(f"{texts[0].inside(ATOM)}[{texts[1].text}]")
    if isinstance(function, Attribute | Method):
        of = f"{texts[0].inside(ATOM)}.{function.name}"
        return Text(of) if isinstance(function, Attribute) else called(of, texts[1:])
    return called(functions(function), texts)


def called(name: str, texts: Sequence[Text]) -> Text:
    """A call."""
    return Text(f"{name}({', '.join(text.text for text in texts)})")


def filled(form: str, texts: Sequence[Text]) -> str:
    """A format with its parts."""
    return form.format(*(text.inside(BITS) for text in texts))


def tuple_of(items: Sequence[str]) -> str:
    """A tuple."""
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
