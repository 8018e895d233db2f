"""The source of a Python function as a syntax tree, and the values of its free names.

What Python keeps as the source of a function may be another one by now: a file may have been edited since it
was imported. So a definition is only taken if it compiles to the function's own bytecode.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import linecache
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import NotTransformable
from .spelling import spelled_out

Definition = ast.FunctionDef | ast.Lambda

_FUTURE = 0
for _feature in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _feature).compiler_flag

_COMPARED = (
    "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars",
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount",
)  # fmt: skip

# What was found stays found, whatever becomes of the file: definitions, and the texts that they stand in.
_known: WeakKeyDictionary[CodeType, tuple[Definition, str]] = WeakKeyDictionary()
_read: WeakKeyDictionary[CodeType, Definition] = WeakKeyDictionary()  # as it is read


def tree_of(function: Callable[..., Any]) -> Definition:
    """The definition of `function`, spelled out, with the line numbers of its file."""
    found = _read.get(function.__code__)
    if found is None:
        found = _read[function.__code__] = spelled_out(_found(function)[0])
    return found


def segment_of(function: Callable[..., Any]) -> tuple[int, str]:
    """The text of the definition of `function`, and its first line."""
    tree, text = _found(function)
    segment = ast.get_source_segment(text, tree)
    assert segment is not None
    return tree.lineno, segment


def learn(function: Callable[..., Any], line: int, segment: str) -> None:
    """Take the text of the definition of `function` from who has it."""
    if function.__code__ not in _known:
        is_lambda = function.__code__.co_name == "<lambda>"
        text = "\n" * (line - 1) + (f"({segment})" if is_lambda else segment)
        _known[function.__code__] = _functions(_parsed(text))[0], text


def _found(function: Callable[..., Any]) -> tuple[Definition, str]:
    found = _known.get(function.__code__)
    if found is None:
        found = _known[function.__code__] = _searched(function)
    return found


def _searched(function: Callable[..., Any]) -> tuple[Definition, str]:
    code = function.__code__
    name = repr(getattr(function, "__qualname__", "function"))
    file = code.co_filename
    why = f"{file} cannot be read"
    if file.startswith("<"):
        why = f"Python keeps no text of {file}"
    for text in _texts(function):
        found = _definition(code, text)
        if found is not None:
            return found, text
        why = (
            f"nothing in {file} compiles to the code of {name}; the file was edited after {name} was loaded, "
            f"or {name} was compiled from something else"
        )
    raise NotTransformable(f"the source of {name} is not available: {why}")


def _texts(function: Callable[..., Any]) -> Iterator[str]:
    """The texts that `function` may have been compiled from: those kept for tracebacks, and its file."""
    code = function.__code__
    file = code.co_filename
    lines = linecache.getlines(file, function.__globals__)
    if lines:
        yield "".join(lines)
    # An interactive Python of 3.13 and later keeps texts by code.
    by_code: Any = getattr(linecache, "_getlines_from_code", None)
    more = by_code(code) if by_code else None
    if more and more != lines:
        yield "".join(more)
    # What is kept of a file may be older than a module that was reloaded.
    if Path(file).is_file():
        fresh = linecache.updatecache(file, function.__globals__)
        if fresh and fresh != lines:
            yield "".join(fresh)


def _definition(code: CodeType, text: str) -> Definition | None:
    """What in a text compiles to `code`, if anything does; on the line of `code` if there is a choice."""
    found: list[Definition] = []
    ambiguous = False
    for part, shown in _parts(text, code.co_name):
        for other in _compiled(part, code.co_flags & _FUTURE):
            if other.co_name == code.co_name and _is_same(other, code):
                nodes = [shown] if shown else _definitions(_functions(part), other)
                found += nodes if len(nodes) == 1 else []
                ambiguous |= len(nodes) > 1
    if ambiguous and not found:
        raise NotTransformable(
            f"the source of {code.co_qualname!r} cannot be distinguished from others on its line"
        )
    return min(found, key=lambda node: abs(_first_line(node) - code.co_firstlineno), default=None)


def _parts(text: str, name: str) -> Iterator[tuple[ast.Module, ast.FunctionDef | None]]:
    """What a text may have been compiled as, and the definition that it is all about.

    What a function compiles to depends on the imports that are compiled along with it. Modules are compiled
    as a whole, cells of a notebook statement by statement. Where IPython reloads a module it compiles
    definitions that were printed from their syntax trees; the cells of a file of marimo are the bodies of its
    functions.
    """
    tree = _parsed(text)
    yield tree, None
    for statement in tree.body:
        if any(_name(node) == name for node in _functions(statement)):
            yield _module(statement), None
            if isinstance(statement, ast.FunctionDef):
                if statement.name == name:
                    yield _parsed(ast.unparse(statement)), statement
                yield _module(*(s for s in statement.body if not isinstance(s, ast.Return))), None


@lru_cache(maxsize=64)
def _module(*statements: ast.stmt) -> ast.Module:
    return ast.Module(list(statements), [])


@lru_cache(maxsize=32)
def _parsed(text: str) -> ast.Module:
    """The syntax tree of a text; an empty one of what is not Python."""
    try:
        with _silence():
            return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


@lru_cache(maxsize=64)
def _functions(tree: ast.AST) -> tuple[Definition, ...]:
    return tuple(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda))


def _name(node: ast.AST) -> str | None:
    """The name of the code that a node compiles to."""
    return "<lambda>" if isinstance(node, ast.Lambda) else getattr(node, "name", None)


@lru_cache(maxsize=64)
def _compiled(module: ast.Module, flags: int) -> tuple[CodeType, ...]:
    """All code in a module; none if it can only be compiled in parts."""
    try:
        with _silence():
            return tuple(_nested(compile(module, "<source>", "exec", flags, dont_inherit=True)))
    except (SyntaxError, ValueError):
        return ()


@contextmanager
def _silence() -> Iterator[None]:
    """What a text is warned of was said when the user compiled it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _is_same(one: CodeType, other: CodeType) -> bool:
    """Whether two pieces of code do the same with the same names, wherever they stand."""
    same = all(getattr(one, name) == getattr(other, name) for name in _COMPARED)
    same = same and len(one.co_consts) == len(other.co_consts)
    return same and all(_is_equal(a, b) for a, b in zip(one.co_consts, other.co_consts, strict=True))


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return _is_same(one, other)
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    return type(one) is type(other) and repr(one) == repr(other)


def _definitions(among: tuple[Definition, ...], code: CodeType) -> list[Definition]:
    """The nodes that the code may come from."""
    if code.co_name != "<lambda>":
        named = (n for n in among if isinstance(n, ast.FunctionDef) and n.name == code.co_name)
        return [node for node in named if _first_line(node) == code.co_firstlineno]
    # Lambdas have no names: it is the innermost one around all that the code does.
    lambdas = [node for node in among if isinstance(node, ast.Lambda)]
    spans = [_span(*p) for p in code.co_positions() if None not in p and p[3]]
    if not spans:
        return [node for node in lambdas if node.lineno == code.co_firstlineno]
    start, end = min(s for s, _ in spans), max(e for _, e in spans)
    around = []
    for node in lambdas:
        body = node.body
        first, last = _span(body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
        if first <= start and end <= last:
            around.append((first, node))
    innermost = max((first for first, _ in around), default=None)
    return [node for first, node in around if first == innermost]


def _span(line: Any, end_line: Any, column: Any, end_column: Any) -> tuple[Any, Any]:
    return (line, column), (end_line, end_column)


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])


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
