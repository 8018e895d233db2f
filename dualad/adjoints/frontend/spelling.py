"""Constructs that are read as simpler ones: `match` as branches, comprehensions as loops that append."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from ..errors import NotTransformable
from .liveness import assigned_names, walk

Function = ast.FunctionDef | ast.Lambda


def spelled_out(tree: Function) -> Function:
    """A function without `match`; the same one if it has none."""
    if not any(isinstance(node, ast.Match) for node in ast.walk(tree)):
        return tree
    found: Function = ast.fix_missing_locations(_Branches().visit(copy.deepcopy(tree)))
    return found


def appending(node: ast.ListComp) -> tuple[str, set[str], ast.stmt]:
    """A comprehension as the name of a list, the names that its loops bind, and loops that append to it."""
    if node not in _APPENDING:
        name = f"list{node.lineno}_{node.col_offset}$"
        whole = ast.Attribute(ast.Name(name, ast.Load()), "append", ast.Load())
        body: ast.stmt = ast.Expr(ast.Call(whole, [node.elt], []))
        for generator in reversed(node.generators):
            for condition in reversed(generator.ifs):
                body = ast.If(condition, [body], [])
            body = ast.For(generator.target, generator.iter, [body], [])
        ast.fix_missing_locations(ast.copy_location(body, node))
        names = assigned_names([n for g in node.generators for n in walk(g.target)])
        _APPENDING[node] = name, names, body
    return _APPENDING[node]


_APPENDING: dict[ast.ListComp, tuple[str, set[str], ast.stmt]] = {}


class _Branches(ast.NodeTransformer):
    """Replaces `match` by branches that compare its subject, which is computed once."""

    def visit_Match(self, node: ast.Match) -> list[ast.stmt]:
        self.generic_visit(node)
        name = f"subject{node.lineno}$"
        subject = ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], node.subject), node.subject)
        return [subject, *_cases(node.cases, name, node)]


def _cases(cases: Sequence[ast.match_case], name: str, at: ast.AST) -> list[ast.stmt]:
    if not cases:
        return []
    first, rest = cases[0], _cases(cases[1:], name, at)
    test, bound = _test(first.pattern, name)
    body = first.body
    if first.guard is not None:
        body = [ast.copy_location(ast.If(first.guard, body, rest), first.guard)]
    body = [*bound, *body]
    return body if test is None else [ast.copy_location(ast.If(test, body, rest), first.pattern)]


def _test(pattern: ast.pattern, name: str) -> tuple[ast.expr | None, list[ast.stmt]]:
    """What holds if a pattern fits, None if it always does, and the assignments of what it captures."""

    def compared(value: ast.expr, operator: ast.cmpop) -> ast.expr:
        subject = ast.copy_location(ast.Name(name, ast.Load()), pattern)
        return ast.copy_location(ast.Compare(subject, [operator], [value]), pattern)

    match pattern:
        case ast.MatchValue(value=value):
            return compared(value, ast.Eq()), []
        case ast.MatchSingleton(value=value):
            return compared(ast.Constant(value), ast.Is()), []
        case ast.MatchOr(patterns=patterns):
            tests = [_test(one, name) for one in patterns]
            values = [test for test, bound in tests if test is not None and not bound]
            if len(values) == len(tests):
                return ast.copy_location(ast.BoolOp(ast.Or(), values), pattern), []
        case ast.MatchAs(pattern=inner, name=captured):
            test, bound = (None, []) if inner is None else _test(inner, name)
            if captured is not None:
                target, value = ast.Name(captured, ast.Store()), ast.Name(name, ast.Load())
                bound = [*bound, ast.copy_location(ast.Assign([target], value), pattern)]
            return test, bound
    raise NotTransformable("a pattern other than values, names and alternatives of values", pattern)
