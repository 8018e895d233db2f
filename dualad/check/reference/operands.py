"""Numbers of many digits that run through a user's Python function as if they were floats.

A :class:`Number` is the Exact reading of the op table with what a whole function needs beyond a formula: its
comparisons are decided, and every decision is noted, so that two runs can be asked whether they took the
same way. Whatever it cannot follow raises :class:`ImpureError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...rules import for_call, lookup
from ...rules.algebra import Operand, apply

__all__ = ["ImpureError", "Number", "Run", "elementwise", "holds_numbers"]


class ImpureError(Exception):
    """The function does something that cannot be evaluated again with many digits; other references serve."""


class Run:
    """One evaluation: its arithmetic, its decisions, its length.

    Attributes
    ----------
    mp : mpmath context
        Where the digits come from.
    trace : list
        Outcomes of comparisons and of what is constant between jumps, in order.
    operations : int
        Ops evaluated.
    """

    def __init__(self, mp: Any, limit: int) -> None:
        self.mp = mp
        self.limit = limit
        self.trace: list[Any] = []
        self.operations = 0

    def number(self, value: Any) -> Number:
        """A plain number as an operand, exactly."""
        return Number(self, self.exact(value))

    def exact(self, value: Any) -> Any:
        """The mpmath number, integer or truth value of an operand."""
        if isinstance(value, Number):
            return value.value
        if isinstance(value, bool | np.bool_):
            return bool(value)
        if isinstance(value, int | np.integer):
            return int(value)
        if isinstance(value, float | np.floating):
            return self.mp.mpf(float(value))
        raise ImpureError(f"it computes with {type(value).__name__}")

    def stage(self, name: str, operands: Sequence[Any]) -> Any:
        """The op called `name` on numbers."""
        self.operations += 1
        if self.operations > self.limit:
            raise ImpureError(f"it takes more than {self.limit} operations")
        op = lookup(name)
        if op.oracle is None:
            raise ImpureError(f"{name} has no multiprecision version")
        values = [self.exact(o) for o in operands]
        try:
            result = op.oracle(self.mp, *values)
        except (ArithmeticError, ValueError, TypeError) as error:
            raise ImpureError(f"{name} is not defined there") from error
        if op.piece is not None:
            self.trace.append(op.piece(self.mp, *values))
        elif op.passive:
            self.trace.append(result)
        return tuple(map(self._wrapped, result)) if isinstance(result, tuple) else self._wrapped(result)

    def _wrapped(self, result: Any) -> Any:
        if isinstance(result, bool | int):
            return result
        if not isinstance(result, self.mp.mpf):
            raise ImpureError("it leaves the real numbers")
        return Number(self, result)


class Number(Operand):
    """A real number of many digits in a run."""

    __slots__ = ("run", "value")

    def __init__(self, run: Run, value: Any) -> None:
        self.run, self.value = run, value

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        if any(isinstance(o, np.ndarray) for o in operands):
            return elementwise(name, operands)
        return self.run.stage(name, operands)

    def __array_ufunc__(  # type: ignore[override]
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        op = for_call(ufunc)
        if method != "__call__" or op is None or options:
            raise ImpureError(f"it uses numpy.{ufunc.__name__}.{method}")
        result = elementwise(op.name, inputs)
        if out is None:
            return result
        out[0][...] = result
        return out[0]

    def __pos__(self) -> Any:
        return self

    def __mod__(self, other: Any) -> Any:
        return apply("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return apply("mod", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return apply("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return apply("floordiv", other, self)

    def __divmod__(self, other: Any) -> Any:
        return apply("divmod", self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return apply("divmod", other, self)

    def __round__(self, digits: int | None = None) -> Any:
        if digits is not None:
            raise ImpureError("it rounds to decimals")
        return int(apply("round", self))

    def __bool__(self) -> bool:
        return bool(apply("ne", self, 0))

    def __int__(self) -> int:
        whole = self.run.stage("int", (self,))
        return int(whole.value)

    __trunc__ = __int__

    def __floor__(self) -> int:
        return int(self.run.stage("floor", (self,)).value)

    def __ceil__(self) -> int:
        return int(self.run.stage("ceil", (self,)).value)

    def __index__(self) -> int:
        if self.value != int(self.value):
            raise ImpureError("it uses a float as an index")
        return int(self.value)

    def __float__(self) -> float:
        raise ImpureError("it hands its numbers to something that takes floats only")

    def __repr__(self) -> str:
        return f"Number({self.value})"


def holds_numbers(value: Any) -> bool:
    """Whether a value is a Number, or an array or sequence that may hold some."""
    if isinstance(value, np.ndarray):
        return value.dtype == object
    if isinstance(value, tuple | list):
        return any(map(holds_numbers, value))
    return isinstance(value, Number)


def elementwise(name: str, operands: Sequence[Any]) -> Any:
    """The op called `name` on arrays of numbers, broadcast as NumPy does."""
    boxed = []
    for operand in operands:
        if isinstance(operand, Number):
            box = np.empty((), dtype=object)
            box[()] = operand
            operand = box
        boxed.append(operand)
    outputs = lookup(name).outputs
    return np.frompyfunc(lambda *items: apply(name, *items), len(boxed), outputs)(*boxed)
