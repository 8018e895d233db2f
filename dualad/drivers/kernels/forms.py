"""Forms of tangents and cotangents: their validation, and access to their scalars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba import types

from ...errors import ArgumentError
from ...numba_api import cgutils
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ..calls.results import without_level
from ..calls.selection import describe
from ..engines.forward import Forward
from .kernel import Kernel


def tangent_type(mode: Forward, result: types.Type) -> types.Type:
    """The type of the tangent of a result: of its form, passive parts as zeros."""
    lose = without_level(mode.level)

    def of(leaf: types.Type) -> types.Type:
        if isinstance(leaf, types.Array):
            return types.Array(lose(leaf.dtype), leaf.ndim, "C")
        return lose(leaf)

    return trees.derivative_types(result, of)


def tangent(stage: Stage, mode: Forward, result_type: types.Type, result: Any) -> Any:
    """The tangent of a result of width 1."""
    outs = trees.differentiable(stage, result_type, result)
    lose = without_level(mode.level)
    parts = trees.mapped(stage, outs, lose, lambda value, at: mode.partials(stage, value)[0])
    return trees.rebuild(stage, tangent_type(mode, result_type), iter([leaf.ll for leaf in parts]))


def directions(stage: Stage, form: Any, ty: Any, ll: Any) -> list[Leaf]:
    """The leaves of a direction that belong to differentiable leaves of what it has the form of."""
    if isinstance(form, types.BaseTuple):
        parts = [stage.builder.extract_value(ll, i) for i in range(len(form))]
        found = (directions(stage, *part) for part in zip(form, ty, parts, strict=True))
        return [leaf for leaves in found for leaf in leaves]
    return trees.leaves(stage, ty, ll) if trees.is_differentiable(form) else []


def check_same_form(kernel: Kernel, what: str, expected: types.Type, given: types.Type) -> None:
    """Raise unless `given` is a tree of floats with the form of `expected`."""
    if not _same_form(expected, given):
        raise ArgumentError(
            f"{kernel.driver} of {kernel.function.name!r}: {what} must have the form of "
            f"{describe(expected)}, not {describe(given)}"
        )


def _same_form(expected: Any, given: Any) -> bool:
    """Whether two trees agree in structure and in the ranks of their arrays; names of tuples do not count."""
    if isinstance(expected, types.BaseTuple):
        return (
            isinstance(given, types.BaseTuple)
            and len(expected) == len(given)
            and all(_same_form(a, b) for a, b in zip(expected, given, strict=True))
        )
    if not trees.is_differentiable(expected):
        return not isinstance(given, types.BaseTuple)  # which is not looked at
    return not isinstance(given, types.BaseTuple) and _rank(given) == _rank(expected) and _enters(given)


def _rank(leaf: types.Type) -> int:
    """How many axes a leaf has: a number and an array without axes none."""
    return leaf.ndim if isinstance(leaf, types.Array) else 0


def _enters(leaf: types.Type) -> bool:
    """Whether a direction's leaf is made of numbers that convert to floats."""
    return trees.is_differentiable(leaf) or _is_integer(leaf)


def _is_integer(ty: types.Type) -> bool:
    return isinstance(ty.dtype if isinstance(ty, types.Array) else ty, types.Integer)


def check_same_shape(
    stage: Stage,
    kernel: Kernel,
    what: str,
    expected: Leaf,
    given: Leaf,
    owned: Sequence[Leaf] = (),
) -> None:
    """Emit the check that two array leaves have the same extents; if not, what is owned is released."""
    builder = stage.builder
    for a, b in zip(trees.shape(stage, expected), trees.shape(stage, given), strict=True):
        with cgutils.if_unlikely(builder, builder.icmp_signed("!=", a, b)):
            message = f"{kernel.driver} of {kernel.function.name!r}: {what} has the wrong shape"
            trees.release_on_exit(stage, owned)
            stage.context.call_conv.return_user_exc(builder, ArgumentError, (message,))
