"""The reverse sweep: for every statement, from the last to the first, what its adjoint is.

Adjoints of scalars are assigned where they are first met and added to afterwards; the adjoint of an
array is an array that mirrors its memory. Griewank and Walther, Evaluating Derivatives, 2008, chapter 4.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..analysis.activity import depends
from ..analysis.memory import Memory
from ..analysis.singular import exposed
from ..emit import text
from ..emit.lines import Carried, Forward, Line, Nest, Restored, line
from ..errors import Untransformable
from ..ir.nodes import (
    INT,
    Block,
    Call,
    Const,
    If,
    Load,
    Loop,
    Op,
    Program,
    Store,
    Value,
    View,
    is_inside,
    outputs,
    walk,
)
from ..plan.idleness import idles
from ..plan.ordering import selection
from .calls import Calls
from .clearings import is_first


@dataclass(eq=False)
class Frame:
    """Adjoints that have a value already, in a branch or in the body of a loop."""

    known: set[Value]
    loop: Loop | None = None
    early: list[Value] = field(default_factory=list)  # zeroed before the loop


class Reversal:
    """Makes the lines of the reverse sweep.

    Attributes
    ----------
    shadows : dict
        By block, the arrays whose adjoints are made where the sweep of the block begins.
    given : dict
        Arrays whose adjoint is that of what they become in the next trip.
    calls : Calls
        The sweep of calls, and what is kept for them.
    fused : dict
        The loops that are run forward and backward at once, with the statements that wait for them.
    unordered : set
        The loops whose reverse sweep may take the trips in any order.
    tried : set
        The loops in which products are tried without absorption.
    """

    def __init__(
        self,
        program: Program,
        memory: Memory,
        functions: text.Functions,
        fused: dict[Any, list[Any]],
        unordered: set[Loop],
        adjoint_of: Callable[..., Any],
    ):
        self.outer: set[Value] = set()
        self.program, self.memory, self.functions, self.fused = program, memory, functions, fused
        self.unordered = unordered
        self.names: dict[Value, str] = {}
        self.shadows: dict[Any, list[Value]] = {}
        self.given: dict[Value, str] = {}
        self.trips: dict[Loop, Value] = {}
        self.selects = True
        self.selected: dict[If, str] = {}  # the side on which a loop takes the value that it selects
        self.chosen: dict[Loop, Value] = {}  # in which trip it took the one it ends with
        self.reversed: set[Loop] = set()  # those that have a reverse sweep
        self.tests: set[If] = set()  # of loops whose last trip only finds that it is the last
        self.frames = [Frame(set())]
        self.tried: set[Loop] = set()
        self.exposed = exposed(program, memory)
        self.holders = {waiting: held for held, group in fused.items() for waiting in group}
        self.late = {v for held in (*fused, *self.holders) for v in outputs(held)}
        self.postponed: dict[Any, list[tuple[Op, int]]] = {}
        self.calls = Calls(self, adjoint_of)

    # -- adjoints ---------------------------------------------------------------------------------

    def name(self, value: Value) -> str:
        """The name of an adjoint."""
        if value not in self.names:
            self.names[value] = self.program.names.new(f"{value.name}_b")
        return self.names[value]

    def shadow(self, array: Value) -> str:
        """The adjoint of an array, which is made where the sweep of its block begins."""
        made = self.shadows.setdefault(array.home, [])
        if array not in made:
            if isinstance(array.made, View):
                self.shadow(array.made.array)
            made.append(array)
        return self.name(array)

    def is_known(self, value: Value) -> bool:
        """Whether the adjoint of a scalar has a value; else it is zero."""
        return value in self.frames[-1].known

    def contribute(
        self,
        value: Any,
        pieces: tuple[Any, ...],
        lines: list[Any],
        sign: str = "+",
        *,
        plain: tuple[Any, ...] = (),
        reads_memory: bool = False,
    ) -> None:
        """Add to an adjoint; `plain` is a product without absorption (see `absorption`)."""
        if not isinstance(value, Value) or not value.active:
            return
        if value.is_array:
            lines.append(line(self.shadow(value), f" {sign}= ", *pieces))
            return
        if not self.is_known(value):
            self._zero_before_loops(value)
        name, assigns = self.name(value), not self.is_known(value)
        start = (name, " = -" if sign == "-" else " = ") if assigns else (name, f" {sign}= ")
        simple = (*start, *plain) if plain else ()
        lines.append(Line((*start, *pieces), name, assigns, simple, reads_memory))
        self.frames[-1].known.add(value)

    def _zero_before_loops(self, value: Value) -> None:
        """An adjoint from outside a loop is zero before the first trip."""
        for depth, frame in enumerate(self.frames):
            if frame.loop is not None and not is_inside(value.home, frame.loop.body):
                frame.early.append(value)
                for inner in self.frames[depth - 1 :]:
                    inner.known.add(value)
                return

    # -- statements -------------------------------------------------------------------------------

    def block(self, block: Block) -> list[Any]:
        """The reverse sweep of a block, its results' adjoints being known."""
        lines: list[Any] = []
        for position in range(len(block.statements) - 1, -1, -1):
            statement = block.statements[position]
            handler = getattr(self, f"_{type(statement).__name__}", None)
            if handler is not None:
                handler(statement, block, lines)
        return [Restored(block), *lines]

    def _Op(self, s: Op, block: Block, lines: list[Any]) -> None:
        if not s.out.active or not self.is_known(s.out):
            return
        for position, arg in enumerate(s.args):
            if isinstance(arg, Value) and arg.active and depends(s, position):
                partial = text.partial(self.functions, s.rule, position, s.args, s.out)
                pieces = partial.pieces if isinstance(partial, text.Text) else ()
                if s in self.holders and any(v in self.late for v in text.values_in(pieces)):
                    self.postponed.setdefault(self.holders[s], []).append((s, position))
                else:
                    self._contribute_by(s, position, lines)

    def _contribute_by(self, s: Op, position: int, lines: list[Any]) -> None:
        seed, arg = self.name(s.out), s.args[position]
        partial = text.partial(self.functions, s.rule, position, s.args, s.out)
        if not isinstance(partial, text.Text):
            self._scaled(arg, float(partial), seed, lines)
            return
        product = "absorbing" if s.out in self.exposed else "weighted"
        operands = [text.Text(self.functions, (seed,)), partial]
        plain = text.expression(self.functions, operator.mul, operands)
        if s.nested and not (s.rule and s.rule.steady):
            self.contribute(arg, plain.pieces, lines)
            return
        term = text.called(self.functions, self.functions(product), operands)
        self.contribute(arg, term.pieces, lines, plain=plain.pieces)

    def released(self, s: Any, block: Block, lines: list[Any]) -> None:
        """What waited for a statement that has run."""
        if self.fused[s]:
            lines.append(Forward(block, self.fused[s], late=True))
        for op, position in self.postponed.pop(s, ()):
            self._contribute_by(op, position, lines)

    def _scaled(self, arg: Any, factor: float, seed: str, lines: list[Any]) -> None:
        if abs(factor) == 1:
            self.contribute(arg, (seed,), lines, "+" if factor > 0 else "-")
        elif factor:
            self.contribute(arg, (f"{factor!r} * {seed}",), lines)

    def _Load(self, s: Load, block: Block, lines: list[Any]) -> None:
        if s.out.active and self.is_known(s.out):
            added = line(*self._place(s.array, s.index), f" += {self.name(s.out)}")
            lines.append(Nest(("if ", *text.guarded(self.functions, s)), [added]) if s.guards else added)

    def _Store(self, s: Store, block: Block, lines: list[Any]) -> None:
        if not s.array.active:
            return
        place = self._place(s.array, s.index)
        self.contribute(s.value, place, lines, reads_memory=True)
        if not s.add and not is_first(s, block):
            lines.append(Line((*place, " = 0.0"), clears=s.array))

    def _place(self, array: Value, index: tuple[Any, ...]) -> tuple[Any, ...]:
        pieces: list[Any] = [f"{self.shadow(array)}[", "" if index else "()"]
        for position, part in enumerate(index):
            pieces += [", "] * bool(position) + [*text.text_of(self.functions, part).pieces]
        return (*pieces, "]")

    def _Call(self, s: Call, block: Block, lines: list[Any]) -> None:
        self.calls.sweep(s, block, lines)

    def lasts(self, array: Value) -> bool:
        """Whether the reference to an array is still there in the reverse sweep."""
        while isinstance(array.made, View) and self.scope(array.home) is not None:
            array = array.made.array
        return self.scope(array.home) is None

    def scope(self, block: Block | None) -> Loop | None:
        """The innermost loop around a block that is swept after it has run."""
        while block is not None and block.owner is not None:
            if isinstance(block.owner, Loop):
                return None if block.owner in self.fused else block.owner
            block = block.parent
        return None

    def fused_body(self, block: Block | None) -> Block | None:
        """The body of the fused loop around a block."""
        while block is not None:
            if block.owner in self.fused:
                return block
            block = block.parent
        return None

    def _is_test(self, s: If, block: Block) -> bool:
        """Whether a branch is all of a ``while`` loop, and its other side changes nothing but ends it.

        The last trip has no reverse sweep then, so the condition must not store, nor put rows on a tape.
        """
        loop = block.owner
        if not isinstance(loop, Loop) or loop.bounds is not None or s.orelse.statements:
            return False
        before = [part for one in block.statements[:-1] for part in walk(Block(statements=[one]))]
        if any(isinstance(part, Store | Loop | Call) for part in before):
            return False
        second: dict[Any, Any] = {m.out: m.second for m in s.merges}
        first: dict[Any, Any] = {m.out: m.first for m in s.merges}
        ended = loop.ended
        return (
            block.statements[-1] is s
            and first.get(ended) == Const(False)
            and second.get(ended) == Const(True)
            and all(c.next is c.head or second.get(c.next) is c.head for c in loop.carries if c.head.active)
        )

    def _If(self, s: If, block: Block, lines: list[Any]) -> None:
        if s in self.selected:
            self._taken(s, self.selected[s], lines)
            return
        if self._is_test(s, block):
            self.tests.add(s)
            self._taken(s, "first", lines)
            return
        known = self.frames[-1].known
        sides = []
        for inner, side in ((s.then, "first"), (s.orelse, "second")):
            self.frames.append(Frame(set(known)))
            own: list[Any] = []
            for merge in s.merges:
                target = getattr(merge, side)
                if merge.out.active and (merge.out.is_array or merge.out in known):
                    self.contribute(target, (self.of_result(merge.out),), own)
            swept = self.block(inner)
            frame = self.frames.pop()
            sides.append(([swept[0], *own, *swept[1:]], frame.known))
        # What one side has given a value is zero on the other, unless it lives in that side only, or was
        # made zero before a loop around both.
        for (mine, has), (_, other) in ((sides[0], sides[1]), (sides[1], sides[0])):
            for value in sorted(other - has - known, key=lambda v: v.name):
                if not is_inside(value.home, s.then) and not is_inside(value.home, s.orelse):
                    mine.append(line(self.name(value), " = 0.0"))
        outer = {
            v
            for _, has in sides
            for v in has
            if not is_inside(v.home, s.then) and not is_inside(v.home, s.orelse)
        }
        known |= outer
        then, orelse = sides[0][0], sides[1][0]
        condition = text.text_of(self.functions, s.condition).pieces
        if s in self.fused:
            then = [Forward(s.then, s.then.statements), *then, Carried(s, "first")]
            orelse = [Forward(s.orelse, s.orelse.statements), *orelse, Carried(s, "second")]
            lines += [Nest(("if ", *condition), then), Nest(("else",), orelse)]
            self.released(s, block, lines)
            return
        if _is_empty(then) and _is_empty(orelse):
            return
        lines.append(Nest(("if ", *condition), then))
        if not _is_empty(orelse):
            lines.append(Nest(("else",), orelse))

    def _taken(self, s: If, side: str, lines: list[Any]) -> None:
        """A branch of which the reverse sweep meets one side only."""
        passed_on: list[Any] = []
        for merge in s.merges:
            if merge.out.active and (merge.out.is_array or self.is_known(merge.out)):
                self.contribute(getattr(merge, side), (self.of_result(merge.out),), passed_on)
        swept = self.block(s.then if side == "first" else s.orelse)
        lines += [swept[0], *passed_on, *swept[1:]]

    def of_result(self, out: Value) -> str:
        """The adjoint of a result."""
        return self.shadow(out) if out.is_array else self.name(out)

    def _Loop(self, s: Loop, block: Block, lines: list[Any]) -> None:
        carries = [c for c in s.carries if c.head.active]
        before: list[Any] = []
        begin: list[Any] = []
        current = {}
        for c in carries:
            current[c] = self.program.names.new(f"{c.head.name}_bar")
            if c.out.is_array:
                before.append(line(f"{current[c]} = {self.shadow(c.out)}"))
            else:
                value = self.name(c.out) if self.is_known(c.out) else "0.0"
                before.append(line(f"{current[c]} = {value}"))
        choice = selection(s) if self.selects and s not in self.fused else None
        if choice is not None:
            self.selected[choice[0]] = choice[1]
            self.chosen[s] = self._told("last", s, block)
        frame = Frame(set(self.frames[-1].known), s)
        self.frames.append(frame)
        for c in carries:
            if c.head.is_array and isinstance(c.next, Value) and c.next.home is s.body:
                if c.next in self.given or isinstance(c.next.made, View):
                    raise Untransformable(f"{c.head.described}, which goes through a loop under two names", s)
                self.given[c.next] = current[c]
                self.shadow(c.next)
            else:
                self.contribute(c.next, (current[c],), begin)
        swept = self.block(s.body)
        body = [swept[0], *begin, *swept[1:]]
        last = [(current[c], self._at_head(c.head)) for c in carries]
        changed = [(name, value) for name, value in last if name != value]
        if changed:
            left = ", ".join(name for name, _ in changed)
            body.append(line(f"{left} = {', '.join(value for _, value in changed)}"))
        self.frames.pop()
        if _is_empty(body) and s not in self.fused:
            return
        self.reversed.add(s)
        lines += before
        lines += [line(self.name(v), " = 0.0") for v in frame.early]
        if s in self.fused:
            forward = Forward(s.body, s.body.statements)
            lines.append(Carried(s, "init"))
            lines.append(Nest(self.forward_head(s), [forward, *body, Carried(s, "next")]))
            lines.append(Carried(s, "out"))
            self.released(s, block, lines)
        else:
            swept = self._reversed(s, body, block)
            if idles(s, self.program):
                tests = [f"{self.functions('is_nonzero')}({current[c]})" for c in carries]
                swept[-1].needed = ("if ", " or ".join(tests))
            lines += swept
        for c in carries:
            self.contribute(c.init, (current[c],), lines)

    def _at_head(self, head: Value) -> str:
        if head.is_array:
            return self.shadow(head)
        return self.name(head) if self.is_known(head) else "0.0"

    def forward_head(self, s: Loop) -> tuple[Any, ...]:
        """The head of a loop as the user wrote it."""
        if s.bounds is None:
            return ("while True",)
        start, stop, step = (text.text_of(self.functions, bound).pieces for bound in s.bounds)
        if s.bounds[2] != Const(1):
            return ("for ", s.index, " in range(", *start, ", ", *stop, ", ", *step, ")")
        if s.bounds[0] != Const(0):
            return ("for ", s.index, " in range(", *start, ", ", *stop, ")")
        return ("for ", s.index, " in range(", *stop, ")")

    def _reversed(self, s: Loop, body: list[Any], block: Block) -> list[Any]:
        """The loop with its trips in the opposite order; of one that selects a value, the last that did."""
        if s in self.chosen:
            taken = self.chosen[s]
            behind = ("max(", taken, " - 1, ", *self.before_first(s), ")")
            return [Nest(("for ", s.index, " in range(", taken, ", ", *behind, ", -1)"), body)]
        if s.bounds is not None and s.ended == Const(False) and s.bounds[2] in (Const(1), Const(-1)):
            start, stop, step = s.bounds
            assert isinstance(step, Const)
            back = str(-step.value)
            last = _shifted(self.functions, stop, -step.value)
            end = _shifted(self.functions, start, -step.value)
            head = ("for ", s.index, " in range(", *last, ", ", *end, f", {back})")
            return [Nest(head, body, self.forward_head(s) if s in self.unordered else ())]
        trips = self.trip_count(s, block)
        number = self.program.names.new("trip")
        first: list[Any] = []
        if s.bounds is not None:
            start, _, step = s.bounds
            pieces = text.inner(text.text_of(self.functions, start), text.PRODUCT)
            by = text.inner(text.text_of(self.functions, step), text.PRODUCT)
            first = [line(s.index, " = ", *pieces, f" + {number} * ", *by)]
        return [Nest((f"for {number} in range(", trips, " - 1, -1, -1)"), [*first, *body])]

    def trip_count(self, s: Loop, block: Block) -> Value:
        """How often a loop ran that may end early."""
        if s not in self.trips:
            self.trips[s] = self._told("trips", s, block)
        return self.trips[s]

    def _told(self, wish: str, s: Loop, block: Block) -> Value:
        """An integer that the forward sweep of a loop tells."""
        return Value(self.program.names.new(wish), INT, home=block, made=s)

    def before_first(self, s: Loop) -> tuple[Any, ...]:
        """One less than where a counted loop starts."""
        assert s.bounds is not None
        return _shifted(self.functions, s.bounds[0], -1)


def _shifted(functions: text.Functions, operand: Any, by: int) -> tuple[Any, ...]:
    if isinstance(operand, Const):
        return (str(operand.value + by),)
    return (*text.text_of(functions, operand).pieces, " - 1" if by < 0 else " + 1")


def _is_empty(lines: list[Any]) -> bool:
    return all(isinstance(one, Restored) for one in lines)
