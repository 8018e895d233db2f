"""What a branch that constants exclude implies for the variables that it assigns.

Numba types both sides of a condition, but for a few that it decides itself: a variable that one of them makes
a float is one behind them. Such a side is not read here, as its statements need not make sense; what its
assignments are is told from their syntax, or unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...catalogue import method, rows, stated
from ...rules import table
from ..errors import NotTransformable
from ..ir.builder import Builder
from ..ir.joins import joined_kind
from ..ir.nodes import BOOL, COMPLEX, FLOAT, INT, OTHER, SINGLE, Complex, Const, Tuple, Value

__all__ = ["assigned", "expression_kind", "is_decided_by_numba", "joined", "returned"]

Kind = str | None  # None: unknown

_CONVERSIONS: dict[str, Any] = {FLOAT: np.float64, SINGLE: np.float32, INT: int}
_PLAIN: dict[str, Any] = {FLOAT: float, SINGLE: np.float32, INT: int}

_COMPLEX = frozenset({"complex", "cmath", "complex64", "complex128"})
# Names; functions that share one may differ.
_INTEGERS = {function.__name__ for function, row in rows() if row.integer} - {
    function.__name__ for op in table() for function in op.functions if not stated(function).integer
}
_JOINING = {
    f.__name__ for op in table() if op.arity == 2 and (op.linear or op.is_product) for f in op.functions
}
_KEEPING = ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Mod


def is_decided_by_numba(test: ast.expr, local: Mapping[str, Any]) -> bool:
    """Whether Numba too leaves out a side of this condition, if its value is known."""
    if isinstance(test, ast.UnaryOp):
        return is_decided_by_numba(test.operand, local)
    if isinstance(test, ast.BoolOp):
        return all(is_decided_by_numba(value, local) for value in test.values)
    if isinstance(test, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in test.ops):
        return True
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name):
        return test.func.id in ("isinstance", "hasattr")
    return not any(isinstance(n, ast.Name) and n.id in local and not _ranks(test, n) for n in ast.walk(test))


def _ranks(test: ast.expr, name: ast.Name) -> bool:
    """Whether of this name only ``ndim`` is asked."""
    return any(isinstance(n, ast.Attribute) and n.value is name and n.attr == "ndim" for n in ast.walk(test))


def assigned(side: Sequence[ast.stmt], local: Mapping[str, Any]) -> dict[str, Kind]:
    """The names that a side may assign, each with the kind of what it is then."""
    kinds = _kinds(local)
    found: dict[str, Kind] = {}
    while True:  # as loops make assignments of each other's results
        before = dict(found)
        for name, kind in _assignments(side, kinds):
            found[name] = _either(found[name], kind) if name in found else kind
            kinds[name] = found[name]
        if found == before:
            return found


def returned(side: Sequence[ast.stmt], local: Mapping[str, Any]) -> Iterator[Any]:
    """What a side may return: kinds, or tuples of them."""
    kinds = _kinds(local) | assigned(side, local)
    for node in _nodes(side):
        if isinstance(node, ast.Return) and node.value is not None:
            if isinstance(node.value, ast.Tuple):
                yield tuple(_expression(item, kinds) for item in node.value.elts)
            else:
                yield _expression(node.value, kinds)


def expression_kind(node: ast.expr, local: Mapping[str, Any]) -> Kind:
    """The kind of a number, as far as syntax determines it."""
    return _expression(node, _kinds(local))


def joined(build: Builder, value: Any, kind: Any) -> Any:
    """A value as it is where another one of `kind` is joined with it.

    Raises
    ------
    NotTransformable
        If the other kind is unknown, and may be wider.
    """
    if kind == COMPLEX and not isinstance(value, Complex):
        raise NotTransformable("a number that is complex in a branch that a constant excludes")
    if isinstance(value, Tuple):
        given = isinstance(kind, tuple) and len(kind) == len(value.items)
        kinds = kind if given else (None,) * len(value.items)
        return Tuple(tuple(map(partial(joined, build), value.items, kinds)), value.cls)
    if not isinstance(value, Value | Const) or value.is_array or value.kind in (FLOAT, OTHER):
        return value
    if not isinstance(kind, str):
        raise NotTransformable("a number whose type may change in a branch that a constant excludes")
    wide = joined_kind(value.kind, kind)
    if wide == value.kind:
        return value
    return (
        Const(_PLAIN[wide](value.value)) if isinstance(value, Const) else build.op(_CONVERSIONS[wide], value)
    )


def _assignments(side: Sequence[ast.stmt], kinds: Mapping[str, Kind]) -> Iterator[tuple[str, Kind]]:
    told: set[int] = set()
    for node in _nodes(side):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        told.add(id(target))
                        yield target.id, _expression(value, kinds)
            case ast.AugAssign(target=ast.Name() as target, op=op, value=value):
                told.add(id(target))
                yield target.id, _expression(ast.BinOp(ast.Name(target.id, ast.Load()), op, value), kinds)
            case ast.For(target=ast.Name() as target, iter=ast.Call(func=ast.Name(id="range"))):
                told.add(id(target))
                yield target.id, INT
            case ast.Name(ctx=ast.Store()) if id(node) not in told:
                yield node.id, None


def _expression(node: ast.expr, kinds: Mapping[str, Kind]) -> Kind:
    if any(_is_complex(part, kinds) for part in ast.walk(node)):
        return COMPLEX
    match node:
        case ast.Constant(value=bool()):
            return BOOL
        case ast.Constant(value=int()):
            return INT
        case ast.Constant(value=float()):
            return FLOAT
        case ast.Name(id=name):
            return kinds.get(name)
        case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
            return _wide(_expression(operand, kinds))
        case ast.UnaryOp(op=ast.Not()) | ast.Compare():
            return BOOL
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _KEEPING):
            return _either(_wide(_expression(left, kinds)), _wide(_expression(right, kinds)))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _INTEGERS:
            return INT
        case ast.Call(func=ast.Attribute(attr=name), args=[left, right]) if name in _JOINING:
            return _either(_wide(_expression(left, kinds)), _wide(_expression(right, kinds)))
        case ast.Call(func=ast.Attribute(value=ast.Attribute(ast.Name(id=name), "dtype"), attr="type")):
            return kinds.get(f"{name}.dtype")
        case ast.Attribute(attr=name) if method(name).integer:
            return INT
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            return INT
    return None


def _is_complex(node: ast.AST, kinds: Mapping[str, Kind]) -> bool:
    """Whether there may be complex numbers in an expression for this part of it."""
    match node:
        case ast.Constant(value=complex()):
            return True
        case ast.Name(id=name):
            return kinds.get(name) == COMPLEX or name in _COMPLEX
        case ast.Attribute(attr=name):
            return name in _COMPLEX
    return False


def _kinds(local: Mapping[str, Any]) -> dict[str, Kind]:
    """The kinds of numbers by their names, and of the elements of arrays."""
    arrays = {name: value for name, value in local.items() if isinstance(value, Value) and value.is_array}
    elements: dict[str, Kind] = {f"{name}.dtype": array.kind for name, array in arrays.items()}
    return elements | {name: _kind_of(value) for name, value in local.items()}


def _kind_of(value: Any) -> Kind:
    if isinstance(value, Complex):
        return COMPLEX
    known = isinstance(value, Value | Const) and not value.is_array and value.kind != OTHER
    return value.kind if known else None


def _either(one: Kind, other: Kind) -> Kind:
    if COMPLEX in (one, other):
        return COMPLEX
    return None if one is None or other is None else joined_kind(one, other)


def _wide(kind: Kind) -> Kind:
    """Arithmetic makes integers of truth values."""
    return INT if kind == BOOL else kind


def _nodes(side: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of statements, each before those that it contains, without inner functions."""
    for statement in side:
        waiting: list[ast.AST] = [statement]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                continue
            yield node
            waiting = [*ast.iter_child_nodes(node), *waiting]
