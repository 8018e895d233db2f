"""Array functions on the tape: one statement for a scalar result, one block for any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils
from ..rules.table import lookup
from ..staging import trees
from ..staging.stage import Stage
from ..staging.trees import Leaf
from ..staging.value import Value
from ..types.active import Var
from . import links, payloads, pool, recording
from .payloads import Cursor, Item, as_it_is
from .pool import INT32, INT64, POINTER
from .sweep import is_zero


def tape_of(stage: Stage, operands: Sequence[Leaf]) -> tuple[Any, Any]:
    """The tape on which some scalar of the operands is, and whether there is one."""
    builder = stage.builder
    tape_slot = cgutils.alloca_once(builder, POINTER)
    builder.store(pool.null(), tape_slot)

    def live(value: Value) -> Any:
        builder.store(value.part("tape"), tape_slot)
        return builder.icmp_signed("!=", value.part("index"), ir.Constant(INT32, 0))

    found = any_scalar(stage, operands, live)
    return builder.load(tape_slot), found


def guarded(stage: Stage, live: Any, record: Callable[[], Any]) -> Any:
    """The index that `record` gives, 0 if nothing recorded depends on an input."""
    builder = stage.builder
    slot = cgutils.alloca_once(builder, INT32)
    builder.store(ir.Constant(INT32, 0), slot)
    with builder.if_then(live):
        builder.store(record(), slot)
    return builder.load(slot)


# -- statements -----------------------------------------------------------------------------------


def push_statement(
    stage: Stage, adjoint: types.Type, pointer: Any, operands: Sequence[Leaf], partials: Sequence[Leaf]
) -> Any:
    """A statement with one term per scalar of the operands; return its index."""
    builder = stage.builder
    element = stage.context.get_data_type(adjoint)
    header = builder.bitcast(pointer, pool.HEADER.as_pointer())
    count = trees.total_size(stage, operands)
    each = stage.context.get_abi_sizeof(element) + recording.INDEX_SIZE
    recording.reserve(stage, header, builder.mul(count, trees.intp(stage, each)))
    partials_slot, indices_slot = (
        pool.field(builder, header, which) for which in (pool.PARTIALS, pool.INDICES)
    )
    above = builder.bitcast(builder.load(partials_slot), element.as_pointer())
    below = builder.bitcast(builder.load(indices_slot), INT32.as_pointer())
    # Past the memory limit the tape has been started over, and may still be too small.
    fits = builder.icmp_signed(
        ">=", recording.gap(builder, header), builder.mul(count, trees.intp(stage, each))
    )
    with builder.if_then(fits, likely=True):
        for value, position in trees.scalars(stage, operands):
            mark = builder.select(_is_zero(builder, position), recording.MARK, ir.Constant(INT32, 0))
            slot = builder.gep(below, [builder.sub(trees.intp(stage, -1), position)])
            builder.store(builder.or_(value.part("index"), mark), slot)
        for value, position in trees.scalars(stage, partials):
            stage.context.pack_value(builder, adjoint, value.ll, builder.gep(above, [position]))
        builder.store(builder.bitcast(builder.gep(above, [count]), POINTER), partials_slot)
        bottom = builder.gep(below, [builder.neg(count)])
        builder.store(builder.bitcast(bottom, POINTER), indices_slot)
        slot = pool.field(builder, header, pool.COUNT)
        builder.store(builder.add(builder.load(slot), trees.intp(stage, 1)), slot)
    return builder.trunc(builder.load(pool.field(builder, header, pool.COUNT)), INT32)


def _is_zero(builder: Any, number: Any) -> Any:
    return builder.icmp_signed("==", number, ir.Constant(number.type, 0))


# -- blocks ---------------------------------------------------------------------------------------


def places_of(stage: Stage, operand: Leaf) -> list[Item]:
    """Where the adjoints of an array are, for a payload: its shape, then a first index or all indices.

    What an array function or a loop over elements made has consecutive indices. Then the adjoints are an
    array themselves and need no copy. Otherwise the first index is 0, and each scalar's own is kept.
    """
    builder = stage.builder
    first = _first_of_consecutive(stage, operand)
    scattered = _is_zero(builder, first)
    array = stage.context.make_array(operand.type)(stage.context, builder, operand.ll)
    extents = trees.shape(stage, operand)
    kept = [builder.select(scattered, extent, trees.intp(stage, 0)) for extent in extents]
    array.shape = cgutils.pack_array(builder, kept, INT64)
    indices = Item(
        Leaf(operand.type, array._getvalue()),
        types.int32,
        lambda value: value.on.value(types.int32, value.part("index")),
    )
    return [as_it_is(Leaf(types.intp, number)) for number in (*extents, first)] + [indices]


def _first_of_consecutive(stage: Stage, operand: Leaf) -> Any:
    """The index of the first scalar if the others' follow it one by one, else 0."""
    builder = stage.builder
    none = ir.Constant(INT64, 0)
    first, broken = (cgutils.alloca_once_value(builder, none) for _ in range(2))
    with builder.if_then(builder.icmp_signed("!=", trees.size(stage, operand), none)):
        array = stage.context.make_array(operand.type)(stage.context, builder, operand.ll)
        at_start = stage.value(
            operand.scalar, stage.context.unpack_value(builder, operand.scalar, array.data)
        )
        builder.store(builder.zext(at_start.part("index"), INT64), first)
    start = builder.load(first)
    for value, position in trees.scalars(stage, [operand]):
        difference = builder.sub(builder.zext(value.part("index"), INT64), builder.add(start, position))
        builder.store(builder.or_(builder.load(broken), difference), broken)
    return builder.select(_is_zero(builder, builder.load(broken)), start, none)


