"""Jacobians of results of any form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from numba.core import cgutils, types

from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import contained, joined, rebased, scalar_base
from ..forward import Forward, reshaped, store_partials
from ..plans import (
    check_real,
    stripped,
    stripped_type,
)
from ..reverse import Recording, Reverse
from .kernel import STATIC_CROSSOVER, Kernel


class Jacobian(Kernel):
    """``jacobian`` and ``value_and_jacobian``: shape of the output, then shape of the input."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection = self.select(args)
        mode: Forward | Reverse
        if self.mode == "reverse":
            mode = Reverse.resolve(typing, selection)
        else:
            mode = Forward.resolve(typing, selection, self.width(selection))
            if self.mode == "auto" and self._prefers_reverse(mode):
                mode = Reverse.resolve(typing, selection)
        result = mode.call.result
        check_real(self.function, result, self.driver)
        blocks = self._blocks_type(mode)
        if not self.with_value:
            return blocks, mode
        return types.Tuple([stripped_type(result, selection.level), blocks]), mode

    def _blocks_type(self, mode: Forward | Reverse) -> types.Type:
        """The tree of Jacobian blocks: of the form of the result, within it of the arguments."""

        def row(out: types.Type) -> types.Type:
            return mode.selection.like_arguments_of(out, self._element(mode, out))

        return trees.map_types(mode.call.result, row)

    @staticmethod
    def _prefers_reverse(mode: Forward) -> bool:
        """Many inputs and few outputs, as far as the types tell."""
        outputs = trees.static_size(trees.leaf_types(mode.call.result))
        inputs = trees.static_size(mode.selection.leaf_types)
        return outputs is not None and (inputs is None or inputs > STATIC_CROSSOVER * outputs)

    @staticmethod
    def _element(mode: Forward | Reverse, out: types.Type) -> Callable[[types.Type], types.Type]:
        if isinstance(mode, Reverse):
            return mode.element
        return mode.element(out.dtype if isinstance(out, types.Array) else out)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        result_type = plan.call.result
        emit = self._forward if isinstance(plan, Forward) else self._reverse
        result, matrix, scalar, columns = emit(stage, plan, args)
        outs = trees.leaves(stage, result_type, result)
        likes = plan.selection.leaves(stage, args)
        parts = self._blocks(stage, plan, outs, likes, matrix, scalar, columns)
        blocks = self._blocks_type(plan)
        out = trees.rebuild(stage, blocks, iter(parts))
        if self.with_value:
            value = stripped(stage, result_type, result, plan.level)
            pair = types.Tuple([stripped_type(result_type, plan.level), blocks])
            out = stage.context.make_tuple(stage.builder, pair, [value, out])
        trees.release(stage, result_type, result)
        return out

    def _scalar(self, plan: Any, result_type: types.Type, likes: Sequence[Leaf]) -> types.Type:
        """The type of the elements of the whole matrix."""
        outs = trees.leaf_types(result_type)
        found = [self._element(plan, out)(like.scalar) for out in outs for like in likes]
        actives = [a for ty in found for a in contained(ty)]
        widest = max(found, key=lambda ty: scalar_base(ty).bitwidth, default=types.float64)
        lower = joined(actives)
        return widest if lower is None else rebased(lower, scalar_base(widest))

    def _forward(self, stage: Stage, plan: Forward, args: list[Any]) -> Any:
        builder, context = stage.builder, stage.context
        likes = plan.selection.leaves(stage, args)
        columns = trees.total_size(stage, likes)
        scalar = self._scalar(plan, plan.call.result, likes)
        matrix_type = types.Array(scalar, 1, "C")
        matrix = cgutils.alloca_once(builder, context.get_value_type(matrix_type), zfill=True)
        with trees.loop_until(stage, plan.width, columns) as start:
            result = plan.run(stage, args, plan.seeded(stage, args, plan.unit(stage, start)))
            outs = trees.leaves(stage, plan.call.result, result)
            rows = trees.total_size(stage, outs)
            with builder.if_then(builder.icmp_signed("==", start, trees.intp(stage, 0))):
                _, ll, _ = trees.new_array(stage, scalar, [builder.mul(rows, columns)])
                builder.store(ll, matrix)
            data = context.make_array(matrix_type)(context, builder, builder.load(matrix)).data
            offset = trees.intp(stage, 0)
            for out in outs:
                for value, position in trees.scalars(stage, [out]):
                    row = builder.gep(data, [builder.mul(builder.add(offset, position), columns)])
                    partials = [stage.cast(p, scalar) for p in plan.partials(stage, value)]
                    store_partials(stage, partials, row, start, columns)
                offset = builder.add(offset, trees.size(stage, out))
            more = builder.icmp_signed("<", builder.add(start, trees.intp(stage, plan.width)), columns)
            with builder.if_then(more):
                trees.release(stage, plan.call.result, result)
        return result, Leaf(matrix_type, builder.load(matrix)), scalar, columns

    def _reverse(self, stage: Stage, plan: Reverse, args: list[Any]) -> Any:
        builder, context = stage.builder, stage.context
        recording = Recording(stage, plan, args)
        outs = trees.leaves(stage, plan.call.result, recording.result)
        rows, columns = trees.total_size(stage, outs), recording.inputs
        scalar = self._scalar(plan, plan.call.result, recording.like)
        matrix_type, matrix, data = trees.new_array(stage, scalar, [builder.mul(rows, columns)])
        offset = trees.intp(stage, 0)
        for out in outs:
            for value, position in trees.scalars(stage, [out]):
                one = stage.constant(plan.adjoint, 1.0)
                recording.pull(partial(recording.seed, value, one))
                row = builder.gep(data, [builder.mul(builder.add(offset, position), columns)])
                with cgutils.for_range(builder, columns) as loop:
                    new = stage.cast(recording.adjoint_of_input(loop.index), scalar)
                    context.pack_value(builder, scalar, new.ll, builder.gep(row, [loop.index]))
            offset = builder.add(offset, trees.size(stage, out))
        recording.close()
        return recording.result, Leaf(matrix_type, matrix), scalar, columns

    def _blocks(
        self,
        stage: Stage,
        plan: Any,
        outs: Sequence[Leaf],
        likes: Sequence[Leaf],
        matrix: Leaf,
        scalar: types.Type,
        columns: Any,
    ) -> list[Any]:
        """The blocks of the matrix, one per output leaf and input leaf; uses up the matrix."""
        builder, context = stage.builder, stage.context
        data = context.make_array(matrix.type)(context, builder, matrix.ll).data
        if len(outs) == len(likes) == 1:
            extents = [*trees.shape(stage, outs[0]), *trees.shape(stage, likes[0])]
            if extents and self._element(plan, outs[0].type)(likes[0].scalar) == scalar:
                return [reshaped(stage, matrix, extents).ll]
        parts = []
        top = trees.intp(stage, 0)
        for out in outs:
            left = trees.intp(stage, 0)
            height = trees.size(stage, out)
            for like in likes:
                breadth = trees.size(stage, like)
                ty = self._element(plan, out.type)(like.scalar)
                extents = [*trees.shape(stage, out), *trees.shape(stage, like)]
                corner = builder.gep(data, [builder.add(builder.mul(top, columns), left)])
                if not extents:
                    ll = context.unpack_value(builder, scalar, corner)
                    parts.append(stage.cast(stage.value(scalar, ll), ty).ll)
                else:
                    _, block, target = trees.new_array(stage, ty, extents)
                    with cgutils.loop_nest(builder, [height, breadth], height.type) as (i, j):
                        source = builder.gep(corner, [builder.add(builder.mul(i, columns), j)])
                        value = stage.value(scalar, context.unpack_value(builder, scalar, source))
                        slot = builder.gep(target, [builder.add(builder.mul(i, breadth), j)])
                        context.pack_value(builder, ty, stage.cast(value, ty).ll, slot)
                    parts.append(block)
                left = builder.add(left, breadth)
            top = builder.add(top, height)
        trees.release(stage, matrix.type, matrix.ll)
        return parts
