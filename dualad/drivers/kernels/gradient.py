"""Gradients of one float result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types

from ...errors import OutputError
from ...staging import trees
from ...staging.stage import Stage, Value
from ..adjoint import CompiledAdjoint, compiled_adjoint
from ..forward import Forward, gradient
from ..plans import (
    check_scalar,
    describe,
    stripped,
    stripped_type,
)
from ..reverse import Recording, Reverse
from .kernel import STATIC_CROSSOVER, Kernel


class Gradient(Kernel):
    """``grad`` and ``value_and_grad``."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection = self.select(args)
        n = trees.static_size(selection.leaf_types)
        # Arrays may be long: their number of elements is not part of their type.
        few = n is not None and n <= STATIC_CROSSOVER
        mode: Forward | Reverse
        if self.mode == "forward" or (self.mode == "auto" and few):
            mode = Forward.resolve(typing, selection, self.width(selection))
            scalar = self.scalar_type(mode.call.result)
            grads = selection.like_arguments(mode.element(scalar))
        else:
            adjoint = compiled_adjoint(typing, selection, self.mode, first=self.has_aux)
            if adjoint is not None:
                self.scalar_type(adjoint.result)
                grads = adjoint.gradient
                return (types.Tuple([adjoint.result, grads]) if self.with_value else grads), adjoint
            mode = Reverse.resolve(typing, selection)
            scalar = self.scalar_type(mode.call.result)
            grads = selection.like_arguments(mode.element)
        if not self.with_value:
            return grads, mode
        return types.Tuple([stripped_type(mode.call.result, selection.level), grads]), mode

    def scalar_type(self, result: types.Type) -> types.Type:
        """The type of the scalar that is differentiated, in a result of the given type."""
        if self.has_aux:
            if not (isinstance(result, types.BaseTuple) and len(result) == 2):
                raise OutputError(
                    f"has_aux=True needs a function that returns (value, aux), "
                    f"but {self.function.name!r} returns {describe(result)}"
                )
            result, _ = result
        check_scalar(self.function, result, self.driver)
        return result

    def scalar_of(self, stage: Stage, result_type: types.Type) -> Callable[[Any], Value]:
        ty = self.scalar_type(result_type)
        if self.has_aux:
            return lambda result: stage.value(ty, stage.builder.extract_value(result, 0))
        return lambda result: stage.value(ty, result)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        if isinstance(plan, CompiledAdjoint):
            result, out = plan.emit(stage, args, [stage.constant(types.float64, 1.0)])
            if not self.with_value:
                trees.release(stage, plan.result, result)
                return out
            pair = types.Tuple([plan.result, plan.gradient])
            return stage.context.make_tuple(stage.builder, pair, [result, out])
        result_type, level = plan.call.result, plan.level
        scalar_of = self.scalar_of(stage, result_type)
        if isinstance(plan, Forward):
            result, grads = gradient(stage, plan, args, scalar_of)
        else:
            recording = Recording(stage, plan, args)
            result = recording.result
            recording.pull(lambda: recording.seed(scalar_of(result), stage.constant(plan.adjoint, 1.0)))
            grads = recording.gradient()
            recording.close()
        element = plan.element(self.scalar_type(result_type)) if isinstance(plan, Forward) else plan.element
        tree = plan.selection.like_arguments(element)
        out = trees.rebuild(stage, tree, iter([leaf.ll for leaf in grads]))
        if self.with_value:
            value = stripped(stage, result_type, result, level)
            pair = types.Tuple([stripped_type(result_type, level), tree])
            out = stage.context.make_tuple(stage.builder, pair, [value, out])
        trees.release(stage, result_type, result)
        return out
