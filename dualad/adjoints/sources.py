"""The source of a Python function as a syntax tree, and what its free names mean.

A file may have changed since it was imported, so a definition is only taken if it compiles to the
function's own bytecode.
"""

from __future__ import annotations

import ast
import builtins
import linecache
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

from .errors import Untransformable

Definition = ast.FunctionDef | ast.Lambda


def tree_of(function: Callable[..., Any]) -> Definition:
    """The definition of `function`, with the line numbers of its file."""
    code = function.__code__
    name = getattr(function, "__qualname__", "function")
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        raise Untransformable(f"the source of {name!r} cannot be read")
    try:
        definitions, codes = _parsed("".join(lines), code.co_filename)
    except (SyntaxError, ValueError) as error:
        raise Untransformable(f"the source of {name!r} cannot be read") from error
    if not any(_is_same(other, code) for other in codes if other.co_firstlineno == code.co_firstlineno):
        raise Untransformable(f"the file of {name!r} has changed since it was imported")
    found = _definitions(definitions, code)
    if len(found) != 1:
        raise Untransformable(f"the source of {name!r} cannot be told from others on its line")
    return found[0]


@lru_cache(maxsize=32)
def _parsed(text: str, filename: str) -> tuple[tuple[Definition, ...], tuple[CodeType, ...]]:
    """The definitions of functions in a file, and all code in it."""
    nodes = ast.walk(ast.parse(text, filename))
    definitions = tuple(n for n in nodes if isinstance(n, ast.FunctionDef | ast.Lambda))
    return definitions, tuple(_nested(compile(text, filename, "exec", dont_inherit=True)))


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _is_same(one: CodeType, other: CodeType) -> bool:
    """Whether two pieces of code do the same with the same names, at the same place."""
    same = one.co_code == other.co_code and one.co_names == other.co_names
    same = same and one.co_varnames == other.co_varnames and len(one.co_consts) == len(other.co_consts)
    same = same and list(one.co_positions()) == list(other.co_positions())
    return same and all(_is_equal(a, b) for a, b in zip(one.co_consts, other.co_consts, strict=True))


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _is_same(one, other)
    return type(one) is type(other) and repr(one) == repr(other)


def _definitions(among: tuple[Definition, ...], code: CodeType) -> list[Definition]:
    """The nodes that the code may come from."""
    if code.co_name != "<lambda>":
        named = (n for n in among if isinstance(n, ast.FunctionDef) and n.name == code.co_name)
        return [node for node in named if _first_line(node) == code.co_firstlineno]
    # Lambdas have no names: it is the innermost one around all that the code does.
    spans = [_span(*p) for p in code.co_positions() if None not in p and p[3]]
    start, end = min(s for s, _ in spans), max(e for _, e in spans)
    around = []
    for node in among:
        if isinstance(node, ast.Lambda):
            body = node.body
            first, last = _span(body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
            if first <= start and end <= last:
                around.append((first, node))
    innermost = max((first for first, _ in around), default=None)
    return [node for first, node in around if first == innermost]


def _span(line: Any, end_line: Any, column: Any, end_column: Any) -> tuple[Any, Any]:
    return (line, column), (end_line, end_column)


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def free_names(function: Callable[..., Any]) -> Callable[[str], Any]:
    """How the names that a function does not define are looked up; KeyError if there is no such name."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))

    def lookup(name: str) -> Any:
        if name in cells:
            return cells[name].cell_contents
        if name in function.__globals__:
            return function.__globals__[name]
        return vars(builtins)[name]

    return lookup


def file_of(function: Callable[..., Any]) -> str:
    """The file that `function` was written in."""
    return str(function.__code__.co_filename)
