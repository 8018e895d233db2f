"""Operations of formulas on complex numbers without derivatives: IEEE semantics, nothing raised.

A real operand has no imaginary part: 1 - z keeps the sign of a zero, which tells the sides of a branch cut.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from numba import types

from ..registry import entering
from ..rules import kernels
from ..rules.table import Op, table
from ..types.active import complex_over
from . import passive
from .complex_numbers import is_complex_value
from .value import Emitter, Value

_CODE: dict[str, Callable[..., Value]] = {}
_emits = partial(entering, _CODE)


def emit(stage: Emitter, op: Op, operands: Sequence[Any]) -> Value:
    """An op of a formula on passive operands, at least one of which is complex."""
    folded = passive.folded(stage, op, operands)
    if folded is not None:
        return folded
    code = _CODE.get(op.name)
    if code is not None:
        return code(stage, *operands)
    if op.complex_kernel is None:
        raise LookupError(
            f"op {op.name!r} is used in a formula of complex numbers but has no kernel for them"
        )
    return _compiled(stage, _raising_nothing(op.complex_kernel), operands)


def part(stage: Emitter, function: Any, position: int, operands: Sequence[Any]) -> Value:
    """The real (0) or the imaginary part of a function, of numbers given by their parts."""
    lls = [stage.cast(o, types.float64) for o in operands]
    whole = [stage.complex(*lls[k : k + 2]) for k in range(0, len(lls), 2)]
    result = passive.compiled_call(stage, _raising_nothing(function), types.complex128, whole)
    return (result.real, result.imag)[position]


@cache
def _raising_nothing(kernel: Any) -> Any:
    """A library's function in one of ours: Numba's code for some hands errors to the caller."""
    if inspect.isfunction(kernel):
        return kernel
    if kernel in _BINARY:
        return lambda x, y: kernel(x, y)
    return lambda z: kernel(z)


_BINARY = frozenset(f for op in table() if op.on_complex and op.arity == 2 for f in op.functions)


def _compiled(stage: Emitter, kernel: Callable[..., Any], operands: Sequence[Any]) -> Value:
    found = [o.type for o in operands if isinstance(o, Value)]
    values = [stage.cast(o, types.complex128) for o in operands]
    result = passive.compiled_call(stage, kernel, types.complex128, values)
    ty = complex_over(found)
    assert ty is not None
    return stage.cast(result, ty)


def _parts(stage: Emitter, operand: Any) -> tuple[Any, Any]:
    """The real and imaginary part; the latter is None for real numbers."""
    if is_complex_value(operand):
        return operand.real, operand.imag
    return operand, None


@_emits("add")
def _add(stage: Emitter, x: Any, y: Any) -> Value:
    (a, b), (c, d) = _parts(stage, x), _parts(stage, y)
    return stage.complex(a + c, d if b is None else b if d is None else b + d)


@_emits("sub")
def _sub(stage: Emitter, x: Any, y: Any) -> Value:
    (a, b), (c, d) = _parts(stage, x), _parts(stage, y)
    return stage.complex(a - c, -d if b is None else b if d is None else b - d)


@_emits("neg")
def _neg(stage: Emitter, x: Any) -> Value:
    return stage.complex(-x.real, -x.imag)


@_emits("pos")
def _pos(stage: Emitter, x: Any) -> Value:
    return x


@_emits("mul")
def _mul(stage: Emitter, x: Any, y: Any) -> Value:
    (a, b), (c, d) = _parts(stage, x), _parts(stage, y)
    if b is None or d is None:
        scale, (p, q) = (a, (c, d)) if b is None else (c, (a, b))
        return stage.complex(scale * p, scale * q)
    return stage.complex(a * c - b * d, a * d + b * c)


@_emits("truediv")
def _truediv(stage: Emitter, x: Any, y: Any) -> Value:
    (a, b), (c, d) = _parts(stage, x), _parts(stage, y)
    if d is None:
        return stage.complex(a / c, b / c)
    return _compiled(stage, kernels.complex_quotient, (x, y))
