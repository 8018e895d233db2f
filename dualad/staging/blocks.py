"""Array functions on the tape: one statement for a scalar result, one block for any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from ..rules.table import lookup
from ..types.active import Var
from . import links, payloads, pool, tape, trees
from .payloads import Cursor, Item
from .pool import INT32, INT64, POINTER
from .stage import Stage, Value
from .trees import Leaf


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
    each = stage.context.get_abi_sizeof(element) + tape.INDEX_SIZE
    tape.reserve(stage, header, builder.mul(count, trees.intp(stage, each)))
    partials_slot, indices_slot = (
        pool.field(builder, header, which) for which in (pool.PARTIALS, pool.INDICES)
    )
    above = builder.bitcast(builder.load(partials_slot), element.as_pointer())
    below = builder.bitcast(builder.load(indices_slot), INT32.as_pointer())
    # Past the memory limit the tape has been started over, and may still be too small.
    fits = builder.icmp_signed(">=", tape.gap(builder, header), builder.mul(count, trees.intp(stage, each)))
    with builder.if_then(fits, likely=True):
        for value, position in trees.scalars(stage, operands):
            mark = builder.select(_is_zero(builder, position), tape.MARK, ir.Constant(INT32, 0))
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


def indices_of(operand: Leaf) -> Item:
    """The indices of an array, for a payload."""
    return Item(operand, types.int32, lambda value: value.on.value(types.int32, value.part("index")))


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
        """Add an array to the adjoints at an array of indices."""
        stage, context = self.stage, self.stage.context
        array = context.make_array(indices.type)(context, stage.builder, indices.ll)
        for value, position in trees.scalars(stage, [contributions]):
            index = stage.builder.load(stage.builder.gep(array.data, [position]))
            slot = stage.builder.gep(self.pointer, [stage.builder.zext(index, INT64)])
            old = stage.value(self.scalar, context.unpack_value(stage.builder, self.scalar, slot))
            new = stage.cast(stage.operate(lookup("add"), (old, value)), self.scalar)
            context.pack_value(stage.builder, self.scalar, new.ll, slot)


def any_nonzero(stage: Stage, leaves: Sequence[Leaf]) -> Any:
    """Whether some scalar is not exactly zero."""
    return any_scalar(stage, leaves, lambda value: stage.builder.not_(tape.is_zero(stage, value)))


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
    """Arrays of zeros in memory from outside Numba's: where it counts references, it may raise."""

    def __init__(self, stage: Stage, scalar: types.Type, shapes: Sequence[Sequence[Any]]) -> None:
        self.stage = stage
        builder = stage.builder
        element = stage.context.get_data_type(scalar)
        sizes = [trees.product(stage, extents) for extents in shapes]
        total = trees.intp(stage, 1)
        for size in sizes:
            total = builder.add(total, size)
        nbytes = builder.mul(total, trees.intp(stage, stage.context.get_abi_sizeof(element)))
        self.memory = pool.reallocate(builder, pool.null(), nbytes)
        cgutils.memset(builder, self.memory, nbytes, 0)
        data = builder.bitcast(self.memory, element.as_pointer())
        self.arrays = []
        for extents, size in zip(shapes, sizes, strict=True):
            self.arrays.append(payloads.view(stage, types.Array(scalar, len(extents), "C"), data, extents))
            data = builder.gep(data, [size])

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
