"""Conversions into active types, for Numba's assignments, branches, calls and array stores."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_cast

from ..numba_api import lower_constant
from ..types.active import Active, ActiveComplex, Dual, is_complex, level_of
from . import forward, reverse
from .stage import Stage


@lower_cast(Active, Active)
@lower_cast(types.Number, Active)
@lower_cast(types.Boolean, Active)
def to_active(context: Any, builder: Any, fromty: Any, toty: Any, val: Any) -> Any:
    """Convert a number or an active value to an active type."""
    stage = Stage(context, builder)
    value = stage.value(fromty, val)
    mode = forward if isinstance(toty, Dual) else reverse
    if level_of(fromty) < toty.level:
        return mode.constant(stage, stage.cast(value, toty.base), toty).ll
    if isinstance(toty, Dual):
        return forward.recast(stage, value, toty).ll
    return reverse.stored(stage, value, toty).ll


@lower_cast(ActiveComplex, ActiveComplex)
@lower_cast(Active, ActiveComplex)
@lower_cast(types.Number, ActiveComplex)
@lower_cast(types.Boolean, ActiveComplex)
def to_active_complex(context: Any, builder: Any, fromty: Any, toty: Any, val: Any) -> Any:
    """Convert a number, active or not, to a complex number with active parts."""
    stage = Stage(context, builder)
    value = stage.value(fromty, val)
    real, imag = (value.real, value.imag) if is_complex(fromty) else (value, 0.0)
    return stage.build(toty, real=stage.cast(real, toty.part).ll, imag=stage.cast(imag, toty.part).ll).ll


@lower_constant(ActiveComplex)
def complex_literal(context: Any, builder: Any, ty: Any, pyval: Any) -> Any:
    """A complex constant of the source that is bound to a variable of active type."""
    return ir.Constant.literal_struct(
        [literal(context, builder, ty.part, x) for x in (pyval.real, pyval.imag)]
    )


@lower_constant(Active)
def literal(context: Any, builder: Any, ty: Any, pyval: Any) -> Any:
    """A constant of the source that is bound to a variable of active type; there may be no builder."""
    primal = context.get_constant_generic(builder, ty.base, pyval)
    derivative = [ir.Constant(member, None) for member in context.get_value_type(ty).elements[1:]]
    return ir.Constant.literal_struct([primal, *derivative])
