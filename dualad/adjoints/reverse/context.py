"""What all parts of a reversal share: the code that is built, and what stands for the primal's values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..analysis.memory import Memory
from ..ir.builder import Builder
from ..ir.nodes import (
    BOOL,
    INT,
    Block,
    Call,
    Const,
    If,
    Loop,
    Merge,
    Op,
    Operand,
    Program,
    Routine,
    Value,
    is_inside,
    values_of,
)
from ..ir.variables import UNKNOWN, Scope, Variables
from ..plan.plan import Loops, Plan, Storage


class Context:
    """One adjoint that is built.

    Attributes
    ----------
    storage : Storage or None
        None for a rehearsal, which finds what the sweep reads: all values are at hand.
    now : dict
        What stands for a value of the primal: its computation in the forward sweep, or what is restored.
    forward : dict
        What stands for a value in the forward sweep.
    read : dict
        In a rehearsal, the values that the sweep reads.
    """

    def __init__(
        self, program: Program, memory: Memory, loops: Loops, storage: Storage | None, build: Builder
    ) -> None:
        self.program, self.memory, self.loops = program, memory, loops
        self.rehearsal = storage is None
        self.storage = storage or Storage()
        self.plan = Plan(loops, self.storage)
        self.build, self.variables = build, Variables(build)
        self.now: dict[Any, Operand] = {}
        self.forward: dict[Value, Value] = {}
        self.read: dict[Value, None] = {}
        self.nothing: dict[tuple[int, str], Value] = {}
        self.body, self.prelude = build.block, list[Any]()

    # -- values of the primal ---------------------------------------------------------------------

    def at(self, operand: Any) -> Any:
        """What stands for a value of the primal here."""
        if not isinstance(operand, Value):
            return operand
        if self.rehearsal:
            self.read[operand] = None
            return operand
        return self.reached(operand, self.now[operand])

    def reached(self, key: Any, found: Operand) -> Operand:
        """What stands for something, where one side of a branch defines it: nobody looks at the other."""
        if not isinstance(found, Value):
            return found
        while found.block is not None and not is_inside(self.build.block, found.block):
            branch = found.block.owner
            assert isinstance(branch, If), f"{key} is out of reach"
            sides = (found, None) if found.block is branch.then else (None, found)
            out = self.copy(found).defined(found.block.parent, branch)
            branch.merges.append(Merge(out, *sides))
            self.now[key] = found = out
        return found

    def mark(self) -> tuple[int, int]:
        """How much has been written to this block, and read."""
        return len(self.build.block.statements), len(self.read)

    def undo(self, mark: tuple[int, int]) -> None:
        """Take back what was written and read since for a sweep that turns out to be empty.

        What is left of it would give what is around it a sweep.
        """
        written, read = mark
        del self.build.block.statements[written:]
        for value in list(self.read)[read:]:
            del self.read[value]

    def copy(self, value: Value, name: str = "") -> Value:
        """A value of the same form, under a name of its own."""
        extents = None if value.extents is None else (UNKNOWN,) * len(value.extents)
        return Value(
            self.build.names.new(name or value.name),
            value.kind,
            extents,
            active=value.active,
            anonymous=value.anonymous,
            layout=value.layout,
            width=value.width,
            type=value.type,
        )

    def settle_extents(self, array: Value) -> None:
        """Give what stands for an array the extents that are known of it so far."""
        if array.extents is None:
            return
        clone = self.now.get(array)
        if isinstance(clone, Value):
            found = (self.now.get(e) if isinstance(e, Value) else e for e in array.extents)
            clone.extents = tuple(UNKNOWN if e is None else e for e in found)

    # -- code -----------------------------------------------------------------------------------------

    def predicate(self, function: Any, *args: Operand) -> Value:
        """A function of the runtime that tells yes or no."""
        out = self.build.value("t", BOOL)
        result: Value = self.build.emit(Op(out, None, function, args), out)
        return result

    def call(self, routine: Routine, args: Sequence[Any], result: Any = None) -> None:
        """Call a function of the runtime."""
        outs = tuple(values_of(result))
        self.build.emit(Call(outs, routine, tuple(args), result), *outs)

    @contextmanager
    def block(self, block: Block, primal: Block | None, loop: Loop | None = None) -> Iterator[Scope]:
        """Append to a block for a while, where variables of a block of the primal begin."""
        scope = self.variables.enter(primal, loop)
        with self.build.inside(block):
            yield scope
            self.variables.leave()

    def branch(
        self,
        condition: Operand,
        then: Callable[[If], None],
        orelse: Callable[[If], None] = lambda branch: None,
        primal: tuple[Block | None, Block | None] = (None, None),
    ) -> If:
        """A branch; variables that its sides assign are merged."""
        branch = If(condition, Block(self.build.block), Block(self.build.block))
        line, file = self.build.line, self.build.file
        scopes = []
        for inner, side, of in zip((branch.then, branch.orelse), (then, orelse), primal, strict=True):
            with self.block(inner, of) as scope:
                side(branch)
            scopes.append(scope)
        self.build.line, self.build.file = line, file
        self.build.emit(branch)
        self.variables.merge(branch, *scopes)
        return branch

    def loop(self, bounds: Any) -> Loop:
        """A loop whose body is empty as yet."""
        return Loop(None, bounds, Block(self.build.block))

    def index(self, loop: Loop, hint: str) -> Value:
        """The index of a loop."""
        # The name is that of the primal's, which is not used here.
        loop.index = Value(hint, INT).defined(loop.body, loop)
        return loop.index


def shifted(build: Builder, operand: Operand, by: int) -> Operand:
    """An integer that is larger by one, or less."""
    if isinstance(operand, Const):
        return Const(operand.value + by)
    return build.op(operator.add if by > 0 else operator.sub, operand, Const(1))
