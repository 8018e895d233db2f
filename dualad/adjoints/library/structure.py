"""Arrays joined, reshaped, converted, and chosen from."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..errors import NotTransformable
from ..frontend import elementwise
from ..frontend.elementwise import computed, empty, extents_of, is_array
from ..frontend.iteration import ZERO, ListOf, array_of
from ..ir.builder import ANONYMOUS
from ..ir.joins import joined_element
from ..ir.nodes import BOOL, FLOATS, INT, Const, Tuple, Value
from . import definitions
from .context import Context
from .handlers import DTYPES, HANDLERS, Handler, array_in, element_type, handles, shape_of


def _joining(form: Callable[[int], tuple[Any, int]]) -> Handler:
    """A function that joins arrays; by their rank it concatenates or stacks them, along an axis."""

    def handler(context: Context, whole: Any, axis: Any = None) -> Any:
        if not isinstance(whole, Tuple | ListOf) or not all(map(is_array, whole.items)):
            raise NotTransformable("a join of something that is not a tuple of arrays")
        items = tuple(computed(context.build, item, ANONYMOUS) for item in whole.items)
        ranks = {len(item.extents) for item in items}
        if len(ranks) != 1 or not (axis is None or (isinstance(axis, Const) and axis.kind == INT)):
            raise NotTransformable(
                "a join of arrays of different ranks, or along an axis that is not a constant"
            )
        (rank,) = ranks
        definition, along = form(rank)
        if axis is not None:
            along = axis.value
        new = definition is definitions.stack
        along = along + rank + new if along < 0 else along
        if not 0 <= along < min(rank + new, 2) or (rank > 1 and all(i.layout == "F" for i in items)):
            raise NotTransformable("a join of arrays along this axis, or of arrays in Fortran order")
        dtype = Const(DTYPES[reduce(joined_element, [item.element for item in items])])
        return context.inline(definition, [Tuple(items), Const(along), dtype], {})

    return handler


HANDLERS[np.concatenate] = _joining(lambda rank: (definitions.concatenate, 0))
HANDLERS[np.stack] = _joining(lambda rank: (definitions.stack, 0))
HANDLERS[np.hstack] = _joining(lambda rank: (definitions.concatenate, 0 if rank == 1 else 1))
HANDLERS[np.vstack] = _joining(lambda rank: (definitions.stack if rank == 1 else definitions.concatenate, 0))
HANDLERS[np.column_stack] = _joining(
    lambda rank: (definitions.stack if rank == 1 else definitions.concatenate, 1)
)


@handles(np.append)
def _append(context: Context, arr: Any, values: Any, axis: Any = None) -> Any:
    if elementwise.is_scalar(values):
        values = array_of(context.build, (values,))
    given = [array_in(context, arr), array_in(context, values)]
    return context.inline(definitions.append, given, {} if axis is None else {"axis": axis})


@handles(np.repeat)
def _repeat(context: Context, a: Any, repeats: Any) -> Any:
    if is_array(repeats):
        return context.inline(definitions.repeat_each, [array_in(context, a), array_in(context, repeats)], {})
    return context.inline(definitions.repeat, [array_in(context, a), repeats], {})


@handles(np.swapaxes, np.moveaxis)
def _swapaxes(context: Context, a: Any, first: Any, second: Any) -> Any:
    array = array_in(context, a)
    if len(array.extents or ()) != 2:
        raise NotTransformable("swapaxes of an array that is not two-dimensional")
    return context.inline(definitions.swapaxes, [array, first, second], {})


@handles(np.ascontiguousarray)
def _ascontiguousarray(context: Context, a: Any) -> Value:
    array = array_in(context, a)
    return array if array.layout == "C" else elementwise.copied(context.build, array, ANONYMOUS, "C")


@handles(np.asfortranarray)
def _asfortranarray(context: Context, a: Any) -> Value:
    array = array_in(context, a)
    if array.layout == "F" or len(array.extents or ()) == 1:
        return array if array.layout in "CF" else elementwise.copied(context.build, array, ANONYMOUS)
    return elementwise.copied(context.build, array, ANONYMOUS, "F")


@handles(np.ravel)
def raveled(context: Context, a: Any) -> Any:
    """The elements in C order: a view, or a copy where there can be none."""
    array = computed(context.build, a, ANONYMOUS)
    if array.layout != "C":
        array = elementwise.copied(context.build, array, ANONYMOUS, "C")
    size = elementwise.size_of(context.build, extents_of(array))
    return context.build.view(array, "{0}.reshape({1})", (size,), (size,), ANONYMOUS)


@handles(np.reshape)
def _reshape(context: Context, a: Any, *given: Any) -> Any:
    array = computed(context.build, a, ANONYMOUS)
    if array.layout != "C":
        raise NotTransformable("a reshape of an array that may not be contiguous")
    shape = shape_of(given[0] if len(given) == 1 else Tuple(given))
    text = ", ".join(f"{{{i + 1}}}" for i in range(len(shape)))
    wanted = [None if part == Const(-1) else part for part in shape]
    return context.build.view(array, f"{{0}}.reshape(({text},))", shape, wanted, ANONYMOUS)


@handles(np.transpose)
def _transpose(context: Context, a: Any, *given: Any) -> Any:
    array = computed(context.build, a, ANONYMOUS)
    axes = given[0].items if len(given) == 1 and isinstance(given[0], Tuple) else given
    if axes and [getattr(axis, "value", None) for axis in axes] != list(range(len(extents_of(array))))[::-1]:
        raise NotTransformable("a transpose whose order of axes is not the reversed one")
    return elementwise.transposed(context.build, array)


@handles(np.where)
def _where(context: Context, condition: Any, *sides: Any) -> Any:
    if not sides:
        return _nonzero(context, condition)
    return elementwise.where(context.build, condition, *sides)


@handles(np.nonzero)
def _nonzero(context: Context, a: Any) -> Any:
    return context.inline(definitions.nonzero, [array_in(context, a)], {})


def astype(context: Context, array: Any, element: str) -> Value:
    """A copy with elements of another type."""
    before = element_type(context, array)
    if element == before:
        return elementwise.copied(context.build, array, ANONYMOUS)
    if element not in FLOATS and before != BOOL:
        array = computed(context.build, array, ANONYMOUS)
    out = empty(context.build, extents_of(array), element, ANONYMOUS, layout=elementwise.layout_of(array))
    if element == BOOL:
        array = elementwise.operation(context.build, operator.ne, (array, ZERO))
    elementwise.copy_into(context.build, out, array)
    return out
