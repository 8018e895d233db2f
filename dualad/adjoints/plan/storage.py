"""How values get into the reverse sweep: kept on a tape by an iteration, or computed again from what is kept.

Of a loop as few values are kept as will do. What is cheap to compute ties the values that the sweep reads
to those that are lost after their iteration; a smallest set of values that cuts all these ties is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from ...compiler.ops.formulas import op_of
from ..analysis.bounds import argument
from ..analysis.counters import counting, parts, stepping
from ..analysis.memory import Memory
from ..errors import NotTransformable
from ..ir.nodes import (
    FLOAT,
    FLOATS,
    INT,
    OTHER,
    Block,
    Extent,
    Load,
    Loop,
    Names,
    Op,
    Value,
    View,
    around,
    is_counted,
    operands,
)
from .plan import Loops, Storage, is_covered, tape_kind

STEMS = {FLOAT: "tape", INT: "itape"}  # of the names of tapes and rows


def settled(read: Iterable[Any], memory: Memory, loops: Loops, names: Names) -> Storage:
    """How every value that the sweep reads gets there."""
    settling = Settling(memory, loops, names)
    settling.settle(read)
    restored = {block: frozenset(values) for block, values in settling.restored.items()}
    return Storage(settling.slots, restored, settling.stepped, settling.begins)


class Settling:
    """Decides for every value that the sweep reads how it gets there.

    Attributes
    ----------
    restored : dict
        By block, the values that the sweep of the block has to have at hand.
    stepped : dict
        By loop, the heads that go back from their last value.
    """

    def __init__(self, memory: Memory, loops: Loops, names: Names) -> None:
        self.memory, self.loops, self.names = memory, loops, names
        self.slots: dict[Loop, dict[str, list[Value]]] = {}
        self.begins: dict[tuple[Loop, str], Value] = {}
        self.restored: dict[Block, dict[Value, None]] = {}
        self.stepped: dict[Loop, list[Value]] = {}
        self.wanted: dict[Loop, dict[Value, None]] = {}

    def settle(self, read: Iterable[Any]) -> None:
        """Decide for every value that the sweep reads."""
        for value in read:
            self._want(value)
        while self.wanted:
            # What an inner loop computes again, it computes from what the outer ones have.
            loop = max(self.wanted, key=lambda loop: sum(1 for _ in around(loop.body)))
            self._settle(loop, list(self.wanted.pop(loop)))
        while begins := self._lost_begins():
            for begin in begins:
                self._keep(begin)

    def _lost_begins(self) -> list[Value]:
        """Where rows begin that have those of loops inside behind them, as values that are to be kept."""
        new = [
            (loop, kind)
            for loop, kinds in self.slots.items()
            for kind in kinds
            if (loop, kind) not in self.begins
            and is_covered(self.slots, loop, kind)
            and self.loops.scope(loop.body.parent) is not None
        ]
        for loop, kind in new:
            self.begins[loop, kind] = Value(
                self.names.new(f"{STEMS[kind]}_rows"), INT, block=loop.body.parent, producer=loop
            )
        return [self.begins[key] for key in new]

    def _want(self, value: Any) -> None:
        if isinstance(value, Value) and (loop := self.loops.scope(value.block)) is not None:
            self.wanted.setdefault(loop, {})[value] = None

    def _settle(self, loop: Loop, wanted: list[Value]) -> None:
        """Have values of a loop's iterations at hand."""
        sources_of = cache(self._sources)

        @cache
        def below(value: Value) -> list[Value]:
            sources = sources_of(value) or ()
            return [s for s in sources if isinstance(s, Value) and self.loops.scope(s.block) is loop]

        def is_lost(value: Value) -> bool:
            return sources_of(value) is None

        kept = cut(wanted, below, is_lost, self._may_be_kept)
        handled: set[Value] = set()
        while wanted:
            value = wanted.pop()
            if value in handled:
                continue
            handled.add(value)
            if value in kept:
                self._keep(value)
                continue
            sources = sources_of(value)
            assert sources is not None
            if _is_index(value):
                continue
            assert value.block is not None
            self.restored.setdefault(value.block, {})[value] = None
            if counting(value) is None and stepping(value) is not None:
                self.stepped.setdefault(value.producer, []).append(value)
            for source in sources:
                if isinstance(source, Value) and self.loops.scope(source.block) is loop:
                    wanted.append(source)
                else:
                    self._want(source)

    def _keep(self, value: Value) -> None:
        if value.is_array:
            reason = f"{value.described}, made in a loop and needed for the derivative after its iteration"
            raise NotTransformable(reason, value.producer)
        if value.kind == OTHER:
            raise NotTransformable(f"{value.described}, which is no number", value.producer)
        loop = self.loops.scope(value.block)
        if loop is None:
            return
        assert value.block is not None
        self.slots.setdefault(loop, {}).setdefault(tape_kind(value), []).append(value)
        if is_counted(loop):
            # The sweep finds the rows of a loop by their number.
            for bound in (loop.bounds or ())[:2]:
                self._want(bound)
        self.restored.setdefault(value.block, {})[value] = None

    def _sources(self, value: Value) -> Sequence[Any] | None:
        """What a value of an iteration is computed again from; None if it is not."""
        if _is_index(value):
            return ()
        counter = counting(value)
        if counter is not None:
            return counter[0], value.producer.bounds[0], value.producer.index
        step = stepping(value)
        if step is not None:
            return (step[0], *parts(step[1]))
        return operands(value.producer) if self._is_computed_again(value) else None

    def _may_be_kept(self, value: Value) -> bool:
        """Whether a value that could be computed again may be on the tape instead."""
        return isinstance(value.producer, Op | Load) and value.kind != OTHER

    def _is_computed_again(self, value: Value) -> bool:
        made = value.producer
        if isinstance(made, Op):
            return _is_cheap(made)
        if isinstance(made, Load):
            assert value.block is not None
            final = self.loops.is_final(made.array, made, value.block, self.memory)
            return final and self.loops.lasts(made.array)
        if isinstance(made, View | Extent):
            return self.loops.lasts(made.array)
        return False


