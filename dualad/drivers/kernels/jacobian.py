"""Jacobians of results of any form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba import types

from ...numba_api import cgutils
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import contained, joined, rebased, scalar_base
from ..calls import draws
from ..calls.results import check_real, real_leaf_types, stripped, stripped_type
from ..calls.selection import Selection
from ..engines import signals
from ..engines.adjoint import CompiledAdjoint
from ..engines.choice import Engine, reverse_engine
from ..engines.forward import Forward, reshaped, store_partials
from .kernel import STATIC_CROSSOVER, Kernel


class Jacobian(Kernel):
    """``jacobian`` and ``value_and_jacobian``: shape of the output, then shape of the input."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection = self.select(args)
        plan: Forward | Engine
        if self.mode in ("auto", "forward"):
            plan = Forward.resolve(typing, selection, self.width(selection))
            result = plan.call.result
            check_real(self.function, result, self.driver)
            if self.mode == "auto" and self._prefers_reverse(plan):
                plan = self._reverse_plan(typing, selection)
        else:
            plan = self._reverse_plan(typing, selection)
        if self.mode == "auto" and draws.has_generator(selection):
            plan = reverse_engine(typing, selection, "tape", seeds=None)
        elif isinstance(plan, CompiledAdjoint):  # which is called once for each row
            draws.refuse_generators(selection)
        blocks = self._blocks_type(plan)
        if not self.with_value:
            return blocks, plan
        value = stripped_type(_result(plan), plan.selection.level)
        return types.Tuple([value, blocks]), plan

    def _reverse_plan(self, typing: Any, selection: Selection) -> Engine:
        """A reverse engine for seeds of the form of the result."""
        engine = reverse_engine(typing, selection, self.mode, seeds=None)
        check_real(self.function, engine.result, self.driver)
        return engine

    def _blocks_type(self, plan: Forward | Engine) -> types.Type:
        """The tree of Jacobian blocks: of the form of the result, within it of the arguments."""

        def row(out: types.Type) -> types.Type:
            return plan.selection.like_arguments_of(out, self._element(plan, out))

        return trees.derivative_types(_result(plan), row)

    @staticmethod
    def _prefers_reverse(plan: Forward) -> bool:
        """Many inputs and few outputs, as far as the types determine it."""
        outputs = trees.static_size(real_leaf_types(plan.call.result))
        inputs = trees.static_size(plan.selection.leaf_types)
        return outputs is not None and (inputs is None or inputs > STATIC_CROSSOVER * outputs)

    @staticmethod
    def _element(plan: Forward | Engine, out: types.Type) -> Callable[[types.Type], types.Type]:
        if not isinstance(plan, Forward):
            return plan.element
        return plan.element(out.dtype if isinstance(out, types.Array) else out)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        result_type = _result(plan)
        if isinstance(plan, CompiledAdjoint) and self._is_made_of_gradients(plan):
            result, gradients = plan.rows(stage, args)
            parts = [leaf.ll for row in gradients for leaf in trees.leaves(stage, plan.gradient, row)]
            return self._with_value(stage, plan, result, parts)
        likes = plan.selection.leaves(stage, args)
        scalar = self._scalar(plan, result_type, likes)
        if isinstance(plan, Forward):
            result, matrix = self._columnwise(stage, plan, args, scalar)
        else:
            result, matrix = plan.matrix(stage, args, scalar)
        outs = trees.differentiable(stage, result_type, result)
        columns = trees.total_size(stage, likes)
        parts = self._blocks(stage, plan, outs, likes, matrix, scalar, columns)
        return self._with_value(stage, plan, result, parts)

    def _is_made_of_gradients(self, plan: CompiledAdjoint) -> bool:
        """Whether every block of the Jacobian is the gradient of a scalar."""
        outs = real_leaf_types(plan.result)
        if any(isinstance(leaf, types.Array) for leaf in outs):
            return False
        rows = trees.leaf_types(plan.gradient) * len(outs)
        return rows == trees.leaf_types(self._blocks_type(plan))

    def _with_value(self, stage: Stage, plan: Any, result: Any, parts: Sequence[Any]) -> Any:
        """The tree of blocks, and the value if it is asked for; uses up the result."""
        result_type, blocks = _result(plan), self._blocks_type(plan)
        out = trees.rebuild(stage, blocks, iter(parts))
        if self.with_value:
            level = plan.selection.level
            value = stripped(stage, result_type, result, level)
            pair = types.Tuple([stripped_type(result_type, level), blocks])
            out = stage.context.make_tuple(stage.builder, pair, [value, out])
        trees.release(stage, result_type, result)
        return out

    def _scalar(self, plan: Any, result_type: types.Type, likes: Sequence[Leaf]) -> types.Type:
        """The type of the elements of the whole matrix."""
        outs = real_leaf_types(result_type)
        found = [self._element(plan, out)(like.scalar) for out in outs for like in likes]
        actives = [a for ty in found for a in contained(ty)]
        widest = max(found, key=lambda ty: scalar_base(ty).bitwidth, default=types.float64)
        lower = joined(actives)
        return widest if lower is None else rebased(lower, scalar_base(widest))

    @staticmethod
    def _columnwise(stage: Stage, plan: Forward, args: list[Any], scalar: types.Type) -> tuple[Any, Leaf]:
        """The result and the whole matrix, a few columns in each pass."""
        builder, context = stage.builder, stage.context
        columns = trees.total_size(stage, plan.selection.leaves(stage, args))
        several = builder.icmp_signed(">", columns, trees.intp(stage, plan.width))
        draws.refuse_runs(stage, plan.selection, several)
        matrix_type = types.Array(scalar, 1, "C")
        matrix = cgutils.alloca_once(builder, context.get_value_type(matrix_type), zfill=True)
        with trees.loop_until(stage, plan.width, columns) as start:
            result = plan.run(stage, args, plan.seeded(stage, args, plan.unit(stage, start)))
            outs = trees.differentiable(stage, plan.call.result, result)
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
                sweep = builder.sdiv(start, trees.intp(stage, plan.width))
                signals.answer(stage, sweep, [Leaf(matrix_type, builder.load(matrix))])
        return result, Leaf(matrix_type, builder.load(matrix))

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


def _result(plan: Forward | Engine) -> types.Type:
    """The type of the result, in forward mode with its tangents."""
    return plan.call.result if isinstance(plan, Forward) else plan.result
