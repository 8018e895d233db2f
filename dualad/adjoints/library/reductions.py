"""Sums and extremes."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...rules.arrays.extrema import OF_ELEMENTS
from ..errors import NotTransformable
from ..frontend import elementwise
from ..frontend.elementwise import empty, extents_of, is_array
from ..frontend.iteration import ListIn, ListOf
from ..ir.nodes import FLOATS, INT, SINGLE, ZEROS, Const, Operand, Tuple
from .context import Context
from .handlers import HANDLERS, Handler, element_kind, element_type, handles


@handles(np.sum)
def _sum(context: Context, a: Any, axis: Any = None) -> Any:
    build = context.build
    a = a.array if isinstance(a, ListIn) else a
    if not is_array(a):
        raise NotTransformable("a sum of something that is not an array")
    kind = element_kind(context, a)
    if element_type(context, a).startswith("u"):
        raise NotTransformable("a sum of integers without a sign")
    zero = Const(ZEROS[kind if kind in FLOATS else INT])
    if axis is None or axis == Const(None):
        return elementwise.reduced(build, a, zero, lambda s, x: build.op(operator.add, s, x), "total")
    extents = extents_of(a)
    kept = without_axis(extents, axis)
    if not kept:
        return _sum(context, a)
    along = axis.value % len(extents)
    out = empty(build, kept, kind if kind in FLOATS else INT, "totals", zeroed=True)
    steps = elementwise.steps_of(build, a, extents)

    def one(index: tuple[Operand, ...]) -> None:
        place = tuple(i for position, i in enumerate(index) if position != along)
        build.store(out, place, elementwise.element(build, a, index, extents, steps), add=True)

    elementwise.each(build, extents, one)
    return out


@handles(builtins.sum)
def _sum_from_zero(context: Context, a: Any) -> Any:
    """As of Python: from the integer 0, and so not in single precision."""
    a = a.array if isinstance(a, ListIn) else a
    if not is_array(a) or element_kind(context, a) != SINGLE:
        return _sum(context, a)
    build = context.build
    return elementwise.reduced(build, a, Const(0.0), lambda s, x: build.op(operator.add, s, x), "total")


def without_axis(extents: Sequence[Operand], axis: Any) -> tuple[Operand, ...]:
    """The shape of what is left by a reduction along an axis; along all of them if it is None."""
    if axis == Const(None):
        return ()
    if not (isinstance(axis, Const) and -len(extents) <= axis.value < len(extents)):
        raise NotTransformable("a reduction along an axis that is not a constant")
    along = axis.value % len(extents)
    return tuple(e for position, e in enumerate(extents) if position != along)


@handles(np.mean)
def _mean(context: Context, a: Any) -> Any:
    build, total = context.build, _sum(context, a)
    size = elementwise.size_of(build, extents_of(a))
    if total.kind == SINGLE:  # the quotient of a float64 is rounded
        return build.op(np.float32, build.op(np.true_divide, build.op(np.float64, total), size))
    return build.op(np.true_divide, total, size)


def _pairwise(function: Any) -> Handler:
    """Python's min and max, of numbers or of the elements of a vector, by the op table."""

    def handler(context: Context, *args: Any) -> Any:
        if len(args) == 1:
            if isinstance(args[0], Tuple | ListOf):
                return handler(context, *args[0].items)
            a = args[0].array if isinstance(args[0], ListIn) else args[0]
            if not (is_array(a) and len(extents_of(a)) == 1):
                raise NotTransformable(f"the {function.__name__} of something that is not a vector")
            return context.inline(OF_ELEMENTS[function], [elementwise.computed(context.build, a, "a")], {})
        return elementwise.operation(context.build, function, args)

    return handler


HANDLERS[min], HANDLERS[max] = _pairwise(min), _pairwise(max)
