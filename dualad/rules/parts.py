"""The real and the imaginary part of an op on complex numbers, as ops on real numbers.

Compiled adjoints take complex numbers apart. What cannot be done on the parts (an exponential, a quotient) is
two ops, which are made here from the op's row: each computes the function and takes a part of it, and their
partials are those of its rule on complex numbers, by the equations of Cauchy and Riemann.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from .algebra import Operand, apply
from .table import Op, hidden, lookup

__all__ = ["Pair", "parts"]

PARTS = ("real", "imag")


class Pair(Operand):
    """A complex number in a formula, by its parts: rules on complex numbers read as real formulas."""

    __slots__ = ("_parts",)
    rank = 100

    def __init__(self, real: Any, imag: Any) -> None:
        self._parts = [real, imag]

    @property
    def real(self) -> Any:
        return self._part(0)

    @property
    def imag(self) -> Any:
        return self._part(1)

    def _part(self, position: int) -> Any:
        part = self._parts[position]
        if callable(part):  # computed where it is asked for
            part = self._parts[position] = part()
        return part

    def stage(self, name: str, operands: tuple[Any, ...]) -> Any:
        code = _CODE.get(name)
        return _computed(name, operands) if code is None else code(*operands)


def _split(x: Any) -> tuple[Any, Any]:
    """The parts; the second is None for a real number, which has none."""
    return (x.real, x.imag) if isinstance(x, Pair | complex) else (x, None)


def _add(x: Any, y: Any) -> Pair:
    (a, b), (c, d) = _split(x), _split(y)
    return Pair(a + c, d if b is None else b if d is None else b + d)


def _sub(x: Any, y: Any) -> Pair:
    (a, b), (c, d) = _split(x), _split(y)
    return Pair(a - c, -d if b is None else b if d is None else b - d)


def _mul(x: Any, y: Any) -> Pair:
    (a, b), (c, d) = _split(x), _split(y)
    if b is None or d is None:
        scale, (p, q) = (a, (c, d)) if b is None else (c, (a, b))
        return Pair(scale * p, scale * q)
    return Pair(a * c - b * d, a * d + b * c)


def _truediv(x: Any, y: Any) -> Pair:
    (a, b), (c, d) = _split(x), _split(y)
    return _computed("truediv", (x, y)) if d is not None else Pair(a / c, b / c)


def _pow(x: Any, y: Any) -> Any:
    if not isinstance(y, int):
        return _computed("pow", (x, y))
    result: Any = 1.0
    for _ in range(abs(y)):
        result = x if isinstance(result, float) else result * x
    return result if y >= 0 else 1.0 / result


_CODE: dict[str, Callable[..., Any]] = {
    "add": _add, "sub": _sub, "mul": _mul, "truediv": _truediv, "pow": _pow,
    "neg": lambda x: Pair(-x.real, -x.imag),
}  # fmt: skip


def _computed(name: str, operands: tuple[Any, ...]) -> Pair:
    """An op on complex numbers by its two ops on real ones."""
    flat = [0.0 if part is None else part for operand in operands for part in _split(operand)]
    return Pair(*(partial(apply, op.name, *flat) for op in parts(lookup(name))))


@cache
def parts(op: Op, function: Any = None) -> tuple[Op, Op]:
    """The parts of an op, or of a function of its row, as ops on the parts of its operands."""
    called = op.complex_kernel if function is None else function
    if called is None:
        raise LookupError(f"op {op.name!r} has no kernel for complex numbers")
    by = "" if function is None else f"_by_{_place(function)}"
    names = [f"{part}_of_{op.name}{by}" for part in PARTS]

    def made(position: int) -> Op:
        partials = [partial(_partial, op, position, names[1 - position], at) for at in range(2 * op.arity)]
        return hidden(
            Op(
                names[position],
                arity=2 * op.arity,
                partials=tuple(partials),
                part=(called, position),
                reference=partial(_reference, called, position),
                domain=((-math.inf, math.inf),) * (2 * op.arity),
            )
        )

    return made(0), made(1)


def _place(function: Any) -> str:
    module = str(getattr(function, "__module__", None) or "numpy").strip("_").replace(".", "_")
    return f"{module}_{function.__name__}"


def _partial(op: Op, position: int, other: str, at: int, *operands: Any) -> Any:
    """The partial of a part of an op by a part of one of its operands."""
    *given, own = operands
    both = [own, partial(apply, other, *given)]
    result = Pair(*(both if position == 0 else both[::-1]))
    arguments = [Pair(*given[k : k + 2]) for k in range(0, len(given), 2)]
    rule = op.on_complex[at // 2]
    weight = rule(*arguments, result) if callable(rule) else complex(rule)
    if position == at % 2:
        return weight.real
    return -weight.imag if position == 0 else weight.imag


def _reference(function: Any, position: int, *operands: Any) -> Any:
    try:
        whole = function(*(complex(*operands[k : k + 2]) for k in range(0, len(operands), 2)))
    except (ArithmeticError, ValueError):
        return math.nan
    return (whole.real, whole.imag)[position]
