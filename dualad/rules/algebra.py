"""The language that rules are written in: operations on operands, which each reading stages differently.

A partial derivative such as ``lambda x, y: 1 + y * y`` is an ordinary Python function. Called with
plain numbers it computes; called with an :class:`Operand` it does whatever the operand's ``stage``
does: append machine instructions, build an mpmath number, print source text. Because both sides of
a conditional are staged, rules choose with :func:`where` and never with ``if``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .table import lookup

__all__ = ["Operand", "absorbing", "apply", "evaluate", "function", "where"]


class Operand:
    """A number-like value; a subclass says in :meth:`stage` what an operation on it means."""

    __slots__ = ()

    # Where readings mix, the operand of the highest rank stages: a dual number over a plain one.
    rank = 0

    # A NumPy scalar on the left must not swallow the operand into an object array.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        """Return the result of the op called `name`; operands are of this class or plain numbers."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return apply("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return apply("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return apply("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return apply("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return apply("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return apply("truediv", other, self)

    def __pow__(self, other: Any) -> Any:
        return apply("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return apply("pow", other, self)

    def __neg__(self) -> Any:
        return apply("neg", self)

    def __abs__(self) -> Any:
        return apply("abs", self)

    def __lt__(self, other: Any) -> Any:
        return apply("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return apply("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return apply("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return apply("ge", self, other)

    def __eq__(self, other: object) -> Any:
        return apply("eq", self, other)

    def __ne__(self, other: object) -> Any:
        return apply("ne", self, other)

    def __and__(self, other: Any) -> Any:
        return apply("logical_and", self, other)

    def __rand__(self, other: Any) -> Any:
        return apply("logical_and", other, self)

    def __or__(self, other: Any) -> Any:
        return apply("logical_or", self, other)

    def __ror__(self, other: Any) -> Any:
        return apply("logical_or", other, self)

    def __invert__(self) -> Any:
        return apply("logical_not", self)


def apply(name: str, *operands: Any) -> Any:
    """Stage the op called `name` on `operands`, by the first Operand of the highest rank among them.

    Plain numbers alone give a plain number: the value on IEEE doubles.
    """
    chosen: Operand | None = None
    for operand in operands:
        if isinstance(operand, Operand) and (chosen is None or operand.rank > chosen.rank):
            chosen = operand
    if chosen is not None:
        return chosen.stage(name, operands)
    return evaluate(name, operands)


def evaluate(name: str, operands: tuple[Any, ...]) -> Any:
    """The op called `name` on plain numbers, with nothing raised and nothing warned."""
    reference = lookup(name).reference
    if reference is None:
        raise LookupError(f"op {name!r} has no reference")
    with np.errstate(all="ignore"):
        return reference(*(np.float64(o) if isinstance(o, float) else o for o in operands))


def function(name: str) -> Callable[..., Any]:
    """The op called `name` as a function for use in rules."""

    def call(*operands: Any) -> Any:
        return apply(name, *operands)

    call.__name__ = call.__qualname__ = name
    return call


def where(condition: Any, x: Any, y: Any) -> Any:
    """`x` where the condition holds, else `y`; a condition on plain numbers is decided at once."""
    if isinstance(condition, Operand):
        return apply("where", condition, x, y)
    return x if condition else y


# The product in which an exact zero absorbs inf and NaN: the chain rule multiplies with it.
absorbing = function("absorbing")
