"""From a program and a plan to its adjoint: a program too, of the forward sweep and the reverse one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import runtime
from ..analysis.memory import Memory
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import (
    FLOAT,
    SINGLE,
    Call,
    Const,
    Loop,
    Names,
    Op,
    Operand,
    Program,
    Routine,
    Store,
    Tuple,
    Value,
    map_tree,
    values_of,
    walk,
)
from ..ir.variables import UNKNOWN
from ..plan.plan import Loops, Plan, Storage
from ..plan.storage import settled
from .context import Context
from .forward import Forward
from .sweep import Sweep
from .tapes import Tapes

PLANTED = Routine(runtime.planted, (0,))
COPIED = Routine(np.copy, (), "{0}.copy()")
IN_ORDER = Routine(np.ascontiguousarray)
IN_SINGLE = Routine(None, (), "{0}.astype(np.float32)")
ONE = Const(1.0)


@dataclass(frozen=True)
class Request:
    """What is asked of an adjoint.

    Attributes
    ----------
    inputs : sequence of Value
        What is differentiated with respect to.
    seeded : sequence
        The leaves of the result whose adjoints are given.
    joint : bool
        Whether other adjoints call it: they give the adjoints of arrays, to be added to.
    unit : bool
        Whether the adjoint of a result that is one number is 1 and not given.
    """

    name: str
    inputs: Sequence[Value]
    seeded: Sequence[Any]
    joint: bool = False
    unit: bool = False

    @property
    def seeds(self) -> Sequence[Any]:
        """The leaves whose adjoints are parameters."""
        known = self.unit and len(self.seeded) == 1 and not self.seeded[0].is_array
        return [] if known else self.seeded


@dataclass(frozen=True)
class Reversed:
    """An adjoint.

    Attributes
    ----------
    forward : mapping
        What stands for the primal's values in the forward sweep.
    origins : mapping
        By loop of the sweep, the primal's loop that it reverses.
    """

    program: Program
    forward: Mapping[Value, Value]
    origins: Mapping[Loop, Loop]


class _NoNames(Names):
    """Takes no names, as nobody looks at them."""

    def new(self, hint: str) -> str:
        return hint


class _Rehearsal(Builder):
    """Builds statements that nobody looks at: it does not ask for kinds."""

    def __init__(self) -> None:
        super().__init__(_NoNames())

    def op(self, function: Any, *args: Operand, hint: str = ANONYMOUS) -> Operand:
        out = Value(hint, FLOAT)
        result: Value = self.emit(Op(out, None, function, args), out)
        return result


def planned(
    program: Program,
    memory: Memory,
    request: Request,
    switches: Collection[str],
    adjoint_of: Callable[..., Any],
) -> Plan:
    """The plan of an adjoint: what its sweep reads is found by a rehearsal."""
    loops = Loops.of(program, memory, switches)
    if not any(_leaves_behind(s, loops) for s in walk(program.body)):
        return Plan(loops, Storage())
    context = Context(program, memory, loops, None, _Rehearsal())
    sweep = _Writer(context, request, adjoint_of).rehearsed()
    for value in sweep.counts.values():
        value.name = program.names.new(value.name)
    storage = settled(context.read, memory, loops, program.names)
    kept = {call: tuple(arrays) for call, arrays in sweep.calls.kept.items()}
    return Plan(loops, replace(storage, counts=sweep.counts, kept=kept, swept=frozenset(sweep.swept)))


def _leaves_behind(s: Any, loops: Loops) -> bool:
    """Whether the reverse sweep may need what a statement has overwritten or lost."""
    return isinstance(s, Call) or (isinstance(s, Loop) and s not in loops.fused)


def adjoint_program(
    program: Program, memory: Memory, request: Request, plan: Plan, adjoint_of: Callable[..., Any]
) -> Reversed:
    """The adjoint of a program."""
    context = Context(program, memory, plan.loops, plan.storage, Builder(program.names))
    writer = _Writer(context, request, adjoint_of)
    return Reversed(writer.program(), context.forward, writer.sweep.origins)


class _Writer:
    """Writes one adjoint."""

    def __init__(self, context: Context, request: Request, adjoint_of: Callable[..., Any]) -> None:
        self.context, self.build, self.request = context, context.build, request
        self.tapes = Tapes(context)
        self.forward = Forward(context, self.tapes)
        self.sweep = Sweep(context, self.tapes, self.forward, adjoint_of)
        self.parameters: list[tuple[str, Any]] = []

    def rehearsed(self) -> Sweep:
        """The sweep alone."""
        self._reverse()
        return self.sweep

    def program(self) -> Program:
        """The whole adjoint."""
        context, primal = self.context, self.context.program
        for value in primal.named.values():
            if isinstance(value, tuple):
                context.now[value[1]] = value[1]
        for name, tree in primal.parameters:
            stands = map_tree(tree, self._parameter)
            if not (self.request.joint and isinstance(tree, Const)):
                self.parameters.append((name, stands))
        self._copy_arguments()
        self.tapes.begin()
        self.forward.block(primal.body)
        adjoints = self._reverse()
        result = Tuple((map_tree(primal.result, self._returned), Tuple(tuple(adjoints))))
        self.build.block.statements[:0] = context.prelude
        return Program(
            self.request.name,
            self.parameters,
            self.build.block,
            result,
            primal.named,
            primal.divides_by_zero,
            primal.reorders,
            primal.names,
            frozenset(self.sweep.bars.arrays.values()),
        )

    def _parameter(self, leaf: Any) -> Any:
        if not isinstance(leaf, Value):
            return leaf
        found = self.context.now[leaf] = self.forward.define(leaf)
        return found

    def _copy_arguments(self) -> None:
        """Arguments that are stored to are the caller's."""
        for value in () if self.request.joint else values_of(*self.context.program.arguments):
            if value in self.context.memory.mutable:
                given: Any = self.context.now[value]
                copy = self.context.now[value] = self._copy(value, given)
                given.variable = copy.variable = value

    def _copy(self, array: Value, found: Any) -> Value:
        """A copy of what stands for an array, as Numba lays it out."""
        copy = self.context.copy(array)
        copy.layout = "C" if array.layout == "A" else array.layout
        self.context.call(COPIED, (found,), copy)
        return copy

    def _reverse(self) -> list[Operand]:
        """The reverse sweep; gives the adjoints of the inputs that are results."""
        bars, body = self.sweep.bars, self.context.program.body
        outer = [leaf for leaf in self.request.inputs if self.request.joint and leaf.is_array]
        seeds = [self._seed(leaf) for leaf in self.request.seeds]
        for leaf in outer:
            bar = Value(self.build.names.new(f"{leaf.name}_b"), FLOAT, (UNKNOWN,) * len(leaf.extents or ()))
            bar.layout = leaf.layout
            bars.give(leaf, bar)
            self.parameters.append((bar.name, bar))

        def begin() -> None:
            self.build.line = 0  # no statement of the user's
            if not self.request.seeds and self.request.seeded:
                bars.add(self.request.seeded[0], ONE)
            for leaf, seed in zip(self.request.seeds, seeds, strict=True):
                self._plant(leaf, seed)

        with bars.open(None):
            self.context.variables.enter(body)
            self.sweep.block(body, begin)
            self.context.variables.resume(self.context.variables.leave())
            inputs = [leaf for leaf in self.request.inputs if leaf not in outer]
            given_back = [bars.now(leaf) for leaf in inputs]
        return [self._given_back(leaf, bar) for leaf, bar in zip(inputs, given_back, strict=True)]

    def _seed(self, leaf: Any) -> Value:
        """A parameter: the adjoint of a result, a number for an array without axes."""
        rank = len(leaf.extents or ()) if isinstance(leaf, Value) else 0
        seed = self.build.value("seed", FLOAT, (UNKNOWN,) * rank or None)
        self.parameters.append((seed.name, seed))
        return seed

    def _plant(self, leaf: Any, seed: Value) -> None:
        """The adjoint of a result."""
        bars = self.sweep.bars
        if not (isinstance(leaf, Value) and leaf.active and leaf.is_array):
            bars.add(leaf, seed)
        elif leaf.extents:
            self.context.call(PLANTED, (bars.array(leaf), seed))
        else:
            self.build.emit(Store(bars.array(leaf), (), seed, add=True))

    def _given_back(self, leaf: Value, bar: Any) -> Operand:
        """The adjoint of an argument, in C order and in its precision."""
        found: Operand = bar
        if leaf.layout == "F" and len(leaf.extents or ()) > 1:
            found = self._converted(leaf, IN_ORDER, found)
        if leaf.kind != SINGLE:
            return found
        if leaf.is_array:
            return self._converted(leaf, IN_SINGLE, found)
        return self.build.op(np.float32, found, hint=f"{leaf.name}_b")

    def _converted(self, leaf: Value, routine: Routine, bar: Any) -> Value:
        out = self.build.value(f"{leaf.name}_b", leaf.kind, bar.extents)
        self.context.call(routine, (bar,), out)
        return out

    def _returned(self, leaf: Any) -> Any:
        """A leaf of the result; an array of the caller's is copied."""
        if not isinstance(leaf, Value):
            return leaf
        found = self.context.at(leaf)
        given = values_of(*self.context.program.arguments)
        is_given = leaf.is_array and not self.context.memory.of(leaf).isdisjoint(given)
        return self._copy(leaf, found) if is_given else found