@dataclass(frozen=True)
class Places:
    """What :func:`places_of` kept of an operand, read back."""

    extents: Sequence[Any]
    first: Any
    indices: Leaf

    @classmethod
    def read(cls, cursor: Cursor, ty: types.Array) -> Places:
        """The places of the next operand in a payload."""
        extents = [cursor.read(types.intp).ll for _ in range(ty.ndim)]
        return cls(extents, cursor.read(types.intp).ll, cursor.read(payloads.kept_type(ty, types.int32)))


def push_block(stage: Stage, pointer: Any, items: Sequence[Item], function: Any, results: Any) -> Any:
    """A block that keeps the items; return the index of the first of its `results`."""
    builder = stage.builder
    header = builder.bitcast(pointer, pool.HEADER.as_pointer())
    payload, first = links.push(stage, header, payloads.size(stage, items), function, results)
    with builder.if_then(builder.icmp_unsigned("!=", payload, pool.null())):
        cursor = Cursor(stage, payload)
        for item in items:
            cursor.write(item)
    return first


def numbered(stage: Stage, leaf: Leaf, ty: Var, pointer: Any, first: Any) -> Leaf:
    """A result with consecutive indices from `first` on; with none if that is 0."""
    builder = stage.builder
    live = builder.icmp_signed("!=", first, ir.Constant(INT32, 0))

    def number(value: Value, position: Any) -> Value:
        following = builder.add(first, builder.trunc(position, INT32))
        index = builder.select(live, following, ir.Constant(INT32, 0))
        return stage.build(ty, primal=stage.cast(value, ty.base).ll, index=index, tape=pointer)

    [result] = trees.mapped(stage, [leaf], lambda _: ty, number)
    return result


