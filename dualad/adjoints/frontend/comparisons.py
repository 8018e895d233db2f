"""Comparisons: of numbers and arrays, of strings and None, of tuples such as shapes and version numbers."""

from __future__ import annotations

import operator
from contextlib import suppress
from typing import Any

from ..errors import NotTransformable
from ..ir.builder import Builder
from ..ir.nodes import OTHER, Const, Operand, Tuple, Value
from . import complex_numbers, elementwise

EQUALITY = (operator.eq, operator.ne)
ORDER = (operator.lt, operator.le, operator.gt, operator.ge)


def comparison(build: Builder, function: Any, left: Any, right: Any) -> Any:
    """A comparison; with None or a string it is known at once."""
    if complex_numbers.is_complex(left) or complex_numbers.is_complex(right):
        return complex_numbers.operation(build, function, (left, right))
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Const) and one.kind == OTHER:
            if isinstance(other, Const):
                return Const(bool(function(left.value, right.value)))
            if one.value is None and isinstance(other, Value | Tuple | elementwise.ArrayExpression):
                with suppress(TypeError):  # of an order
                    return Const(bool(function(0, None)))
    if isinstance(left, Tuple) and isinstance(right, Tuple):
        return _of_tuples(build, function, left, right)
    return elementwise.operation(build, function, (left, right))


def _of_tuples(build: Builder, function: Any, left: Tuple, right: Tuple) -> Operand:
    """A comparison of two tuples, item by item as Numba does it."""
    if function in EQUALITY:
        equal = _equal(build, left, right)
        return equal if function is operator.eq else build.op(operator.not_, equal)
    if function in ORDER:
        return _ordered(build, function, left, right, 0)
    raise NotTransformable("an identity of tuples")


def _equal(build: Builder, left: Tuple, right: Tuple) -> Operand:
    if len(left.items) != len(right.items):
        return Const(False)
    found: Operand = Const(True)
    for one, other in zip(left.items, right.items, strict=True):
        same = _pair(build, operator.eq, one, other)
        if found == Const(True) or same == Const(False):
            found = same
        elif found != Const(False) and same != Const(True):
            found = build.op(operator.and_, found, same)
    return found


def _ordered(build: Builder, function: Any, left: Tuple, right: Tuple, at: int) -> Operand:
    """By the first items that differ, else by the lengths."""
    if at in (len(left.items), len(right.items)):
        return Const(bool(function(len(left.items), len(right.items))))
    one, other = left.items[at], right.items[at]
    later = lambda: {"holds": _ordered(build, function, left, right, at + 1)}  # noqa: E731
    decided = lambda: {"holds": _pair(build, function, one, other)}  # noqa: E731
    found: Operand = build.branch(_pair(build, operator.eq, one, other), later, decided)["holds"]
    return found


def _pair(build: Builder, function: Any, one: Any, other: Any) -> Operand:
    found = comparison(build, function, one, other)
    if not elementwise.is_scalar(found):
        raise NotTransformable("a comparison of tuples of something other than numbers")
    result: Operand = found
    return result
