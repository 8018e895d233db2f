"""Products of vectors and matrices of floats in which zeros absorb infinities and NaN.

Such a product differs from the plain one only where that is NaN: BLAS computes it, and the elements that are
NaN are summed up again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types

from ...numba_api import cgutils
from ...rules.table import lookup
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from .absorption import exists, is_nan


class Product:
    """The product of two arrays of floats, each a vector or a matrix."""

    def resolve(self, typing: Any, argtypes: list[types.Type]) -> tuple[types.Type, Any]:
        function = typing.resolve_value_type(np.dot)
        signature = function.get_call_type(typing, tuple(argtypes), {})
        return signature.return_type, (function, signature)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        function, signature = plan
        builder = stage.builder
        out = Leaf(
            signature.return_type, stage.context.get_function(function, signature)(builder, tuple(args))
        )
        a, b = (Leaf(ty, ll) for ty, ll in zip(signature.args, args, strict=True))
        if out.is_array:
            with builder.if_then(exists(stage, [out], is_nan), likely=False):
                self._repair(stage, a, b, out)
            return out.ll
        slot = cgutils.alloca_once_value(builder, out.ll)
        with builder.if_then(is_nan(stage.value(out.type, out.ll)), likely=False):
            builder.store(self._sum(stage, a, b, (), ()).ll, slot)
        return builder.load(slot)

    def _repair(self, stage: Stage, a: Leaf, b: Leaf, out: Leaf) -> None:
        builder = stage.builder
        own = len(trees.shape(stage, a)) - 1
        with cgutils.loop_nest(builder, trees.shape(stage, out), cgutils.intp_t) as place:
            pointer = _element(stage, out, place)
            value = stage.value(out.scalar, builder.load(pointer))
            with builder.if_then(is_nan(value), likely=False):
                builder.store(self._sum(stage, a, b, place[:own], place[own:]).ll, pointer)

    @staticmethod
    def _sum(stage: Stage, a: Leaf, b: Leaf, row: Sequence[Any], column: Sequence[Any]) -> Value:
        """One element."""
        builder = stage.builder
        total = cgutils.alloca_once(builder, stage.context.get_value_type(a.scalar))
        builder.store(stage.zero(a.scalar).ll, total)
        with cgutils.for_range(builder, trees.shape(stage, b)[0]) as loop:
            x, y = (
                stage.value(leaf.scalar, builder.load(_element(stage, leaf, place)))
                for leaf, place in ((a, (*row, loop.index)), (b, (loop.index, *column)))
            )
            term = stage.operate(lookup("absorbing"), (x, y))
            builder.store(builder.fadd(builder.load(total), term.ll), total)
        return stage.value(a.scalar, builder.load(total))


def _element(stage: Stage, leaf: Leaf, place: Sequence[Any]) -> Any:
    array = stage.context.make_array(leaf.type)(stage.context, stage.builder, leaf.ll)
    return cgutils.get_item_pointer(stage.context, stage.builder, leaf.type, array, place)
