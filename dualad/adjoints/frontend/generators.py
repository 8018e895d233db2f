"""Loops over generators: the generator's statements, with the body of the loop in the place of `yield`."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ...numba_api import Dispatcher, event
from ..errors import NotTransformable
from . import sources
from .liveness import COMPREHENSIONS, assigned_names, walk

Definition = ast.FunctionDef | ast.Lambda
Lookup = Callable[[str], Any]
_LOOPS = (ast.For, ast.While)
_OTHERS = (ast.Try, ast.With, ast.FunctionDef, ast.Lambda, ast.YieldFrom, *COMPREHENSIONS)
DEEPEST = 8


def spliced(tree: Definition, lookup: Lookup, check: Callable[[Dispatcher], None], depth: int = 0) -> Any:
    """A function without its loops over generators, and how its names are looked up.

    One that has none stays as it is.

    Parameters
    ----------
    check : callable
        Raises for a generator that may not be compiled with the function.
    depth : int
        The number of generators around this one.
    """
    if isinstance(tree, ast.Lambda):
        return tree, lookup
    loops = [node for node in walk(tree) if isinstance(node, ast.For) and isinstance(node.iter, ast.Call)]
    if not loops:
        return tree, lookup
    local = frozenset(assigned_names(walk(tree))) | _parameters(tree)
    names = local | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    scope = _Scope(lookup, local, names, check, depth)
    if not any(scope.generator(node.iter) for node in loops):
        return tree, lookup
    whole = _Loops(scope).visit(copy.deepcopy(tree))
    return ast.fix_missing_locations(whole), scope.find


def _parameters(tree: ast.FunctionDef) -> frozenset[str]:
    given = tree.args
    names = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return frozenset(name.arg for name in names)


@dataclass
class _Scope:
    """What the names of a function stand for.

    Attributes
    ----------
    local : frozenset of str
        The names of its own variables.
    names : frozenset of str
        All names in it: no variable of a generator may be called like one of them.
    depth : int
        The number of generators around it.
    known : dict
        What the names stand for that generators brought.
    """

    lookup: Lookup
    local: frozenset[str]
    names: frozenset[str]
    check: Callable[[Dispatcher], None]
    depth: int
    known: dict[str, Any] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)

    def find(self, name: str) -> Any:
        """What a name stands for that is not a variable."""
        return self.known[name] if name in self.known else self.lookup(name)

    def mark(self, name: str) -> str:
        """What is appended to the names of a generator's variables."""
        marks = (f"_{name}{number or ''}" for number in count())
        free = (m for m in marks if m not in self.marks and not any(n.endswith(m) for n in self.names))
        found = next(free)
        self.marks.add(found)
        return found

    def generator(self, node: ast.expr) -> Dispatcher | None:
        """The generator that an expression calls."""
        found = self._constant(node.func) if isinstance(node, ast.Call) else None
        is_one = isinstance(found, Dispatcher) and inspect.isgeneratorfunction(found.py_func)
        return found if is_one else None

    def _constant(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Attribute):
            return getattr(self._constant(node.value), node.attr, None)
        if not isinstance(node, ast.Name) or node.id in self.local:
            return None
        try:
            return self.find(node.id)
        except (KeyError, ValueError):
            return None


class _Loops(ast.NodeTransformer):
    """Replaces loops over generators."""

    def __init__(self, scope: _Scope) -> None:
        self.scope = scope

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [found for s in node.body for found in _listed(self.visit(s))]
        return node

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        generator = self.scope.generator(node.iter)
        return node if generator is None else _Splice(self.scope, node, generator).statements()


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


