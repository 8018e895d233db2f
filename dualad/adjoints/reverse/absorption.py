"""Products in which a zero absorbs inf and NaN, tried without.

Such a product differs from the plain one only where that is NaN, and adjoints that are made of a NaN are
NaN. So what a stretch of the sweep adds to adjoints is computed plainly, and again, with absorption, if any
of it is NaN: one look at the sum instead of selections at every product.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..emit.lines import Forward, Line, Nest, Restored, line
from ..ir.nodes import Loop, Names, loop_around
from .copies import WORD

# Products; fewer are selected, so that loops of few operations are vectorised. Those that sum up are not,
# but if trips wait for the trip before, nothing is gained.
LEAST, LEAST_SUMMED = 4, 2


def tried_plainly(lines: list[Any], names: Names, results: Iterable[str], loops: set[Loop]) -> list[Any]:
    """The lines of a reverse sweep; in loops, stretches with many products are tried without absorption.

    Parameters
    ----------
    results : iterable of str
        Names that are used after the lines.
    loops : set
        To which those are added that have such stretches.
    """
    uses = Counter(results)
    _count(lines, uses)

    def visit(some: list[Any], loop: Loop | None) -> list[Any]:
        made: list[Any] = []
        stretch = _Stretch()

        def end() -> None:
            nonlocal stretch, made
            found = stretch.lines(uses, names)
            if loop is not None and len(found) > len(stretch.all):
                loops.add(loop)
            made += found
            stretch = _Stretch()

        for one in some:
            if isinstance(one, Line) and loop is not None:
                if not stretch.takes(one):
                    end()
                stretch.append(one)
                continue
            end()
            if isinstance(one, Restored | Forward):
                loop = loop_around(one.block)
            if isinstance(one, Nest):
                one.body = visit(one.body, loop)
            made.append(one)
        end()
        return made

    return visit(lines, None)


class _Stretch:
    """Lines one after another: scalars that are computed, and what is done with them afterwards."""

    def __init__(self) -> None:
        self.all: list[Line] = []
        self.computed: list[Line] = []
        self.effects: list[Line] = []
        self.targets: set[str] = set()
        self.changed: set[str] = set()  # what effects assign
        self.read: set[str] = set()  # and what else they mention

    def takes(self, one: Line) -> bool:
        """Whether a line may come before the effects that there are."""
        if not self._is_computed(one):
            return True
        if self.effects and one.reads_memory:
            return False
        return one.target not in self.read and not self.changed & set(_words(one))

    def append(self, one: Line) -> None:
        self.all.append(one)
        if self._is_computed(one):
            self.computed.append(one)
            self.targets.add(one.target)
        else:
            self.effects.append(one)
            changed = _assigned(one)
            self.changed |= changed
            self.read |= set(_words(one)) - changed

    def _is_computed(self, one: Line) -> bool:
        return bool(one.target) and (one.assigns or one.target in self.targets)

    def lines(self, uses: Counter[str], names: Names) -> list[Any]:
        sums = self._sums()
        products = sum(bool(one.plain) for one in self.computed) + len(sums)
        if products < (LEAST_SUMMED if sums and not self._carries() else LEAST):
            return self.all
        own: Counter[str] = Counter()
        _count(self.all, own)
        computed, effects, terms = list(self.computed), list(self.effects), set()
        for one in sums:
            term = names.new(f"{one.target}_term")
            computed.append(_of(term, one))
            effects[effects.index(one)] = line(one.target, " += ", term)
            terms.add(term)
        risky: set[str] = set()
        for one in computed:
            if one.plain or risky & set(_words(one)):
                risky.add(one.target)
        leaving = {name for name in risky if uses[name] > own[name]} | (risky & (self.changed | self.read))
        leaving |= terms
        if not leaving:
            return self.all  # nobody asks for it
        total = names.new("total_b")
        look = line(f"{total} = {_sum(sorted(leaving - _passing_on(leaving, computed)))}")
        again = Nest(
            (f"if {total} != {total}",), [Line(one.pieces) for one in computed if one.target in risky]
        )
        return [*(Line(one.plain or one.pieces) for one in computed), look, again, *effects]

    def _carries(self) -> bool:
        """Whether what is computed is handed to the next trip."""
        return any(self.targets & set(_words(one)) and " = " in _text(one) for one in self.effects)

    def _sums(self) -> list[Line]:
        """The effects that add a product to a number of all trips, which may come before the others."""
        return [
            one
            for place, one in enumerate(self.effects)
            if one.plain
            and not any(_assigned(other) & set(_words(one)[1:]) for other in self.effects[:place])
        ]


def _of(name: str, one: Line) -> Line:
    """What a line adds, as a number of its own."""
    return Line((name, " = ", *one.pieces[2:]), name, True, (name, " = ", *one.plain[2:]))


def _passing_on(names: set[str], computed: list[Line]) -> set[str]:
    """Those of the names whose NaN is one of another name too, which is made of them."""
    last = {one.target: place for place, one in enumerate(computed)}
    return {
        name
        for place, one in enumerate(computed)
        for name in names & set(_words(one))
        if one.target in names and one.target != name and last[name] < place
    }


def _sum(names: list[str]) -> str:
    """A sum in pairs, whose terms wait for each other least."""
    if len(names) <= 2:
        return " + ".join(names)
    half = len(names) // 2
    first, second = _sum(names[:half]), _sum(names[half:])
    return f"({first}) + ({second})" if half > 1 else f"{first} + ({second})"


def _assigned(one: Line) -> set[str]:
    """What a line may change: the left of its equals sign, indices left aside; what a call is given."""
    text = _text(one)
    left, equals, _ = text.partition(" = ") if " = " in text else text.partition("= ")
    if not equals:
        return set(_words(one))
    return set(WORD.findall(re.sub(r"\[.*\]", "", left)))


def _text(one: Line) -> str:
    return "".join(p if isinstance(p, str) else f" {p.name} " for p in one.pieces)


def _words(one: Line | Nest) -> list[str]:
    pieces = one.head + one.other + one.needed if isinstance(one, Nest) else one.pieces
    return WORD.findall("".join(p if isinstance(p, str) else f" {p.name} " for p in pieces))


def _count(lines: list[Any], uses: Counter[str]) -> None:
    for one in lines:
        if isinstance(one, Line | Nest):
            uses.update(_words(one))
        if isinstance(one, Nest):
            _count(one.body, uses)
