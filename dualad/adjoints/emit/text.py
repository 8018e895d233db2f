"""Program text: expressions as pieces, and the rules of the op table read as such."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ...rules.algebra import Operand as Number
from ...rules.table import lookup
from ..ir.nodes import OTHER, ZEROS, Const, Load, Tuple, Value

# How strongly the operators bind; a call or a name binds most.
ATOM, POWER, SIGN, PRODUCT, SUM, BITS, COMPARISON, NOT = 10, 9, 8, 7, 6, 5, 4, 3

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
# Ops of formulas that are printed as operators. A division is np.true_divide, which raises nothing.
_OPERATORS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "neg": operator.neg, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "logical_and": operator.and_, "logical_or": operator.or_, "logical_not": operator.not_,
}  # fmt: skip

Functions = Callable[[Any], str]  # from a function to the name it has in the emitted code


class Text(Number):
    """Pieces of an expression: strings and values."""

    __slots__ = ("functions", "pieces", "strength")

    def __init__(self, functions: Functions, pieces: Sequence[Any], strength: int = ATOM) -> None:
        self.functions, self.pieces, self.strength = functions, tuple(pieces), strength

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        found = _simplified(name, operands)
        if found is not None:
            return found
        texts = [text_of(self.functions, o) for o in operands]
        if name in _OPERATORS:
            return expression(self.functions, _OPERATORS[name], texts)
        if name == "truediv":
            return called(self.functions, "np.true_divide", texts)
        if name == "pow" and isinstance(operands[1], int):
            if 0 < operands[1] <= 16:
                return expression(self.functions, operator.pow, texts)
            # Numba's own divides for a negative exponent, which raises at 0 where the function does not.
            return called(self.functions, self.functions(name), texts)
        kernel = lookup(name).kernel
        if getattr(math, getattr(kernel, "__name__", ""), None) is kernel and kernel is not None:
            return called(self.functions, f"math.{kernel.__name__}", texts)
        return called(self.functions, self.functions(name), texts)


def _simplified(name: str, operands: tuple[Any, ...]) -> Any:
    """Products with 1, negated constants."""
    if name in ("mul", "absorbing"):
        for one, other in (operands, operands[::-1]):
            if isinstance(one, int | float) and one == 1:
                return other
            if isinstance(one, int | float) and one == -1:
                return -other
    if name == "absorbing" and any(isinstance(o, int | float) and o and math.isfinite(o) for o in operands):
        return operands[0] * operands[1]
    if name == "pow" and isinstance(operands[1], int) and operands[1] == 1:
        return operands[0]
    return None


def text_of(functions: Functions, operand: Any) -> Text:
    """An operand as text."""
    if isinstance(operand, Text):
        return operand
    if isinstance(operand, Const):
        return literal(functions, operand.value)
    if isinstance(operand, Value):
        return Text(functions, (operand,))
    return literal(functions, operand)


def literal(functions: Functions, value: Any) -> Text:
    """A constant as text."""
    if isinstance(value, np.float32):
        return Text(functions, ("np.float32(", *literal(functions, float(value)).pieces, ")"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Text(functions, (repr(value),))
    if isinstance(value, float) and not math.isfinite(value):
        return Text(functions, ("np.nan" if value != value else "np.inf" if value > 0 else "-np.inf",), SIGN)
    text = repr(float(value)) if isinstance(value, float) else repr(value)
    return Text(functions, (text,), SIGN if text.startswith("-") else ATOM)


def expression(functions: Functions, function: Any, texts: Sequence[Text]) -> Text:
    """An operator applied."""
    if len(texts) == 1:
        sign, strength = PREFIX[function]
        return Text(functions, (sign, *inner(texts[0], strength)), strength)
    sign, strength = INFIX[function]
    left, right = texts
    # Python groups from the left, ** from the right; comparisons must not be chained.
    least_left = strength + (function is operator.pow or strength == COMPARISON)
    pieces = (*inner(left, least_left), f" {sign} ", *inner(right, strength + 1))
    return Text(functions, pieces, strength)


def inner(text: Text, least: int) -> tuple[Any, ...]:
    """The pieces, in parentheses if they bind less."""
    return text.pieces if text.strength >= least else ("(", *text.pieces, ")")


def called(functions: Functions, name: str, texts: Sequence[Text]) -> Text:
    """A call."""
    pieces: list[Any] = [f"{name}("]
    for position, text in enumerate(texts):
        pieces += [", "] * bool(position) + list(text.pieces)
    return Text(functions, (*pieces, ")"))


def listed(texts: Iterable[Any]) -> list[Any]:
    """Texts with commas between them."""
    pieces: list[Any] = []
    for position, text in enumerate(texts):
        pieces += [", "] * bool(position) + list(text.pieces)
    return pieces


def is_baked(tree: Any) -> bool:
    """Whether an argument of a called function is part of its code."""
    return isinstance(tree, Const) and tree.kind == OTHER


def tree(functions: Functions, thing: Any) -> Text:
    """A tree as an expression."""
    if isinstance(thing, Tuple):
        inside = listed(tree(functions, item) for item in thing.items)
        opened = "(" if thing.cls is None else f"{functions(thing.cls)}("
        return Text(functions, (opened, *inside, ",)" if len(thing.items) == 1 else ")"))
    if isinstance(thing, Const) and callable(thing.value):
        return Text(functions, (functions(thing.value),))
    return Text(functions, (thing,)) if isinstance(thing, str) else text_of(functions, thing)


def unpacked(result: Any) -> tuple[Any, ...]:
    """The left side of an assignment of a result."""
    if isinstance(result, Tuple):
        pieces: list[Any] = []
        for position, item in enumerate(result.items):
            pieces += [", "] * bool(position) + [*unpacked(item)]
        return ("(", *pieces, ",)" if len(result.items) == 1 else ")")
    return (result,) if isinstance(result, Value) else ("_",)


def operation(functions: Functions, function: Any, args: Sequence[Any]) -> Text:
    """What the user wrote."""
    texts = [text_of(functions, arg) for arg in args]
    if (function in INFIX and len(args) == 2) or (function in PREFIX and len(args) == 1):
        return expression(functions, function, texts)
    return called(functions, functions(function), texts)


def filled(functions: Functions, form: str, array: Value | None, operands: Sequence[Any]) -> Text:
    """A format of a view or an allocation with its parts."""
    pieces: list[Any] = []
    rest = form
    while rest:
        before, brace, after = rest.partition("{")
        pieces.append(before)
        if not brace:
            break
        number, _, rest = after.partition("}")
        part = array if number == "0" else operands[int(number) - 1]
        pieces += inner(text_of(functions, part), BITS)
    return Text(functions, [piece for piece in pieces if piece != ""])


def element(functions: Functions, array: Value, index: Sequence[Any]) -> tuple[Any, ...]:
    """An element of an array."""
    pieces: list[Any] = [array, "[" if index else "[()"]
    for position, part in enumerate(index):
        pieces += [", "] * bool(position) + [*text_of(functions, part).pieces]
    return (*pieces, "]")


def loaded(functions: Functions, s: Load) -> tuple[Any, ...]:
    """What a load gives: an element, or zero where it was taken out of loops that have no trips."""
    pieces = element(functions, s.array, s.index)
    if not s.guards:
        return pieces
    zero = literal(functions, ZEROS[s.out.kind]).pieces
    return (*pieces, " if ", *guarded(functions, s), " else ", *zero)


def guarded(functions: Functions, s: Load) -> tuple[Any, ...]:
    """The condition under which a load was taken out of loops."""
    pieces: list[Any] = []
    for start, stop in s.guards:
        pieces += [" and "] * bool(pieces)
        pieces += [*inner(text_of(functions, start), BITS), " < "]
        pieces += inner(text_of(functions, stop), BITS)
    return tuple(pieces)


def partial(functions: Functions, rule: Any, position: int, args: Sequence[Any], result: Any) -> Any:
    """The partial of a rule as text, or as a number where it is constant."""
    if rule.name == "truediv" and position == 1 and args[0] == Const(1):
        # The result is the reciprocal of the divisor: no division, and the divisor is not looked at.
        rule, position, args = lookup("reciprocal"), 0, args[1:]
    found = rule.partials_of(0)[position]
    if not callable(found):
        return found
    read: list[Any] = [
        a.value if isinstance(a, Const) and isinstance(a.value, int) else text_of(functions, a) for a in args
    ]
    # Exponents that are constant integers stay so; other integers are read as floats.
    if not (rule.name == "pow" and isinstance(args[1], Const) and isinstance(args[1].value, int)):
        read = [float(r) if isinstance(r, int) and i not in rule.integers else r for i, r in enumerate(read)]
    return _number(found(*read, text_of(functions, result)))


def _number(found: Any) -> Any:
    """A finite number if the text is one."""
    if isinstance(found, Text) and len(found.pieces) == 1 and isinstance(found.pieces[0], str):
        try:
            number = float(found.pieces[0])
        except ValueError:
            return found
        return number if math.isfinite(number) else found
    return found


def values_in(pieces: Sequence[Any]) -> Iterator[Value]:
    """The values among the pieces."""
    return (piece for piece in pieces if isinstance(piece, Value))
