"""Derivatives by complex numbers, and of complex numbers, from the derivatives of their parts.

For f = u + iv of z = x + iy, with the conventions of JAX:

- the gradient of a real f is u_x - i u_y, and so are the rows of its Jacobian;
- the derivative of a holomorphic f, and of a complex f of real numbers, is u_x + i v_x;
- a tangent c + id goes to that of f along (c, d); a cotangent c + id gives the gradient of c u - d v.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from numba import types

from ...errors import ArgumentError, OutputError, UnsupportedError
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...types.active import Active, ActiveComplex, complex_of, is_complex
from ...types.maps import tuple_like
from ..calls.complex_parts import (
    OfParts,
    apart,
    has_complex,
    join,
    joined,
    joined_type,
    parts_type,
    real_type,
    result_type,
    split,
    split_expression,
    whole_type,
)
from ..calls.selection import Selection, describe, is_complex_leaf
from .directional import Derivative, Directional, Hvp, Jvp, Vjp
from .gradient import Gradient
from .jacobian import Jacobian
from .kernel import Kernel
from .nesting import Nesting


@dataclass(frozen=True)
class Plan:
    """The plan of a kernel for the function of the parts.

    Attributes
    ----------
    form : Type
        Of the result of the user's function.
    inner : Type
        Of the kernel's result, with parts.
    """

    of_parts: OfParts
    kernel: Kernel
    plan: Any
    argtypes: Sequence[types.Type]
    given: Sequence[types.Type]
    form: types.Type
    inner: types.Type


@dataclass(frozen=True)
class WithComplex:
    """A kernel that also takes complex numbers, and differentiates complex results."""

    kernel: Kernel

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        kernel = self.kernel
        selection = self._selection(args)
        if kernel.holomorphic:
            _check_all_complex(kernel, selection)
        if kernel.holomorphic or any(has_complex(selection.argtypes[n]) for n in selection.numbers):
            return self._by_parts(typing, selection, args)
        if isinstance(kernel, Vjp) and has_complex(args[1]):
            return self._by_parts(typing, selection, args)
        try:
            return Nesting(kernel).resolve(typing, args)
        except (OutputError, UnsupportedError):
            if isinstance(kernel, Gradient | Vjp) or not self._has_complex_result(selection):
                raise
        return self._by_parts(typing, selection, args)

    def _selection(self, args: list[types.Type]) -> Selection:
        if isinstance(self.kernel, Directional):
            return self.kernel.arranged(args)[0]
        selection = self.kernel.selection(args)
        selection.check_given()
        return selection

    def _has_complex_result(self, selection: Selection) -> bool:
        return has_complex(result_type(self.kernel.function, selection.argtypes))

    def _by_parts(self, typing: Any, selection: Selection, args: list[types.Type]) -> tuple[types.Type, Plan]:
        kernel = self.kernel
        selection.check(with_complex=True)
        any_complex = any(has_complex(selection.argtypes[n]) for n in selection.numbers)
        if isinstance(kernel, Derivative) and any_complex and not kernel.holomorphic:
            raise ArgumentError(_not_promised(kernel, "a function of a complex number"))
        form: types.Type = types.none
        expression: str = "y"
        classes: dict[str, Any] = {}
        if kernel.holomorphic or not isinstance(kernel, Gradient):
            form = result_type(kernel.function, selection.argtypes)
            self._check_result(selection, form)
            expression, classes = split_expression(form)
        if isinstance(kernel, Gradient) and kernel.holomorphic:
            # By the equations of Cauchy and Riemann the gradient of the real part is enough.
            value = "y[0]" if kernel.has_aux else "y"
            expression, classes = f"{value}.real", {}
            if kernel.with_value:
                aux = f"({value}.imag, y[1])" if kernel.has_aux else f"{value}.imag"
                expression = f"{value}.real, {aux}"
        slopes = isinstance(kernel, Derivative | Jacobian) and (kernel.holomorphic or has_complex(form))
        of_parts = OfParts.of(selection, expression, classes, slopes)
        inner = replace(kernel, function=of_parts.function, argnums=selection.argnums, holomorphic=False)
        if isinstance(kernel, Gradient) and kernel.holomorphic:
            inner = replace(inner, has_aux=kernel.with_value)
        argtypes = of_parts.argtypes
        if isinstance(kernel, Directional):
            primals = parts_type(args[0])
            along = selection.tree if isinstance(kernel, Jvp) else form
            direction = self._direction_type(along, args[1])
            argtypes = [primals, direction, *map(types.unliteral, args[2:])]
        result, plan = Nesting(inner).resolve(typing, argtypes)
        made = Plan(of_parts, inner, plan, argtypes, list(args), form, result)
        return self._result_type(made), made

    def _check_result(self, selection: Selection, form: types.Type) -> None:
        """Raise unless the results are complex where that is promised, and real where they must be."""
        kernel, name = self.kernel, self.kernel.function.name
        leaves = trees.leaf_types(form)
        if kernel.holomorphic:
            if isinstance(kernel, Gradient):
                first = form[0] if kernel.has_aux and isinstance(form, types.BaseTuple) else form
                if not is_complex(first):
                    raise OutputError(
                        f"{kernel.driver} with holomorphic=True needs a function with one complex result, "
                        f"but {name!r} returns {describe(form)}"
                    )
            elif not leaves or not all(map(is_complex_leaf, leaves)):
                raise OutputError(
                    f"{kernel.driver} with holomorphic=True needs a function with complex results, but "
                    f"{name!r} returns {describe(form)}"
                )
            return
        any_complex = any(has_complex(selection.argtypes[n]) for n in selection.numbers)
        if isinstance(kernel, Jacobian) and any_complex and has_complex(form):
            raise OutputError(_not_promised(kernel, "a complex function of complex numbers"))

    def _direction_type(self, form: types.Type, given: types.Type) -> types.Type:
        """The type of a tangent or a cotangent with parts where `form` has complex numbers."""
        found = _along(form, given)
        if found is None:
            what = "the tangents" if isinstance(self.kernel, Jvp) else "the cotangent"
            raise ArgumentError(
                f"{self.kernel.driver} of {self.kernel.function.name!r}: {what} must have the form of "
                f"{describe(form)}, not {describe(given)}"
            )
        return found

    # -- results ------------------------------------------------------------------------------------

    def _result_type(self, plan: Plan) -> types.Type:
        kernel, inner, tree = self.kernel, plan.inner, plan.of_parts.selection.tree
        if isinstance(kernel, Gradient):
            if not kernel.with_value:
                return joined_type(tree, inner)
            value, gradient = inner
            if kernel.holomorphic:
                value = _holomorphic_value_type(kernel, value)
            return types.Tuple([value, joined_type(tree, gradient)])
        if isinstance(kernel, Hvp | Derivative):
            return joined_type(plan.form, inner)
        if isinstance(kernel, Jvp):
            return types.Tuple([joined_type(plan.form, item) for item in inner])
        if isinstance(kernel, Vjp):
            return types.Tuple([joined_type(plan.form, inner[0]), joined_type(tree, inner[1])])
        if not kernel.with_value:
            return _blocks_type(plan, plan.form, inner)
        value, blocks = inner
        return types.Tuple([joined_type(plan.form, value), _blocks_type(plan, plan.form, blocks)])

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        if not isinstance(plan, Plan):
            return Nesting(self.kernel).emit(stage, plan, args)
        passed, owned = self._passed(stage, plan, args)
        stage.held += owned
        inner = Nesting(plan.kernel).emit(stage, plan.plan, passed)
        del stage.held[len(stage.held) - len(owned) :]
        for leaf in owned:
            trees.release(stage, leaf.type, leaf.ll)
        return self._result(stage, plan, inner)

    def _passed(self, stage: Stage, plan: Plan, args: list[Any]) -> tuple[list[Any], list[Leaf]]:
        if not isinstance(self.kernel, Directional):
            return plan.of_parts.arguments(stage, args)
        passed = [
            stage.context.cast(stage.builder, value, ty, want)
            for value, ty, want in zip(args[2:], plan.given[2:], plan.argtypes[2:], strict=True)
        ]
        primals, pairs = apart(stage, plan.given[0], args[0])
        owned = [part for pair in pairs for part in pair if part.is_array]
        is_jvp = isinstance(self.kernel, Jvp)
        along = plan.of_parts.selection.tree if is_jvp else plan.form
        direction = _apart_along(stage, along, plan.given[1], args[1], owned, conjugate=not is_jvp)
        return [primals, direction, *passed], owned

    def _result(self, stage: Stage, plan: Plan, ll: Any) -> Any:
        kernel, inner, tree = self.kernel, plan.inner, plan.of_parts.selection.tree
        builder, context = stage.builder, stage.context
        if isinstance(kernel, Hvp | Derivative):
            return joined(stage, plan.form, inner, ll)
        if isinstance(kernel, Gradient) and not kernel.with_value:
            return joined(stage, tree, inner, ll, conjugate=True)
        if isinstance(kernel, Jacobian) and not kernel.with_value:
            return _blocks(stage, plan, plan.form, inner, ll)
        first, second = (builder.extract_value(ll, i) for i in range(2))
        if isinstance(kernel, Gradient):
            if kernel.holomorphic:
                first = _holomorphic_value(stage, kernel, inner[0], first)
        else:
            first = joined(stage, plan.form, inner[0], first)
        if isinstance(kernel, Jacobian):
            second = _blocks(stage, plan, plan.form, inner[1], second)
        elif isinstance(kernel, Jvp):
            second = joined(stage, plan.form, inner[1], second)
        else:
            second = joined(stage, tree, inner[1], second, conjugate=True)
        return context.make_tuple(builder, self._result_type(plan), [first, second])


def _check_all_complex(kernel: Kernel, selection: Selection) -> None:
    for n in selection.numbers:
        ty = selection.argtypes[n]
        if not trees.leaf_types(ty) or not all(map(is_complex_leaf, trees.leaf_types(ty))):
            raise ArgumentError(
                f"{kernel.driver} with holomorphic=True needs complex arguments, but argument "
                f"{kernel.function.parameter(n)!r} of {kernel.function.name!r} is {describe(ty)}"
            )


def _not_promised(kernel: Kernel, what: str) -> str:
    other = "jvp"
    if kernel.driver == "hessian":
        what, other = "the gradient of a real function of complex numbers", "hvp"
    return (
        f"{kernel.driver} of {kernel.function.name!r}: the derivative of {what} is not one complex number, "
        f"unless the function is holomorphic, which holomorphic=True promises; else use {other}, or a "
        f"function of real and imaginary parts"
    )


def _along(form: Any, given: Any) -> types.Type | None:
    """The type of a direction with pairs where `form` has complex leaves; None if it has another form."""
    if isinstance(form, types.BaseTuple):
        if not isinstance(given, types.BaseTuple) or len(form) != len(given):
            return None
        items = [_along(*pair) for pair in zip(form, given, strict=True)]
        return None if None in items else types.Tuple(items)
    if not is_complex_leaf(form):
        return None if trees.is_differentiable(form) and has_complex(given) else types.unliteral(given)
    if isinstance(given, types.BaseTuple | types.NoneType):
        return None
    if getattr(form, "ndim", 0) != getattr(given, "ndim", 0):
        return None
    scalar = given.dtype if isinstance(given, types.Array) else given
    if not isinstance(scalar, types.Number | Active | ActiveComplex):
        return None
    part = real_type(types.unliteral(given))
    return types.Tuple([part, part])


def _apart_along(
    stage: Stage, form: Any, ty: Any, ll: Any, owned: list[Leaf], *, conjugate: bool = False
) -> Any:
    """A tree with pairs where `form` has complex leaves."""
    want = _along(form, ty)
    if isinstance(form, types.BaseTuple):
        items = [
            _apart_along(stage, part, item, stage.builder.extract_value(ll, i), owned, conjugate=conjugate)
            for i, (part, item) in enumerate(zip(form, ty, strict=True))
        ]
        return stage.context.make_tuple(stage.builder, want, items)
    if not is_complex_leaf(form):
        return stage.context.cast(stage.builder, ll, ty, want)
    [leaf] = trees.leaves(stage, ty, ll)
    parts = split(stage, leaf, conjugate=conjugate)
    owned += [part for part in parts if part.is_array]
    return stage.context.make_tuple(stage.builder, want, [part.ll for part in parts])


def _blocks_type(plan: Plan, form: Any, ty: Any) -> types.Type:
    """The type of Jacobian blocks with complex numbers."""
    if isinstance(form, types.BaseTuple):
        return tuple_like(ty, [_blocks_type(plan, *pair) for pair in zip(form, ty, strict=True)])
    if is_complex_leaf(form):
        return trees.map_types(ty[0], lambda leaf: leaf if leaf == types.none else whole_type(leaf))
    return joined_type(plan.of_parts.selection.tree, ty)


def _blocks(stage: Stage, plan: Plan, form: Any, ty: Any, ll: Any) -> Any:
    """Jacobian blocks with complex numbers; uses up those of the parts."""
    builder = stage.builder
    made = _blocks_type(plan, form, ty)
    if isinstance(form, types.BaseTuple):
        items = [
            _blocks(stage, plan, part, item, builder.extract_value(ll, i))
            for i, (part, item) in enumerate(zip(form, ty, strict=True))
        ]
        return stage.context.make_tuple(builder, made, items)
    if not is_complex_leaf(form):
        return joined(stage, plan.of_parts.selection.tree, ty, ll, conjugate=True)
    real, imag = (trees.leaves(stage, part, builder.extract_value(ll, i)) for i, part in enumerate(ty))
    return trees.rebuild(stage, made, iter([join(stage, *pair) for pair in zip(real, imag, strict=True)]))


def _holomorphic_value_type(kernel: Kernel, ty: Any) -> types.Type:
    """The type of a complex value, from that of its real part; with the auxiliary result, if there is one."""
    value = complex_of(ty[0])
    return types.Tuple([value, ty[1][1]]) if kernel.has_aux else value


def _holomorphic_value(stage: Stage, kernel: Kernel, ty: Any, ll: Any) -> Any:
    builder = stage.builder
    second, second_type = builder.extract_value(ll, 1), ty[1]
    imag = builder.extract_value(second, 0) if kernel.has_aux else second
    imag_type = second_type[0] if kernel.has_aux else second_type
    value = join(stage, Leaf(ty[0], builder.extract_value(ll, 0)), Leaf(imag_type, imag))
    if not kernel.has_aux:
        return value
    pair = [value, builder.extract_value(second, 1)]
    return stage.context.make_tuple(builder, _holomorphic_value_type(kernel, ty), pair)
