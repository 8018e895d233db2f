"""The chain rule of reverse mode: an expression collects (index, partial) terms until it is recorded.

The statement tape is that of CoDiPack and Adept (Hogan 2014, ACM TOMS 40:26; Sagebaum, Albring and
Gauger 2019, ACM TOMS 45:38); what expression templates do in C++, Numba's types do here: the number
of terms is part of the type of an expression, so it never leaves registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ..rules.table import lookup
from ..types.active import LONGEST_EXPRESSION, Expr, Traced, Var
from . import tape

if TYPE_CHECKING:
    from .stage import Stage, Value


def attach(stage: Stage, primal: Value, terms: Sequence[tuple[Value, Any]]) -> Value:
    """`primal` as an expression of the terms of its operands, weighted with `terms`' partials."""
    level = terms[0][0].type.level
    collected: list[tuple[Any, Any]] = []
    for operand, weight in terms:
        for index, partial in _terms_of(stage, operand):
            collected.append((index, _weighted(stage, weight, partial)))
    pointer = _tape_of(stage, [operand for operand, _ in terms])
    base = primal.type
    if len(collected) > LONGEST_EXPRESSION:
        return record(stage, Var(base, level), primal, pointer, collected)
    parts = {"primal": primal.ll, "tape": pointer}
    for i, (index, partial) in enumerate(collected):
        parts[f"index{i}"] = index
        parts[f"partial{i}"] = stage.cast(partial, base).ll
    return stage.build(Expr(base, len(collected), level), **parts)


def constant(stage: Stage, primal: Value, ty: Var) -> Value:
    """`primal` as a traced value that depends on nothing."""
    index = ir.Constant(ir.IntType(32), 0)
    return stage.build(ty, primal=stage.cast(primal, ty.base).ll, index=index, tape=tape.null())


def stored(stage: Stage, value: Value, ty: Var) -> Value:
    """An expression recorded as a statement; a variable over another base."""
    primal = stage.cast(value.primal, ty.base)
    if isinstance(value.type, Var):
        return stage.build(ty, primal=primal.ll, index=value.part("index"), tape=value.part("tape"))
    return record(stage, ty, primal, value.part("tape"), _terms_of(stage, value))


def record(stage: Stage, ty: Var, primal: Value, pointer: Any, terms: Sequence[tuple[Any, Any]]) -> Value:
    """Push a statement unless none of its terms depends on an input (the index guard)."""
    builder = stage.builder
    live = terms[0][0]
    for index, _ in terms[1:]:
        live = builder.or_(live, index)
    is_live = builder.icmp_signed("!=", live, ir.Constant(live.type, 0))
    before = builder.block
    with builder.if_then(is_live):
        pushed = tape.push(stage, ty.base, pointer, terms)
        after = builder.block
    index = builder.phi(ir.IntType(32))
    index.add_incoming(ir.Constant(ir.IntType(32), 0), before)
    index.add_incoming(pushed, after)
    return stage.build(ty, primal=primal.ll, index=index, tape=pointer)


def _terms_of(stage: Stage, value: Value) -> list[tuple[Any, Any]]:
    ty: Traced = value.type
    if isinstance(ty, Var):
        return [(value.part("index"), 1)]
    return [
        (value.part(f"index{i}"), stage.value(ty.base, value.part(f"partial{i}"))) for i in range(ty.terms)
    ]


def _weighted(stage: Stage, weight: Any, partial: Any) -> Any:
    """weight * partial, with plain ones left out."""
    for one, other in ((weight, partial), (partial, weight)):
        if not hasattr(one, "ll"):
            if one == 1:
                return other
            if one == -1 and hasattr(other, "ll"):
                return -other
    if not hasattr(weight, "ll") and not hasattr(partial, "ll"):
        return weight * partial
    return stage.operate(lookup("absorbing"), (weight, partial))


def _tape_of(stage: Stage, operands: Sequence[Value]) -> Any:
    """The tape of the first operand that has one: constants have none."""
    pointer = operands[-1].part("tape")
    for operand in reversed(operands[:-1]):
        mine = operand.part("tape")
        has = stage.builder.icmp_unsigned("!=", mine, tape.null())
        pointer = stage.builder.select(has, mine, pointer)
    return pointer
