"""The source of a Python function as a syntax tree, and what its free names mean."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .errors import Untransformable


@lru_cache(maxsize=1024)
def tree_of(function: Callable[..., Any]) -> ast.FunctionDef | ast.Lambda:
    """The definition of `function`, with the line numbers of its file."""
    name, code = getattr(function, "__qualname__", "function"), function.__code__
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError) as error:
        raise Untransformable(f"the source of {name!r} cannot be read") from error
    found = [node for node in ast.walk(_parsed("".join(lines), name)) if _is_of(node, code)]
    if len(found) != 1:
        raise Untransformable(f"the source of {name!r} cannot be told from others on its line")
    definition: Any = found[0]
    ast.increment_lineno(definition, first - 1)
    return definition


def _parsed(text: str, name: str) -> ast.AST:
    text = textwrap.dedent(text)
    for attempt in (text, f"({text.strip().rstrip(',')})", text.strip()[: text.rfind(")")]):
        try:
            return ast.parse(attempt)
        except SyntaxError:
            continue
    # A lambda inside a larger expression: what comes before it and after it does not parse alone.
    start = text.find("lambda")
    for end in range(len(text), start, -1):
        if start >= 0:
            try:
                return ast.parse(f"({text[start:end]})")
            except SyntaxError:
                continue
    raise Untransformable(f"the source of {name!r} cannot be parsed by itself")


def _is_of(node: ast.AST, code: Any) -> bool:
    """Whether `node` defines the function with this code."""
    if isinstance(node, ast.FunctionDef):
        return node.name == code.co_name and _parameters(node) == code.co_varnames[: code.co_argcount]
    if not (isinstance(node, ast.Lambda) and code.co_name == "<lambda>"):
        return False
    if _parameters(node) != code.co_varnames[: code.co_argcount]:
        return False
    compiled = compile(ast.Expression(node), "", "eval")
    inner = [c for c in compiled.co_consts if inspect.iscode(c)]
    return any(c.co_code == code.co_code and c.co_names == code.co_names for c in inner) or bool(
        code.co_freevars
    )


def _parameters(node: ast.FunctionDef | ast.Lambda) -> tuple[str, ...]:
    return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))


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
