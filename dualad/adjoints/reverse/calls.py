"""Adjoints of calls: of array rules, and of functions that have a joint adjoint of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiler.arrays.absorption import adjoint_function
from ..analysis.memory import Memory
from ..errors import NotTransformable
from ..ir.builder import allocation
from ..ir.nodes import (
    FLOAT,
    FLOATS,
    OTHER,
    SINGLE,
    Alloc,
    Block,
    Call,
    Const,
    Routine,
    Tuple,
    Value,
    leaves,
    leaves_of,
    map_tree,
    written,
)
from ..ir.variables import UNKNOWN
from ..library.foreign import Applied
from .bars import ADDED, Bars
from .context import Context
from .tapes import Tapes

NONE = Const(None)
IN_ORDER = Routine(np.ascontiguousarray)
IN_DOUBLE = Routine(None, (), "np.ascontiguousarray({0}).astype(np.float64)")


class Calls:
    """The sweep of calls, as a part of a reversal.

    Attributes
    ----------
    kept : dict
        By statement, the arrays whose contents the adjoint needs and which do not last until then.
    """

    def __init__(self, context: Context, tapes: Tapes, bars: Bars, adjoint_of: Callable[..., Any]) -> None:
        self.context, self.build, self.tapes, self.bars = context, context.build, tapes, bars
        self.adjoint_of = adjoint_of
        self.kept: dict[Call, dict[Value, None]] = {}

    def of_rule(self, s: Call, block: Block) -> None:
        """Pull adjoints back through a call of an array rule."""
        floats = [out for out in s.outs if out.kind in FLOATS]
        if s.rule.rule is None or not any(o.active and not self.bars.is_zero(o) for o in floats):
            return
        rule = s.rule.rule
        arguments = dict(zip(s.rule.names, s.args, strict=True))
        content = self._contents(s, block)
        after: list[tuple[Value, Value]] = []
        passed: list[Any] = []
        bars: list[Value] = []
        for name in inspect.signature(rule.backward).parameters:
            if name == "y":
                passed.append(map_tree(s.result, content))
            elif name == "y_bar":
                given = [self.bars.now(o) for o in floats]
                passed.append(Tuple(tuple(given)) if isinstance(s.result, Tuple) else given[0])
            elif name.endswith("_bar"):
                of: Any = arguments.get(name.removesuffix("_bar"))  # what has a default may not be given
                passed.append(self._in_order(of, after) if _is_active(of) else NONE)
                bars += [passed[-1]] * _is_active(of)
            elif name in arguments:
                passed.append(map_tree(arguments[name], content))
            else:
                passed.append(Const(inspect.signature(rule.primal).parameters[name].default))
        writes = tuple(i for i, found in enumerate(leaves_of(passed)) if found in bars)
        strict = s.nested and rule.varies(sum(map(_is_active, s.args)))
        self.context.call(Routine(adjoint_function(rule, strict), writes), passed)
        for bar, own in after:
            self.context.call(ADDED, (bar, own))

    def _in_order(self, of: Value, after: list[tuple[Value, Value]]) -> Value:
        """The adjoint of an array as rules take it, in C order: one of its own if it may be of another."""
        bar = self.bars.array(of)
        if of.layout == "C":
            return bar
        shape = tuple(self.build.extent(bar, axis) for axis in range(len(of.extents or ())))
        own = self.build.value(f"{of.name}_b_in_order", FLOAT, shape)
        self.build.emit(Alloc(own, allocation("zeros", len(shape)), shape, zeroed=True), own)
        after.append((bar, own))
        return own

    def _contents(self, s: Call, block: Block) -> Callable[[Any], Any]:
        """Values as they were when the statement ran."""
        contents: dict[Any, Any] = {}

        def content(value: Any) -> Any:
            if not isinstance(value, Value):
                return value
            if value not in contents:
                found = self._content(value, s, block)
                if isinstance(s.rule, Applied) and not _suits(s.rule, value):
                    found = self._suited(value, found)
                contents[value] = found
            return contents[value]

        return content

    def _suited(self, value: Value, found: Value) -> Value:
        """An array in double precision and in C order."""
        out = self.build.value(f"{value.name}_in_order", FLOAT, (UNKNOWN,) * len(value.extents or ()))
        self.context.call(IN_DOUBLE if value.kind == SINGLE else IN_ORDER, (found,), out)
        return out

    def _content(self, value: Value, statement: Call, block: Block) -> Any:
        """A value as it was when the statement ran."""
        if not value.is_array:
            return self.context.at(value)
        memory, loops = self.context.memory, self.context.loops
        final = loops.is_final(value, statement, block, memory)
        if final and loops.lasts(value) and not memory.of(value) & memory.stored[statement]:
            return self.context.at(value)
        if value.width:
            reason = (
                f"{value.described}, an array of integers of type {value.width} that is changed after its use"
            )
            raise NotTransformable(reason, statement)
        self.kept.setdefault(statement, {})[value] = None
        return self.tapes.pop(statement, value)

    # -- functions --------------------------------------------------------------------------------

    def of_function(self, s: Call, block: Block) -> None:
        """The adjoint of a called function, which computes the function once more."""
        changed = any(array.active for array in written(s))
        if not changed and not any(o.active and not self.bars.is_zero(o) for o in s.outs):
            return
        content = self._contents(s, block)
        self._called(s, [content(leaf) for leaf in leaves_of(s.args)])

    def fused(self, s: Call) -> None:
        """A called function, forward and backward at once."""
        result = self._called(s, list(map(self.context.at, leaves_of(s.args))))
        self.context.now.update(zip(leaves(s.result), leaves(result), strict=True))
        for out in s.outs:
            self.context.settle_extents(out)

    def _called(self, s: Call, contents: list[Any]) -> Any:
        """What a called function's adjoint gives for the result, having added to adjoints."""
        given, results = list(leaves_of(s.args)), list(leaves(s.result))
        active = [i for i, leaf in enumerate(given) if _is_active(leaf)]
        seeded = [i for i, leaf in enumerate(results) if _is_active(leaf)]
        scalars = [given[i] for i in active if not given[i].is_array]
        arrays = [given[i] for i in active if given[i].is_array]
        _refuse_overlap(s, given, self.context.memory)
        function = self.adjoint_of(s.rule, frozenset(active), frozenset(seeded))
        content = iter(contents)
        trees = [map_tree(arg, lambda leaf: next(content)) for arg in s.args]
        passed: list[Any] = [tree for tree in trees if not is_baked(tree)]
        passed += [self.bars.now(results[i]) for i in seeded]
        first = sum(1 for _ in leaves_of(passed))
        passed += [self.bars.array(array) for array in arrays]
        writes = tuple(range(first, first + len(arrays)))
        # It writes to arguments as the function does, besides.
        places = {id(leaf): i for i, leaf in enumerate(leaves_of(passed))}
        stored = {id(contents[i]) for i in s.rule.writes}
        writes += tuple(places[key] for key in stored if key in places)
        result = map_tree(s.result, lambda leaf: self.context.copy(leaf) if isinstance(leaf, Value) else leaf)
        bars = [self.build.value(f"{scalar.name}_b", FLOAT) for scalar in scalars]
        self.context.call(Routine(function, writes), passed, Tuple((result, Tuple(tuple(bars)))))
        for scalar, bar in zip(scalars, bars, strict=True):
            self.bars.add(scalar, bar)
        return result


def is_baked(tree: Any) -> bool:
    """Whether an argument of a called function is part of its code."""
    return isinstance(tree, Const) and tree.kind == OTHER


def _is_active(value: Any) -> bool:
    return isinstance(value, Value) and value.active


def _suits(applied: Applied, array: Value) -> bool:
    """Whether a rule may take an array as it is: Numba warns that products of other layouts are slow."""
    if not array.is_array:
        return True
    if array.kind == SINGLE:
        return False
    return array.layout in ("C" if applied.rule is None else applied.rule.layouts)


def _refuse_overlap(s: Call, given: list[Any], memory: Memory) -> None:
    """The adjoint of a function takes for granted that what it writes to has one name."""
    arrays = [leaf for leaf in given if isinstance(leaf, Value) and leaf.is_array]
    for array in written(s):
        if sum(bool(memory.of(array) & memory.of(other)) for other in arrays) > 1:
            raise NotTransformable(
                f"a call of {s.rule.name!r} that is given parts of one array twice and writes to it", s
            )
