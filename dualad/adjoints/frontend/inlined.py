"""A program read in place: the adjoint of a gradient inside the function, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, Builder
from ..ir.joins import UNDEFINED
from ..ir.nodes import (
    COMPLEX,
    UNREACHABLE,
    Alloc,
    Block,
    Call,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Op,
    Program,
    Raise,
    Routine,
    Store,
    Value,
    View,
    leaves,
    map_tree,
)
from ..runtime import is_nonzero
from . import things
from .callees import Callee, Callees


class Reader(Protocol):
    """What takes a program in: the reader of the function that calls for it."""

    build: Builder
    callees: Callees

    def captured(self, name: str, found: Any) -> Any:
        """A global as a tree."""

    def call(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        """What calling a known function gives."""

    def inline(self, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What a Python function returns for these trees."""

    def joint(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        """What a function gives that is called, not inlined."""


def inlined(reader: Reader, program: Program, args: list[Any]) -> Any:
    """What a program returns for these trees."""
    return _Inlining(reader, program).run(args)


def _added(array, other):  # type: ignore[no-untyped-def]
    array += other


class _Inlining:
    """Appends the statements of a program to those that are read.

    Attributes
    ----------
    now : dict
        What stands for the program's values.
    """

    def __init__(self, reader: Reader, program: Program) -> None:
        self.reader, self.build, self.program = reader, reader.build, program
        self.now: dict[Value, Any] = {}

    def run(self, args: list[Any]) -> Any:
        self.reader.callees.reorders |= self.program.reorders
        for (_, tree), arg in zip(self.program.parameters, args, strict=True):
            self._bind(tree, arg)
        for name, known in self.program.named.items():
            if isinstance(known, tuple):
                if known[1].kind == COMPLEX:
                    raise NotTransformable(f"the global array {name!r} of complex numbers in a gradient")
                self.now[known[1]] = self.reader.captured(name, known[0])
        self._block(self.program.body)
        return map_tree(self.program.result, self.at)

    def at(self, operand: Any) -> Any:
        if not isinstance(operand, Value):
            return operand
        found = self.now[operand]
        if found is UNDEFINED:
            raise NotTransformable(f"{operand.described}, which is not defined on every path")
        return found

    def _bind(self, tree: Any, given: Any) -> None:
        for leaf, found in zip(leaves(tree), leaves(given), strict=True):
            if isinstance(leaf, Value):
                self.now[leaf] = found

    def _all(self, operands: Any) -> tuple[Any, ...]:
        return tuple(map(self.at, operands))

    @staticmethod
    def _hint(value: Value) -> str:
        return ANONYMOUS if value.anonymous else value.name

    def _block(self, block: Block) -> dict[str, Any]:
        """Append statements; says whether they end in an exception."""
        for s in block.statements:
            getattr(self, f"_{type(s).__name__}")(s)
        raises = bool(block.statements) and isinstance(block.statements[-1], Raise)
        return {UNREACHABLE: True} if raises else {}

    # -- statements -------------------------------------------------------------------------------

    def _Op(self, s: Op) -> None:
        if any(map(things.is_thing, self._all(s.args))):
            self.now[s.out] = things.operation(self.build, s.function, *self._all(s.args))
            return
        # What would be left out contributes to derivatives of the next order.
        skips = s.function is is_nonzero
        self.now[s.out] = (
            Const(True) if skips else self.build.op(s.function, *self._all(s.args), hint=self._hint(s.out))
        )

    def _Load(self, s: Load) -> None:
        found = self.build.load(self.at(s.array), self._all(s.index), hint=self._hint(s.out))
        found.producer.guards = tuple((self.at(start), self.at(stop)) for start, stop in s.guards)
        self.now[s.out] = found

    def _Store(self, s: Store) -> None:
        self.build.store(self.at(s.array), self._all(s.index), self.at(s.value), s.add)

    def _View(self, s: View) -> None:
        extents = (None,) * len(s.out.extents or ())
        array, operands = self.at(s.array), self._all(s.operands)
        form = s.form, operands, extents, self._hint(s.out), s.out.layout
        self.now[s.out] = self.build.view(array, *form, like=s.out, fixed=s.fixed)

    def _Alloc(self, s: Alloc) -> None:
        if not s.out.is_array:
            raise NotTransformable("a gradient that keeps arrays of the iterations of a loop")
        known = [self.now.get(e) if isinstance(e, Value) else e for e in s.out.extents or ()]
        extents = [None if e == Const(None) else e for e in known]
        self.now[s.out] = self.build.alloc(
            s.form,
            self._all(s.operands),
            extents,
            s.out.element,
            self._hint(s.out),
            zeroed=s.zeroed,
            layout=s.out.layout,
        )

    def _Extent(self, s: Extent) -> None:
        if self.at(s.array) in self.build.growing:
            self.build.extent_of_grown(self.at(s.array))
        self.now[s.out] = self.at(s.array).extents[s.axis]

    def _Raise(self, s: Raise) -> None:
        self.build.emit(Raise(s.exception, self._all(s.arguments)))

    def _Call(self, s: Call) -> None:
        if isinstance(s.rule, Routine) and s.rule.rebinds:
            self.build.grow(*self._all(s.args))
            return
        given = [map_tree(arg, self.at) for arg in s.args]
        self._bind(s.result, self._called(s.rule, given))

    def _called(self, rule: Any, given: list[Any]) -> Any:
        """What a call gives."""
        if isinstance(rule, Callee):
            return self.reader.joint(rule.function, given, {})
        if not isinstance(rule, Routine):
            if rule.rule is None:
                return self.reader.call(Const(rule.function), given, {})
            return self.reader.call(Const(rule.rule), [], dict(zip(rule.names, given, strict=True)))
        function = rule.called
        if function is None:
            raise NotTransformable("a gradient that keeps arrays of the iterations of a loop")
        if rule.form and function is not np.copy:
            return self.reader.inline(_added, given, {})
        function = getattr(function, "function", function)  # of a function that was made later
        return self.reader.call(Const(function), given, {})

    def _If(self, s: If) -> None:
        def side(block: Block, name: str) -> Callable[[], dict[str, Any]]:
            def read() -> dict[str, Any]:
                found = self._block(block)
                for n, merge in enumerate(s.merges):
                    brought = getattr(merge, name)
                    found[str(n)] = UNDEFINED if brought is None else self._maybe(brought)
                return found

            return read

        hints = {str(n): self._hint(merge.out) for n, merge in enumerate(s.merges)}
        merged = self.build.branch(
            self.at(s.condition),
            side(s.then, "first"),
            side(s.orelse, "second"),
            lambda key: hints.get(key, ANONYMOUS),
        )
        for n, merge in enumerate(s.merges):
            self.now[merge.out] = merged[str(n)]

    def _maybe(self, operand: Any) -> Any:
        """What is carried on, be it undefined."""
        return self.now[operand] if isinstance(operand, Value) else operand

    def _Loop(self, s: Loop) -> None:
        carried = {
            str(n): UNDEFINED if c.init is None else self._maybe(c.init) for n, c in enumerate(s.carries)
        }

        def body(index: Value | None, heads: dict[str, Any]) -> tuple[dict[str, Any], Any]:
            if s.index is not None:
                self.now[s.index] = index
            for n, c in enumerate(s.carries):
                self.now[c.head] = heads[str(n)]
            self._block(s.body)
            return {str(n): self._maybe(c.next) for n, c in enumerate(s.carries)}, self.at(s.ended)

        hints = {str(n): self._hint(c.head) for n, c in enumerate(s.carries)}
        bounds: Any = None if s.bounds is None else self._all(s.bounds)
        hint = "i" if s.index is None else s.index.name
        outs = self.build.loop(bounds, carried, body, hint, lambda key: hints[key])
        for n, c in enumerate(s.carries):
            self.now[c.out] = outs[str(n)]
