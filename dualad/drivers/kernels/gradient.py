"""Gradients of one float result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from numba import types

from ...adjoints.errors import NotTransformable
from ...adjoints.ir import numba_types
from ...errors import OutputError
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ..calls.results import check_scalar, stripped, stripped_type
from ..calls.selection import Selection, describe
from ..engines.adjoint import written
from ..engines.choice import Engine, adjoint_if_any, reverse_engine, takes_tape
from ..engines.forward import Forward, gradient
from .kernel import STATIC_CROSSOVER, Kernel

if TYPE_CHECKING:
    from ...adjoints.ir.nodes import Program


class Gradient(Kernel):
    """``grad`` and ``value_and_grad``."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection = self.select(args)
        mode = self._mode(typing, selection)
        if isinstance(mode, Forward):
            scalar = self.scalar_type(mode.call.result)
            grads = selection.like_arguments(mode.element(scalar))
        else:
            self.scalar_type(mode.result)
            grads = mode.gradient
        if not self.with_value:
            return grads, mode
        value = stripped_type(mode.call.result, mode.level) if isinstance(mode, Forward) else mode.result
        return types.Tuple([value, grads]), mode

    def _is_forward(self, selection: Selection) -> bool:
        """Whether forward mode is used for every function."""
        n = trees.static_size(selection.leaf_types)
        return self.mode == "forward" or (self.mode == "auto" and n == 1)

    def _mode(self, typing: Any, selection: Selection) -> Forward | Engine:
        # Arrays may be long: their number of elements is not part of their type.
        n = trees.static_size(selection.leaf_types)
        found: Forward | Engine | None = None
        if self._is_forward(selection):
            found = Forward.resolve(typing, selection, self.width(selection))
        elif self.mode == "auto" and n is not None and n <= STATIC_CROSSOVER:
            # On few numbers the tape would be slower.
            found = adjoint_if_any(typing, selection, first=self.has_aux, unit=True)
            found = found or Forward.resolve(typing, selection, self.width(selection))
        return found or reverse_engine(typing, selection, self.mode, first=self.has_aux, unit=True)

    def program(self, argtypes: Sequence[types.Type]) -> tuple[Program, types.Type]:
        """The compiled adjoint as a program, and the form of the gradient.

        Raises
        ------
        NotTransformable
            If another engine is used for arguments of these types.
        """
        selection = self.select(argtypes)
        if self._is_forward(selection) or takes_tape(self.mode) or self.holomorphic:
            raise NotTransformable(
                f"the derivative {self.driver!r} of {self.function.name!r} by another engine"
            )
        made = written(selection, first=self.has_aux, unit=True)
        if made.seeds:
            raise NotTransformable(f"the gradient of {self.function.name!r}, whose result is not a number")
        self.scalar_type(numba_types.of(made.program.result))
        return made.adjoint, selection.like_arguments(lambda ty: ty)

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
        return result.dtype if isinstance(result, types.Array) else result

    def scalar_of(self, stage: Stage, result_type: types.Type) -> Callable[[Any], Value]:
        ty = result_type[0] if self.has_aux else result_type

        def scalar(result: Any) -> Value:
            ll = stage.builder.extract_value(result, 0) if self.has_aux else result
            return trees.element_at(stage, Leaf(ty, ll), trees.intp(stage, 0))

        return scalar

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        value, grads = (self._forward if isinstance(plan, Forward) else self._reverse)(stage, plan, args)
        if not self.with_value:
            trees.release(stage, value.type, value.ll)
            return grads.ll
        pair = types.Tuple([value.type, grads.type])
        return stage.context.make_tuple(stage.builder, pair, [value.ll, grads.ll])

    @staticmethod
    def _reverse(stage: Stage, plan: Engine, args: list[Any]) -> tuple[Leaf, Leaf]:
        """Result and gradient."""
        one = stage.constant(types.float64, 1.0)
        result, grads = plan.pull(stage, args, [Leaf(one.type, one.ll)])
        return Leaf(plan.result, result), Leaf(plan.gradient, grads)

    def _forward(self, stage: Stage, plan: Forward, args: list[Any]) -> tuple[Leaf, Leaf]:
        """Result and gradient."""
        result_type = plan.call.result
        result, grads = gradient(stage, plan, args, self.scalar_of(stage, result_type))
        tree = plan.selection.like_arguments(plan.element(self.scalar_type(result_type)))
        out = trees.rebuild(stage, tree, iter([leaf.ll for leaf in grads]))
        value = Leaf(stripped_type(result_type, plan.level), stripped(stage, result_type, result, plan.level))
        trees.release(stage, result_type, result)
        return value, Leaf(tree, out)
