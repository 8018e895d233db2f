"""Derivatives that are differentiated themselves.

A kernel whose arguments carry derivatives already computes with `nested` values, for which slopes at kinks
are those of one piece (see :mod:`dualad.rules.kinks`). So it gives the right derivatives of derivatives, and
at kinks other first derivatives than the conventions. Where a piece was chosen, values and first derivatives
are computed once more, from numbers without, and put in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...numba_api import cgutils
from ...staging import kinks, trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ...types.active import Active, contained, scalar_base, with_nesting
from ...types.maps import copy_layout
from ..calls.call import Call
from ..calls.copies import private_copy
from .kernel import Kernel


@dataclass(frozen=True)
class Plan:
    """Plans of the kernel for nested arguments and for plain numbers, with the types of their results."""

    nested: Any
    result: types.Type
    plain: Any
    plain_result: types.Type
    plain_args: Sequence[types.Type]
    argtypes: Sequence[types.Type]
    value: Call | None


@dataclass(frozen=True)
class Nesting:
    """A kernel with arguments that may carry derivatives."""

    kernel: Kernel

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        if not any(map(contained, args)):
            return self.kernel.resolve(typing, args)
        outside = {active.level: active.nested for ty in args for active in _levels(ty)}
        result, nested = self.kernel.resolve(typing, [with_nesting(ty, lambda level: True) for ty in args])
        result = with_nesting(result, lambda level: outside[level])
        if not (self.kernel.conventional and all(map(_is_of_numbers_and_arrays, args))):
            return result, Plan(nested, result, None, result, (), args, None)
        value = None
        own = self.kernel.own_types(args)
        if self.kernel.gives_value and any(map(contained, own)):
            value = Call.resolve(typing, self.kernel.function, own)
        plain_args = [_plain_type(ty) for ty in args]
        plain_result, plain = self.kernel.resolve(typing, plain_args)
        return result, Plan(nested, result, plain, plain_result, plain_args, args, value)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        if not isinstance(plan, Plan):
            return self.kernel.emit(stage, plan, args)
        if plan.plain is None:
            return self.kernel.emit(stage, plan.nested, args)
        builder = stage.builder
        before = kinks.count(builder)
        out = self.kernel.emit(stage, plan.nested, args)
        slot = cgutils.alloca_once_value(builder, out)
        with cgutils.if_unlikely(builder, builder.icmp_unsigned("!=", before, kinks.count(builder))):
            builder.store(self._mended(stage, plan, args, out), slot)
        return builder.load(slot)

    def _mended(self, stage: Stage, plan: Plan, args: list[Any], out: Any) -> Any:
        """The result with the numbers that the kernel gives for plain arguments."""
        passed, owned = [], []
        for ty, plain, ll in zip(plan.argtypes, plan.plain_args, args, strict=True):
            if ty == plain:
                passed.append(ll)
                continue
            found = []
            for leaf in trees.leaves(stage, ty, ll):
                if contained(leaf.type):
                    [leaf] = trees.mapped(stage, [leaf], scalar_base, _number, in_layout=True)
                    owned.append(leaf)
                found.append(leaf.ll)
            passed.append(trees.rebuild(stage, plain, iter(found)))
        numbers = self.kernel.emit(stage, plan.plain, passed)
        conventional = trees.leaves(stage, plan.plain_result, numbers)
        leaves = trees.leaves(stage, plan.result, out)
        again: list[Leaf] = []
        if plan.value is not None:
            # Of the value itself this is a first derivative.
            own = list(self.kernel.own_values(stage, plan.argtypes, args))
            for i, ty in enumerate(plan.value.argtypes[: len(own)]):
                if contained(ty):  # the function may store into it
                    own[i] = private_copy(stage, own[i], ty, ty)
                    owned.append(Leaf(ty, own[i]))
            value = plan.value.emit(stage, own, lambda: None, owned)
            again = trees.leaves(stage, plan.value.result, value)
        parts = []
        for i, (leaf, number) in enumerate(zip(leaves, conventional, strict=True)):
            if not trees.is_differentiable(leaf.type):
                stage.context.nrt.incref(stage.builder, leaf.type, leaf.ll)
                parts.append(leaf.ll)
                continue

            def mend(value: Value, at: Any, i: int = i, number: Leaf = number) -> Value:
                if i < len(again):
                    return stage.cast(trees.element_at(stage, again[i], at), value.type)
                return _with_number(stage, value, trees.element_at(stage, number, at))

            [mended] = trees.mapped(stage, [leaf], lambda ty: ty, mend)
            parts.append(mended.ll)
        trees.release(stage, plan.result, out)
        for leaf in again:
            trees.release(stage, leaf.type, leaf.ll)
        trees.release(stage, plan.plain_result, numbers)
        for leaf in owned:
            trees.release(stage, leaf.type, leaf.ll)
        return trees.rebuild(stage, plan.result, iter(parts))


def _levels(ty: Any) -> list[Active]:
    """All active types in a type, those under others included."""
    found = []
    for active in contained(ty):
        inner: Any = active
        while isinstance(inner, Active):
            found.append(inner)
            inner = inner.base
    return found


def _is_of_numbers_and_arrays(ty: types.Type) -> bool:
    """Whether what carries derivatives in an argument is scalars and arrays."""
    return all(isinstance(leaf, Active | types.Array) for leaf in trees.leaf_types(ty) if contained(leaf))


def _plain_type(ty: types.Type) -> types.Type:
    """An argument type without derivatives."""
    if not contained(ty):
        return ty

    def plain(leaf: types.Type) -> types.Type:
        if not contained(leaf):
            return leaf
        if isinstance(leaf, types.Array):
            return types.Array(scalar_base(leaf.dtype), leaf.ndim, copy_layout(leaf))
        return scalar_base(leaf)

    return trees.map_types(ty, plain)


def _number(value: Value, at: Any) -> Value:
    """The number under all derivatives."""
    while isinstance(value.type, Active):
        value = value.primal
    return value


def _with_number(stage: Stage, value: Value, number: Value) -> Value:
    """A value with another number under its derivatives."""
    ty = value.type
    if not isinstance(ty, Active):
        return stage.cast(number, ty)
    inner = _with_number(stage, value.primal, number)
    model = stage.context.data_model_manager[ty]
    return stage.value(ty, model.set(stage.builder, value.ll, inner.ll, "primal"))
