"""The chain rule of forward mode: tangent = sum of partial times tangent of the argument."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import types

from ..rules.table import lookup
from ..types.active import Dual
from .machine import absorbing_product

if TYPE_CHECKING:
    from .stage import Stage, Value


def attach(stage: Stage, primal: Value, terms: Sequence[tuple[Value, Any]]) -> Value:
    """`primal` as a dual number, its tangent made of `terms` (operand, partial)."""
    ty = Dual(primal.type, terms[0][0].type.width, terms[0][0].type.level)
    total = None
    for operand, weight in terms:
        scaled = scale(stage, ty, weight, cast_tangent(stage, operand.part("tangent"), operand.type, ty))
        total = scaled if total is None else add(stage, ty, total, scaled)
    return stage.build(ty, primal=primal.ll, tangent=total)


def constant(stage: Stage, primal: Value, ty: Dual) -> Value:
    """`primal` as a dual number with zero tangent."""
    zero = ir.Constant(stage.context.get_value_type(ty.tangent), None)
    return stage.build(ty, primal=stage.cast(primal, ty.base).ll, tangent=zero)


def recast(stage: Stage, value: Value, ty: Dual) -> Value:
    """A dual number over another base."""
    tangent = cast_tangent(stage, value.part("tangent"), value.type, ty)
    return stage.build(ty, primal=stage.cast(value.primal, ty.base).ll, tangent=tangent)


def scale(stage: Stage, ty: Dual, weight: Any, tangent: Any) -> Any:
    """weight times a tangent of type `ty`; an exact zero absorbs inf and NaN."""
    if not hasattr(weight, "ll"):
        if weight == 1:
            return tangent
        exact = math.isfinite(weight) and weight != 0
    else:
        exact = False
    if isinstance(ty.base, types.Float):
        splat = _splat(stage, ty, stage.cast(weight, ty.base).ll)
        if not hasattr(weight, "ll") and weight == -1:
            return stage.builder.fneg(tangent)
        return stage.builder.fmul(splat, tangent) if exact else absorbing_product(stage.builder, splat, tangent)
    product = lookup("mul" if exact else "absorbing")
    return _each(stage, ty, lambda t: stage.operate(product, (weight, t)), tangent)


def add(stage: Stage, ty: Dual, x: Any, y: Any) -> Any:
    """The sum of two tangents of type `ty`."""
    if isinstance(ty.base, types.Float):
        return stage.builder.fadd(x, y)
    return _each(stage, ty, lambda a, b: stage.operate(lookup("add"), (a, b)), x, y)


def component(stage: Stage, value: Value, i: int) -> Value:
    """Partial number `i` of a dual number."""
    tangent = value.part("tangent")
    if isinstance(value.type.base, types.Float):
        ll = stage.builder.extract_element(tangent, ir.Constant(ir.IntType(32), i))
    else:
        ll = stage.builder.extract_value(tangent, i)
    return stage.value(value.type.base, ll)


def with_components(stage: Stage, ty: Dual, primal: Value, components: Sequence[Value]) -> Value:
    """A dual number from its primal and its partials."""
    return stage.build(ty, primal=primal.ll, tangent=_packed(stage, ty, [c.ll for c in components]))


def cast_tangent(stage: Stage, tangent: Any, source: Dual, target: Dual) -> Any:
    """A tangent of type `source` over the base of `target`."""
    if source.base == target.base:
        return tangent
    if isinstance(source.base, types.Float) and isinstance(target.base, types.Float):
        vector = stage.context.get_value_type(target.tangent)
        wider = target.base.bitwidth > source.base.bitwidth
        return (stage.builder.fpext if wider else stage.builder.fptrunc)(tangent, vector)
    old = stage.value(source, ir.Constant(stage.context.get_value_type(source), ir.Undefined))
    old = stage.build(source, primal=old.part("primal"), tangent=tangent)
    parts = [stage.cast(component(stage, old, i), target.base).ll for i in range(target.width)]
    return _packed(stage, target, parts)


def _splat(stage: Stage, ty: Dual, scalar: Any) -> Any:
    if ty.width == 1:
        vector = ir.Constant(ir.VectorType(scalar.type, 1), ir.Undefined)
        return stage.builder.insert_element(vector, scalar, ir.Constant(ir.IntType(32), 0))
    vector = ir.Constant(ir.VectorType(scalar.type, ty.width), ir.Undefined)
    vector = stage.builder.insert_element(vector, scalar, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), ty.width), [0] * ty.width)
    return stage.builder.shuffle_vector(vector, vector, mask)


def _each(stage: Stage, ty: Dual, function: Any, *tangents: Any) -> Any:
    """Apply `function` to the partials of active base, one by one."""
    parts = []
    for i in range(ty.width):
        values = [stage.value(ty.base, stage.builder.extract_value(t, i)) for t in tangents]
        parts.append(stage.cast(function(*values), ty.base).ll)
    return _packed(stage, ty, parts)


def _packed(stage: Stage, ty: Dual, parts: Sequence[Any]) -> Any:
    packed = ir.Constant(stage.context.get_value_type(ty.tangent), ir.Undefined)
    for i, part in enumerate(parts):
        if isinstance(ty.base, types.Float):
            packed = stage.builder.insert_element(packed, part, ir.Constant(ir.IntType(32), i))
        else:
            packed = stage.builder.insert_value(packed, part, i)
    return packed
