"""The intermediate representation as text, one statement a line.

::

    f(x*: float[x_n0])
      x_n0: int = extent x 0
      for i in range(0, x_n0, 1): s_1*: float = 0.0
        t*: float = load x[i]
        t_1*: float = mul t t
        t_2*: float = add s_1 t_1
        s_1 = t_2
      s* = s_1
      return s

A star marks what depends on what is differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .nodes import (
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
    Tuple,
    Value,
    View,
)


def dump(program: Program) -> str:
    """A whole program."""
    parameters = ", ".join(f"{name}: {_form(tree)}" for name, tree in program.parameters)
    lines = [f"{program.name}({parameters})", *_lines(program.body), f"return {_text(program.result)}"]
    return "\n".join([lines[0], *(f"  {line}" for line in lines[1:])])


def _lines(block: Block) -> Iterator[str]:
    for statement in block.statements:
        yield from _statement(statement)


def _statement(s: Any) -> Iterator[str]:
    match s:
        case Op():
            name = s.rule.name if s.rule is not None else getattr(s.function, "__name__", repr(s.function))
            yield f"{_defined(s.out)} = {' '.join([name, *map(_text, s.args)])}"
        case Load():
            guards = "".join(f" if {_text(a)} < {_text(b)}" for a, b in s.guards)
            yield f"{_defined(s.out)} = load {_text(s.array)}[{_texts(s.index)}]{guards}"
        case Store():
            yield f"store {_text(s.array)}[{_texts(s.index)}] {'+' * s.add}= {_text(s.value)}"
        case View():
            yield f"{_defined(s.out)} = view {s.form.format(_text(s.array), *map(_text, s.operands))}"
        case Alloc():
            yield f"{_defined(s.out)} = alloc {s.form.format(None, *map(_text, s.operands))}"
        case Extent():
            yield f"{_defined(s.out)} = extent {_text(s.array)} {s.axis}"
        case Call():
            outs = ", ".join(map(_defined, s.outs))
            yield f"{outs}{' = ' * bool(outs)}call {_called(s.rule)}({_texts(s.args)})"
        case Raise():
            yield f"raise {s.exception.__name__}({_texts(s.arguments)})"
        case Loop():
            yield from _loop(s)
        case If():
            yield from _branch(s)
        case _:
            raise TypeError(f"{s!r} is not a statement")


def _loop(loop: Loop) -> Iterator[str]:
    head = "while True" if loop.bounds is None else f"for {loop.index} in range({_texts(loop.bounds)})"
    carried = "; ".join(f"{_defined(c.head)} = {_end(c.init)}" for c in loop.carries)
    yield f"{head}:{' ' * bool(carried)}{carried}"
    for line in _lines(loop.body):
        yield f"  {line}"
    for carry in loop.carries:
        yield f"  {carry.head} = {_text(carry.next)}"
    if loop.ended != Const(False):
        yield f"  break if {_text(loop.ended)}"
    for carry in loop.carries:
        yield f"{_defined(carry.out)} = {carry.head}"


def _branch(branch: If) -> Iterator[str]:
    yield f"if {_text(branch.condition)}:"
    for line in _lines(branch.then):
        yield f"  {line}"
    if branch.orelse.statements:
        yield "else:"
        for line in _lines(branch.orelse):
            yield f"  {line}"
    for merge in branch.merges:
        yield f"{_defined(merge.out)} = {_end(merge.first)} | {_end(merge.second)}"


def _defined(value: Value) -> str:
    return f"{value.name}{'*' * value.active}: {_form(value)}"


def _form(tree: Any) -> str:
    if isinstance(tree, Tuple):
        return f"({', '.join(map(_form, tree.items))})"
    if isinstance(tree, Value) and tree.is_array:
        return f"{tree.kind}[{_texts(tree.extents or ())}]{'' if tree.layout == 'C' else ' ' + tree.layout}"
    return str(tree.kind) if isinstance(tree, Value) else _text(tree)


def _text(tree: Any) -> str:
    if isinstance(tree, Tuple):
        return f"({', '.join(map(_text, tree.items))})"
    if isinstance(tree, Const):
        return getattr(tree.value, "__name__", repr(tree.value))
    return "?" if tree is None else str(tree)


def _texts(trees: Any) -> str:
    return ", ".join(map(_text, trees))


def _end(operand: Any) -> str:
    """What a loop or a branch brings; a dash where nothing is defined."""
    return "-" if operand is None else _text(operand)


def _called(rule: Any) -> str:
    if isinstance(rule, Routine) and rule.form:
        return rule.form.format(*"abc")
    named = rule.called if isinstance(rule, Routine) else getattr(rule, "function", rule)
    return str(getattr(named, "__name__", getattr(named, "name", type(rule).__name__)))
