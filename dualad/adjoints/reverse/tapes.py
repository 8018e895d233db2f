"""Tapes of emitted adjoints: what a loop's trips leave for the reverse sweep, a row for each trip.

Loops whose trips are counted before the first take their rows at once, so the last to come is the first to
go, and one tape serves them all. A loop that may end early has a tape of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..emit import text
from ..emit.lines import Line, Nest, line
from ..frontend.elementwise import DTYPES
from ..ir.nodes import (
    FLOAT,
    FLOATS,
    INT,
    Block,
    Const,
    If,
    Loop,
    Program,
    Value,
    is_counted,
    is_inside,
    walk,
)
from .reversal import Reversal

Pieces = tuple[Any, ...]

_EMPTY = {FLOAT: "no_numbers", INT: "no_integers"}
_STEMS = {FLOAT: "tape", INT: "itape"}


class Tapes:
    """The tapes of one adjoint.

    Attributes
    ----------
    slots : dict
        By loop and kind, the values in a row.
    begins : dict
        By loop and kind, where its rows begin, if no size tells it any more in the reverse sweep.
    """

    def __init__(self, program: Program, reversal: Reversal) -> None:
        self.program, self.reversal = program, reversal
        self.names, self.functions = program.names, reversal.functions
        self.slots: dict[Loop, dict[str, list[Value]]] = {}
        self.begins: dict[tuple[Loop, str], Value] = {}
        self.tapes: dict[tuple[Loop | None, str], tuple[str, str]] = {}
        self.rows: dict[tuple[Loop, str], str] = {}  # the names of where a loop's rows begin
        self.of_trips: dict[tuple[Loop, str], str] = {}  # and the row of a trip
        self.roomy: set[tuple[Loop, str]] = set()  # the room for their rows was made before a loop around

    # -- slots --------------------------------------------------------------------------------------

    def take(self, loop: Loop, value: Value) -> None:
        """A slot for a value in the rows of a loop."""
        self.slots.setdefault(loop, {}).setdefault(_kind(value), []).append(value)

    def has(self, loop: Loop, value: Value) -> bool:
        return value in self.slots.get(loop, {}).get(_kind(value), ())

    def kinds(self, loop: Loop) -> tuple[str, ...]:
        """The kinds of rows that a loop has."""
        return tuple(self.slots.get(loop, ()))

    def slot(self, loop: Loop, value: Value) -> Pieces:
        """Where a value is in the row of a trip."""
        kind = _kind(value)
        tape, _, base = self._names(loop, kind)
        values = self.slots[loop][kind]
        if is_counted(loop) and len(values) == 1:
            return (f"{tape}[{base} + ", *self._number(loop), "]")
        row = self._row(loop, kind) if is_counted(loop) else base
        place = values.index(value)
        return (f"{tape}[{row} + {place}]" if place else f"{tape}[{row}]",)

    def row(self, loop: Loop) -> Iterator[Line]:
        """Where the row of a trip of a counted loop begins, if it has more than one value."""
        for kind, values in self.slots.get(loop, {}).items():
            if len(values) > 1:
                base = self._names(loop, kind)[2]
                yield line(f"{self._row(loop, kind)} = {base} + {len(values)} * ", *self._number(loop))

    def _number(self, loop: Loop) -> Pieces:
        """The number of a trip of a counted loop."""
        assert loop.bounds is not None
        if loop.bounds[0] == Const(0):
            return (loop.index,)
        shown = text.inner(text.text_of(self.functions, loop.bounds[0]), text.PRODUCT)
        return ("(", loop.index, " - ", *shown, ")")

    def _row(self, loop: Loop, kind: str) -> str:
        """The name of where the row of a trip begins."""
        if (loop, kind) not in self.of_trips:
            self.of_trips[loop, kind] = self.names.new(f"{_STEMS[kind]}_row")
        return self.of_trips[loop, kind]

    def _names(self, loop: Loop, kind: str) -> tuple[str, str, str]:
        """The names of a loop's tape, of where it ends, and of where the loop's rows begin."""
        if (loop, kind) not in self.rows:
            self.rows[loop, kind] = self.names.new(f"{_STEMS[kind]}_row{'s' if is_counted(loop) else ''}")
        return (*self._tape(None if is_counted(loop) else loop, kind), self.rows[loop, kind])

    def _tape(self, owner: Loop | None, kind: str) -> tuple[str, str]:
        """The names of the shared tape or of one loop's, and of where it ends."""
        if (owner, kind) not in self.tapes:
            self.tapes[owner, kind] = (self.names.new(_STEMS[kind]), self.names.new(f"{_STEMS[kind]}_end"))
        return self.tapes[owner, kind]

    def lost_begins(self) -> list[Value]:
        """Where rows begin that have those of loops inside behind them, as values that are to be kept."""
        new = [
            (loop, kind)
            for loop, kinds in self.slots.items()
            for kind in kinds
            if (loop, kind) not in self.begins
            and self._is_covered(loop, kind)
            and self.reversal.scope(loop.body.parent) is not None
        ]
        for loop, kind in new:
            self.begins[loop, kind] = Value(self._names(loop, kind)[2], INT, home=loop.body.parent)
        return [self.begins[key] for key in new]

    def _is_covered(self, loop: Loop, kind: str) -> bool:
        """Whether loops in a counted loop put rows behind its own."""
        return is_counted(loop) and any(
            kind in kinds and is_counted(other) and is_inside(other.body.parent, loop.body)
            for other, kinds in self.slots.items()
        )

    # -- the forward sweep --------------------------------------------------------------------------

    def reserve(self, loop: Loop) -> Iterator[Any]:
        """Make room before a counted loop: for all that is in it if that is known, else for its own rows."""
        for kind in (FLOAT, INT):
            if (loop, kind) in self.roomy:
                continue
            needed = self._room(loop, kind)
            if needed is None:
                needed = self._rows(loop, kind) if kind in self.kinds(loop) else ()
            else:
                inside = [s for s in walk(loop.body) if isinstance(s, Loop)]
                self.roomy.update((one, kind) for one in (loop, *inside))
            if needed:
                yield from self._grown(self._tape(None, kind), kind, needed)

    def _grown(self, names: tuple[str, str], kind: str, needed: Pieces) -> Iterator[Any]:
        """Make room on a tape."""
        tape, end = names
        grown = self.functions("grown" if kind == FLOAT else "grown_integers")
        total = (f"{end} + ", *needed)
        beside = self._held(apart_from=tape)
        given = (*total, ", ", " + ".join(beside)) if beside else total
        larger = line(f"{tape} = {grown}({tape}, ", *given, ")")
        refused = Nest((f"if {tape}.size == 0",), [self._refused()])
        yield Nest(("if ", *total, f" > {tape}.size"), [larger, refused])

    def _held(self, apart_from: str = "") -> list[str]:
        """How many elements tapes and lists hold, but for one tape."""
        held = [f"{tape}.size" for tape, _ in self._every().values() if tape != apart_from]
        return [*held, self.reversal.calls.held] if self.reversal.calls.held else held

    def _every(self) -> dict[tuple[Loop | None, str], tuple[str, str]]:
        """The names of all tapes, those that are not written to yet among them."""
        for loop, kinds in self.slots.items():
            for kind in kinds:
                self._tape(None if is_counted(loop) else loop, kind)
        return self.tapes

    def _refused(self) -> Line:
        """Raise, for too little memory."""
        message = (
            f"the tape of {self.program.name!r} would exceed the memory limit; raise it with "
            f"dualad.set_tape_limit(bytes), use mode='forward', or differentiate in smaller pieces"
        )
        return line(f"raise {self.functions('MemoryLimitError')}({message!r})")

    def begun(self) -> Iterator[Line]:
        """Tapes and lists without anything in them."""
        for (_, kind), (tape, _) in self._every().items():
            yield line(f"{tape} = {self.functions(_EMPTY[kind])}()")
        for kept in self.reversal.calls.kept.values():
            for array, name in kept.items():
                none = (0,) * len(array.extents or ())
                yield line(f"{name} = [np.zeros({none!r}{DTYPES[array.kind]})]")

        for _, end in self._every().values():
            yield line(f"{end} = 0")
        if self.reversal.calls.held:
            yield line(f"{self.reversal.calls.held} = 0")

    def appended(self, array: Value, name: str, copy: Pieces) -> Iterator[Any]:
        """Put an array into its list."""
        yield line(f"{self.reversal.calls.held} += {array.name}.size")
        too_large = f"{self.functions('is_too_large')}({' + '.join(self._held())})"
        yield Nest((f"if {too_large}",), [self._refused()])
        yield line(f"{name}.append(", *copy, ")")

    def _room(self, loop: Loop, kind: str) -> Pieces | None:
        """What a counted loop and those in it put on the shared tape; None if it takes a run to know."""
        inner = self._room_in(loop.body, kind)
        if inner is None or any(isinstance(p, Value) and is_inside(p.home, loop.body) for p in inner):
            return None
        own = self._rows(loop, kind) if kind in self.kinds(loop) else ()
        if inner and loop not in self.reversal.fused:
            several = " + " in inner
            inner = (*self.trips(loop), " * (" if several else " * ", *inner, ")" if several else "")
        return (*own, *([" + "] if own and inner else []), *inner)

    def _room_in(self, block: Block, kind: str) -> Pieces | None:
        total: Pieces = ()
        for statement in block.statements:
            if isinstance(statement, Loop) and is_counted(statement):
                room = self._room(statement, kind)
                if room is None:
                    return None
                total = (*total, *([" + "] if total and room else []), *room)
            elif isinstance(statement, Loop | If) and self._has_rows(statement, kind):
                return None
        return total

    def _has_rows(self, statement: Any, kind: str) -> bool:
        """Whether counted loops inside have rows."""
        blocks = (statement.body,) if isinstance(statement, Loop) else (statement.then, statement.orelse)
        inside = [s for block in blocks for s in walk(block) if isinstance(s, Loop)]
        return any(is_counted(one) and kind in self.kinds(one) for one in inside)

    def begin(self, loop: Loop, kind: str) -> Iterator[Any]:
        """The rows of a counted loop, or the row of a trip of another."""
        tape, end, base = self._names(loop, kind)
        yield line(f"{base} = {end}")
        if not is_counted(loop):
            yield from self._grown((tape, end), kind, self._rows(loop, kind))
        if not self.is_tested(loop):
            yield line(f"{end} += ", *self._rows(loop, kind))

    def is_tested(self, loop: Loop) -> bool:
        """Whether the last trip of a loop leaves no row."""
        return bool(loop.body.statements) and loop.body.statements[-1] in self.reversal.tests

    def counted_trip(self, loop: Loop) -> Iterator[Any]:
        """Keep the row of a trip, if not all trips keep theirs."""
        if self.is_tested(loop):
            for kind in self.kinds(loop):
                yield line(f"{self._names(loop, kind)[1]} += ", *self._rows(loop, kind))

    def _rows(self, loop: Loop, kind: str) -> Pieces:
        width = len(self.slots[loop][kind])
        if not is_counted(loop):
            return (str(width),)
        return (f"{width} * " if width > 1 else "", *self.trips(loop))

    def trips(self, loop: Loop) -> Pieces:
        """How many trips a counted loop makes."""
        start, stop, _ = loop.bounds  # type: ignore[misc]
        pieces: Pieces = text.text_of(self.functions, stop).pieces
        if start != Const(0):
            shown = text.inner(text.text_of(self.functions, start), text.PRODUCT)
            pieces = (*text.inner(text.text_of(self.functions, stop), text.SUM), " - ", *shown)
        return ("max(", *pieces, ", 0)")

    # -- the reverse sweep --------------------------------------------------------------------------

    def found(self, loop: Loop) -> Iterator[Any]:
        """Where the rows of a counted loop begin: those of loops in it, if any, are behind."""
        for kind in self.kinds(loop):
            _, end, base = self._names(loop, kind)
            if not self._is_covered(loop, kind):
                yield line(f"{base} = {end} - ", *self._rows(loop, kind))

    def released(self, loop: Loop) -> Iterator[Any]:
        """Give the rows of a counted loop back."""
        for kind in self.kinds(loop):
            _, end, base = self._names(loop, kind)
            yield line(f"{end} = {base}")

    def popped(self, loop: Loop) -> Iterator[Any]:
        """The row of a trip of another loop, which is given back."""
        for kind in self.kinds(loop):
            _, end, base = self._names(loop, kind)
            yield line(f"{end} -= ", *self._rows(loop, kind))
            yield line(f"{base} = {end}")


def _kind(value: Value) -> str:
    """Of the tape: booleans are integers there, numbers in single precision in double."""
    return FLOAT if value.kind in FLOATS else INT
