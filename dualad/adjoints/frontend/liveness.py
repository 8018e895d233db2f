"""Liveness of a function's variables, by the control flow of its statements.

A variable is live at a place if some path from there reads it before it is assigned.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Names = frozenset[str]
NONE: Names = frozenset()
_Loop = ast.For | ast.While
_SCOPES = (ast.FunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class _Exits:
    """What is live where a statement jumps to."""

    on_break: Names = NONE
    on_continue: Names = NONE


@dataclass
class Liveness:
    """The variables that are live around each loop of a function.

    Attributes
    ----------
    carried : dict
        Per loop, the variables live where an iteration begins or where the loop has ended.
    assigned : frozenset of str
        The names that the function assigns.
    """

    carried: dict[ast.stmt, Names] = field(default_factory=dict)
    assigned: Names = NONE
    always: Names = NONE

    @classmethod
    def of(cls, tree: ast.FunctionDef | ast.Lambda) -> Liveness:
        """The liveness of one function."""
        nodes = walk(tree)
        # An inner function reads its free variables whenever it is called.
        inner = (node for node in nodes[1:] if isinstance(node, _SCOPES))
        always = frozenset(name for scope in inner for name in _loaded(walk(scope)))
        found = cls(assigned=frozenset(assigned_names(nodes)), always=always)
        if isinstance(tree, ast.FunctionDef):
            found._before(tree.body, always, _Exits())
        return found

    def _before(self, body: Sequence[ast.stmt], after: Names, exits: _Exits) -> Names:
        """What is live before statements."""
        for statement in reversed(body):
            after = self._before_one(statement, after, exits) | self.always
        return after

    def _before_one(self, node: ast.stmt, after: Names, exits: _Exits) -> Names:
        match node:
            case ast.Return() | ast.Raise():
                return _read(node)
            case ast.Break():
                return exits.on_break
            case ast.Continue():
                return exits.on_continue
            case ast.If():
                sides = (self._before(side, after, exits) for side in (node.body, node.orelse))
                return _read(node.test).union(*sides)
            case ast.For() | ast.While():
                return self._before_loop(node, after, exits)
            case ast.Assign():
                return _read(node) | (after - _bound(node.targets))
            case ast.AnnAssign():
                return _read(node) | (after - (NONE if node.value is None else _bound([node.target])))
            case ast.AugAssign():
                return _read(node) | _bound([node.target]) | after
            case ast.Try():
                final = self._before(node.finalbody, after, exits)
                caught = NONE.union(*(self._before(h.body, final, exits) for h in node.handlers))
                always, self.always = self.always, self.always | caught  # any statement may lead there
                found = self._before(node.body, self._before(node.orelse, final, exits), exits)
                self.always = always
                return found
            case ast.FunctionDef():
                return _read(node) | (after - {node.name})
            case _:  # nothing is assigned for sure
                return _read(node) | after

    def _before_loop(self, node: _Loop, after: Names, exits: _Exits) -> Names:
        ended = self._before(node.orelse, after, exits)
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            ended = NONE  # it is left by break alone
        head = grown = ended
        while True:
            first = self._before(node.body, head, _Exits(after, head))
            if isinstance(node, ast.For):
                grown = head | _read(node.target) | (first - _bound([node.target]))
            else:
                grown = head | _read(node.test) | first
            if grown == head:
                break
            head = grown
        self.carried[node] = head | after
        return head | _read(node.iter) if isinstance(node, ast.For) else head


_WORDS = frozenset({"id", "ctx", "attr", "arg", "kind", "name", "op", "ops", "type_comment"})


# By class of nodes, the attributes that hold expressions or statements.
_PARTS = {
    cls: () if cls is ast.Constant else tuple(name for name in cls._fields if name not in _WORDS)
    for cls in vars(ast).values()
    if isinstance(cls, type) and issubclass(cls, ast.AST)
}


def children(node: ast.AST) -> list[ast.AST]:
    """The expressions and statements right below a node."""
    found: list[ast.AST] = []
    for name in _PARTS[type(node)]:
        part = getattr(node, name, None)
        if isinstance(part, list):
            found += [item for item in part if isinstance(item, ast.AST)]
        elif isinstance(part, ast.AST):
            found.append(part)
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, faster than :func:`ast.walk`."""
    found = [node]
    for inner in found:  # grows
        found += children(inner)
    return found


def assigned_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that are assigned."""
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _loaded(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _read(node: ast.AST) -> Names:
    """The names that a statement or an expression reads; those that a comprehension binds are its own."""
    if isinstance(node, ast.Name):
        return frozenset({node.id}) if isinstance(node.ctx, ast.Load) else NONE
    if isinstance(node, COMPREHENSIONS):
        own: set[str] = set()
        found: set[str] = set()
        for generator in node.generators:
            found |= _read(generator.iter) - own
            own |= _bound([generator.target])
            found |= NONE.union(*map(_read, generator.ifs)) - own
        parts: list[Any] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return frozenset(found | (NONE.union(*map(_read, parts)) - own))
    return NONE.union(*map(_read, children(node)))


def _bound(targets: Iterable[ast.expr]) -> Names:
    """The variables that an assignment to targets binds, whatever happens."""
    found: set[str] = set()
    for target in targets:
        if isinstance(target, ast.Name):
            found.add(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            found |= _bound(target.elts)
        elif isinstance(target, ast.Starred):
            found |= _bound([target.value])
    return frozenset(found)
