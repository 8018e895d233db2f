"""Kernels: what a driver does once its arguments' types are known, as one Numba intrinsic each.

A kernel answers two questions: what type does the derivative have (`resolve`, which also compiles
the user's function with active arguments), and which instructions compute it (`emit`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic

from ..errors import ArgumentError, OutputError
from ..staging import forward as duals
from ..staging.stage import Stage, Value
from ..types.active import Dual, contained, is_real, joined, rebased, scalar_base
from . import trees
from .forward import Forward, default_chunk, gradient, reshaped, store_partials
from .plans import (
    Argnums,
    Function,
    Selection,
    check_real,
    check_scalar,
    describe,
    stripped,
    stripped_type,
    without_level,
)
from .reverse import Recording, Reverse
from .trees import Leaf

STATIC_CROSSOVER = 16


@dataclass(frozen=True)
class Kernel:
    """Base of the kernels: the function, what is differentiated, and how."""

    function: Function
    argnums: Argnums | None
    mode: str = "auto"
    chunk: int | None = None
    with_value: bool = False
    has_aux: bool = False
    driver: str = "grad"

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        """The result's type and a plan for :meth:`emit`."""
        raise NotImplementedError

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        """The LLVM value of the result."""
        raise NotImplementedError

    def select(self, argtypes: Sequence[types.Type], argnums: Argnums | None = None) -> Selection:
        numbers = self.argnums if argnums is None else argnums
        assert numbers is not None
        selection = Selection(self.function, numbers, tuple(argtypes))
        selection.check()
        return selection

    def width(self, selection: Selection) -> int:
        return self.chunk or default_chunk(selection)


def as_intrinsic(kernel: Kernel) -> Any:
    """The kernel as a function for use in compiled code; it takes the arguments as one tuple."""

    def call(typingctx: Any, arguments: Any) -> Any:
        result, plan = kernel.resolve(typingctx, list(arguments))

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            stage = Stage(context, builder)
            values = [builder.extract_value(args[0], i) for i in range(len(arguments))]
            return kernel.emit(stage, plan, values)

        return result(arguments), codegen

    return intrinsic(call)


# -- gradients ------------------------------------------------------------------------------------


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


# -- Jacobians ------------------------------------------------------------------------------------


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
        self, stage: Stage, plan: Any, outs: Sequence[Leaf], likes: Sequence[Leaf],
        matrix: Leaf, scalar: types.Type, columns: Any,
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


# -- directions -----------------------------------------------------------------------------------


