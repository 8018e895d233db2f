"""Rules of arrays applied so that zeros absorb infinities and NaN, as they do in the rules of scalars.

A tangent or adjoint rule is a linear map whose matrix nobody sees. While what it is applied to is finite, it
is called once. Else it is called for the finite part, and for every infinity or NaN once more with 1 in its
place: what comes out are partials, which are multiplied as those of scalars are. Rules whose own products
absorb (:attr:`ArrayRule.absorbs`) are called directly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any

from llvmlite import ir
from numba import types

from ...numba_api import cgutils, normalize_signature
from ...rules.arrays import ArrayRule
from ...rules.table import lookup
from ...staging import forward, trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ...tape import payloads, pool
from ...types.active import Active, Dual, storage
from ..dispatch.driver import Driver
from ..ops.wrappers import wrapper
from .arguments import BAR, DOT, RESULT, raising
from .callee import Callee
from .parts import RuleFunction, parameters, rule_function


def _nothing() -> None:
    pass


def _any_special(stage: Stage, leaves: Sequence[Leaf]) -> Any:
    return exists(stage, leaves, lambda value: stage.builder.not_(_is_finite(stage, value)))


def exists(stage: Stage, leaves: Sequence[Leaf], test: Callable[[Value], Any]) -> Any:
    """Whether some scalar passes a test; all are looked at, which LLVM does several at a time."""
    builder = stage.builder
    found = cgutils.alloca_once(builder, ir.IntType(1))
    builder.store(ir.Constant(ir.IntType(1), 0), found)
    for value, _ in trees.scalars(stage, leaves):
        builder.store(builder.or_(builder.load(found), test(value)), found)
    return builder.load(found)


def is_nan(value: Value) -> Any:
    """Whether a float is NaN."""
    return value.on.builder.fcmp_unordered("uno", value.ll, value.ll)


def _is_finite(stage: Stage, value: Value) -> Any:
    """Whether a value is finite with all its partials; of those of a traced one nothing is known."""
    builder, ty = stage.builder, value.type
    if not isinstance(ty, Active):
        return builder.fcmp_ordered("==", builder.fsub(value.ll, value.ll), ir.Constant(value.ll.type, 0.0))
    finite = _is_finite(stage, value.primal)
    if isinstance(ty, Dual):
        for i in range(ty.width):
            finite = builder.and_(finite, _is_finite(stage, forward.component(stage, value, i)))
    return finite


def _plus(stage: Stage, old: Value, partial: Value, weight: Value) -> Value:
    product = stage.operate(lookup("absorbing"), (partial, weight))
    return stage.cast(stage.operate(lookup("add"), (old, product)), old.type)


def _add_absorbing(stage: Stage, to: Leaf, partials: Leaf, weight: Value) -> None:
    """Add an array times a number to another, in place."""
    for leaf, pointer, at in trees.pointers(stage, [to]):
        old = stage.value(leaf.scalar, stage.context.unpack_value(stage.builder, leaf.scalar, pointer))
        new = _plus(stage, old, trees.element_at(stage, partials, at), weight)
        stage.context.pack_value(stage.builder, new.type, new.ll, pointer)


class _Scratch:
    """Memory for leaves of the form of others, from outside Numba's, which would count references."""

    def __init__(self, stage: Stage, like: Sequence[Leaf]) -> None:
        self.stage, self.like = stage, like
        builder = stage.builder
        sizes = [payloads.data_size(stage, leaf.scalar, trees.size(stage, leaf)) for leaf in like]
        self.bytes = reduce(builder.add, sizes, trees.intp(stage, 0))
        self.memory = pool.reallocate(builder, pool.null(), builder.add(self.bytes, trees.intp(stage, 1)))
        self.starts = []
        at = self.memory
        for leaf, size in zip(like, sizes, strict=True):
            self.starts.append(builder.bitcast(at, stage.context.get_data_type(leaf.scalar).as_pointer()))
            at = builder.gep(at, [size])

    @property
    def leaves(self) -> list[Leaf]:
        """Arrays as views, scalars as they are now."""
        stage = self.stage
        found = []
        for leaf, start in zip(self.like, self.starts, strict=True):
            if isinstance(leaf.type, types.Array):
                found.append(payloads.view(stage, leaf.type, start, trees.shape(stage, leaf)))
            else:
                found.append(Leaf(leaf.type, stage.context.unpack_value(stage.builder, leaf.type, start)))
        return found

    def clear(self) -> None:
        cgutils.memset(self.stage.builder, self.memory, self.bytes, 0)

    def free(self) -> None:
        pool.free(self.stage.builder, self.memory)

    def take_finite(self, given: Sequence[Leaf]) -> None:
        """What is given, 0 where it is not finite."""
        self.clear()
        for number, leaf in enumerate(given):
            for value, at in trees.scalars(self.stage, [leaf]):
                with self.stage.builder.if_then(_is_finite(self.stage, value)):
                    self._store(number, at, value)

    def one_by_one(self, given: Sequence[Leaf], add: Callable[[Value], None]) -> None:
        """Have `add` called with every scalar that is not finite, there being a 1 in its place and 0 else."""
        stage = self.stage
        self.clear()
        for number, leaf in enumerate(given):
            for value, at in trees.scalars(stage, [leaf]):
                with stage.builder.if_then(stage.builder.not_(_is_finite(stage, value)), likely=False):
                    self._store(number, at, stage.constant(value.type, 1.0))
                    add(value)
                    self._store(number, at, stage.zero(value.type))

    def _store(self, number: int, at: Any, value: Value) -> None:
        stage, slot = self.stage, self.starts[number]
        if self.like[number].is_array:
            slot = trees.slot_at(stage, self.leaves[number], at)
        stage.context.pack_value(stage.builder, value.type, value.ll, slot)


