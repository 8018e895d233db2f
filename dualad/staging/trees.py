"""Arguments and results as trees: scalars and arrays are leaves, tuples are branches.

Values here are LLVM values on a stage; a leaf is a float, an active scalar, or an array of them, or something
passive that goes with them. None is no leaf: it stands where a derivative has nothing. Every scalar of a tree
has a flat position: leaves in order, arrays in C order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils, empty_nd_impl
from ..types.active import is_real
from ..types.maps import copy_layout
from .stage import Stage
from .value import Value

INTP = types.intp


@dataclass(frozen=True)
class Leaf:
    """A leaf of a tree: its type and its LLVM value."""

    type: types.Type
    ll: Any

    @property
    def is_array(self) -> bool:
        return isinstance(self.type, types.Array)

    @property
    def scalar(self) -> types.Type:
        return self.type.dtype if isinstance(self.type, types.Array) else self.type


def leaf_types(ty: Any) -> list[types.Type]:
    """The types of the leaves of a tree type."""
    if isinstance(ty, types.BaseTuple):
        return [leaf for item in ty for leaf in leaf_types(item)]
    if isinstance(ty, types.NoneType):
        return []
    return [types.unliteral(ty)]


def is_differentiable(ty: Any) -> bool:
    """Whether a leaf type can carry derivatives."""
    return is_real(ty.dtype if isinstance(ty, types.Array) else ty)


def derivative_types(ty: Any, function: Callable[[types.Type], types.Type]) -> types.Type:
    """A tree type of the same shape with the types of derivatives; None for what has none."""
    return map_types(ty, lambda leaf: function(leaf) if is_differentiable(leaf) else types.none)


def map_types(ty: Any, function: Callable[[types.Type], types.Type]) -> types.Type:
    """A tree type of the same shape with other leaves."""
    if isinstance(ty, types.BaseTuple):
        items = [map_types(item, function) for item in ty]
        if isinstance(ty, types.BaseNamedTuple):
            same = isinstance(ty, types.NamedUniTuple) and len(set(items)) == 1
            if same:
                return types.NamedUniTuple(items[0], len(items), ty.instance_class)
            return types.NamedTuple(items, ty.instance_class)
        return types.Tuple(items)
    return function(types.unliteral(ty))


def leaves(stage: Stage, ty: Any, ll: Any) -> list[Leaf]:
    """The leaves of a tree value."""
    if isinstance(ty, types.BaseTuple):
        found = []
        for i, item in enumerate(ty):
            found += leaves(stage, item, stage.builder.extract_value(ll, i))
        return found
    if isinstance(ty, types.NoneType):
        return []
    plain = types.unliteral(ty)
    return [Leaf(plain, stage.context.cast(stage.builder, ll, ty, plain))]


def differentiable(stage: Stage, ty: Any, ll: Any) -> list[Leaf]:
    """The leaves of a tree value that can carry derivatives."""
    return [leaf for leaf in leaves(stage, ty, ll) if is_differentiable(leaf.type)]


def rebuild(stage: Stage, ty: Any, parts: Iterator[Any]) -> Any:
    """A tree value of type `ty` from the LLVM values of its leaves, in order."""
    if isinstance(ty, types.BaseTuple):
        return stage.context.make_tuple(stage.builder, ty, [rebuild(stage, item, parts) for item in ty])
    return stage.context.get_dummy_value() if isinstance(ty, types.NoneType) else next(parts)


# -- sizes and loops ------------------------------------------------------------------------------


def intp(stage: Stage, number: int) -> Any:
    """An index constant."""
    return stage.context.get_constant(INTP, number)


def shape(stage: Stage, leaf: Leaf) -> list[Any]:
    """The extents of an array leaf; none for a scalar."""
    if not isinstance(leaf.type, types.Array):
        return []
    array = stage.context.make_array(leaf.type)(stage.context, stage.builder, leaf.ll)
    return cgutils.unpack_tuple(stage.builder, array.shape, leaf.type.ndim)


def size(stage: Stage, leaf: Leaf) -> Any:
    """The number of scalars in a leaf."""
    return product(stage, shape(stage, leaf))


def product(stage: Stage, factors: Sequence[Any]) -> Any:
    """The product of LLVM integers; 1 for none."""
    return reduce(lambda a, b: stage.builder.mul(a, b), factors, intp(stage, 1))


def total_size(stage: Stage, tree: Sequence[Leaf]) -> Any:
    """The number of scalars in a tree."""
    return reduce(stage.builder.add, (size(stage, leaf) for leaf in tree), intp(stage, 0))


def static_size(tree: Sequence[types.Type]) -> int | None:
    """The number of scalars in a tree whose leaves are all scalars; None if an array is among them."""
    return None if any(isinstance(ty, types.Array) for ty in tree) else len(tree)


def pointers(stage: Stage, tree: Sequence[Leaf]) -> Iterator[tuple[Leaf, Any, Any]]:
    """Loop over all scalars: yields (leaf, pointer or None for a scalar leaf, flat position).

    The body of the ``for`` is emitted once per leaf, inside the loops over its elements.
    """
    builder = stage.builder
    offset = intp(stage, 0)
    for leaf in tree:
        if not isinstance(leaf.type, types.Array):
            yield leaf, None, offset
            offset = builder.add(offset, intp(stage, 1))
            continue
        array = stage.context.make_array(leaf.type)(stage.context, builder, leaf.ll)
        extents = shape(stage, leaf)
        count = product(stage, extents)
        if leaf.type.layout == "C":
            with cgutils.for_range(builder, count) as loop:
                yield leaf, builder.gep(array.data, [loop.index]), builder.add(offset, loop.index)
        else:
            with cgutils.loop_nest(builder, extents, count.type) as indices:
                flat = indices[0]
                for extent, index in zip(extents[1:], indices[1:], strict=True):
                    flat = builder.add(builder.mul(flat, extent), index)
                pointer = cgutils.get_item_pointer(stage.context, builder, leaf.type, array, indices)
                yield leaf, pointer, builder.add(offset, flat)
        offset = builder.add(offset, count)


def scalars(stage: Stage, tree: Sequence[Leaf]) -> Iterator[tuple[Value, Any]]:
    """Loop over all scalars as (value, flat position)."""
    for leaf, pointer, position in pointers(stage, tree):
        ll = leaf.ll if pointer is None else stage.context.unpack_value(stage.builder, leaf.scalar, pointer)
        yield stage.value(leaf.scalar, ll), position


def element_at(stage: Stage, leaf: Leaf, position: Any) -> Value:
    """The scalar of a leaf at a position in C order."""
    if not isinstance(leaf.type, types.Array):
        return stage.value(leaf.type, leaf.ll)
    slot = slot_at(stage, leaf, position)
    return stage.value(leaf.scalar, stage.context.unpack_value(stage.builder, leaf.scalar, slot))


def slot_at(stage: Stage, leaf: Leaf, position: Any) -> Any:
    """Pointer to the element of an array at a position in C order."""
    builder, context = stage.builder, stage.context
    array = context.make_array(leaf.type)(context, builder, leaf.ll)
    if leaf.type.layout == "C":
        return builder.gep(array.data, [position])
    indices: list[Any] = []
    for extent in reversed(shape(stage, leaf)):
        indices.insert(0, builder.srem(position, extent))
        position = builder.sdiv(position, extent)
    return cgutils.get_item_pointer(context, builder, leaf.type, array, indices)


# -- arrays ---------------------------------------------------------------------------------------


def new_array(
    stage: Stage, dtype: types.Type, extents: Sequence[Any], layout: str = "C"
) -> tuple[types.Array, Any, Any]:
    """A new contiguous array: its type, its LLVM value and its data pointer."""
    ty = types.Array(dtype, len(extents), layout)
    array = empty_nd_impl(stage.context, stage.builder, ty, extents)
    return ty, array._getvalue(), array.data


def release(stage: Stage, ty: types.Type, ll: Any) -> None:
    """Drop one reference to a value that we own."""
    if stage.context.enable_nrt:
        stage.context.nrt.decref(stage.builder, ty, ll)


def release_on_exit(stage: Stage, owned: Sequence[Leaf]) -> None:
    """Release what is owned, and what the stage holds, and no variable's yet, where an exception leaves.

    Variables are released by :mod:`dualad.compiler.passes.lowering`. Nothing is released in a try block,
    where the code goes on.
    """
    in_try = stage.context.call_conv.check_try_status(stage.builder).in_try
    with stage.builder.if_then(stage.builder.not_(in_try)):
        for leaf in (*stage.held, *owned):
            release(stage, leaf.type, leaf.ll)


def mapped(
    stage: Stage,
    tree: Sequence[Leaf],
    element: Callable[[types.Type], types.Type],
    function: Callable[[Value, Any], Value],
    *,
    in_layout: bool = False,
) -> list[Leaf]:
    """New leaves, elementwise: `function` takes (value, flat position) and returns the new value.

    `element` gives the scalar type of a new leaf from that of the old one. Arrays are in C order, or with
    `in_layout` in that of :func:`~dualad.types.maps.copy_layout`.
    """
    builder, context = stage.builder, stage.context
    targets: list[Leaf | None] = []
    for leaf in tree:
        if isinstance(leaf.type, types.Array):
            layout = copy_layout(leaf.type) if in_layout else "C"
            ty, ll, _ = new_array(stage, element(leaf.scalar), shape(stage, leaf), layout)
            targets.append(Leaf(ty, ll))
        else:
            targets.append(None)
    results: list[Leaf] = []
    start = intp(stage, 0)
    for leaf, target in zip(tree, targets, strict=True):
        for value, position in scalars(stage, [leaf]):
            new = function(value, builder.add(start, position))
            if target is None:
                results.append(Leaf(new.type, new.ll))
            else:
                context.pack_value(builder, new.type, new.ll, slot_at(stage, target, position))
        if target is not None:
            results.append(target)
        start = builder.add(start, size(stage, leaf))
    return results


def from_flat(
    stage: Stage,
    like: Sequence[Leaf],
    source: Callable[[Any], Value],
    element: Callable[[types.Type], types.Type],
) -> list[Leaf]:
    """Leaves shaped like `like`, their scalars taken from ``source(flat position)``."""
    return mapped(stage, like, element, lambda value, at: stage.cast(source(at), element(value.type)))


@contextmanager
def owned(stage: Stage, tree: Sequence[Leaf]) -> Iterator[None]:
    """Release the arrays among new leaves when the block ends."""
    yield
    for leaf in tree:
        release(stage, leaf.type, leaf.ll)


def loop_until(stage: Stage, step: int, total: Any) -> Any:
    """A loop that runs at least once, its index 0, step, 2 step, ... below `total`."""
    return _AtLeastOnce(stage, step, total)


class _AtLeastOnce:
    def __init__(self, stage: Stage, step: int, total: Any) -> None:
        self.stage, self.step, self.total = stage, step, total

    def __enter__(self) -> Any:
        builder = self.stage.builder
        before = builder.block
        self.body = builder.append_basic_block("pass")
        builder.branch(self.body)
        builder.position_at_end(self.body)
        self.index = builder.phi(ir.IntType(64), "start")
        self.index.add_incoming(intp(self.stage, 0), before)
        return self.index

    def __exit__(self, kind: Any, *others: Any) -> None:
        if kind is not None:
            return
        builder = self.stage.builder
        following = builder.add(self.index, intp(self.stage, self.step))
        self.index.add_incoming(following, builder.block)
        done = builder.append_basic_block("passed")
        builder.cbranch(builder.icmp_signed("<", following, self.total), self.body, done)
        builder.position_at_end(done)
