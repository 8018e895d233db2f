"""Programs as Python."""

from __future__ import annotations

import linecache
import operator
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..frontend.callees import may_raise
from ..ir.nodes import (
    ZEROS,
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
    Store,
    Tuple,
    Value,
    View,
    counted,
    values_of,
)
from .coalescing import variables
from .expressions import BITS, CHOICE, INFIX, Text, called, filled, literal, operation, tuple_of
from .namespace import Namespace
from .uses import nested

INDENT = "    "
PACKAGE = str(Path(__file__).parents[2])


def printed(
    program: Program, functions: Namespace, stands: Mapping[Value, Value]
) -> tuple[str, dict[Value, str]]:
    """The text of a program, and the names of its values there; `stands` has what stands for the primal's."""
    printer = Printer(program, functions, stands)
    return printer.text(), printer.names


class Printer:
    """Prints one program.

    Attributes
    ----------
    names : dict
        The variables of values; several may share one.
    place : tuple
        The file and line of the statement that was printed last.
    inside : dict
        The values that are written where they are read, with what computes them.
    """

    def __init__(self, program: Program, functions: Namespace, stands: Mapping[Value, Value]) -> None:
        self.program, self.functions = program, functions
        self.uses = counted(program)
        self.place = "", 0
        self.inside = nested(program, self.uses, may_raise)
        given = {value: value.name for value in values_of(*program.arguments)}
        functions.names.taken.update(name for name, _ in program.parameters)
        self.names = variables(program, self.inside, given, functions.names, stands)
        for value in program.named.values():
            if isinstance(value, tuple):
                self.names[value[1]] = value[1].name

    def text(self) -> str:
        """The whole function."""
        program = self.program
        head = f"def {program.name}({', '.join(name for name, _ in program.parameters)}):"
        lines = [
            line
            for name, tree in program.parameters
            if isinstance(tree, Tuple)
            for line in self._unpacked(name, tree)
        ]
        lines += self._block(program.body)
        assert isinstance(program.result, Tuple)
        lines.append(f"return {', '.join(self._tree(item).text for item in program.result.items)}")
        return "\n".join([head, *_indented(lines)]) + "\n"

    def _unpacked(self, path: str, tree: Tuple) -> Iterator[str]:
        for i, item in enumerate(tree.items):
            if isinstance(item, Value):
                yield f"{self.names[item]} = {path}[{i}]"
            elif isinstance(item, Tuple):
                yield from self._unpacked(f"{path}[{i}]", item)

    # -- expressions ------------------------------------------------------------------------------

    def _of(self, operand: Any) -> Text:
        """An operand."""
        if isinstance(operand, Value):
            made = self.inside.get(operand)
            return Text(self.names[operand]) if made is None else self._computed(made)
        if isinstance(operand, Const) and callable(operand.value):
            return Text(self.functions(operand.value))
        return literal(operand.value)

    def _tree(self, tree: Any) -> Text:
        if isinstance(tree, Tuple):
            items = [self._tree(item) for item in tree.items]
            if tree.cls is not None:
                return called(self.functions(tree.cls), items)
            return Text(tuple_of([item.text for item in items]))
        return self._of(tree)

    def _computed(self, s: Any) -> Text:
        """What a pure statement computes."""
        if isinstance(s, Op):
            return operation(self.functions, s.function, [self._of(arg) for arg in s.args])
        if isinstance(s, Extent):
            return Text(f"{self._of(s.array).text}.shape[{s.axis}]")
        place = self._element(s.array, s.index)
        if not s.guards:
            return Text(place)
        tests = [f"{self._of(a).inside(BITS)} < {self._of(b).inside(BITS)}" for a, b in s.guards]
        zero = literal(ZEROS[s.out.kind]).text  # where it was taken out of loops that have no iterations
        return Text(f"{place} if {' and '.join(tests)} else {zero}", CHOICE)

    def _element(self, array: Value, index: Sequence[Any]) -> str:
        inside = ", ".join(self._of(part).text for part in index)
        return f"{self._of(array).text}[{inside or '()'}]"

    def _filled(self, form: str, operands: Sequence[Any]) -> str:
        return filled(form, [self._of(operand) for operand in operands])

    # -- statements -------------------------------------------------------------------------------

    def _block(self, block: Block) -> list[str]:
        lines: list[str] = []
        for s in block.statements:
            if getattr(s, "out", None) not in self.inside:
                comment = self._comment(s)
                made = self._statement(s)
                if comment and made and comment != made[0]:
                    lines.append(f"# {comment}")
                lines += made
        return lines

    def _comment(self, s: Any) -> str:
        """The user's line that a statement comes from, if that of the statement before is another one."""
        place = s.file, s.line
        if not s.line or place == self.place or place[0].startswith(PACKAGE):
            return ""
        self.place = place
        return linecache.getline(*place).strip()

    def _statement(self, s: Any) -> list[str]:
        match s:
            case Op() | Load() | Extent():
                return [self._assigned(s)]
            case Store():
                place = self._element(s.array, s.index)
                return [f"{place} {'+' * s.add}= {self._of(s.value).text}"]
            case View():
                return [f"{self.names[s.out]} = {self._filled(s.form, (s.array, *s.operands))}"]
            case Alloc():
                return [f"{self.names[s.out]} = {self._filled(s.form, (Const(None), *s.operands))}"]
            case Call():
                return self._call(s)
            case Raise():
                given = [self._of(argument) for argument in s.arguments]
                return [f"raise {called(self.functions(s.exception), given).text}"]
            case Loop():
                return self._loop(s)
            case _:
                return self._branch(s)

    def _assigned(self, s: Any) -> str:
        name = self.names[s.out]
        is_sum = isinstance(s, Op) and s.rule is not None and s.rule.linear and s.function in INFIX
        if is_sum and self._of(s.args[0]).text == name:
            return f"{name} {INFIX[s.function][0]}= {self._of(s.args[1]).text}"
        return f"{name} = {self._computed(s).text}"

    def _call(self, s: Call) -> list[str]:
        if getattr(s.rule, "form", ""):
            text = self._filled(s.rule.form, s.args)
        else:
            text = called(self.functions(s.rule.called), [self._tree(arg) for arg in s.args]).text
        if getattr(s.rule, "rebinds", False):
            return [f"{self._of(s.args[0]).text} = {text}"]
        asked = [out for out in s.outs if self.uses[out]]
        flat = isinstance(s.result, Value) or (
            isinstance(s.result, Tuple) and all(isinstance(item, Value) for item in s.result.items)
        )
        if not asked:
            return [text]
        if isinstance(s.result, Value):
            return [f"{self.names[s.result]} = {text}"]
        if flat and len(asked) == len(s.outs):
            return [f"{tuple_of([self.names[out] for out in s.outs])} = {text}"]
        name = self.functions.names.new("found")
        return [f"{name} = {text}", *self._picked(name, s.result)]

    def _picked(self, path: str, tree: Any) -> Iterator[str]:
        """The parts of a result that are asked for."""
        if isinstance(tree, Tuple):
            for i, item in enumerate(tree.items):
                yield from self._picked(f"{path}[{i}]", item)
        elif isinstance(tree, Value) and self.uses[tree]:
            yield f"{self.names[tree]} = {path}"

    def _branch(self, s: If) -> list[str]:
        merges = [m for m in s.merges if self.uses[m.out]]
        then = [*self._block(s.then), *self._copies([(m.out, m.first) for m in merges])]
        orelse = [*self._block(s.orelse), *self._copies([(m.out, m.second) for m in merges])]
        condition = self._of(s.condition)
        if not then and orelse:
            then, orelse, condition = orelse, [], operation(self.functions, operator.not_, [condition])
        lines = [f"if {condition.text}:", *_indented(then)]
        return [*lines, "else:", *_indented(orelse)] if orelse else lines

    def _loop(self, s: Loop) -> list[str]:
        carries = [c for c in s.carries if self.uses[c.head] or self.uses[c.out]]
        before = [*self._copies([(c.head, c.init) for c in carries]), f"{self._head(s)}:"]
        body = [*self._block(s.body), *self._copies([(c.head, c.next) for c in carries])]
        if s.ended != Const(False):
            body += [f"if {self._of(s.ended).text}:", f"{INDENT}break"]
        after = self._copies([(c.out, c.head) for c in carries if self.uses[c.out]])
        return [*before, *_indented(body), *after]

    def _head(self, s: Loop) -> str:
        if s.bounds is None:
            return "while True"
        start, stop, step = (self._of(bound).text for bound in s.bounds)
        given = [start, stop, step]
        if s.bounds[2] == Const(1):
            given = [stop] if s.bounds[0] == Const(0) else [start, stop]
        assert s.index is not None
        return f"for {self.names[s.index]} in range({', '.join(given)})"

    def _copies(self, pairs: Sequence[tuple[Value, Any]]) -> Iterator[str]:
        """Assignments that take place at once, one after the other where that is the same."""
        texts = [
            (self.names[target], self._of(source).text) for target, source in pairs if source is not None
        ]
        waiting = [(target, source) for target, source in texts if source != target]
        while waiting:
            read = [source for _, source in waiting]
            free = next((pair for pair in waiting if pair[0] not in read), None)
            if free is None:
                targets, sources = zip(*waiting, strict=True)
                yield f"{', '.join(targets)} = {', '.join(sources)}"
                return
            yield f"{free[0]} = {free[1]}"
            waiting.remove(free)


def _indented(lines: Sequence[str]) -> list[str]:
    """The lines of a block."""
    return [INDENT + line for line in lines or ["pass"]]