# -- rules as functions of compiled code ------------------------------------------------------------


class _Applied:
    """A rule as an :class:`~dualad.compiler.ops.wrappers.Emitted`.

    Attributes
    ----------
    function : callable
        The rule.
    ending : str
        Of the names of the parameters that are what it is applied to, or what it adds to.
    """

    ending = ""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.names = function, parameters(function)

    def resolve(self, typing: Any, argtypes: list[types.Type]) -> tuple[types.Type, Any]:
        callee = Callee.resolve(typing, rule_function(self.function), argtypes)
        return callee.result, (callee, argtypes)

    def emit(self, stage: Stage, plan: tuple[Callee, list[types.Type]], args: list[Any]) -> Any:
        callee, argtypes = plan
        given = {
            name: (ty, trees.leaves(stage, ty, ll))
            for name, ty, ll in zip(self.names, argtypes, args, strict=True)
            if name.endswith(self.ending) and ty != types.none
        }

        def call(others: dict[str, Sequence[Leaf]], on_error: Callable[[], None] = _nothing) -> Any:
            """Call the rule with other leaves for some of its arguments."""
            passed = list(args)
            for name, leaves in others.items():
                parts = iter([leaf.ll for leaf in leaves])
                passed[self.names.index(name)] = trees.rebuild(stage, given[name][0], parts)

            def failed(status: Any) -> None:
                on_error()
                raising(stage, [])(status)

            return callee.emit(stage, passed, failed, rarely=bool(others))

        return self.absorbing(stage, callee.result, {name: ls for name, (_, ls) in given.items()}, call)

    def absorbing(
        self, stage: Stage, result: types.Type, given: dict[str, list[Leaf]], call: Callable[..., Any]
    ) -> Any:
        """The code that calls the rule with absorption."""
        raise NotImplementedError


