"""Adjoints of values: variables for those of numbers, arrays for those of arrays.

The adjoint of a number is a variable that is zero where the sweep of its block begins. The adjoint of an
array is an array, made there, that mirrors its memory. Griewank and Walther, Evaluating Derivatives, 2008,
chapter 4.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..analysis.partials import Term, lowered
from ..ir.builder import allocation
from ..ir.nodes import FLOAT, Alloc, Block, Const, Operand, Routine, Store, Value, View
from ..ir.variables import UNKNOWN, Variable
from .context import Context
from .restoration import order

ADDED = Routine(operator.iadd, (0,), "{0} += {1}")
ZERO = Const(0.0)


@dataclass(eq=False)
class Opened:
    """A block of the sweep that is not complete.

    Attributes
    ----------
    place : int
        Where in it the adjoints of arrays are made.
    arrays : list of Value
        The arrays of the primal's block whose adjoints are made there.
    """

    block: Block
    place: int
    arrays: list[Value] = field(default_factory=list)


class Bars:
    """The adjoints of one reversal."""

    def __init__(self, context: Context) -> None:
        self.context, self.build, self.variables = context, context.build, context.variables
        self.cells: dict[Value, Variable] = {}
        self.arrays: dict[Value, Value] = {}
        self.opened: dict[Block | None, Opened] = {}
        self.given: set[Value] = set()

    # -- numbers ----------------------------------------------------------------------------------

    def _cell(self, value: Value) -> Variable:
        if value not in self.cells:
            name = self.build.names.new(f"{value.name}_b")
            self.cells[value] = Variable(name, FLOAT, value.block, ZERO, of=(value, "_b"))
        return self.cells[value]

    def known(self, value: Value) -> Operand | None:
        """The adjoint of a number in the sweep of its block; None if it is zero."""
        return self.variables.get(self._cell(value))

    def now(self, value: Value) -> Operand:
        """The adjoint of a result: a number, or an array."""
        if value.is_array:
            return self.array(value)
        found = self.known(value)
        return ZERO if found is None else found

    def is_zero(self, value: Value) -> bool:
        """Whether the adjoint of a number is zero."""
        return not value.is_array and self.known(value) is None

    def add(self, value: Any, term: Operand, sign: str = "+") -> None:
        """Add to an adjoint."""
        if not isinstance(value, Value) or not value.active:
            return
        if value.is_array:
            self.context.call(ADDED, (self.array(value), term))
            return
        cell = self._cell(value)
        before = self.variables.get(cell)
        if before is not None:
            term = self.build.op(operator.add if sign == "+" else operator.sub, before, term)
        elif sign == "-":
            term = self.build.op(operator.neg, term)
        if isinstance(term, Value) and term.anonymous and term.variable is None:
            term.name, term.anonymous = self.build.names.new(cell.name), value.anonymous
        self.variables.set(cell, term)

    def add_product(self, value: Any, partial: Any, seed: Operand, product: Any) -> None:
        """Add a partial times an adjoint, multiplied by the function `product`."""
        if isinstance(partial, Term):
            factor = lowered(self.build, partial, self.context.at)
            self.add(value, self.build.op(product, seed, factor))
        elif abs(partial) == 1:
            self.add(value, seed, "+" if partial > 0 else "-")
        elif partial:
            self.add(value, self.build.op(operator.mul, Const(float(partial)), seed))

    # -- arrays -----------------------------------------------------------------------------------

    def array(self, array: Value) -> Value:
        """The adjoint of an array, which is made where the sweep of its block begins."""
        if array not in self.arrays:
            if isinstance(array.producer, View):
                self.array(array.producer.array)
            place = self.opened[array.block]
            place.arrays.append(array)
            made = Value(
                self.build.names.new(f"{array.name}_b"),
                FLOAT,
                (UNKNOWN,) * len(array.extents or ()),
                layout=array.layout,
                of=(array, "_b"),
            )
            made.block = place.block
            self.arrays[array] = made
        return self.arrays[array]

    def give(self, array: Value, bar: Value) -> None:
        """Let a given array be the adjoint of another."""
        self.arrays[array] = bar

    def load(self, array: Value, index: tuple[Operand, ...]) -> Value:
        """An element of an adjoint."""
        bar = self.array(array)
        return self.build.load(bar, tuple(map(self.context.at, index)))

    def store(self, array: Value, index: tuple[Operand, ...], value: Operand, *, add: bool) -> None:
        """Add to an element of an adjoint, or clear it."""
        bar = self.array(array)
        self.build.emit(Store(bar, tuple(map(self.context.at, index)), value, add))

    # -- blocks -----------------------------------------------------------------------------------

    @contextmanager
    def open(self, *blocks: Block | None) -> Iterator[None]:
        """Make the adjoints of a block's arrays here, those that are asked for meanwhile."""
        opened = Opened(self.build.block, len(self.build.block.statements))
        for block in blocks:
            self.opened[block] = opened
        yield
        made = Block(opened.block)
        self.build.line = 0
        with self.build.inside(made):
            for array in self._in_order(opened.arrays, blocks):
                self._make(array)
        opened.block.statements[opened.place : opened.place] = made.statements

    def _in_order(self, arrays: list[Value], blocks: tuple[Block | None, ...]) -> list[Value]:
        """Arrays in the order of the forward sweep; the adjoint of a view needs that of the viewed array."""
        if len(arrays) < 2:
            return arrays
        places = {
            value: place
            for block in blocks
            if block is not None
            for place, value in enumerate(order(block, self.context.storage))
        }
        return sorted(arrays, key=lambda array: places.get(array, -1))

    def _make(self, array: Value) -> None:
        """The adjoint of an array, or of a view."""
        bar, at = self.arrays[array], self.context.at
        if isinstance(array.producer, View):
            base = self.arrays[array.producer.array]
            made: Any = View(bar, base, array.producer.form, tuple(map(at, array.producer.operands)))
        else:
            bar.extents = tuple(map(at, array.extents or ()))
            # In the layout of the array, so that views of it show its adjoint.
            form = allocation("zeros", len(bar.extents), layout=array.layout)
            made = Alloc(bar, form, bar.extents, zeroed=True)
        self.build.emit(made)
        bar.producer = made
