"""Values that share a variable of the emitted code.

What a loop carries, what a branch merges and what is added to have one variable each, unless two of its
values are needed at the same time: then one is copied (Sreedhar et al., Translating Out of Static Single
Assignment Form, 1999).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..ir.builder import ANONYMOUS
from ..ir.nodes import (
    Block,
    If,
    Loop,
    Names,
    Program,
    Value,
    leaves,
    operands,
    outputs,
)
from .uses import read


@dataclass(eq=False)
class Variable:
    """Values that share a name: at no position two of them live."""

    values: list[Value]
    lives: list[tuple[int, int]] = field(default_factory=list)
    type: tuple[Any, ...] = ()
    name: str = ""

    def meets(self, other: Variable) -> bool:
        """Whether a value of one lives while one of the other does."""
        mine, its = self.lives, other.lives
        i = j = 0
        while i < len(mine) and j < len(its):
            if mine[i][0] < its[j][1] and its[j][0] < mine[i][1]:
                return True
            if mine[i][1] <= its[j][1]:
                i += 1
            else:
                j += 1
        return False


def variables(
    program: Program,
    inside: Mapping[Value, Any],
    parameters: Mapping[Value, str],
    names: Names,
    stands: Mapping[Value, Value],
) -> dict[Value, str]:
    """The names of values; `inside` are those that have none, as they are written where they are read."""
    found = _Lives(program, inside)
    variable_of: dict[Value, Variable] = {}
    order: dict[Value, int] = {}
    for value, lives in reversed(found.lives.items()):
        order[value] = len(order)
        variable_of[value] = Variable([value], sorted(lives), _type(value))

    def join(one: Any, other: Any) -> None:
        if not isinstance(one, Value) or not isinstance(other, Value):
            return
        first, second = variable_of.get(one), variable_of.get(other)
        if first is None or second is None or first is second or first.type != second.type:
            return
        named = one in parameters or other in parameters or _are_users(one, other)
        if named and _base(one) != _base(other):
            return
        if first.meets(second):
            return
        for life in second.lives:
            insort(first.lives, life)
        first.values += second.values
        for value in second.values:
            variable_of[value] = first

    for one, other in found.pairs():
        join(one, other)
    return _named(variable_of, order, parameters, names, stands)


def _type(value: Value) -> tuple[Any, ...]:
    rank = None if value.extents is None else len(value.extents)
    return value.kind, rank, value.layout, value.width, value.type


def _named(
    variable_of: Mapping[Value, Variable],
    order: Mapping[Value, int],
    parameters: Mapping[Value, str],
    names: Names,
    stands: Mapping[Value, Value],
) -> dict[Value, str]:
    """A name for each variable; variables of one type that do not live at the same time may share it.

    What the user has not named is numbered. Adjoints, restored values and extents are named after the
    variables that they belong to.
    """
    holders: dict[str, list[Variable]] = {}
    derived: list[tuple[Variable, tuple[Value, str]]] = []
    unnamed: list[Variable] = []
    for variable in dict.fromkeys(variable_of.values()):
        own = [v for v in variable.values if v in parameters or not (v.anonymous or _origin(v) is not None)]
        origin = next(filter(None, map(_origin, variable.values)), None)
        if not own:
            if origin is None:
                unnamed.append(variable)
            else:
                derived.append((variable, origin))
            continue
        given = [parameters[v] for v in own if v in parameters]
        hint = given[0] if given else min((_plainness(v), order[v]) for v in own)[0][1]
        names.taken.add(hint)
        others = holders.get(hint, [])
        if others and not all(_may_share(variable, other) for other in others):
            hint = names.new(hint)
            others = []
        variable.name = hint
        holders[hint] = [*others, variable]
    for variable in unnamed:
        variable.name = names.new(ANONYMOUS)
    holders = {}
    for variable, (value, suffix) in derived:
        stem = variable_of.get(stands.get(value, value))
        hint = (stem.name if stem is not None else ANONYMOUS) + suffix
        others = holders.get(hint, [])
        if not others or not all(_may_share(variable, other) for other in others):
            hint = names.new(hint)
            others = []
        variable.name = hint
        holders[hint] = [*others, variable]
    return {value: variable.name for value, variable in variable_of.items()}


def _origin(value: Value) -> tuple[Value, str] | None:
    """What a value is named after."""
    of: tuple[Value, str] | None = value.of if value.variable is None else value.variable.of
    return of


def _plainness(value: Value) -> tuple[int, str]:
    name = value.name if value.variable is None else value.variable.name
    return len(name), name


def _may_share(one: Variable, other: Variable) -> bool:
    return one.type == other.type and not one.meets(other)


class _Lives:
    """When values live: a walk from the last statement to the first."""

    def __init__(self, program: Program, inside: Mapping[Value, Any]) -> None:
        self.inside = dict(inside)
        self.lives: dict[Value, list[tuple[int, int]]] = {}
        self.live: dict[Value, int] = {}  # to where values live that are read later
        self.position = 0
        self.copies: list[tuple[Any, Any]] = []
        self.sums: list[tuple[Any, Any]] = []
        self.lasting: list[tuple[Value, Any]] = []  # what one side of a branch defines for a later branch
        for leaf in leaves(program.result):
            self._read(leaf)
        self._block(program.body)
        self.position -= 1
        for leaf in program.arguments:
            self._define(leaf)

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Values that would rather share a name, those first that have to.

        What one side defines is not to be copied behind its branch: nothing is there if it was not taken.
        """
        outs = {out for out, _ in self.lasting}
        yield from (pair for pair in self.lasting if pair[1] in outs)
        yield from reversed(self.copies)
        yield from self.lasting
        yield from reversed(self.sums)

    def _define(self, value: Any) -> None:
        if isinstance(value, Value):
            end = self.live.pop(value, self.position + 1)
            self.lives.setdefault(value, []).append((self.position, end))

    def _read(self, value: Any) -> None:
        if isinstance(value, Value):
            self.live.setdefault(value, self.position + 1)

    def _block(self, block: Block) -> None:
        for s in reversed(block.statements):
            if getattr(s, "out", None) in self.inside:
                continue
            if isinstance(s, Loop):
                self._loop(s)
            elif isinstance(s, If):
                self._branch(s)
            else:
                self.position -= 1
                for out in outputs(s):
                    self._define(out)
                first = operands(s)[:1]
                self.sums += [(arg, out) for arg in first for out in outputs(s) if _is_version(arg, out)]
            self.position -= 1
            for value in read(s, self.inside):
                self._read(value)

    def _loop(self, s: Loop) -> None:
        self.position -= 1
        for carry in s.carries:
            self._read(carry.out)
        after, end = set(self.live), self.position + 1
        self.position -= 1
        self._read(s.ended)
        self._read(s.index)
        self.position -= 1
        for carry in s.carries:
            self._define(carry.out)
        self.position -= 1
        for carry in s.carries:
            self._read(carry.next)
        self._block(s.body)
        self.position -= 1
        for carry in s.carries:
            self._define(carry.head)
        self._define(s.index)
        for value in self.live.keys() - after:  # it is read in the next iteration, too
            self.live[value] = end
        for carry in s.carries:
            if all(_is_of(v, carry.head) for v in (carry.init, carry.next) if v is not None):
                self.copies += [(carry.head, carry.init), (carry.head, carry.next)]
            self.copies.append((carry.head, carry.out))

    def _branch(self, s: If) -> None:
        self.position -= 1
        for merge in s.merges:
            self._define(merge.out)
            sides = [v for v in (merge.first, merge.second) if v is not None]
            if len(sides) == 1:
                self.lasting.append((merge.out, sides[0]))
            elif all(_is_of(v, merge.out) for v in sides):
                self.copies += [(merge.out, merge.second), (merge.out, merge.first)]
        after = self.live
        before: dict[Value, None] = {}
        for inner, side in ((s.orelse, "second"), (s.then, "first")):
            self.live = dict(after)
            self.position -= 1
            for merge in s.merges:
                self._read(getattr(merge, side))
            self._block(inner)
            self.position -= 1
            for value in [v for v in self.live if v not in after]:  # on this side only
                self.lives.setdefault(value, []).append((self.position, self.live[value]))
                before[value] = None
        self.live = after
        self.position -= 1
        for value in before:
            self._read(value)


def _is_of(operand: Any, value: Value) -> bool:
    """Whether Numba sees one type where they meet: what is converted has a variable of its own."""
    return bool(operand.kind == value.kind)


def _is_version(operand: Any, out: Value) -> bool:
    """Whether both are values of one variable of the adjoint."""
    return isinstance(operand, Value) and out.variable is not None and operand.variable is out.variable


def _are_users(one: Value, other: Value) -> bool:
    """Whether the user has two names for it."""
    return not one.anonymous and not other.anonymous and one.variable is other.variable is None


def _base(value: Value) -> str:
    """The name without what tells versions apart."""
    name = value.name
    while (shorter := name.rstrip("0123456789"))[1:].endswith("_"):
        name = shorter[:-1]
    return name
