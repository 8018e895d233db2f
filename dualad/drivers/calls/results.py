"""Results of functions: the form that a derivative requires, and results without their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from ...errors import OutputError
from ...staging import trees
from ...staging.stage import Stage
from ...types.active import is_complex, is_real, lowered
from .function import Function
from .selection import describe, is_complex_leaf


def check_scalar(function: Function, result: types.Type, driver: str) -> None:
    """Raise unless `result` is one real scalar, or an array of one without axes."""
    if is_scalar(result):
        return
    hint = ""
    if is_complex(result):
        hint = (
            "; holomorphic=True gives the complex derivative of a holomorphic function of complex numbers, "
            "and derivative, jacobian, jvp and vjp take complex results of real arguments"
        )
    if any(trees.is_differentiable(leaf) for leaf in trees.leaf_types(result)):
        hint = "; use jacobian, or value_and_grad with has_aux=True to differentiate the first result only"
    raise OutputError(
        f"{driver} needs a function with one float result, but {function.name!r} returns "
        f"{describe(result)}{hint}"
    )


def is_scalar(ty: types.Type) -> bool:
    """Whether a type is that of a real number, or of an array without axes."""
    return is_real(ty.dtype if isinstance(ty, types.Array) and ty.ndim == 0 else ty)


def check_real(function: Function, result: types.Type, driver: str) -> None:
    """Raise unless `result` is made of floats; what is among them in a tuple has None for a derivative."""
    if not real_leaf_types(result) or any(map(is_unsupported, trees.leaf_types(result))):
        complex_too = driver == "vjp" and any(map(is_complex_leaf, trees.leaf_types(result)))
        hint = "; the cotangent of a complex result is complex" if complex_too else ""
        raise OutputError(
            f"{driver} needs a function that returns floats, float arrays or tuples of them, "
            f"but {function.name!r} returns {describe(result)}{hint}"
        )


def real_leaf_types(result: types.Type) -> list[types.Type]:
    """The types of the leaves of a result that have derivatives."""
    return [leaf for leaf in trees.leaf_types(result) if trees.is_differentiable(leaf)]


def is_unsupported(leaf: types.Type) -> bool:
    """Whether a leaf may hold floats whose derivatives are not computed."""
    leaf = leaf.type if isinstance(leaf, types.Optional) else leaf
    scalar = getattr(leaf, "dtype", leaf)
    passive = types.Integer | types.Boolean | types.UnicodeType | types.EnumMember
    return not (trees.is_differentiable(leaf) or isinstance(scalar, passive))


def without_level(level: int) -> Callable[[types.Type], types.Type]:
    """How a scalar type loses the derivative of `level`."""
    return lambda ty: lowered(ty, level)


def stripped_type(ty: types.Type, level: int) -> types.Type:
    """A result type without the derivative of `level`."""
    lose = without_level(level)

    def strip(leaf: types.Type) -> types.Type:
        if isinstance(leaf, types.Array):
            lost = lose(leaf.dtype)
            return leaf if lost == leaf.dtype else types.Array(lost, leaf.ndim, "C")
        return lose(leaf)

    return trees.map_types(ty, strip)


def stripped(stage: Stage, ty: types.Type, ll: Any, level: int) -> Any:
    """A result without the derivative of `level`; passive parts are handed on with a reference."""
    lose = without_level(level)
    parts = []
    for leaf in trees.leaves(stage, ty, ll):
        scalar = leaf.scalar
        if lose(scalar) == scalar:
            if stage.context.enable_nrt:
                stage.context.nrt.incref(stage.builder, leaf.type, leaf.ll)
            parts.append(leaf.ll)
        else:
            [new] = trees.mapped(stage, [leaf], lose, lambda v, at: v.primal)
            parts.append(new.ll)
    return trees.rebuild(stage, stripped_type(ty, level), iter(parts))