Place = tuple[Value, bool]  # a value, whether it is passed or only arrived at


def cut(
    wanted: Sequence[Value],
    below: Callable[[Value], Sequence[Value]],
    is_lost: Callable[[Value], bool],
    may_be_kept: Callable[[Value], bool],
) -> set[Value]:
    """The fewest values on all ways from what is wanted down to what is lost, close to what is wanted.

    As many as there are ways that have no value in common (Menger), which are found one after another,
    each rerouting earlier ones where it has to (Ford and Fulkerson, 1956).
    """
    flow: Counter[tuple[Place, Place]] = Counter()
    above: dict[Value, list[Value]] = {}

    def following(place: Place) -> list[Place]:
        value, passed = place
        if not passed:
            narrow = is_lost(value) or may_be_kept(value)
            ways = [] if narrow and flow[place, (value, True)] else [(value, True)]
            return ways + [(user, True) for user in above[value] if flow[(user, True), place]]
        for source in below(value):
            users = above.setdefault(source, [])
            if value not in users:
                users.append(value)
        back = [(value, False)] if flow[(value, False), place] else []
        return [(source, False) for source in below(value)] + back

    while True:
        came: dict[Place, Place | None] = {}
        for value in wanted:
            above.setdefault(value, [])
            came[value, False] = None
        reached = list(came)
        for place in reached:  # grows
            for other in following(place):
                if other not in came:
                    came[other] = place
                    reached.append(other)
        end = next((place for place in reached if place[1] and is_lost(place[0])), None)
        if end is None:
            return {value for value, passed in reached if not passed and (value, True) not in came}
        while (start := came[end]) is not None:
            if flow[end, start]:
                flow[end, start] -= 1
            else:
                flow[start, end] += 1
            end = start


def _is_index(value: Value) -> bool:
    made = value.producer
    return isinstance(made, Loop) and value is made.index and value.block is made.body


def _is_cheap(made: Op) -> bool:
    if made.out.kind not in FLOATS:
        return True
    rule = op_of(made.function)
    return rule is None or rule.is_cheap([argument(arg, {}) for arg in made.args])
