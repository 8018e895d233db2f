"""What a block stores for its adjoint: arrays and scalars, one after the other, aligned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils
from ..staging import trees
from ..staging.stage import Stage
from ..staging.trees import Leaf
from ..staging.value import Value
from .links import aligned
from .pool import INT64


@dataclass(frozen=True)
class Item:
    """An array or scalar to keep: where it comes from, and what is kept of each scalar of it."""

    source: Leaf
    scalar: types.Type
    convert: Callable[[Value], Value]

    @property
    def type(self) -> types.Type:
        """The type of what is read back."""
        return kept_type(self.source.type, self.scalar)


def kept_type(ty: types.Type, scalar: types.Type) -> types.Type:
    """What a leaf of type `ty` is read back as."""
    return types.Array(scalar, ty.ndim, "C") if isinstance(ty, types.Array) else scalar


def as_it_is(leaf: Leaf) -> Item:
    """A leaf kept with its own scalar type."""
    return Item(leaf, leaf.scalar, lambda value: value)


def size(stage: Stage, items: Sequence[Item]) -> Any:
    """The number of bytes that the items take."""
    return reduce(stage.builder.add, (_size(stage, item) for item in items), trees.intp(stage, 0))


def _size(stage: Stage, item: Item) -> Any:
    shape = trees.shape(stage, item.source)
    data = data_size(stage, item.scalar, trees.product(stage, shape))
    return stage.builder.add(_shape_size(stage, len(shape)), data)


def _shape_size(stage: Stage, ndim: int) -> Any:
    return aligned(stage.builder, ir.Constant(INT64, 8 * ndim))


def data_size(stage: Stage, scalar: types.Type, count: Any) -> Any:
    """The number of bytes of scalars one after the other, aligned."""
    itemsize = stage.context.get_abi_sizeof(stage.context.get_data_type(scalar))
    return aligned(stage.builder, stage.builder.mul(count, ir.Constant(INT64, itemsize)))


class Cursor:
    """A place in a payload that moves on as items are written or read."""

    def __init__(self, stage: Stage, pointer: Any) -> None:
        self.stage, self.pointer = stage, pointer

    def _pass(self, nbytes: Any, element: ir.Type) -> Any:
        builder = self.stage.builder
        here = builder.bitcast(self.pointer, element.as_pointer())
        self.pointer = builder.gep(self.pointer, [nbytes])
        return here

    def write(self, item: Item) -> None:
        """Copy an item's scalars, in C order, after its shape."""
        stage, context = self.stage, self.stage.context
        extents = trees.shape(stage, item.source)
        shape = self._pass(_shape_size(stage, len(extents)), INT64)
        for i, extent in enumerate(extents):
            stage.builder.store(extent, stage.builder.gep(shape, [ir.Constant(INT64, i)]))
        nbytes = data_size(stage, item.scalar, trees.product(stage, extents))
        data = self._pass(nbytes, context.get_data_type(item.scalar))
        for value, position in trees.scalars(stage, [item.source]):
            kept = item.convert(value)
            context.pack_value(stage.builder, kept.type, kept.ll, stage.builder.gep(data, [position]))

    def read(self, ty: types.Type) -> Leaf:
        """An item of type `ty`, an array as a view of the payload."""
        stage, context = self.stage, self.stage.context
        ndim = ty.ndim if isinstance(ty, types.Array) else 0
        scalar = ty.dtype if isinstance(ty, types.Array) else ty
        shape = self._pass(_shape_size(stage, ndim), INT64)
        extents = [stage.builder.load(stage.builder.gep(shape, [ir.Constant(INT64, i)])) for i in range(ndim)]
        count = trees.product(stage, extents)
        data = self._pass(data_size(stage, scalar, count), context.get_data_type(scalar))
        if isinstance(ty, types.Array):
            return view(stage, ty, data, extents)
        return Leaf(ty, context.unpack_value(stage.builder, ty, data))


def view(stage: Stage, ty: types.Array, data: Any, extents: Sequence[Any]) -> Leaf:
    """An array over memory that someone else owns, in C order if its type does not say otherwise."""
    context, builder = stage.context, stage.builder
    itemsize = trees.intp(stage, context.get_abi_sizeof(context.get_data_type(ty.dtype)))
    strides = [itemsize]
    inner = extents[:-1] if ty.layout == "F" else extents[:0:-1]
    for extent in inner:
        strides.append(builder.mul(strides[-1], extent))
    if ty.layout != "F":
        strides.reverse()
    array = context.make_array(ty)(context, builder)
    context.populate_array(
        array,
        data=builder.bitcast(data, context.get_data_type(ty.dtype).as_pointer()),
        shape=cgutils.pack_array(builder, extents, INT64),
        strides=cgutils.pack_array(builder, strides[: len(extents)], INT64),
        itemsize=itemsize,
        meminfo=None,
    )
    return Leaf(ty, array._getvalue())
