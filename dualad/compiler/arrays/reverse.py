"""An adjoint rule applied.

A scalar result is one statement, whose partials the rule gives at once; any other result is a block
of the tape, which keeps what the rule reads until the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types

from ...rules.arrays import ArrayRule
from ...staging import kinks, trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...tape import blocks, links
from ...tape.payloads import Cursor, Item, as_it_is, kept_type
from ...types.active import adjoint_type, is_real, rebased
from .absorption import adjoint_function, exists, is_nan
from .arguments import BAR, RESULT, Arguments, at_kink, handed_on, mapped, raising, release, unsettled
from .callee import Callee
from .parts import RuleFunction, parameters, rule_function


@dataclass(frozen=True)
class Backward:
    """An adjoint rule applied."""

    rule: ArrayRule
    primal: RuleFunction

    def resolve(self, typing: Any, argtypes: list[types.Type]) -> tuple[types.Type, Any]:
        arguments = Arguments.resolve(typing, self.rule, self.primal, argtypes)
        plan = Recorded(arguments)
        return arguments.result, (plan, plan.resolve(typing))

    def emit(self, stage: Stage, plan: tuple[Recorded, Callee], args: list[Any]) -> Any:
        emission = Emission(stage, *plan, args)
        record = emission.statement if emission.recorded.is_statement else emission.block
        return emission.result(blocks.guarded(stage, emission.live, record))


class Emission:
    """The primal computed on a stage, to be recorded."""

    def __init__(self, stage: Stage, recorded: Recorded, adjoint: Callee, args: Sequence[Any]) -> None:
        self.stage, self.recorded, self.adjoint = stage, recorded, adjoint
        self.arguments = recorded.arguments
        values = self.arguments.values(stage, args)
        self.lowered, self.owned = lowered, _ = self.arguments.lower(stage, values)
        y = self.arguments.primal.emit(stage, [leaf.ll for leaf in lowered], raising(stage, self.owned))
        self.y = y
        self.results = trees.leaves(stage, self.arguments.primal.result, y)
        self.owned += [leaf for leaf in self.results if leaf.is_array]
        if self.arguments.strict:
            # What an infinity times 0 is, is known around the point only.
            real = [leaf for leaf in self.results if is_real(leaf.scalar)]
            with stage.builder.if_then(exists(stage, real, is_nan), likely=False):
                kinks.note(stage.builder)
        self.operands = [v for v, active in zip(values, self.arguments.active, strict=True) if active]
        self.kept = recorded.kept(stage, lowered, y)
        self.pointer, self.live = blocks.tape_of(stage, self.operands)

    def statement(self) -> Any:
        """Record the scalar result; return its index."""
        stage, scalar = self.stage, self.recorded.scalar
        copies = [mapped(stage, item.source, item.scalar, item.convert) for item in self.kept]
        partials = [mapped(stage, operand, scalar, lambda _: stage.zero(scalar)) for operand in self.operands]
        temporary = [leaf for leaf in (*copies, *partials) if leaf.is_array]
        one = Leaf(scalar, stage.constant(scalar, 1.0).ll)
        passed = self.recorded.passed(stage, copies, [one], partials)
        self.adjoint.emit(stage, passed, raising(stage, [*self.owned, *temporary]))
        if self.arguments.kink is not None:
            is_open = at_kink(stage, self.arguments, self.lowered, self.y, [*self.owned, *temporary])
            partials = [unsettled(stage, is_open, leaf) for leaf in partials]
            temporary += [leaf for leaf in partials if leaf.is_array]
        index = blocks.push_statement(stage, scalar, self.pointer, self.operands, partials)
        release(stage, temporary)
        return index

    def block(self) -> Any:
        """Record the result as a block; return the index of its first scalar."""
        stage = self.stage
        real = [leaf for leaf in self.results if is_real(leaf.scalar)]
        extents = [Leaf(types.intp, extent) for leaf in real for extent in trees.shape(stage, leaf)]
        places = [item for operand in self.operands for item in blocks.places_of(stage, operand)]
        items = [*places, *self.kept, *map(as_it_is, extents)]
        function = self.recorded.swept(stage, self.adjoint)
        return blocks.push_block(stage, self.pointer, items, function, trees.total_size(stage, real))

    def result(self, first: Any) -> Any:
        """The result with indices from `first` on (0: it depends on no input); gives up what is owned."""
        stage, builder = self.stage, self.stage.builder
        live = builder.icmp_signed("!=", first, ir.Constant(first.type, 0))
        parts = []
        for leaf in self.results:
            if is_real(leaf.scalar):
                ty = self.arguments.top.over(leaf.scalar)
                parts.append(blocks.numbered(stage, leaf, ty, self.pointer, first).ll)
                following = builder.add(first, builder.trunc(trees.size(stage, leaf), first.type))
                first = builder.select(live, following, first)
            else:
                parts.append(handed_on(stage, leaf))
        release(stage, self.owned)
        return trees.rebuild(stage, self.arguments.result, iter(parts))


class Recorded:
    """What is kept of an application for its adjoint, and how the adjoint rule is called with it."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.scalar = adjoint_type(arguments.top.base)
        self.parameters = parameters(arguments.rule.backward)
        self.is_statement = is_real(arguments.primal.result)

    def resolve(self, typing: Any) -> Callee:
        """The adjoint rule, compiled."""
        # The seed of a statement is 1, and the sweep of the tape multiplies.
        rule = self.arguments.rule
        strict = self.arguments.strict
        dispatcher = rule_function(rule.backward) if self.is_statement else adjoint_function(rule, strict)
        return Callee.resolve(typing, dispatcher, [self._type(name) for name in self.parameters])

    @property
    def results(self) -> list[types.Type]:
        """The types of the leaves of the result that have adjoints."""
        found = trees.leaf_types(self.arguments.primal.result)
        return [leaf for leaf in found if trees.is_differentiable(leaf)]

    def _type(self, name: str) -> types.Type:
        """The type of a parameter of the adjoint rule."""
        arguments = self.arguments
        if name == RESULT + BAR:
            bars = [kept_type(leaf, self.scalar) for leaf in self.results]
            return bars[0] if is_leaf(arguments.primal.result) else types.Tuple(bars)
        if name.endswith(BAR):
            at = arguments.names.index(name.removesuffix(BAR))
            return kept_type(arguments.argtypes[at], self.scalar) if arguments.active[at] else types.none
        return trees.map_types(self._source(name), self._kept_type)

    def _source(self, name: str) -> types.Type:
        arguments = self.arguments
        if name == RESULT:
            return arguments.primal.result
        return arguments.lowered(arguments.top.level, arguments.argtypes[arguments.names.index(name)])

    @staticmethod
    def _kept_type(leaf: types.Type) -> types.Type:
        scalar = leaf.dtype if isinstance(leaf, types.Array) else leaf
        return kept_type(leaf, rebased(scalar, types.float64) if is_real(scalar) else scalar)

    def kept(self, stage: Stage, lowered: Sequence[Leaf], y: Any) -> list[Item]:
        """The leaves of what the adjoint rule reads."""
        items = []
        for name in self.parameters:
            if name.endswith(BAR):
                continue
            ll = y if name == RESULT else lowered[self.arguments.names.index(name)].ll
            for leaf in trees.leaves(stage, self._source(name), ll):
                ty = self._kept_type(leaf.type)
                scalar = ty.dtype if isinstance(ty, types.Array) else ty
                items.append(Item(leaf, scalar, partial(stage.cast, ty=scalar)))
        return items

    def passed(
        self, stage: Stage, kept: Sequence[Leaf], y_bar: Sequence[Leaf], bars: Sequence[Leaf]
    ) -> list[Any]:
        """The arguments of the adjoint rule from leaves."""
        remaining, adjoints = iter([leaf.ll for leaf in kept]), iter([leaf.ll for leaf in bars])
        by_name = {
            name + BAR: next(adjoints) if active else stage.context.get_dummy_value()
            for name, active in zip(self.arguments.names, self.arguments.active, strict=True)
        }
        passed = []
        for name in self.parameters:
            if name == RESULT + BAR:
                passed.append(trees.rebuild(stage, self._type(name), iter([leaf.ll for leaf in y_bar])))
            elif name.endswith(BAR):
                passed.append(by_name[name])
            else:
                passed.append(trees.rebuild(stage, self._type(name), remaining))
        return passed

    def swept(self, stage: Stage, adjoint: Callee) -> Any:
        """The function of the block: reads the payload, calls the adjoint rule, adds to the adjoints."""
        module = stage.builder.module
        shown = ",".join(map(str, self.arguments.argtypes))
        name = f"dualad.block.{self.arguments.rule.name}({shown})"
        if name not in module.globals:
            function = ir.Function(module, links.SWEPT, name)
            function.linkage = "linkonce_odr"
            self._emit_swept(stage, adjoint, function)
        return module.globals[name]

    def _emit_swept(self, outer: Stage, adjoint: Callee, function: Any) -> None:
        payload, pointer, first = function.args
        stage = Stage(outer.context, ir.IRBuilder(function.append_basic_block("entry")))
        builder = stage.builder
        adjoints = blocks.Adjoints(stage, self.scalar, pointer)
        cursor = Cursor(stage, payload)
        active = [ty for ty, on in zip(self.arguments.argtypes, self.arguments.active, strict=True) if on]
        places = [blocks.Places.read(cursor, ty) for ty in active]
        kept = [
            cursor.read(leaf)
            for name in self.parameters
            if not name.endswith(BAR)
            for leaf in trees.leaf_types(self._type(name))
        ]
        y_bar = []
        for leaf in self.results:
            ndim = leaf.ndim if isinstance(leaf, types.Array) else 0
            extents = [cursor.read(types.intp).ll for _ in range(ndim)]
            y_bar.append(adjoints.at(first, extents))
            first = builder.add(first, trees.product(stage, extents))
        with builder.if_then(blocks.any_nonzero(stage, y_bar)):
            workspace = blocks.Workspace(adjoints, places)
            passed = self.passed(stage, kept, y_bar, workspace.arrays)
            # An adjoint rule that raises has no answer, which is what NaN says.
            adjoint.emit(stage, passed, lambda status: workspace.fill(math.nan))
            workspace.add()
            workspace.free()
        builder.ret_void()


def is_leaf(ty: types.Type) -> bool:
    """Whether a result is one scalar or array."""
    return not isinstance(ty, types.BaseTuple)
