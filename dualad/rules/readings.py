"""Rules read as numbers: :class:`Real` (IEEE doubles), :class:`Exact` (mpmath), :class:`Dual` over either.

Nothing here is compiled: these readings define what compiled derivatives must agree with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .algebra import Operand, absorbing, apply, evaluate
from .table import Op, Refused, lookup, nan

__all__ = ["Dual", "Exact", "Real", "partials"]


class Real(Operand):
    """An IEEE double: the reference value of a rule, with nothing raised and nothing warned."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value if isinstance(value, bool | np.bool_) else np.float64(value)

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        result = evaluate(name, tuple(o.value if isinstance(o, Real) else o for o in operands))
        return tuple(map(Real, result)) if isinstance(result, tuple) else Real(result)

    def __bool__(self) -> bool:
        raise TypeError("a rule chooses with where(), not with if")

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"Real({self.value!r})"


class Exact(Operand):
    """An mpmath number: the oracle of a rule."""

    __slots__ = ("mp", "value")

    def __init__(self, mp: Any, value: Any) -> None:
        self.mp = mp
        self.value = value if isinstance(value, bool) else mp.mpf(value)

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        oracle = lookup(name).oracle
        if oracle is None:
            raise LookupError(f"op {name!r} has no oracle")
        result = oracle(self.mp, *(o.value if isinstance(o, Exact) else o for o in operands))
        if isinstance(result, tuple):
            return tuple(Exact(self.mp, r) for r in result)
        return Exact(self.mp, result)

    def __repr__(self) -> str:
        return f"Exact({self.value})"


class Dual(Operand):
    """A value with its tangents at one level: forward mode as the rules define it.

    Value and tangents are of any other reading, a Dual of a lower level included. Operands of a lower
    level are constants of this one. Under a higher level it is `nested`, see :mod:`dualad.rules.kinks`.
    """

    __slots__ = ("level", "nested", "tangents", "value")

    def __init__(self, value: Any, tangents: tuple[Any, ...], level: int = 0, nested: bool = False) -> None:
        self.value, self.tangents, self.level, self.nested = value, tangents, level, nested

    @property
    def rank(self) -> int:  # type: ignore[override]
        """Above every plain number, and above the duals of lower levels."""
        return 1 + self.level

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        level = max(o.level for o in operands if isinstance(o, Dual))
        active = [isinstance(o, Dual) and o.level == level for o in operands]
        op = lookup(name)
        if op.decides:
            return decided(name, *operands)
        values = tuple(_below(o.value) if a else o for o, a in zip(operands, active, strict=True))
        result = apply(name, *values)
        if op.passive:
            return result
        if op.outputs == 1:
            return self._with_tangents(op, op.partials, result, result, operands, values, active, level)
        return tuple(
            self._with_tangents(op, op.partials_of(i), result[i], result, operands, values, active, level)
            for i in range(op.outputs)
        )

    @staticmethod
    def _with_tangents(
        op: Op,
        rules: Any,
        value: Any,
        result: Any,
        operands: Any,
        values: Any,
        active: list[bool],
        level: int,
    ) -> Dual:
        tangents: Any = None
        nested = any(o.nested for o, a in zip(operands, active, strict=True) if a)
        seen = operands if op.kinked and nested else values
        for rule, operand, is_active in zip(rules, operands, active, strict=True):
            if is_active and rule != 0:
                factor = rule(*seen, result) if callable(rule) else rule
                if isinstance(factor, Dual) and factor.level == level:
                    factor = factor.value
                terms = [absorbing(factor, t) for t in operand.tangents]
                tangents = (
                    terms if tangents is None else [s + t for s, t in zip(tangents, terms, strict=True)]
                )
        if tangents is None:
            width = next(len(o.tangents) for o, a in zip(operands, active, strict=True) if a)
            tangents = [0.0] * width
        return Dual(value, tuple(tangents), level, nested)

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.tangents!r}, level={self.level})"


def _below(value: Any) -> Any:
    """A value as the level above computes with it."""
    if isinstance(value, Dual):
        return Dual(_below(value.value), tuple(map(_below, value.tangents)), value.level, nested=True)
    return value


def decided(name: str, x: Any, y: Any) -> float:
    """An op of :mod:`dualad.rules.kinks` on numbers that move."""
    first, second = _number(x), _number(y)
    if first != second or (name != "ahead" and first != 0):
        return 0.0
    moves = [(_moves(x).get(key, 0.0), _moves(y).get(key, 0.0)) for key in sorted(_moves(x) | _moves(y))]
    if name == "ahead":
        gap = next((a - b for a, b in moves if a != b), 0.0)
        return gap and gap / abs(gap)
    a, b = next((move for move in moves if any(move)), (0.0, 0.0))
    if not (a or b):
        return 0.0
    if name == "unsettled" or any(a * v != b * u for u, v in moves):
        return nan
    return float(a / (a * a + b * b) ** 0.5)


def _number(operand: Any) -> Any:
    """The number under all readings."""
    while isinstance(operand, Operand):
        operand = operand.value  # type: ignore[attr-defined]
    return operand


def _moves(operand: Any, order: tuple[Any, ...] = ()) -> dict[Any, float]:
    """The tangents of a number, those of the lower levels first when they are sorted."""
    if not isinstance(operand, Dual):
        return {}
    found = _moves(operand.value, order)
    for i, tangent in enumerate(operand.tangents):
        key = (*order, (operand.level, i))
        found |= {key: float(_number(tangent))} | _moves(tangent, key)
    return found


def partials(name: str, *arguments: Any) -> Any:
    """Partials of the op called `name` at `arguments`: plain numbers, or operands of any reading.

    A tuple over the arguments; with several outputs a tuple of such tuples. NaN where there is none.
    """
    op = lookup(name)
    if op.passive:
        return (0.0,) * op.arity if op.outputs == 1 else ((0.0,) * op.arity,) * op.outputs
    plain = not any(isinstance(a, Operand) for a in arguments)
    operands = arguments
    if plain:
        operands = tuple(a if i in op.integers else Real(a) for i, a in enumerate(arguments))
    result = apply(name, *operands)

    def of(rules: Any) -> tuple[Any, ...]:
        values = [
            nan if isinstance(rule, Refused) else rule(*operands, result) if callable(rule) else rule
            for rule in rules
        ]
        return tuple(float(v) for v in values) if plain else tuple(values)

    return of(op.partials) if op.outputs == 1 else tuple(of(op.partials_of(i)) for i in range(op.outputs))
