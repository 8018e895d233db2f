"""Directional derivatives: with respect to a scalar, pushforwards, pullbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types

from ...errors import ArgumentError
from ...numba_api import cgutils
from ...options import Positions
from ...staging import forward as duals
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ..calls import draws
from ..calls.results import check_real, is_scalar, stripped, stripped_type
from ..calls.selection import Selection, describe
from ..engines.choice import Engine, reverse_engine
from ..engines.forward import Forward
from .forms import check_same_form, check_same_shape, directions, tangent, tangent_type
from .kernel import Kernel


class Derivative(Kernel):
    """``derivative``: by one scalar argument, result of any form."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection = self.select(args)
        [leaf] = selection.leaf_types if len(selection.leaf_types) == 1 else [None]
        if leaf is None or not is_scalar(leaf):
            raise ArgumentError(
                f"derivative needs a scalar argument, but argument "
                f"{self.function.parameter(selection.numbers[0])!r} of {self.function.name!r} is "
                f"{describe(selection.tree)}; use jacobian or grad"
            )
        mode = Forward.resolve(typing, selection, 1)
        check_real(self.function, mode.call.result, self.driver)
        result = tangent_type(mode, mode.call.result)
        quick = None
        if isinstance(result, types.Float) and all(map(_is_number, selection.argtypes)):
            quick = Forward.resolve(typing, selection, 1, absorbing=False)
        return result, (quick, mode)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        quick, thorough = plan
        runs = [partial(self._run, stage, mode, args) for mode in (quick, thorough) if mode is not None]
        result = tangent_type(thorough, thorough.call.result)
        return plainly_first(stage, runs, result, lambda out: [Leaf(result, out)])

    @staticmethod
    def _run(stage: Stage, mode: Forward, args: list[Any]) -> Any:
        seeded = mode.seeded(stage, args, mode.unit(stage, trees.intp(stage, 0)))
        result = mode.run(stage, args, seeded)
        out = tangent(stage, mode, mode.call.result, result)
        trees.release(stage, mode.call.result, result)
        return out


def plainly_first(
    stage: Stage, runs: Sequence[Callable[[], Any]], result: types.Type, tangents: Callable[[Any], list[Leaf]]
) -> Any:
    """What the first run gives, in plain arithmetic; what the second gives, if a tangent is not a number.

    What absorption would change shows as a NaN, and is rare. A second run finds nothing changed: what a
    function stores into is a copy that each run has of its own, and draws are repeated.
    """
    first, *thorough = runs
    out = first()
    if not thorough:
        return out
    builder = stage.builder
    slot = cgutils.alloca_once_value(builder, out)
    found = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(1), 0))
    for value, _ in trees.scalars(stage, tangents(out)):
        nan = builder.fcmp_unordered("uno", value.ll, value.ll)
        builder.store(builder.or_(builder.load(found), nan), found)
    with cgutils.if_unlikely(builder, builder.load(found)):
        trees.release(stage, result, out)
        builder.store(thorough[0](), slot)
    return builder.load(slot)


def _is_of_floats(ty: types.Type) -> bool:
    return isinstance(ty, types.Array) and isinstance(ty.dtype, types.Float)


def _is_number(ty: types.Type) -> bool:
    return isinstance(ty, types.Float | types.Integer | types.Boolean)


@dataclass(frozen=True)
class Pushed:
    """Plan of a directional kernel: its mode, and where primals and directions come from."""

    mode: Any
    primals: types.Type
    direction: types.Type
    tupled: bool
    quick: Any = None  # as `mode`, in plain arithmetic


