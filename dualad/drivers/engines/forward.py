"""Kernels of forward mode: passes of the user's function over dual numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types

from ...numba_api import cgutils
from ...staging import forward, trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ...types.active import Dual, rebased, scalar_base
from ..calls import draws
from ..calls.call import Call
from ..calls.selection import Selection
from . import signals

# ForwardDiff's chunk rule tops out at 12; 8 doubles are a register of AVX-512, two of AVX2.
ARRAY_CHUNK = 8
WIDEST_CHUNK = 12


def default_chunk(selection: Selection) -> int:
    """How many partials one pass carries."""
    n = trees.static_size(selection.leaf_types)
    if n is None:
        return ARRAY_CHUNK if selection.level == 1 else ARRAY_CHUNK // 2
    if n <= WIDEST_CHUNK:
        return max(n, 1)
    passes = -(-n // WIDEST_CHUNK)
    return -(-n // passes)


@dataclass(frozen=True)
class Forward:
    """A function called with dual numbers: the types of one forward derivative."""

    selection: Selection
    dual: Dual
    active: list[types.Type]
    call: Call

    @classmethod
    def resolve(
        cls, typing: Any, selection: Selection, width: int, *tangents: types.Type, absorbing: bool = True
    ) -> Forward:
        base, level = selection.base(*tangents), selection.level
        dual = Dual(base(types.float64), width, level, absorbing)
        active = selection.activated(lambda ty: dual.over(base(ty)))
        return cls(selection, dual, active, Call.resolve(typing, selection.function, active))

    @property
    def level(self) -> int:
        return self.selection.level

    @property
    def is_one_pass(self) -> bool:
        """Whether one run gives the partials by all inputs."""
        n = trees.static_size(self.selection.leaf_types)
        return n is not None and n <= self.width

    @property
    def width(self) -> int:
        return self.dual.width

    def over(self, ty: types.Type) -> Dual:
        """The type of a dual number for an argument's scalar of type `ty`."""
        return self.dual.over(rebased(self.dual.base, scalar_base(ty)))

    def run(self, stage: Stage, args: Sequence[Any], seeded: list[Leaf]) -> Any:
        """Call the function with the differentiated arguments replaced by `seeded`."""
        passed = self.selection.substituted(stage, args, self.active, seeded)
        result = self.call.emit(stage, passed, lambda: None, seeded)
        for leaf in seeded:
            trees.release(stage, leaf.type, leaf.ll)
        return result

    def seeded(self, stage: Stage, args: Sequence[Any], seed: Callable[[Value, Any], Any]) -> list[Leaf]:
        """New leaves of dual numbers; ``seed(value, position)`` makes the dual number."""
        return trees.mapped(stage, self.selection.leaves(stage, args), self.over, seed, in_layout=True)

    def unit(self, stage: Stage, start: Any) -> Callable[[Value, Any], Value]:
        """Seeds for the partials `start`, start + 1, ...: rows of the identity."""

        def seed(value: Value, position: Any) -> Value:
            ty = self.over(value.type)
            primal = stage.cast(value, ty.base)
            column = stage.builder.sub(position, start)
            if isinstance(ty.base, types.Float) and ty.width > 1:
                return stage.build(ty, primal=primal.ll, tangent=_unit_vector(stage, ty, column))
            components = []
            for k in range(self.width):
                hit = stage.builder.icmp_signed("==", column, trees.intp(stage, k))
                one = stage.builder.uitofp(hit, ir.DoubleType())
                components.append(stage.cast(stage.value(types.float64, one), ty.base))
            return forward.with_components(stage, ty, primal, components)

        return seed

    def partials(self, stage: Stage, value: Value) -> list[Value]:
        """The partials of a scalar result; zeros if it does not depend on the arguments."""
        if isinstance(value.type, Dual) and value.type.level == self.level:
            return [forward.component(stage, value, k) for k in range(self.width)]
        return [stage.zero(value.type)] * self.width

    def element(self, result: types.Type) -> Callable[[types.Type], types.Type]:
        """The type of a derivative of a scalar of type `result` by a scalar of the given type."""
        base = result.base if isinstance(result, Dual) and result.level == self.level else result
        return lambda ty: rebased(base, scalar_base(ty))


def _unit_vector(stage: Stage, ty: Dual, column: Any) -> Any:
    """The tangent with a one at `column` (none if it lies outside)."""
    everywhere = forward.splat(stage.builder, ty, column)
    # No column has the number of a padding lane.
    lanes = [k if k < ty.width else -(1 << 62) for k in range(everywhere.type.count)]
    hits = stage.builder.icmp_signed("==", everywhere, ir.Constant(everywhere.type, lanes))
    return stage.builder.uitofp(hits, stage.context.get_value_type(ty.tangent))


