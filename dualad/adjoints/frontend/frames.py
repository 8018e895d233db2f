"""Per-function state of the reader, and syntactic predicates on statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from numba import types

from ..errors import UndefinedError
from ..ir.nodes import Tuple
from .liveness import Liveness, Names, walk
from .trying import Trial

# Variables of ours beside the user's: whether the rest of a body is skipped, whether the loop has
# ended, whether the function has returned, and what.
SKIPPED, ENDED, RETURNED, RESULT = "skipped$", "ended$", "returned$", "result$"
RAISED = "raised$"  # inside `try`: whether the handler is next


NOTHING: Mapping[str, types.Type] = {}


@dataclass
class Unknown:
    """The variables that a loop carries and whose form no iteration has shown yet.

    Attributes
    ----------
    error : UndefinedError or None
        Of the last statement that was left out because it reads one of them.
    """

    names: set[str]
    error: UndefinedError | None = None


@dataclass
class Frame:
    """One function that is being read."""

    tree: ast.FunctionDef | ast.Lambda
    lookup: Callable[[str], Any]
    variables: dict[str, Any]
    left: list[str] = field(default_factory=list)  # per loop, the variable that says whether it was left
    unknown: list[Unknown] = field(default_factory=list)  # per loop
    excluded: list[Any] = field(default_factory=list)  # kinds of results that no constant leads to
    declared: Mapping[str, types.Type] = field(default_factory=dict)  # types of variables
    trials: list[Trial] = field(default_factory=list)
    depth: int = 0  # of loops
    changing: dict[Any, set[str]] = field(default_factory=dict)  # per loop, the states of lists it changes
    denied: dict[Any, set[str]] = field(default_factory=dict)  # per loop, the lists it makes no room in

    @property
    def assigned(self) -> Names:
        """The names that the function assigns."""
        return self.liveness.assigned

    @cached_property
    def liveness(self) -> Liveness:
        """Which variables are live around its loops."""
        return Liveness.of(self.tree)


@dataclass(frozen=True)
class Closure:
    """A function defined inside the function."""

    tree: ast.FunctionDef | ast.Lambda
    frame: Frame
    defaults: dict[str, Any]


def bound(given: ast.arguments, defaults: Any, args: Any, keywords: Any) -> dict[str, Any] | None:
    """The variables that a call's arguments are bound to; None if they do not fit."""
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    only = [a.arg for a in given.kwonlyargs]
    rest = tuple(args[len(names) :])
    fits = (given.vararg is not None or not rest) and given.kwarg is None
    if not fits or any(name not in (*names[len(args) :], *only) for name in keywords):
        return None
    variables = {**defaults, **dict(zip(names, args, strict=False)), **keywords}
    if given.vararg is not None:
        variables[given.vararg.arg] = Tuple(rest)
    return variables if all(name in variables for name in (*names, *only)) else None


def ends(body: Sequence[ast.stmt]) -> bool:
    """Whether every path through the statements returns or raises."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.While) and isinstance(last.test, ast.Constant) and last.test.value:
        return True
    return isinstance(last, ast.If) and ends(last.body) and ends(last.orelse)


def goes_away(body: Sequence[ast.stmt]) -> bool:
    """Whether no path leads to what follows the statements."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return goes_away(last.body) and goes_away(last.orelse)
    return isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue)


def may_leave(node: ast.For) -> bool:
    """Whether a loop may end before its last iteration."""
    return any(isinstance(n, ast.Break | ast.Return) for n in walk(node))


def hint_of(name: str) -> str:
    """What a variable wants to be called in the emitted code."""
    return name.replace("$", "")


def shown(node: ast.AST) -> str:
    """A node as its source, for a message."""
    text = ast.unparse(node)
    first = text.splitlines()[0]
    return f"`{first[:60]}`" if len(first) <= 60 else f"`{first[:57]}...`"
