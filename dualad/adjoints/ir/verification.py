"""The verifier: invariants that a program must satisfy after each pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from ..errors import MalformedError, NotTransformable
from .dump import dump
from .joins import joined_kind
from .nodes import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    Block,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Op,
    Operand,
    Program,
    Store,
    Value,
    View,
    blocks_of,
    operands,
    outputs,
    values_of,
)


def verify(program: Program, after: str = "reading") -> None:
    """Raise if a program is malformed.

    Every value is defined once, by the statement and in the block it names, and before it is read on every
    path; blocks know their owners; kinds and ranks agree where values meet; indices have the rank of their
    array.

    Raises
    ------
    MalformedError
        Names the statement, and prints the program.
    """
    _Check(program, after).run()


class _Check:
    def __init__(self, program: Program, after: str) -> None:
        self.program, self.after = program, after
        self.defined: set[Value] = set()

    def run(self) -> None:
        start = set(values_of(*self.program.arguments))
        start |= {value[1] for value in self.program.named.values() if isinstance(value, tuple)}
        known = self._block(self.program.body, start)
        for leaf in values_of(self.program.result):
            self._need(leaf in known, f"the result {leaf} is undefined")

    def _need(self, holds: bool, what: str) -> None:
        if not holds:
            self._fail(what)

    def _fail(self, what: str) -> NoReturn:
        raise MalformedError(f"after {self.after}: {what}\n{dump(self.program)}")

    def _block(self, block: Block, known: set[Value]) -> set[Value]:
        """What is defined at the end of a block, of which `known` is at its beginning and which takes it."""
        for statement in block.statements:
            for value in operands(statement):
                if type(value) is Value and value not in known:
                    self._fail(f"{value} is read undefined")
            self._agree(statement)
            if inner := blocks_of(statement):
                if any(one.owner is not statement or one.parent is not block for one in inner):
                    self._fail("a block has another owner")
                ends = [self._inner(statement, one, known) for one in inner]
                if len(ends) == 1:
                    self._carried(statement, ends[0])
                else:
                    self._merged(statement, ends)
            self._define(outputs(statement), statement, block, known)
        return known

    def _inner(self, statement: Any, inner: Block, known: set[Value]) -> set[Value]:
        own: list[Value] = []
        if isinstance(statement, Loop):
            own = [carry.head for carry in statement.carries]
            own += [] if statement.index is None else [statement.index]
        inside = set(known)
        self._define(own, statement, inner, inside)
        return self._block(inner, inside)

    def _define(self, values: Iterable[Value], statement: Any, block: Block, known: set[Value]) -> None:
        for value in values:
            if value in self.defined:
                self._fail(f"{value} is defined twice")
            if value.block is not block:
                self._fail(f"{value} names another block than its own")
            if value.producer is not statement:
                self._fail(f"{value} names another statement than its own")
            self.defined.add(value)
            known.add(value)
            for extent in value.extents or ():
                if isinstance(extent, Value) and extent not in known:
                    is_own = (
                        isinstance(extent.producer, Extent) and extent.producer.array is value
                    )  # which follows
                    self._need(is_own, f"{value}: {extent} is undefined")

    def _agree(self, s: Any) -> None:
        """Kinds and ranks of the operands of a statement."""
        kind = type(s)
        if kind is Op:
            if s.out.extents is not None or True in [a.is_array for a in s.args]:
                self._fail(f"{s.out}: an array")
        elif kind is Load:
            self._indexed(s.array, s.index)
            if s.out.kind != s.array.kind or s.out.is_array:
                self._fail(f"{s.out}: another kind")
        elif kind is Store:
            self._indexed(s.array, s.index)
            if s.value.is_array:
                self._fail(f"an array is stored to an element of {s.array}")
        elif kind is View:
            thing = s.array.type is not None
            self._need(s.out.is_array and (s.array.is_array or thing), f"{s.out}: not an array")
            kinds = (FLOAT,) if s.array.kind == COMPLEX else (s.array.kind,)  # a part of complex numbers
            self._need(s.out.kind in kinds or thing, f"{s.out}: another kind")
        elif kind is Extent:
            rank = len(s.array.extents or ())
            self._need(s.out.kind == INT and s.axis < rank, f"{s.out}: no such extent")
        elif kind is Loop:
            self._need(all(b.kind in (INT, BOOL) for b in s.bounds or ()), "bounds that are not integers")
        elif kind is If:
            self._need(s.condition.kind == BOOL, f"the condition {s.condition} is not a boolean")

    def _indexed(self, array: Value, index: tuple[Operand, ...]) -> None:
        if not array.is_array or len(index) != len(array.extents or ()):
            self._fail(f"{array}: an index of another rank")
        if any(i.kind not in (INT, BOOL) for i in index):
            self._fail(f"{array}: an index that is not an integer")

    def _carried(self, loop: Loop, inside: set[Value]) -> None:
        self._ends(loop.ended, inside)
        self._need(loop.ended.kind == BOOL, "a loop's end that is not a boolean")
        for carry in loop.carries:
            self._ends(carry.next, inside)
            self._need(carry.init is not None or carry.head.is_array, f"{carry.head} starts undefined")
            for end in (carry.init, carry.next, carry.out):
                self._meets(carry.head, end)

    def _merged(self, branch: If, ends: list[set[Value]]) -> None:
        for merge in branch.merges:
            for end, inside in zip((merge.first, merge.second), ends, strict=True):
                if end is not None:
                    self._ends(end, inside)
                self._meets(merge.out, end)

    def _ends(self, end: Operand, inside: set[Value]) -> None:
        if isinstance(end, Value) and end not in inside:
            self._fail(f"{end} is undefined where its block ends")

    def _meets(self, value: Value, end: Operand | None) -> None:
        """Whether a value can take what a path brings."""
        if end is None:
            return
        if isinstance(end, Const) or not end.is_array:
            if value.is_array or (value.kind != end.kind and not self._holds(value.kind, end.kind)):
                self._fail(f"{value} takes {end}")
        else:
            ranks = len(end.extents or ()), len(value.extents or ())
            self._need(value.is_array and ranks[0] == ranks[1], f"{value} takes {end} of another rank")
            self._need(end.kind == value.kind, f"{value} takes {end} of another kind")

    @staticmethod
    def _holds(kind: str, other: str) -> bool:
        try:
            return joined_kind(kind, other) == kind
        except NotTransformable:
            return False