class Directional(Kernel):
    """Base of ``jvp``, ``vjp`` and ``hvp``: called with (primals, direction, *further arguments)."""

    mirrors = False

    @property
    def gives_value(self) -> bool:
        return True

    def own_types(self, args: Sequence[types.Type]) -> Sequence[types.Type]:
        return self.arranged(args)[0].argtypes

    def own_values(self, stage: Stage, argtypes: Sequence[types.Type], args: Sequence[Any]) -> Sequence[Any]:
        selection, _, tupled = self.arranged(argtypes)
        return self._placed_values(stage, selection, tupled, args)

    def arranged(self, args: Sequence[types.Type]) -> tuple[Selection, types.Type, bool]:
        """The function's own arguments, selected; the direction's type; whether primals is a tuple.

        Without `argnums`, a tuple of primals is the leading arguments, anything else the first.
        """
        if len(args) < 2:
            raise ArgumentError(f"{self.driver} is called with (primals, direction, *further arguments)")
        primals, direction, *others = args
        tupled = isinstance(primals, types.BaseTuple) and (
            self.argnums is None or isinstance(self.argnums, tuple)
        )
        items = list(primals) if tupled else [primals]
        leading: Positions = tuple(range(len(items))) if tupled else 0
        argnums = leading if self.argnums is None else self.argnums
        numbers = argnums if isinstance(argnums, tuple) else (argnums,)
        if not numbers:
            raise ArgumentError(f"{self.driver} of {self.function.name!r}: the primals are an empty tuple")
        if len(numbers) != len(items):
            raise ArgumentError(
                f"{self.driver} of {self.function.name!r} with argnums={self.argnums!r} needs "
                f"{len(numbers)} primals, not {len(items)}"
            )
        placed = self.placed(numbers, items, others)
        self.function.check_count(len(placed))
        return self.selection(placed, argnums), direction, tupled

    def primals(self, args: Sequence[Any]) -> list[Any]:
        primals, _, others = args  # what is passed to *args comes as a tuple
        tupled = isinstance(primals, tuple) and (self.argnums is None or isinstance(self.argnums, tuple))
        items = primals if tupled else (primals,)
        numbers = range(len(items)) if self.argnums is None else self.argnums
        return self.placed([numbers] if isinstance(numbers, int) else numbers, items, others)

    @staticmethod
    def placed(numbers: Sequence[int], items: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        """The primals at their positions, the further arguments around them."""
        placed: dict[int, Any] = dict(zip(numbers, items, strict=True))
        rest = iter(others)
        total = len(items) + len(others)
        return [placed[i] if i in placed else next(rest) for i in range(max(total, max(numbers) + 1))]

    def values(self, stage: Stage, plan: Pushed, args: list[Any]) -> tuple[list[Any], Any]:
        return self._placed_values(stage, plan.mode.selection, plan.tupled, args), args[1]

    def _placed_values(
        self, stage: Stage, selection: Selection, tupled: bool, args: Sequence[Any]
    ) -> list[Any]:
        primals, _, *others = args
        count = len(selection.numbers)
        items = [stage.builder.extract_value(primals, i) for i in range(count)] if tupled else [primals]
        return self.placed(selection.numbers, items, others)


class Jvp(Directional):
    """``jvp``: (result, its tangent)."""

    only_tangent = False

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection, direction, tupled = self.arranged(args)
        selection.check()
        check_same_form(self, "the tangents", selection.tree, direction)
        mode = Forward.resolve(typing, selection, 1, direction)
        check_real(self.function, mode.call.result, self.driver)
        quick = None
        leaves = trees.leaf_types(tangent_type(mode, mode.call.result))
        plain = all(isinstance(leaf, types.Float) or _is_of_floats(leaf) for leaf in leaves)
        if plain and not draws.has_generator(selection):  # a second run would take other draws from it
            quick = Forward.resolve(typing, selection, 1, direction, absorbing=False)
        plan = Pushed(mode, args[0], direction, tupled, quick)
        return self._result(mode), plan

    def _result(self, mode: Forward) -> types.Type:
        dy = tangent_type(mode, mode.call.result)
        return dy if self.only_tangent else types.Tuple([stripped_type(mode.call.result, mode.level), dy])

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        modes = [mode for mode in (plan.quick, plan.mode) if mode is not None]
        runs = [partial(self._run, stage, plan, mode, args) for mode in modes]
        dy = tangent_type(plan.mode, plan.mode.call.result)

        def tangents(out: Any) -> list[Leaf]:
            return trees.leaves(stage, dy, out if self.only_tangent else stage.builder.extract_value(out, 1))

        return plainly_first(stage, runs, self._result(plan.mode), tangents)

    def _run(self, stage: Stage, plan: Pushed, mode: Forward, args: list[Any]) -> Any:
        own, direction = self.values(stage, plan, args)
        likes = mode.selection.leaves(stage, own)
        along = directions(stage, mode.selection.tree, plan.direction, direction)
        seeded: list[Leaf] = []
        for like, step in zip(likes, along, strict=True):
            check_same_shape(stage, self, "a tangent", like, step)
            ty = mode.over(like.scalar)

            def seed(value: Value, at: Any, ty: Any = ty, step: Any = step) -> Value:
                tangent = stage.cast(trees.element_at(stage, step, at), ty.base)
                return duals.with_components(stage, ty, stage.cast(value, ty.base), [tangent])

            seeded += trees.mapped(stage, [like], partial(_constantly, ty), seed, in_layout=True)
        result = mode.run(stage, own, seeded)
        result_type = mode.call.result
        out = tangent(stage, mode, result_type, result)
        if not self.only_tangent:
            pair = types.Tuple([stripped_type(result_type, mode.level), tangent_type(mode, result_type)])
            value = stripped(stage, result_type, result, mode.level)
            out = stage.context.make_tuple(stage.builder, pair, [value, out])
        trees.release(stage, result_type, result)
        return out


def _constantly(result: types.Type, _: types.Type) -> types.Type:
    return result


class Hvp(Jvp):
    """``hvp``: the tangent of the gradient; the function it is given is a gradient driver."""

    only_tangent = True

    @property
    def gives_value(self) -> bool:
        return False


class Vjp(Directional):
    """``vjp``: (result, adjoints of the primals)."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection, cotangent, tupled = self.arranged(args)
        selection.check()
        seeds = trees.leaf_types(cotangent)
        engine = reverse_engine(typing, selection, self.mode, seeds)
        check_real(self.function, engine.result, self.driver)
        check_same_form(self, "the cotangent", engine.result, cotangent)
        plan = Pushed(engine, args[0], cotangent, tupled)
        return types.Tuple([engine.result, engine.gradient]), plan

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        engine: Engine = plan.mode
        own, cotangent = self.values(stage, plan, args)
        seeds = directions(stage, engine.result, plan.direction, cotangent)
        value, gradient = engine.pull(stage, own, seeds)
        owned = [Leaf(engine.result, value), Leaf(engine.gradient, gradient)]
        for out, seed in zip(trees.differentiable(stage, engine.result, value), seeds, strict=True):
            check_same_shape(stage, self, "the cotangent", out, seed, owned)
        pair = types.Tuple([engine.result, engine.gradient])
        return stage.context.make_tuple(stage.builder, pair, [value, gradient])
