"""Handlers for tuples and iterables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from ...numba_api import literal_unroll
from ..errors import NotTransformable
from ..frontend import indexing, things
from ..frontend.elementwise import computed, extents_of, is_array, size_of
from ..frontend.indexing import Slice
from ..frontend.iteration import (
    ONE,
    ZERO,
    EnumerateOf,
    FlatOf,
    IndicesOf,
    ListIn,
    ListOf,
    RangeOf,
    ZipOf,
    reversed_of,
)
from ..ir.builder import ANONYMOUS, Builder
from ..ir.joins import is_tree
from ..ir.nodes import Call, Const, Routine, Tuple
from .context import Context
from .handlers import array_in, handles, shape_of


def items_of(build: Builder, value: Any, count: int) -> list[Any]:
    """What unpacking gives."""
    if isinstance(value, Tuple | ListOf):
        if len(value.items) != count:
            raise NotTransformable("an unpacking into a different number of names")
        return list(value.items)
    if is_array(value):
        return [indexing.item(build, value, (Const(i),)) for i in range(count)]
    raise NotTransformable("an unpacking of something that is not a tuple")


def item_of(whole: Tuple, index: Any) -> Any:
    """An item of a tuple."""
    if isinstance(index, Slice) and all(isinstance(e, Const) for e in (index.lower, index.upper, index.step)):
        return Tuple(whole.items[index.lower.value : index.upper.value : index.step.value])
    if isinstance(index, Const) and isinstance(index.value, int):
        return whole.items[index.value]
    raise NotTransformable("an index into a tuple that is not a constant")


@handles(range, prange)  # the loops of what is differentiated run one after another
def _range(context: Context, *ends: Any) -> RangeOf:
    if any(getattr(end, "width", "").startswith("u") for end in ends):
        raise NotTransformable("a range of integers without a sign")
    if len(ends) == 1:
        return RangeOf((ZERO, ends[0], ONE))
    return RangeOf((ends[0], ends[1], ends[2] if len(ends) == 3 else ONE))


@handles(reversed)
def _reversed(context: Context, whole: Any) -> Any:
    return reversed_of(context.build, whole)


@handles(enumerate)
def _enumerate(context: Context, inner: Any, start: Any = ZERO) -> Any:
    if isinstance(inner, Tuple):
        if not isinstance(start, Const):
            raise NotTransformable("enumerate of a tuple with a start that is not a constant")
        return Tuple(tuple(Tuple((Const(start.value + k), item)) for k, item in enumerate(inner.items)))
    return EnumerateOf(inner, start)


@handles(zip)
def _zip(context: Context, *parts: Any) -> Any:
    if parts and all(isinstance(part, Tuple) for part in parts):
        return Tuple(tuple(Tuple(row) for row in zip(*(p.items for p in parts), strict=False)))
    return ZipOf(parts)


@handles(np.ndindex)
def _ndindex(context: Context, *extents: Any) -> IndicesOf:
    return IndicesOf(shape_of(extents[0] if len(extents) == 1 else Tuple(extents)))


@handles(np.ndenumerate)
def _ndenumerate(context: Context, a: Any) -> IndicesOf:
    array = array_in(context, a)
    return IndicesOf(array.extents or (), array)


@handles(np.nditer)
def _nditer(context: Context, a: Any) -> FlatOf:
    array = array_in(context, a)
    return FlatOf(array, cells=True)


@handles(len)
def _len(context: Context, thing: Any) -> Any:
    if isinstance(thing, Tuple | ListOf):
        return Const(len(thing.items))
    if isinstance(thing, ListIn):
        return extents_of(thing.array)[0]
    if isinstance(thing, FlatOf) and not thing.cells:
        return size_of(context.build, extents_of(thing.array))
    if things.is_thing(thing):
        return things.operation(context.build, len, thing)
    if not is_array(thing):
        raise NotTransformable("len of something that is not an array")
    return extents_of(thing)[0]


@handles(literal_unroll)
def _literal_unroll(context: Context, thing: Any) -> Any:
    return thing  # every loop over a tuple is unrolled


PRINTED = Routine(print, acts=True)


@handles(print)
def _print(context: Context, *args: Any) -> Const:
    given = [computed(context.build, arg, ANONYMOUS) for arg in args]
    if not all(map(is_tree, given)):
        raise NotTransformable("print of something other than numbers, arrays, tuples and strings")
    context.build.emit(Call((), PRINTED, tuple(given)))
    return Const(None)


@handles(tuple)
def _tuple(context: Context, thing: Any) -> Any:
    if isinstance(thing, Tuple | ListOf):
        return Tuple(tuple(thing.items))
    raise NotTransformable("tuple of something that is not a tuple")
