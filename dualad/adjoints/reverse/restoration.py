"""Where the reverse sweep of a block begins: values as they were, and adjoints of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..analysis.counters import Term, counting, parts, stepping
from ..emit import text
from ..emit.lines import Line, line
from ..ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    SINGLE,
    Block,
    Const,
    Extent,
    Load,
    Loop,
    Op,
    Program,
    Value,
    View,
    operands,
    outputs,
)
from ..plan.retention import Retention
from .reversal import Reversal
from .tapes import Tapes


class Restoration:
    """Writes what a block's reverse sweep begins with."""

    def __init__(self, program: Program, reversal: Reversal, tapes: Tapes, retention: Retention) -> None:
        self.program, self.reversal, self.tapes, self.retention = program, reversal, tapes, retention
        self.functions = reversal.functions

    def names(self, block: Block) -> dict[Value, str]:
        """Names for the values of a block that are restored: Numba compiles a variable set once faster."""
        told = {*self.reversal.trips.values(), *self.reversal.chosen.values(), *self.tapes.begins.values()}
        return {
            value: self.program.names.new(f"{value.name}_r")
            for value in sorted(self.retention.restored.get(block, ()), key=lambda v: v.name)
            if value not in told and stepping(value) is None
        }

    def lines(self, block: Block) -> Iterator[Line]:
        """Values and the adjoints of arrays, in the order of the forward sweep."""
        wanted = set(self.retention.restored.get(block, ()))
        shadows = list(self.reversal.shadows.get(block, ()))
        heads: list[Value] = []
        if isinstance(block.owner, Loop):
            heads = [c.head for c in block.owner.carries]
        order = []
        for head in heads:
            step = stepping(head)
            order += [*_sources(parts(step[1]), block), head] if step is not None else [head]
        for statement in block.statements:
            if isinstance(statement, Loop):
                begins = self.tapes.begins
                order += [begins[statement, kind] for kind in (FLOAT, INT) if (statement, kind) in begins]
            for told in (self.reversal.trips, self.reversal.chosen):
                if statement in told:
                    order.append(told[statement])
            order += outputs(statement)
        for value in order:
            if value in wanted:
                wanted.discard(value)
                yield self._again(value)
        for value in order:
            if value in shadows:
                shadows.remove(value)
                yield self.shadow(value)
        assert not wanted, f"{wanted} are not defined in their block"
        assert not shadows, f"{shadows} are not defined in their block"

    def _again(self, value: Value) -> Line:
        loop = self.reversal.scope(value.home)
        if loop is not None and self.tapes.has(loop, value):
            slot = self.tapes.slot(loop, value)
            if value.kind == SINGLE:
                return line(value, " = np.float32(", *slot, ")")
            return line(value, " = ", *slot, " != 0" if value.kind == BOOL else "")
        counter = counting(value)
        if counter is not None:
            init, step = counter
            start, index = value.made.bounds[0], value.made.index
            number: tuple[Any, ...] = (index,)
            if start != Const(0):
                number = (
                    "(",
                    index,
                    " - ",
                    *text.inner(text.text_of(self.functions, start), text.PRODUCT),
                    ")",
                )
            first = text.inner(text.text_of(self.functions, init), text.SUM)
            return line(value, " = ", *first, " + ", *([f"{step} * "] if step != 1 else []), *number)
        back = stepping(value)
        if back is not None:
            return line(value, " = ", value, *self._change_back(back[1]))
        made = value.made
        if isinstance(made, Op):
            return line(value, " = ", *text.operation(self.functions, made.function, made.args).pieces)
        if isinstance(made, Load):
            return line(value, " = ", *text.loaded(self.functions, made))
        if isinstance(made, View):
            pieces = text.filled(self.functions, made.form, made.array, made.operands).pieces
            return line(value, " = ", *pieces)
        return line(value, " = ", made.array, f".shape[{made.axis}]")

    def _change_back(self, change: list[Term]) -> Iterator[Any]:
        for factor, of in change:
            yield " - " if factor > 0 else " + "
            if abs(factor) != 1:
                yield f"{abs(factor)} * "
            shown = self.tapes.trips(of) if isinstance(of, Loop) else text.text_of(self.functions, of).pieces
            yield from ("(", *shown, ")")

    def shadow(self, array: Value) -> Line:
        """The adjoint of an array is made, or found."""
        name = self.reversal.names[array]
        if array in self.reversal.given:
            return line(f"{name} = {self.reversal.given[array]}")
        if isinstance(array.made, View):
            form = array.made.form.replace("{0}", self.reversal.names[array.made.array], 1)
            pieces = text.filled(self.functions, form, None, array.made.operands).pieces
            return line(f"{name} = ", *pieces)
        extents = array.extents or ()
        in_columns = array.layout == "F" and len(extents) > 1  # so that views of it are views of its adjoint
        shape: list[Any] = []
        for position, extent in enumerate(extents[::-1] if in_columns else extents):
            shape += [", "] * bool(position) + [*text.text_of(self.functions, extent).pieces]
        if len(extents) != 1:
            shape = ["(", *shape, ")"]
        return line(f"{name} = np.zeros(", *shape, ").T" if in_columns else ")")


def _sources(values: Iterable[Any], block: Block) -> Iterator[Value]:
    """What values of a block are computed from in it, in order, themselves at the end."""
    for value in values:
        if isinstance(value, Value) and value.home is block:
            yield from _sources(operands(value.made) if isinstance(value.made, Op | Extent) else (), block)
            yield value
