"""Where the reverse sweep of a block begins: values as they were."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any

from ..analysis.counters import Term as Change
from ..analysis.counters import counting, parts, stepping
from ..analysis.partials import lowered
from ..ir.nodes import (
    FLOAT,
    INT,
    Block,
    Const,
    Extent,
    Loop,
    Op,
    Operand,
    Value,
    operands,
    outputs,
    rewritten,
)
from ..ir.variables import Variable
from .context import Context
from .tapes import Tapes, iterations


class Restoration:
    """Loads values from tapes, or computes them again."""

    def __init__(self, context: Context, tapes: Tapes) -> None:
        self.context, self.build, self.tapes = context, context.build, tapes
        self.at, self.storage = context.at, context.storage
        self.steps: dict[Value, Variable] = {}

    def step_back(self, loop: Loop) -> None:
        """Before the sweep of a loop, integers that go back are what they were at last."""
        for head in self.storage.stepped.get(loop, ()):
            found = stepping(head)
            assert found is not None
            self.steps[head] = Variable(self.build.names.new(f"{head.name}_r"), INT, loop.body.parent)
            self.context.variables.set(self.steps[head], self.at(found[0]))

    def restore(self, block: Block) -> None:
        """The values that the sweep of a block reads, in the order of the forward sweep."""
        wanted = dict.fromkeys(self.storage.restored.get(block, ()))
        for value in order(block, self.storage) if wanted else ():
            if value in wanted:
                del wanted[value]
                found = self.context.now[value] = self._again(value)
                if isinstance(found, Value):
                    found.of = value, "_r"
        assert not wanted, f"{list(wanted)} are not defined in their block"

    def _again(self, value: Value) -> Operand:
        loop, name = self.context.loops.scope(value.block), f"{value.name}_r"
        if loop is not None and self.storage.has(loop, value):
            return self.tapes.load(loop, value, name)
        counter = counting(value)
        if counter is not None:
            return self._counted(value, *counter, name)
        back = stepping(value)
        if back is not None:
            variable = self.steps[value]
            found = self._stepped_back(self.context.variables.now(variable), back[1])
            self.context.variables.set(variable, found)
            return found
        made = rewritten(value.producer, self.at)
        made.out = self.context.copy(value, name)
        self.build.emit(made, made.out)
        return made.out

    def _counted(self, value: Value, init: Any, step: int, name: str) -> Operand:
        """An integer that a loop moves by a constant."""
        start, index = value.producer.bounds[0], value.producer.index
        number = self.at(index)
        if start != Const(0):
            number = self.build.op(operator.sub, number, self.at(start))
        if step != 1:
            number = self.build.op(operator.mul, Const(step), number)
        return self.build.op(operator.add, self.at(init), number, hint=name)

    def _stepped_back(self, found: Operand, change: list[Change]) -> Operand:
        for factor, of in change:
            by = lowered(self.build, iterations(of), self.at) if isinstance(of, Loop) else self.at(of)
            if abs(factor) != 1:
                by = self.build.op(operator.mul, Const(abs(factor)), by)
            found = self.build.op(operator.sub if factor > 0 else operator.add, found, by)
        return found


def order(block: Block, storage: Any) -> list[Value]:
    """The values of a block in the order of the forward sweep."""
    found: list[Value] = []
    if isinstance(block.owner, Loop):
        for carry in block.owner.carries:
            step = stepping(carry.head)
            if step is not None:
                found += _sources(parts(step[1]), block)
            found.append(carry.head)
    for statement in block.statements:
        if isinstance(statement, Loop):
            keys = ((statement, kind) for kind in (FLOAT, INT))
            found += [storage.begins[key] for key in keys if key in storage.begins]
            found += [storage.counts[statement]] if statement in storage.counts else []
        found += outputs(statement)
    return found


def _sources(values: Iterable[Any], block: Block) -> Iterator[Value]:
    """What values of a block are computed from in it, in order, themselves at the end."""
    for value in values:
        if isinstance(value, Value) and value.block is block:
            yield from _sources(
                operands(value.producer) if isinstance(value.producer, Op | Extent) else (), block
            )
            yield value
