"""The arguments of an array function that has a rule, and its primal called one level down."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...numba_api import typeof
from ...rules.arrays import ArrayRule
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ...types.active import Active, contained, is_real, joined
from .callee import Callee
from .parts import RuleFunction, parameters, rule_function

# Endings of the names of tangents and adjoints in a rule, and the name of the result.
DOT, BAR, RESULT = "_dot", "_bar", "y"


def without_level(level: int, ty: types.Type) -> types.Type:
    """A scalar type one level down."""
    return ty.base if isinstance(ty, Active) and ty.level == level else ty


@dataclass(frozen=True)
class Arguments:
    """The arguments of one application, and the primal called with them one level down."""

    rule: ArrayRule
    top: Active
    names: tuple[str, ...]
    argtypes: tuple[types.Type, ...]
    constants: tuple[Any, ...]
    primal: Callee
    kink: Callee | None

    @classmethod
    def resolve(
        cls, typing: Any, rule: ArrayRule, function: RuleFunction, argtypes: Sequence[types.Type]
    ) -> Arguments:
        constants = tuple(ty.value if isinstance(ty, types.Omitted) else None for ty in argtypes)
        given = tuple(
            typeof(ty.value) if isinstance(ty, types.Omitted) else types.unliteral(ty) for ty in argtypes
        )
        top = joined([active for ty in given for active in contained(ty)])
        assert top is not None
        names = tuple(parameters(rule.primal))
        lower = [cls.lowered(top.level, ty) for ty in given]
        primal = Callee.resolve(typing, function, lower)
        kink = None
        if rule.kink is not None and top.nested:
            types_of = dict(zip((*names, RESULT), (*lower, primal.result), strict=True))
            taken = [types_of[name] for name in parameters(rule.kink)]
            kink = Callee.resolve(typing, rule_function(rule.kink), taken)
        return cls(rule, top, names, given, constants, primal, kink)

    @staticmethod
    def lowered(level: int, ty: types.Type) -> types.Type:
        """The type of an argument one level down: a copy, if it has derivatives of this level."""
        if not any(active.level == level for active in contained(ty)):
            return ty
        assert isinstance(ty, types.Array)
        return types.Array(without_level(level, ty.dtype), ty.ndim, "C")

    @property
    def tangent(self) -> Callable[..., Any] | None:
        """The tangent rule that applies."""
        return (self.rule.nested if self.top.nested else None) or self.rule.forward

    @property
    def active(self) -> list[bool]:
        """Which arguments have derivatives of this level."""
        return [any(found.level == self.top.level for found in contained(ty)) for ty in self.argtypes]

    @property
    def strict(self) -> bool:
        """Whether zeros do not absorb, see :mod:`dualad.staging.strict`."""
        of_floats = isinstance(self.top.base, types.Float)
        return self.top.nested and of_floats and self.rule.varies(sum(self.active))

    @property
    def result(self) -> types.Type:
        """The type of the result, with derivatives of this level."""

        def activated(leaf: types.Type) -> types.Type:
            if isinstance(leaf, types.Array):
                if not is_real(leaf.dtype):
                    return leaf
                return types.Array(self.top.over(leaf.dtype), leaf.ndim, "C")
            return self.top.over(leaf) if is_real(leaf) else leaf

        return trees.map_types(self.primal.result, activated)

    def values(self, stage: Stage, args: Sequence[Any]) -> list[Leaf]:
        """The arguments, constants included."""
        return [
            Leaf(
                ty,
                ll if constant is None else stage.context.get_constant_generic(stage.builder, ty, constant),
            )
            for ty, ll, constant in zip(self.argtypes, args, self.constants, strict=True)
        ]

    def lower(self, stage: Stage, values: Sequence[Leaf]) -> tuple[list[Leaf], list[Leaf]]:
        """The arguments one level down, and those of them that are copies."""
        lowered, copies = [], []
        for value, active in zip(values, self.active, strict=True):
            leaf = value
            if active:
                leaf = mapped(stage, value, without_level(self.top.level, value.scalar), lambda v: v.primal)
                copies.append(leaf)
            lowered.append(leaf)
        return lowered, copies


def at_kink(stage: Stage, arguments: Arguments, lowered: Sequence[Leaf], y: Any, owned: Any) -> Any:
    """Whether derivatives of this application are conventions, as an LLVM bit."""
    assert arguments.kink is not None
    given = dict(zip((*arguments.names, RESULT), (*(leaf.ll for leaf in lowered), y), strict=True))
    passed = [given[name] for name in parameters(arguments.rule.kink)]
    found = arguments.kink.emit(stage, passed, raising(stage, owned))
    return stage.context.cast(stage.builder, found, arguments.kink.result, types.boolean)


def unsettled(stage: Stage, is_open: Any, leaf: Leaf) -> Leaf:
    """A number, or an array of them, that is NaN where what it is depends on how arguments move."""
    nan, zero = (stage.constant(types.float64, number).ll for number in (math.nan, 0.0))
    added = stage.value(types.float64, stage.builder.select(is_open, nan, zero))
    return mapped(stage, leaf, leaf.scalar, lambda value: stage.cast(value + added, leaf.scalar))


def mapped(stage: Stage, leaf: Leaf, scalar: types.Type, function: Callable[[Value], Value]) -> Leaf:
    """A new leaf with scalars of another type, elementwise."""
    [new] = trees.mapped(stage, [leaf], lambda _: scalar, lambda value, at: function(value))
    return new


def raising(stage: Stage, owned: Sequence[Leaf]) -> Callable[[Any], None]:
    """What to do when a function of a rule raises: release what is owned, and raise on."""

    def propagate(status: Any) -> None:
        trees.release_on_exit(stage, owned)
        stage.context.call_conv.return_status_propagate(stage.builder, status)

    return propagate


def release(stage: Stage, leaves: Sequence[Leaf]) -> None:
    """Drop one reference to each."""
    for leaf in leaves:
        trees.release(stage, leaf.type, leaf.ll)


def handed_on(stage: Stage, leaf: Leaf) -> Any:
    """A result without derivatives, with a reference of its own."""
    if leaf.is_array:
        stage.context.nrt.incref(stage.builder, leaf.type, leaf.ll)
    return leaf.ll