def store_partials(stage: Stage, partials: Sequence[Value], row: Any, start: Any, total: Any) -> None:
    """Store partials to ``row[start:]``, up to `total`; `row` points to elements of their type."""
    builder, context = stage.builder, stage.context
    fits = builder.icmp_signed("<=", builder.add(start, trees.intp(stage, len(partials))), total)

    def store(k: int) -> None:
        slot = builder.gep(row, [builder.add(start, trees.intp(stage, k))])
        context.pack_value(builder, partials[k].type, partials[k].ll, slot)

    with builder.if_else(fits) as (whole, part):
        with whole:
            for k in range(len(partials)):
                store(k)
        with part:
            for k in range(len(partials)):
                at = builder.add(start, trees.intp(stage, k))
                with builder.if_then(builder.icmp_signed("<", at, total)):
                    store(k)


def gradient(
    stage: Stage, mode: Forward, args: Sequence[Any], scalar_of: Callable[[Any], Value]
) -> tuple[Any, list[Leaf]]:
    """(result of the last pass, gradient leaves); `scalar_of` picks the differentiated scalar."""
    like = mode.selection.leaves(stage, args)
    start = trees.intp(stage, 0)
    if mode.is_one_pass:
        result = mode.run(stage, args, mode.seeded(stage, args, mode.unit(stage, start)))
        y = scalar_of(result)
        element = mode.element(y.type)
        partials = mode.partials(stage, y)
        grads = []
        for leaf, partial in zip(like, partials, strict=False):
            cast = stage.cast(partial, element(leaf.scalar))
            grads.append(Leaf(cast.type, cast.ll))
        return result, grads

    total = trees.total_size(stage, like)
    several = stage.builder.icmp_signed(">", total, trees.intp(stage, mode.width))
    draws.refuse_runs(stage, mode.selection, several)
    # y's type is not known before the first pass is emitted, only its storage is needed before.
    row_slot = cgutils.alloca_once(stage.builder, ir.IntType(8).as_pointer())
    result_of_pass, row_array = None, None
    with trees.loop_until(stage, mode.width, total) as start:
        result_of_pass = mode.run(stage, args, mode.seeded(stage, args, mode.unit(stage, start)))
        y = scalar_of(result_of_pass)
        element = mode.element(y.type)
        scalar = element(_widest(like))
        row_type = types.Array(scalar, 1, "C")
        row_array = cgutils.alloca_once(stage.builder, stage.context.get_value_type(row_type))
        first = stage.builder.icmp_signed("==", start, trees.intp(stage, 0))
        with stage.builder.if_then(first):
            _, ll, data = trees.new_array(stage, scalar, [total])
            stage.builder.store(ll, row_array)
            stage.builder.store(stage.builder.bitcast(data, row_slot.type.pointee), row_slot)
        row = stage.builder.bitcast(
            stage.builder.load(row_slot), stage.context.get_data_type(scalar).as_pointer()
        )
        partials = [stage.cast(p, scalar) for p in mode.partials(stage, y)]
        store_partials(stage, partials, row, start, total)
        more = stage.builder.icmp_signed("<", stage.builder.add(start, trees.intp(stage, mode.width)), total)
        with stage.builder.if_then(more):
            trees.release(stage, mode.call.result, result_of_pass)
            sweep = stage.builder.sdiv(start, trees.intp(stage, mode.width))
            signals.answer(stage, sweep, [Leaf(row_type, stage.builder.load(row_array))])
    source = Leaf(row_type, stage.builder.load(row_array))
    grads = unflattened(stage, source, row, like, element)
    return result_of_pass, grads


def _widest(like: Sequence[Leaf]) -> types.Type:
    return max((leaf.scalar for leaf in like), key=lambda ty: scalar_base(ty).bitwidth)


def unflattened(
    stage: Stage,
    source: Leaf,
    row: Any,
    like: Sequence[Leaf],
    element: Callable[[types.Type], types.Type],
) -> list[Leaf]:
    """Leaves shaped like `like` from a row of scalars, which is used up."""
    [only, *others] = like
    if not others and isinstance(only.type, types.Array) and element(only.scalar) == source.scalar:
        return [reshaped(stage, source, trees.shape(stage, only))]

    def at(position: Any) -> Value:
        slot = stage.builder.gep(row, [position])
        return stage.value(source.scalar, stage.context.unpack_value(stage.builder, source.scalar, slot))

    grads = trees.from_flat(stage, like, at, element)
    trees.release(stage, source.type, source.ll)
    return grads


def reshaped(stage: Stage, source: Leaf, extents: Sequence[Any]) -> Leaf:
    """A contiguous array with other extents and the same data; takes over the reference."""
    context, builder = stage.context, stage.builder
    ty = types.Array(source.scalar, len(extents), "C")
    old = context.make_array(source.type)(context, builder, source.ll)
    new = context.make_array(ty)(context, builder)
    itemsize = trees.intp(stage, context.get_abi_sizeof(context.get_data_type(source.scalar)))
    strides = [itemsize]
    for extent in reversed(extents[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    context.populate_array(
        new,
        data=old.data,
        shape=list(extents),
        strides=strides[: len(extents)],
        itemsize=itemsize,
        meminfo=old.meminfo,
        parent=old.parent,
    )
    return Leaf(ty, new._getvalue())
