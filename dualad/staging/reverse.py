"""The chain rule of reverse mode: an expression collects (index, partial) terms until it is recorded.

The statement tape is that of CoDiPack and Adept (Hogan 2014, ACM TOMS 40:26; Sagebaum, Albring and
Gauger 2019, ACM TOMS 45:38); what expression templates do in C++, Numba's types do here: the number
of terms is part of the type of an expression, so it never leaves registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial as partial_function
from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types

from ..rules.table import Op
from ..tape import pool, recording
from ..types.active import LONGEST_EXPRESSION, Expr, Traced, Var, weighted_signs
from . import strict
from .value import Emitter, Value


def attach(stage: Emitter, primal: Value, terms: Sequence[tuple[Value, Any, Any]], op: Op) -> Value:
    """`primal` as an expression of the terms of its operands: `terms` are (operand, partial, its value)."""
    base, ty = primal.type, terms[0][0].type.storage
    collected: list[tuple[Any, Any]] = []
    signs: list[int] = []
    nested = ty.nested and isinstance(base, types.Float)
    product = partial_function(strict.weighted, stage, op) if nested else stage.absorbed
    for operand, partial, weight in terms:
        signs += weighted_signs(partial, operand.type)
        collected += [(index, _product(product, weight, own)) for index, own in _terms_of(stage, operand)]
    pointer = _tape_of(stage, [operand for operand, _, _ in terms])
    if nested and not op.steady:
        strict.watch(stage, pointer, collected)
    if len(collected) > LONGEST_EXPRESSION:
        return record(stage, ty.over(base), primal, pointer, collected)
    parts = {"primal": primal.ll, "tape": pointer}
    for i, (index, partial) in enumerate(collected):
        parts[f"index{i}"] = index
        if not signs[i]:
            parts[f"partial{i}"] = stage.cast(partial, base).ll
    return stage.build(Expr(base, tuple(signs), ty.level, ty.nested), **parts)


def constant(stage: Emitter, primal: Value, ty: Var) -> Value:
    """`primal` as a traced value that depends on nothing."""
    index = ir.Constant(ir.IntType(32), 0)
    return stage.build(ty, primal=stage.cast(primal, ty.base).ll, index=index, tape=pool.null())


def stored(stage: Emitter, value: Value, ty: Var) -> Value:
    """An expression recorded as a statement; a variable over another base."""
    primal = stage.cast(value.primal, ty.base)
    if value.type.signs == (1,):
        # A variable, or a variable plus a constant: the same index will do.
        index = value.part("index" if isinstance(value.type, Var) else "index0")
        return stage.build(ty, primal=primal.ll, index=index, tape=value.part("tape"))
    return record(stage, ty, primal, value.part("tape"), _terms_of(stage, value))


def record(stage: Emitter, ty: Var, primal: Value, pointer: Any, terms: Sequence[tuple[Any, Any]]) -> Value:
    """Push a statement unless none of its terms depends on an input (the index guard)."""
    builder = stage.builder
    live = terms[0][0]
    for index, _ in terms[1:]:
        live = builder.or_(live, index)
    is_live = builder.icmp_signed("!=", live, ir.Constant(live.type, 0))
    before = builder.block
    with builder.if_then(is_live):
        pushed = recording.push(stage, ty.base, pointer, terms)
        after = builder.block
    index = builder.phi(ir.IntType(32))
    index.add_incoming(ir.Constant(ir.IntType(32), 0), before)
    index.add_incoming(pushed, after)
    return stage.build(ty, primal=primal.ll, index=index, tape=pointer)


def _terms_of(stage: Emitter, value: Value) -> list[tuple[Any, Any]]:
    ty: Traced = value.type
    if isinstance(ty, Var):
        return [(value.part("index"), 1)]
    return [
        (value.part(f"index{i}"), sign or stage.value(ty.base, value.part(f"partial{i}")))
        for i, sign in enumerate(ty.signs)
    ]


def _product(product: Callable[[Any, Any], Any], weight: Any, partial: Any) -> Any:
    """Weight * partial; plain numbers are simplified away."""
    if not hasattr(weight, "ll") and not hasattr(partial, "ll"):
        return weight * partial
    for plain, other in ((weight, partial), (partial, weight)):
        if not hasattr(plain, "ll") and plain in (1, -1):
            return other if plain == 1 else -other
    return product(weight, partial)


def _tape_of(stage: Emitter, operands: Sequence[Value]) -> Any:
    """The tape of the operands: those that have one have the same, constants have none."""
    addresses = [stage.builder.ptrtoint(operand.part("tape"), pool.INT64) for operand in operands]
    return stage.builder.inttoptr(reduce(stage.builder.or_, addresses), pool.POINTER)
