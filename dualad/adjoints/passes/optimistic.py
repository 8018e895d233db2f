"""Products in which a zero absorbs inf and NaN, tried without.

Such a product differs from the plain one only where that is NaN, and adjoints that are made of a NaN are
NaN. So what a stretch of the sweep adds to adjoints is computed plainly, and again, with absorption, if any
of it is NaN: one look at the sum instead of selections at every product.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from ...compiler.ops.formulas import op_of
from ..analysis.memory import Memory
from ..ir.nodes import (
    BOOL,
    FLOAT,
    Alloc,
    Block,
    Extent,
    If,
    Load,
    Loop,
    Merge,
    Names,
    Op,
    Operand,
    Program,
    Raise,
    Value,
    View,
    blocks_of,
    counted,
    loop_around,
    operands,
    outputs,
    written,
)

# Products; fewer are selected, so that loops of few operations are vectorised. Those that sum up are not,
# but if iterations wait for the one before, nothing is gained.
LEAST, LEAST_SUMMED = 4, 2
_PURE = (Op, Load, Extent, View, Alloc)


def try_plainly(program: Program, memory: Memory) -> set[Loop]:
    """In loops, compute stretches with many products without absorption first; gives the loops."""
    uses = cache(lambda: counted(program))
    found: set[Loop] = set()

    def visit(block: Block) -> None:
        loop = loop_around(block)
        if loop is None or sum(map(_is_product, block.statements)) < LEAST_SUMMED:
            for s in block.statements:
                for inner in blocks_of(s):
                    visit(inner)
            return
        made: list[Any] = []
        stretch = _Stretch(block, memory)

        def end() -> None:
            nonlocal stretch, made
            statements = stretch.statements(uses, program.names)
            if len(statements) > len(stretch.all):
                found.add(loop)
            made += statements
            stretch = _Stretch(block, memory)

        for s in block.statements:
            for inner in blocks_of(s):
                visit(inner)
            if blocks_of(s) or isinstance(s, Raise):
                end()
                made.append(s)
                continue
            is_computed = stretch.is_computed(s)
            if is_computed and not stretch.takes(s):
                end()
                is_computed = stretch.is_computed(s)
            stretch.append(s, is_computed)
        end()
        block.statements = made

    visit(program.body)
    return found


class _Stretch:
    """Statements one after another: what is computed, and what is done with it afterwards."""

    def __init__(self, block: Block, memory: Memory) -> None:
        self.block, self.memory = block, memory
        self.all: list[Any] = []
        self.computed: list[Any] = []
        self.effects: list[Any] = []
        self.values: set[Value] = set()
        self.late: set[Value] = set()  # what effects define
        self.stored: set[Value] = set()  # what they store to

    def takes(self, s: Any) -> bool:
        """Whether what is computed may come before the effects that there are."""
        if any(v in self.late for v in _values(operands(s))):
            return False
        return not isinstance(s, Load) or not self.memory.of(s.array) & self.stored

    def append(self, s: Any, is_computed: bool) -> None:
        self.all.append(s)
        if is_computed:
            self.computed.append(s)
            self.values.update(outputs(s))
        else:
            self.effects.append(s)
            self.late.update(outputs(s))
            self.stored |= self.memory.of_all(written(s))

    def is_computed(self, s: Any) -> bool:
        """Whether a statement is computed before the look at the sums, not an effect behind it."""
        if self._is_sum(s):
            return False
        if isinstance(s, Op) and s.out.kind != FLOAT:  # whose NaN would not show
            return not any(v in self.values and v.kind == FLOAT for v in _values(s.args))
        return isinstance(s, _PURE)

    def _is_sum(self, s: Any) -> bool:
        """Whether a statement adds to an adjoint that was there before."""
        if not isinstance(s, Op) or s.out.variable is None or s.function is not operator.add:
            return False
        before = s.args[0]
        return isinstance(before, Value) and before.variable is s.out.variable and before not in self.values

    def statements(self, counts: Callable[[], Counter[Value]], names: Names) -> list[Any]:
        products = [s for s in self.computed if _is_product(s)]
        terms = {s.out for s in products}
        sums = [s for s in self.effects if isinstance(s, Op) and s.args[-1] in terms and self._is_sum(s)]
        if len(products) < (LEAST_SUMMED if sums and not self._carries() else LEAST):
            return self.all
        uses = counts()
        risky: dict[Value, Op] = {}
        for s in self.computed:
            if isinstance(s, Op) and (_is_product(s) or any(v in risky for v in _values(s.args))):
                risky[s.out] = s
        inside = Counter(v for s in self.computed for v in _values(operands(s)))
        leaving = [v for v in risky if uses[v] > inside[v]]
        if not leaving:
            return self.all  # nobody asks for it
        plain = {v: self._copy(v, names) for v in risky}
        exact = {v: self._copy(v, names) for v in leaving}
        made = [self._tried(s, plain) if s in risky.values() else s for s in self.computed]
        look, branch = self._look([plain[v] for v in self._looked_at(leaving, risky)], names)
        needed = _needed(leaving, risky)
        again = {v: exact.get(v) or self._copy(v, names) for v in risky if v in needed}
        for v, s in risky.items():
            if v in needed:
                branch.then.statements.append(_computed(again[v], s.rule, s.function, s.args, again))
                again[v].block = branch.then
        for v in leaving:
            branch.merges.append(Merge(v, again[v], plain[v]))
            v.producer = branch
        return [*made, *look, branch, *self.effects]

    def _copy(self, value: Value, names: Names) -> Value:
        return Value(
            names.new(value.name),
            value.kind,
            block=self.block,
            anonymous=value.anonymous,
            variable=value.variable,
        )

    def _tried(self, s: Op, plain: dict[Value, Value]) -> Op:
        function = operator.mul if _is_product(s) else s.function
        return _computed(plain[s.out], op_of(function), function, s.args, plain)

    def _looked_at(self, leaving: list[Value], risky: dict[Value, Op]) -> list[Value]:
        """Those whose NaN is not one of another, which is made of them."""
        passing = _below(leaving, risky)
        return [v for v in leaving if v not in passing]

    def _look(self, values: list[Value], names: Names) -> tuple[list[Op], If]:
        """The statements that tell whether one of the values is a NaN, and the branch for that."""
        made: list[Op] = []

        def op(function: Any, kind: str, name: str, *args: Operand) -> Value:
            out = Value(names.new(name), kind, block=self.block, anonymous=True)
            made.append(_computed(out, op_of(function), function, args, {}))
            return out

        def total(some: list[Value]) -> Value:
            """A sum in pairs, whose terms wait for each other least."""
            if len(some) == 1:
                return some[0]
            half = len(some) // 2
            return op(operator.add, FLOAT, "total_b", total(some[:half]), total(some[half:]))

        looked_at = total(values)
        looked_at.anonymous &= len(values) == 1
        condition = op(operator.ne, BOOL, "t", looked_at, looked_at)
        return made, If(condition, Block(self.block), Block(self.block))

    def _carries(self) -> bool:
        """Whether what is computed is handed to the next iteration."""
        owner = self.block.owner
        carries = owner.carries if isinstance(owner, Loop) else ()
        return any(c.next in self.values for c in carries)


def _is_product(s: Any) -> bool:
    return type(s) is Op and s.rule is not None and s.rule.absorbs


def _computed(out: Value, rule: Any, function: Any, args: Iterable[Any], new: dict[Value, Value]) -> Op:
    out.producer = Op(out, rule, function, tuple(new.get(a, a) if isinstance(a, Value) else a for a in args))
    made: Op = out.producer
    return made


def _needed(leaving: list[Value], risky: dict[Value, Op]) -> set[Value]:
    """What has to be computed again for what leaves the stretch."""
    return set(leaving) | _below(leaving, risky)


def _below(values: list[Value], risky: dict[Value, Op]) -> set[Value]:
    """What values are made of, directly or not."""
    found: set[Value] = set()
    work = [source for value in values for source in _values(risky[value].args)]
    while work:
        value = work.pop()
        if value in risky and value not in found:
            found.add(value)
            work += _values(risky[value].args)
    return found


def _values(things: Iterable[Any]) -> list[Value]:
    return [thing for thing in things if isinstance(thing, Value)]