class Adjoints:
    """The adjoints of a tape while it is swept, as a block's function sees them."""

    def __init__(self, stage: Stage, scalar: types.Type, pointer: Any) -> None:
        self.stage, self.scalar = stage, scalar
        self.pointer = stage.builder.bitcast(pointer, stage.context.get_data_type(scalar).as_pointer())

    def at(self, index: Any, extents: Sequence[Any]) -> Leaf:
        """Those of an array with consecutive indices, as a view; of a scalar if there are no extents."""
        start = self.stage.builder.gep(self.pointer, [index])
        if not extents:
            return Leaf(self.scalar, self.stage.context.unpack_value(self.stage.builder, self.scalar, start))
        return payloads.view(self.stage, types.Array(self.scalar, len(extents), "C"), start, extents)

    def add(self, indices: Leaf, contributions: Leaf) -> None:
        """Add an array to the adjoints at an array of indices: as many as there are."""
        stage, context = self.stage, self.stage.context
        added = context.make_array(contributions.type)(context, stage.builder, contributions.ll)
        for index, position in trees.scalars(stage, [indices]):
            slot = stage.builder.gep(self.pointer, [stage.builder.zext(index.ll, INT64)])
            at = stage.builder.gep(added.data, [position])
            old, value = (
                stage.value(self.scalar, context.unpack_value(stage.builder, self.scalar, pointer))
                for pointer in (slot, at)
            )
            new = stage.cast(stage.operate(lookup("add"), (old, value)), self.scalar)
            context.pack_value(stage.builder, self.scalar, new.ll, slot)


def any_nonzero(stage: Stage, leaves: Sequence[Leaf]) -> Any:
    """Whether some scalar is not exactly zero."""
    return any_scalar(stage, leaves, lambda value: stage.builder.not_(is_zero(stage, value)))


def any_scalar(stage: Stage, leaves: Sequence[Leaf], test: Callable[[Value], Any]) -> Any:
    """Whether some scalar passes a test; those after the first that does are not read."""
    builder = stage.builder
    found = cgutils.alloca_once(builder, ir.IntType(1))
    builder.store(ir.Constant(ir.IntType(1), 0), found)
    for leaf, pointer, _ in trees.pointers(stage, leaves):
        with builder.if_then(builder.not_(builder.load(found))):
            ll = leaf.ll if pointer is None else stage.context.unpack_value(builder, leaf.scalar, pointer)
            builder.store(test(stage.value(leaf.scalar, ll)), found)
    return builder.load(found)


class Workspace:
    """Where an adjoint rule adds to: the adjoints themselves where they are consecutive, else zeros.

    Their memory is from outside Numba's: where it counts references, it may raise.
    """

    def __init__(self, adjoints: Adjoints, places: Sequence[Places]) -> None:
        self.adjoints, self.places = adjoints, places
        self.stage = stage = adjoints.stage
        scalar = adjoints.scalar
        builder = stage.builder
        element = stage.context.get_data_type(scalar)
        sizes = [trees.size(stage, place.indices) for place in places]
        total = reduce(builder.add, sizes, trees.intp(stage, 1))
        nbytes = builder.mul(total, trees.intp(stage, stage.context.get_abi_sizeof(element)))
        self.memory = pool.reallocate(builder, pool.null(), nbytes)
        cgutils.memset(builder, self.memory, nbytes, 0)
        zeros = builder.bitcast(self.memory, element.as_pointer())
        self.arrays = []
        for place, size in zip(places, sizes, strict=True):
            own = builder.gep(adjoints.pointer, [place.first])
            data = builder.select(_is_zero(builder, place.first), zeros, own)
            ty = types.Array(scalar, len(place.extents), "C")
            self.arrays.append(payloads.view(stage, ty, data, place.extents))
            zeros = builder.gep(zeros, [size])

    def add(self) -> None:
        """Add what is in arrays of their own to the adjoints."""
        for place, contribution in zip(self.places, self.arrays, strict=True):
            builder = self.stage.builder
            with builder.if_then(_is_zero(builder, place.first)):
                self.adjoints.add(place.indices, contribution)

    def fill(self, number: float) -> None:
        """Set every scalar."""
        context = self.stage.context
        for leaf, pointer, _ in trees.pointers(self.stage, self.arrays):
            context.pack_value(
                self.stage.builder, leaf.scalar, self.stage.constant(leaf.scalar, number).ll, pointer
            )

    def free(self) -> None:
        """Give the memory back."""
        pool.free(self.stage.builder, self.memory)
