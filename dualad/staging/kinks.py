"""The choice among the pieces that meet at a kink, in a derivative that is itself differentiated.

See :mod:`dualad.rules.kinks` for why it must be one of them. How often one is chosen is counted, which tells
who called for the inner derivative whether its first derivatives are those of the conventions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils, member_names
from ..registry import entering
from ..rules.table import Op
from ..tape import pool
from ..types.active import Active, Dual, Traced
from . import forward
from .value import Emitter, Value

DOUBLE = ir.DoubleType()
ZERO, NAN = ir.Constant(DOUBLE, 0.0), ir.Constant(DOUBLE, math.nan)
COUNT_SYMBOL = "dualad_kinks"


_DECISIONS: dict[str, Callable[..., Any]] = {}
_decides = partial(entering, _DECISIONS)


def decide(stage: Emitter, op: Op, operands: Sequence[Any]) -> Value:
    """An op of :mod:`dualad.rules.kinks`, with an active operand."""
    builder = stage.builder
    x, y = (_plain(stage, o) for o in operands)
    meets = builder.fcmp_ordered("==", x, y)
    if op.decides == "zero":
        meets = builder.and_(meets, builder.fcmp_ordered("==", x, ZERO))
    result = cgutils.alloca_once_value(builder, ZERO)
    with cgutils.if_unlikely(builder, meets):
        found = _DECISIONS[op.name](builder, *_moves(stage, operands))
        found = builder.select(_any(builder, [_lives(stage, o) for o in operands]), NAN, found)
        builder.store(found, result)
        with builder.if_then(builder.fcmp_unordered("!=", found, ZERO)):
            note(builder)
    return stage.value(types.float64, builder.load(result))


def count(builder: Any) -> Any:
    """How often a piece was chosen in this process."""
    return builder.load_atomic(_counter(builder), "monotonic", 8)


def note(builder: Any) -> None:
    """Count one."""
    builder.atomic_rmw("add", _counter(builder), ir.Constant(pool.INT64, 1), "monotonic")


def _counter(builder: Any) -> Any:
    return pool.variable(builder.module, COUNT_SYMBOL, pool.INT64)


def _plain(stage: Emitter, operand: Any) -> Any:
    """The number under all derivatives."""
    while hasattr(operand, "ll") and isinstance(operand.type, Active):
        operand = operand.primal
    return stage.cast(operand, types.float64).ll


def _moves(stage: Emitter, operands: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """How both numbers move, tangent by tangent: those of the lower levels first."""
    first, second = (dict(_tangents(stage, o)) for o in operands)
    keys = sorted(first | second)
    return [first.get(key, ZERO) for key in keys], [second.get(key, ZERO) for key in keys]


def _tangents(stage: Emitter, value: Any, order: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    if not (hasattr(value, "ll") and isinstance(value.type, Active)):
        return
    yield from _tangents(stage, value.primal, order)
    if isinstance(value.type, Dual):
        for i in range(value.type.width):
            component = forward.component(stage, value, i)
            key = (*order, (value.type.level, i))
            yield key, _plain(stage, component)
            yield from _tangents(stage, component, key)


def _lives(stage: Emitter, value: Any) -> Any:
    """Whether a number is on a tape, which does not tell how it moves."""
    builder = stage.builder
    if not (hasattr(value, "ll") and isinstance(value.type, Active)):
        return ir.Constant(ir.IntType(1), 0)
    found = [_lives(stage, value.primal)]
    if isinstance(value.type, Traced):
        found.append(is_on_tape(stage, value))
    if isinstance(value.type, Dual):
        found += [_lives(stage, forward.component(stage, value, i)) for i in range(value.type.width)]
    return _any(builder, found)


def is_on_tape(stage: Emitter, value: Value) -> Any:
    """Whether a traced value depends on an input, as an LLVM bit."""
    members = member_names(stage.context.data_model_manager[value.type])
    indices = [value.part(name) for name in members if name.startswith("index")]
    return _any(stage.builder, [stage.builder.icmp_signed("!=", i, ir.Constant(i.type, 0)) for i in indices])


def _any(builder: Any, bits: Sequence[Any]) -> Any:
    result = bits[0]
    for bit in bits[1:]:
        result = builder.or_(result, bit)
    return result


# -- decisions ------------------------------------------------------------------------------------


@_decides("ahead")
def _ahead(builder: Any, x: Sequence[Any], y: Sequence[Any]) -> Any:
    """The sign of the first difference that is not 0."""
    result = ZERO
    for a, b in reversed(list(zip(x, y, strict=True))):
        gap = builder.fsub(a, b)
        sign = builder.select(builder.fcmp_ordered(">", gap, ZERO), ir.Constant(DOUBLE, 1.0), NAN)
        sign = builder.select(builder.fcmp_ordered("<", gap, ZERO), ir.Constant(DOUBLE, -1.0), sign)
        result = builder.select(builder.fcmp_ordered("==", gap, ZERO), result, sign)
    return result


@_decides("heading")
def _heading(builder: Any, x: Sequence[Any], y: Sequence[Any]) -> Any:
    """The first component of the one direction in which the origin is left."""
    first, second = ZERO, ZERO
    for a, b in reversed(list(zip(x, y, strict=True))):
        still = _still(builder, a, b)
        first, second = builder.select(still, first, a), builder.select(still, second, b)
    # Scaled, so that neither squares nor products leave the range.
    fabs, maximum = (
        builder.module.declare_intrinsic(name, [DOUBLE], ir.FunctionType(DOUBLE, [DOUBLE] * n))
        for name, n in (("llvm.fabs", 1), ("llvm.maxnum", 2))
    )
    root = builder.module.declare_intrinsic("llvm.sqrt", [DOUBLE])
    size = builder.call(maximum, [builder.call(fabs, [first]), builder.call(fabs, [second])])
    a, b = builder.fdiv(first, size), builder.fdiv(second, size)
    length = builder.call(root, [builder.fadd(builder.fmul(a, a), builder.fmul(b, b))])
    result = builder.fdiv(a, length)
    for u, v in zip(x, y, strict=True):
        along = builder.fcmp_ordered("==", builder.fmul(a, v), builder.fmul(b, u))
        result = builder.select(along, result, NAN)
    return builder.select(_still(builder, first, second), ZERO, result)


@_decides("unsettled")
def _unsettled(builder: Any, x: Sequence[Any], y: Sequence[Any]) -> Any:
    """NaN if anything moves."""
    result = ZERO
    for a, b in zip(x, y, strict=True):
        result = builder.select(_still(builder, a, b), result, NAN)
    return result


def _still(builder: Any, x: Any, y: Any) -> Any:
    return builder.and_(builder.fcmp_ordered("==", x, ZERO), builder.fcmp_ordered("==", y, ZERO))
