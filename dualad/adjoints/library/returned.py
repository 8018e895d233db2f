"""Result types of array rules that follow from ranks; to infer them, Numba would compile the rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numba import types

from ...rules.arrays.table import ArrayRule
from ..ir import numba_types
from ..ir.nodes import FLOAT

_SHAPED = types.Array | types.Integer | types.NoneType


def type_of(rule: ArrayRule, given: Mapping[str, Any]) -> types.Type | None:
    """The type of a rule's result by those of its arguments; None where Numba has to be asked."""
    elements = {ty.dtype for ty in given.values() if isinstance(ty, types.Array)}
    if elements != {types.float64} or not all(isinstance(ty, _SHAPED) for ty in given.values()):
        return None
    shape = rule.shape_of({name: _shape(ty) for name, ty in given.items()})
    if not shape:
        return None if shape is None else types.float64
    return numba_types.array(FLOAT, len(shape), rule.order if len(shape) > 1 else "C")


def _shape(ty: types.Type) -> tuple[None, ...] | None:
    """What stands for the shape of an argument."""
    return None if ty == types.none else (None,) * getattr(ty, "ndim", 0)