class Derivative(Kernel):
    """``derivative``: by one scalar argument, result of any form."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection = self.select(args)
        [leaf] = selection.leaf_types if len(selection.leaf_types) == 1 else [None]
        if leaf is None or not is_real(leaf):
            raise ArgumentError(
                f"derivative needs a scalar argument, but argument "
                f"{self.function.parameter(selection.numbers[0])!r} of {self.function.name!r} is "
                f"{describe(selection.tree)}; use jacobian or grad"
            )
        mode = Forward.resolve(typing, selection, 1)
        check_real(self.function, mode.call.result, self.driver)
        return tangent_type(mode, mode.call.result), mode

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        seeded = plan.seeded(stage, args, plan.unit(stage, trees.intp(stage, 0)))
        result = plan.run(stage, args, seeded)
        out = tangent(stage, plan, plan.call.result, result)
        trees.release(stage, plan.call.result, result)
        return out


def tangent_type(mode: Forward, result: types.Type) -> types.Type:
    """The type of the tangent of a result: of its form, passive parts as zeros."""
    lose = without_level(mode.level)

    def of(leaf: types.Type) -> types.Type:
        if isinstance(leaf, types.Array):
            return types.Array(lose(leaf.dtype), leaf.ndim, "C")
        return lose(leaf)

    return trees.map_types(result, of)


def tangent(stage: Stage, mode: Forward, result_type: types.Type, result: Any) -> Any:
    """The tangent of a result of width 1."""
    outs = trees.leaves(stage, result_type, result)
    lose = without_level(mode.level)
    parts = trees.mapped(stage, outs, lose, lambda value, at: mode.partials(stage, value)[0])
    return trees.rebuild(stage, tangent_type(mode, result_type), iter([leaf.ll for leaf in parts]))


@dataclass(frozen=True)
class Pushed:
    """Plan of a directional kernel: its mode, and where primals and directions come from."""

    mode: Any
    primals: types.Type
    direction: types.Type
    tupled: bool


class Directional(Kernel):
    """Base of ``jvp``, ``vjp`` and ``hvp``: called with (primals, direction, *further arguments)."""

    def arranged(self, args: list[types.Type]) -> tuple[Selection, types.Type, bool]:
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
        leading: Argnums = tuple(range(len(items))) if tupled else 0
        argnums = leading if self.argnums is None else self.argnums
        numbers = argnums if isinstance(argnums, tuple) else (argnums,)
        if len(numbers) != len(items):
            raise ArgumentError(
                f"{self.driver} of {self.function.name!r} with argnums={self.argnums!r} needs "
                f"{len(numbers)} primals, not {len(items)}"
            )
        return self.select(self.placed(numbers, items, others), argnums), direction, tupled

    @staticmethod
    def placed(numbers: Sequence[int], items: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        """The primals at their positions, the further arguments around them."""
        placed: dict[int, Any] = dict(zip(numbers, items, strict=True))
        rest = iter(others)
        total = len(items) + len(others)
        return [placed[i] if i in placed else next(rest) for i in range(max(total, max(numbers) + 1))]

    def values(self, stage: Stage, plan: Pushed, args: list[Any]) -> tuple[list[Any], Any]:
        primals, direction, *others = args
        count = len(plan.primals) if plan.tupled else 1
        items = [stage.builder.extract_value(primals, i) for i in range(count)] if plan.tupled else [primals]
        return self.placed(plan.mode.selection.numbers, items, others), direction


def check_same_form(kernel: Kernel, what: str, expected: types.Type, given: types.Type) -> None:
    """Raise unless `given` is a tree of floats with the form of `expected`."""
    wanted, got = trees.leaf_types(expected), trees.leaf_types(given)
    same = len(wanted) == len(got) and all(
        isinstance(a, types.Array) == isinstance(b, types.Array)
        and (not isinstance(a, types.Array) or a.ndim == b.ndim)
        and (trees.is_differentiable(b) or _is_integer(b))
        for a, b in zip(wanted, got, strict=True)
    )
    if not same:
        raise ArgumentError(
            f"{kernel.driver} of {kernel.function.name!r}: {what} must have the form of "
            f"{describe(expected)}, not {describe(given)}"
        )


def _is_integer(ty: types.Type) -> bool:
    return isinstance(ty.dtype if isinstance(ty, types.Array) else ty, types.Integer)


def check_same_shape(
    stage: Stage, kernel: Kernel, what: str, expected: Leaf, given: Leaf,
    on_error: Callable[[], None] = lambda: None,
) -> None:
    """Emit the run-time check that two array leaves have the same extents."""
    builder = stage.builder
    for a, b in zip(trees.shape(stage, expected), trees.shape(stage, given), strict=True):
        with cgutils.if_unlikely(builder, builder.icmp_signed("!=", a, b)):
            message = f"{kernel.driver} of {kernel.function.name!r}: {what} has another shape than it must"
            on_error()
            stage.context.call_conv.return_user_exc(builder, ArgumentError, (message,))


def element_at(stage: Stage, leaf: Leaf, position: Any) -> Value:
    """The scalar of a leaf at a position in C order."""
    builder, context = stage.builder, stage.context
    if not isinstance(leaf.type, types.Array):
        return stage.value(leaf.type, leaf.ll)
    array = context.make_array(leaf.type)(context, builder, leaf.ll)
    indices: list[Any] = []
    for extent in reversed(trees.shape(stage, leaf)):
        indices.insert(0, builder.srem(position, extent))
        position = builder.sdiv(position, extent)
    slot = cgutils.get_item_pointer(context, builder, leaf.type, array, indices)
    return stage.value(leaf.scalar, context.unpack_value(builder, leaf.scalar, slot))


class Jvp(Directional):
    """``jvp``: (result, its tangent)."""

    only_tangent = False

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection, direction, tupled = self.arranged(args)
        check_same_form(self, "the tangents", selection.tree, direction)
        mode = Forward.resolve(typing, selection, 1, direction)
        check_real(self.function, mode.call.result, self.driver)
        dy = tangent_type(mode, mode.call.result)
        plan = Pushed(mode, args[0], direction, tupled)
        if self.only_tangent:
            return dy, plan
        return types.Tuple([stripped_type(mode.call.result, mode.level), dy]), plan

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        mode: Forward = plan.mode
        own, direction = self.values(stage, plan, args)
        likes = mode.selection.leaves(stage, own)
        directions = trees.leaves(stage, plan.direction, direction)
        base = mode.selection.base(plan.direction)
        seeded: list[Leaf] = []
        for like, along in zip(likes, directions, strict=True):
            check_same_shape(stage, self, "a tangent", like, along)
            ty = Dual(base(like.scalar), 1, mode.level)

            def seed(value: Value, at: Any, ty: Any = ty, along: Any = along) -> Value:
                step = stage.cast(element_at(stage, along, at), ty.base)
                return duals.with_components(stage, ty, stage.cast(value, ty.base), [step])

            seeded += trees.mapped(stage, [like], partial(_constantly, ty), seed)
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


class Vjp(Directional):
    """``vjp``: (result, adjoints of the primals)."""

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        selection, cotangent, tupled = self.arranged(args)
        mode = Reverse.resolve(typing, selection, cotangent)
        result = stripped_type(mode.call.result, mode.level)
        check_real(self.function, mode.call.result, self.driver)
        check_same_form(self, "the cotangent", result, cotangent)
        grads = selection.like_arguments(mode.element)
        return types.Tuple([result, grads]), Pushed(mode, args[0], cotangent, tupled)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        mode: Reverse = plan.mode
        own, cotangent = self.values(stage, plan, args)
        recording = Recording(stage, mode, own)
        outs = trees.leaves(stage, mode.call.result, recording.result)
        weights = trees.leaves(stage, plan.direction, cotangent)
        for out, weight in zip(outs, weights, strict=True):
            check_same_shape(stage, self, "the cotangent", out, weight, recording.close)

        def seed() -> None:
            for out, weight in zip(outs, weights, strict=True):
                for value, position in trees.scalars(stage, [out]):
                    recording.seed(value, element_at(stage, weight, position))

        recording.pull(seed)
        grads = recording.gradient()
        recording.close()
        tree = mode.selection.like_arguments(mode.element)
        result_type = stripped_type(mode.call.result, mode.level)
        value = stripped(stage, mode.call.result, recording.result, mode.level)
        out = trees.rebuild(stage, tree, iter([leaf.ll for leaf in grads]))
        trees.release(stage, mode.call.result, recording.result)
        return stage.context.make_tuple(stage.builder, types.Tuple([result_type, tree]), [value, out])