class _Splice:
    """One loop over a generator."""

    def __init__(self, scope: _Scope, loop: ast.For, generator: Dispatcher) -> None:
        self.scope, self.loop, self.generator = scope, loop, generator
        self.mark = scope.mark(generator.__name__)
        self.stopped = f"stopped${self.mark}"
        self.stops = False
        self.columns = count(1000)  # no other thing is made at these places

    def statements(self) -> list[ast.stmt]:
        """What does the same as the loop."""
        function = self.generator.py_func
        scope = self.scope
        scope.check(self.generator)
        if scope.depth == DEEPEST:
            raise self._refusal("which is nested too deeply")
        event.start_event("dualad:read", {"function": function})
        tree = copy.deepcopy(sources.tree_of(function))
        tree, lookup = spliced(tree, sources.free_names(function), scope.check, scope.depth + 1)
        if self.loop.orelse or any(isinstance(node, _OTHERS) for s in tree.body for node in ast.walk(s)):
            raise self._refusal(
                "with `try`, `with`, inner functions or comprehensions, or a loop with `else`"
            )
        yields = [node for node in walk(tree) if isinstance(node, ast.Yield)]
        if len(yields) != 1:
            raise self._refusal("with several `yield`")
        own = frozenset(assigned_names(walk(tree))) | _parameters(tree)
        tree = _Renamed(self, own, lookup).visit(tree)
        if any(f"{name}_default" in own for name in inspect.signature(function).parameters):
            raise self._refusal("with a variable that is called like the default of another")
        body = self._body(tree.body)
        if self.stops:
            body = [self._assigned(self.stopped, ast.Constant(False)), self._once(body)]
        found = [*self._bound(function, tree), *body]
        for node in (node for s in found for node in ast.walk(s)):
            if not hasattr(node, "placed"):
                node.lineno, node.col_offset = self.loop.lineno, next(self.columns)  # type: ignore[attr-defined]
        return found

    def _refusal(self, why: str) -> NotTransformable:
        return NotTransformable(f"the generator {self.generator.__name__!r}, {why}", self.loop)

    def _assigned(self, name: str, value: ast.expr) -> ast.stmt:
        return ast.Assign([ast.Name(name, ast.Store())], value)

    def _once(self, body: list[ast.stmt]) -> ast.stmt:
        """Statements that `break` and `continue` lead to the end of."""
        items = ast.Tuple([ast.Constant(0)], ast.Load())
        return ast.For(ast.Name(f"once${self.mark}", ast.Store()), items, body, [])

    def _bound(self, function: Any, tree: ast.FunctionDef) -> list[ast.stmt]:
        """The assignments of the generator's arguments."""
        assert isinstance(self.loop.iter, ast.Call)
        signature = inspect.signature(function)
        given = self.loop.iter
        starred = any(isinstance(arg, ast.Starred) for arg in given.args)
        kinds = {p.kind for p in signature.parameters.values()}
        if (
            starred
            or any(k.arg is None for k in given.keywords)
            or kinds - {inspect.Parameter.POSITIONAL_OR_KEYWORD}
        ):
            raise self._refusal("called with or taking `*` or `**`")
        try:
            arguments = signature.bind(*given.args, **{str(k.arg): k.value for k in given.keywords}).arguments
        except TypeError as error:
            raise self._refusal("in a call that does not fit it") from error
        found = []
        for name, parameter in signature.parameters.items():
            value = arguments.get(name)
            if value is None:
                key = f"{name}_default{self.mark}"
                self.scope.known[key] = parameter.default
                value = ast.Name(key, ast.Load())
            else:
                _place(value)
            found.append(self._assigned(name + self.mark, value))
        return found

    def _body(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The generator's statements, with those of the loop in them."""
        return [found for s in body for found in self._statement(s)]

    def _statement(self, s: ast.stmt) -> list[ast.stmt]:
        if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield):
            return self._yielded(s.value)
        if isinstance(s, ast.Return):
            return self._stop()
        if not any(isinstance(node, ast.Yield | ast.Return) for node in ast.walk(s)):
            return [s]
        if isinstance(s, ast.If):
            s.body, s.orelse = self._body(s.body), self._body(s.orelse)
            return [s]
        if isinstance(s, _LOOPS) and not s.orelse:
            s.body = self._body(s.body)
            return [s, *self._left()]
        raise self._refusal("whose `yield` is not a statement of its own")

    def _yielded(self, node: ast.Yield) -> list[ast.stmt]:
        value = node.value or ast.Constant(None)
        leaving = [n for s in self.loop.body for n in _own(s) if isinstance(n, ast.Break | ast.Continue)]
        ends = any(isinstance(n, ast.Break) for n in leaving)
        _place(self.loop.target)
        for s in self.loop.body:
            _place(s)
        body = [found for s in self.loop.body for found in self._of_loop(s)] if ends else self.loop.body
        whole: list[ast.stmt] = [ast.Assign([self.loop.target], value), *body]
        return [self._once(whole), *self._left()] if leaving else whole

    def _of_loop(self, s: ast.stmt) -> list[ast.stmt]:
        """A statement of the loop's body; `break` ends the generator too."""
        if isinstance(s, ast.Break):
            return self._stop()
        for name in ("body", "orelse", "finalbody") if not isinstance(s, (*_LOOPS, ast.FunctionDef)) else ():
            if getattr(s, name, None):
                setattr(s, name, [found for inner in getattr(s, name) for found in self._of_loop(inner)])
        for handler in getattr(s, "handlers", ()):
            handler.body = [found for inner in handler.body for found in self._of_loop(inner)]
        return [s]

    def _stop(self) -> list[ast.stmt]:
        self.stops = True
        return [self._assigned(self.stopped, ast.Constant(True)), ast.Break()]

    def _left(self) -> list[ast.stmt]:
        """Behind a loop that may have been left for good."""
        return [ast.If(ast.Name(self.stopped, ast.Load()), [ast.Break()], [])] if self.stops else []


def _own(node: ast.AST) -> list[ast.AST]:
    """A node and those inside it, those of inner loops and functions left aside."""
    if isinstance(node, (*_LOOPS, ast.FunctionDef, ast.Lambda)):
        return [node]
    return [node, *(inner for child in ast.iter_child_nodes(node) for inner in _own(child))]


def _place(node: ast.AST) -> None:
    """Remember that nodes have the place they had in the source."""
    for inner in ast.walk(node):
        inner.placed = True  # type: ignore[attr-defined]


class _Renamed(ast.NodeTransformer):
    """Gives the names of a generator to itself."""

    def __init__(self, splice: _Splice, own: frozenset[str], lookup: Lookup) -> None:
        self.splice, self.own, self.lookup = splice, own, lookup

    def visit_Name(self, node: ast.Name) -> ast.Name:
        name = node.id + self.splice.mark
        if node.id not in self.own:
            try:
                self.splice.scope.known[name] = self.lookup(node.id)
            except (KeyError, ValueError):
                return node
        node.id = name
        return node
