"""A tangent rule applied: each partial of the arguments is one call of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from ...rules.arrays import ArrayRule
from ...staging import forward, trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ...tape import blocks
from ...types.active import Dual, is_real
from .absorption import tangent_function
from .arguments import (
    DOT,
    RESULT,
    Arguments,
    at_kink,
    handed_on,
    mapped,
    raising,
    release,
    unsettled,
    without_level,
)
from .callee import Callee
from .parts import RuleFunction, parameters, rule_function


@dataclass(frozen=True)
class Forward:
    """A tangent rule applied."""

    rule: ArrayRule
    primal: RuleFunction

    def resolve(self, typing: Any, argtypes: list[types.Type]) -> tuple[types.Type, Any]:
        arguments = Arguments.resolve(typing, self.rule, self.primal, argtypes)
        plain = rule_function(arguments.tangent)
        rule, absorbing = arguments.rule, arguments.top.absorbing
        tangent = tangent_function(arguments.tangent, rule, arguments.strict) if absorbing else plain
        taken = [self._type(arguments, name) for name in parameters(arguments.tangent)]
        return arguments.result, (arguments, Callee.resolve(typing, tangent, taken))

    def _type(self, arguments: Arguments, name: str) -> types.Type:
        if name == RESULT:
            return arguments.primal.result
        at = arguments.names.index(name.removesuffix(DOT))
        if name.endswith(DOT) and not arguments.active[at]:
            return types.none
        return arguments.lowered(arguments.top.level, arguments.argtypes[at])

    def emit(self, stage: Stage, plan: tuple[Arguments, Callee], args: list[Any]) -> Any:
        arguments, tangent = plan
        assert isinstance(arguments.top, Dual)
        values = arguments.values(stage, args)
        lowered, owned = arguments.lower(stage, values)
        y = arguments.primal.emit(stage, [leaf.ll for leaf in lowered], raising(stage, owned))
        results = trees.leaves(stage, arguments.primal.result, y)
        owned += [leaf for leaf in results if leaf.is_array]
        tangents = []
        for i in range(arguments.top.width):
            y_dot = self._tangent(stage, plan, values, lowered, y, i, owned)
            tangents.append(trees.leaves(stage, tangent.result, y_dot))
            owned += [leaf for leaf in tangents[-1] if leaf.is_array]
        parts = []
        of_real = zip(*tangents, strict=True)
        for leaf in results:
            if is_real(leaf.scalar):
                parts.append(self._combined(stage, arguments.top, leaf, next(of_real)))
            else:
                parts.append(handed_on(stage, leaf))
        release(stage, owned)
        return trees.rebuild(stage, arguments.result, iter(parts))

    def _tangent(
        self,
        stage: Stage,
        plan: tuple[Arguments, Callee],
        values: Sequence[Leaf],
        lowered: Sequence[Leaf],
        y: Any,
        i: int,
        owned: Sequence[Leaf],
    ) -> Any:
        """The tangent rule called with partial number `i` of each argument."""
        arguments, tangent = plan
        held, passed = [], []
        for name in parameters(arguments.tangent):
            if name == RESULT:
                passed.append(y)
                continue
            at = arguments.names.index(name.removesuffix(DOT))
            if not name.endswith(DOT):
                passed.append(lowered[at].ll)
            elif not arguments.active[at]:
                passed.append(stage.context.get_dummy_value())
            else:
                scalar = without_level(arguments.top.level, values[at].scalar)
                held.append(mapped(stage, values[at], scalar, lambda v: forward.component(stage, v, i)))
                passed.append(held[-1].ll)
        y_dot = tangent.emit(stage, passed, raising(stage, [*owned, *held]))
        if arguments.kink is not None:
            is_open = at_kink(stage, arguments, lowered, y, [*owned, *held])
            is_open = stage.builder.and_(is_open, blocks.any_nonzero(stage, held))
            found = trees.leaves(stage, tangent.result, y_dot)
            blurred = [unsettled(stage, is_open, leaf).ll for leaf in found]
            release(stage, found)
            y_dot = trees.rebuild(stage, tangent.result, iter(blurred))
        release(stage, held)
        return y_dot

    @staticmethod
    def _combined(stage: Stage, top: Dual, leaf: Leaf, tangents: Sequence[Leaf]) -> Any:
        """A result with its partials attached."""
        ty = top.over(leaf.scalar)
        if not leaf.is_array:
            components = [stage.cast(stage.value(t.type, t.ll), leaf.type) for t in tangents]
            return forward.with_components(stage, ty, stage.value(leaf.type, leaf.ll), components).ll
        in_order = [contiguous(stage, t) for t in tangents]
        data = [stage.context.make_array(t.type)(stage.context, stage.builder, t.ll).data for t in in_order]

        def attach(value: Value, position: Any) -> Value:
            components = []
            for t, start in zip(in_order, data, strict=True):
                slot = stage.builder.gep(start, [position])
                ll = stage.context.unpack_value(stage.builder, t.scalar, slot)
                components.append(stage.cast(stage.value(t.scalar, ll), leaf.scalar))
            return forward.with_components(stage, ty, value, components)

        [result] = trees.mapped(stage, [leaf], lambda _: ty, attach)
        release(stage, in_order)
        return result.ll


def contiguous(stage: Stage, leaf: Leaf) -> Leaf:
    """A C-ordered copy of an array."""
    return mapped(stage, leaf, leaf.scalar, lambda value: value)