class _Tangent(_Applied):
    ending = DOT

    def absorbing(
        self, stage: Stage, result: types.Type, given: dict[str, list[Leaf]], call: Callable[..., Any]
    ) -> Any:
        builder = stage.builder
        kinds = trees.leaf_types(result)
        slots = [cgutils.alloca_once(builder, stage.context.get_value_type(ty)) for ty in kinds]

        def keep(y_dot: Any) -> None:
            for slot, leaf in zip(slots, trees.leaves(stage, result, y_dot), strict=True):
                builder.store(leaf.ll, slot)

        tangents = [leaf for leaves in given.values() for leaf in leaves]
        with builder.if_else(_any_special(stage, tangents), likely=False) as (apart, together):
            with together:
                keep(call({}))
            with apart:
                seeds = _Scratch(stage, tangents)

                def called() -> Any:
                    return call(
                        {name: [leaf] for name, leaf in zip(given, seeds.leaves, strict=True)}, seeds.free
                    )

                def add(weight: Value) -> None:
                    row = trees.leaves(stage, result, called())
                    for slot, part in zip(slots, row, strict=True):
                        if part.is_array:
                            _add_absorbing(stage, Leaf(part.type, builder.load(slot)), part, weight)
                        else:
                            old = stage.value(part.type, builder.load(slot))
                            builder.store(_plus(stage, old, stage.value(part.type, part.ll), weight).ll, slot)
                        trees.release(stage, part.type, part.ll)

                seeds.take_finite(tangents)
                keep(called())
                seeds.one_by_one(tangents, add)
                seeds.free()
        return trees.rebuild(stage, result, iter([builder.load(slot) for slot in slots]))


class _Adjoint(_Applied):
    ending = BAR

    def absorbing(
        self, stage: Stage, result: types.Type, given: dict[str, list[Leaf]], call: Callable[..., Any]
    ) -> Any:
        y_bar = given.pop(RESULT + BAR)
        bars = [bar for [bar] in given.values()]
        with stage.builder.if_else(_any_special(stage, y_bar), likely=False) as (apart, together):
            with together:
                call({})
            with apart:
                seeds, partials = _Scratch(stage, y_bar), _Scratch(stage, bars)

                def free() -> None:
                    seeds.free()
                    partials.free()

                def add(weight: Value) -> None:
                    partials.clear()
                    rows = partials.leaves
                    rest = {name: [row] for name, row in zip(given, rows, strict=True)}
                    call({RESULT + BAR: seeds.leaves, **rest}, free)
                    for bar, row in zip(bars, rows, strict=True):
                        _add_absorbing(stage, bar, row, weight)

                seeds.take_finite(y_bar)
                call({RESULT + BAR: seeds.leaves}, free)
                seeds.one_by_one(y_bar, add)
                free()
        return stage.context.get_dummy_value()


class AbsorbingFunction(RuleFunction):
    """A tangent or adjoint rule with absorption; what reads its code reads that of the rule."""

    def __init__(self, applied: _Applied) -> None:
        super().__init__(applied.function)
        tuple_of_all = "(" + "".join(f"{name}, " for name in applied.names) + ")"
        self.absorbing = Driver(wrapper(applied, self.__name__, ", ".join(applied.names), tuple_of_all))

    def get_call_template(self, args: Any, kws: Any) -> Any:
        args = [storage(types.unliteral(ty)) for ty in args]
        return self.absorbing.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        return self.compiled(sig).entry_point

    def compiled(self, sig: Any) -> Any:
        args, _ = normalize_signature(sig)
        return self.absorbing.overloads[tuple(args)]


@cache
def tangent_function(tangent: Callable[..., Any], rule: ArrayRule, strict: bool) -> RuleFunction:
    """The dispatcher of a tangent rule, in which zeros absorb unless it is `strict`."""
    if strict:
        return rule_function(tangent, strict)
    return rule_function(tangent) if rule.absorbs else AbsorbingFunction(_Tangent(tangent))


@cache
def adjoint_function(rule: ArrayRule, strict: bool) -> RuleFunction:
    """The dispatcher of the adjoint rule, in which zeros absorb unless it is `strict`."""
    assert rule.backward is not None
    if strict:
        return rule_function(rule.backward, strict)
    return rule_function(rule.backward) if rule.absorbs else AbsorbingFunction(_Adjoint(rule.backward))
