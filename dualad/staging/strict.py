"""Products in a derivative that is differentiated itself: only what stays 0 absorbs infinities and NaN.

In first derivatives a zero absorbs the infinite slope of a root. Differentiated again, that would lose how
the zero changes: ``sqrt(x @ x)**2`` has the second derivative 2 at the origin, though of its first derivative
an infinite slope is a factor, and a slope that is 0 just there. So in nested code a zero absorbs if its own
derivatives are 0 too, or if it is the slope of a selection, which is constant. Else the product is NaN; and
what an infinite slope makes of an argument that does not move at first order is NaN, for it may at second.

Numbers then are those of the conventions again, see :mod:`dualad.drivers.nesting`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils
from ..rules.table import Op, lookup
from ..tape import pool
from ..types.active import Active, Dual, Traced, is_complex
from . import forward, kinks
from .value import Emitter, Value

BIT = ir.IntType(1)
FALSE = ir.Constant(BIT, 0)
INFINITY = float("inf")


def product(stage: Emitter, operands: Sequence[Any]) -> Any:
    """X * y in which what stays 0 absorbs."""
    builder = stage.builder
    for factor, other in (operands, operands[::-1]):
        if not hasattr(factor, "ll") and factor == 0:
            return stage.zero(other.type.storage)
    plain = stage.operate(lookup("mul"), operands)
    number = plain
    while isinstance(number.type, Active):
        number = number.primal
    before = builder.block
    with cgutils.if_unlikely(builder, builder.fcmp_unordered("uno", number.ll, number.ll)):
        found = plain
        if isinstance(plain.type, Traced):
            found = _scaled_to_nan(stage, plain)
            _note(stage, found)
        nothing = stays_zero(stage, lookup("mul"), operands)
        with builder.if_then(builder.not_(nothing)):
            kinks.note(builder)
        chosen = builder.select(nothing, stage.zero(plain.type).ll, found.ll)
        after = builder.block
    result = builder.phi(plain.ll.type)
    result.add_incoming(plain.ll, before)
    result.add_incoming(chosen, after)
    return stage.value(plain.type, result)


def tangent(
    op: Op, operands: Sequence[Any], stage: Emitter, ty: Dual, weights: Sequence[Any], tangents: Sequence[Any]
) -> Any:
    """The sum of weight times tangent, over floats."""
    builder = stage.builder
    total = forward.plain_sum(stage, ty, weights, tangents)
    before = builder.block
    with cgutils.if_unlikely(builder, any_nan(builder, total)):
        term = _steady_term if op.steady else _term_of_product if op.is_product else _term
        name = f"dualad.strict{term.__name__}({ty.base},{ty.width},{len(weights)})"
        repaired = forward.out_of_line(stage, ty, name, term, weights, tangents)
        nothing = stays_zero(stage, op, operands)
        repaired = builder.select(nothing, ir.Constant(total.type, None), repaired)
        with builder.if_then(any_nan(builder, repaired)):
            kinks.note(builder)
        after = builder.block
    result = builder.phi(total.type)
    result.add_incoming(total, before)
    result.add_incoming(repaired, after)
    return result


def _term(builder: Any, weight: Any, moved: Any) -> Any:
    """Weight times tangent; 0 where the tangent is 0, unless the weight is infinite."""
    zero = ir.Constant(moved.type, None)
    gap = builder.fsub(weight, weight)
    infinite = builder.and_(
        builder.fcmp_ordered("ord", weight, weight), builder.fcmp_unordered("uno", gap, gap)
    )
    still = builder.fcmp_ordered("==", moved, zero)
    absorbed = builder.and_(still, builder.not_(infinite))
    return builder.select(absorbed, zero, builder.fmul(weight, moved))


def _term_of_product(builder: Any, weight: Any, moved: Any) -> Any:
    """Weight times tangent; 0 where the tangent is 0: if the weight is infinite, so is the product."""
    zero = ir.Constant(moved.type, None)
    return builder.select(builder.fcmp_ordered("==", moved, zero), zero, builder.fmul(weight, moved))


def _steady_term(builder: Any, weight: Any, moved: Any) -> Any:
    """Weight times tangent; 0 also where the weight is."""
    zero = ir.Constant(moved.type, None)
    nothing = builder.fcmp_ordered("==", weight, zero)
    return builder.select(nothing, zero, _term(builder, weight, moved))


def weighted(stage: Emitter, op: Op, weight: Any, partial: Any) -> Any:
    """A partial of a partial, over floats."""
    return stage.absorbed(weight, partial) if op.steady else stage.operate(lookup("mul"), (weight, partial))


def watch(stage: Emitter, pointer: Any, terms: Sequence[tuple[Any, Any]]) -> None:
    """Note on the tape that one of the terms is infinite."""
    builder = stage.builder
    for index, partial in terms:
        if not hasattr(partial, "ll"):
            continue
        fabs = builder.module.declare_intrinsic("llvm.fabs", [partial.ll.type])
        size = builder.call(fabs, [partial.ll])
        infinite = builder.fcmp_unordered("==", size, ir.Constant(size.type, INFINITY))
        live = builder.icmp_signed("!=", index, ir.Constant(index.type, 0))
        with cgutils.if_unlikely(builder, builder.and_(infinite, live)):
            _mark(builder, pointer)


def stays_zero(stage: Emitter, op: Op, operands: Sequence[Any]) -> Any:
    """Whether the result is 0 around the point, as an LLVM bit."""
    found = FALSE
    for factor in (operands[position] for position in op.factors):
        if hasattr(factor, "ll"):
            found = stage.builder.or_(found, _is_nothing(stage, factor))
        elif factor == 0:
            return ir.Constant(BIT, 1)
    return found


def _is_nothing(stage: Emitter, value: Value) -> Any:
    """Whether a number is 0 and does not move."""
    builder, ty = stage.builder, value.type
    if is_complex(ty):
        return builder.and_(_is_nothing(stage, value.real), _is_nothing(stage, value.imag))
    if not isinstance(ty, Active):
        number = stage.cast(value, types.float64).ll
        return builder.fcmp_ordered("==", number, ir.Constant(number.type, 0.0))
    nothing = _is_nothing(stage, value.primal)
    if isinstance(ty, Traced):
        return builder.and_(nothing, builder.not_(kinks.is_on_tape(stage, value)))
    assert isinstance(ty, Dual)
    for i in range(ty.width):
        nothing = builder.and_(nothing, _is_nothing(stage, forward.component(stage, value, i)))
    return nothing


def any_nan(builder: Any, tangent: Any) -> Any:
    """Whether a tangent over floats holds a NaN."""
    unordered = builder.fcmp_unordered("uno", tangent, tangent)
    return unordered if unordered.type == BIT else forward.any_lane(builder, unordered)


def _scaled_to_nan(stage: Emitter, value: Value) -> Value:
    """NaN with NaN partials."""
    result: Value = stage.cast(stage.operate(lookup("mul"), (value, float("nan"))), value.type)
    return result


def _note(stage: Emitter, value: Value) -> None:
    with stage.builder.if_then(kinks.is_on_tape(stage, value)):
        _mark(stage.builder, value.part("tape"))


def _mark(builder: Any, pointer: Any) -> None:
    header = builder.bitcast(pointer, pool.HEADER.as_pointer())
    builder.store(ir.Constant(pool.INT64, 1), pool.field(builder, header, pool.STRICT))
