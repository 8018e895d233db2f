"""Room that a loop makes for what it appends to lists, where the number of its iterations is known before."""

from __future__ import annotations

import ast
import operator
from collections.abc import Sequence
from typing import Any

from ..ir.nodes import Const, Operand, Value
from . import elementwise
from .iteration import ZERO, trips
from .lists import ListRef, Room, make_room
from .liveness import assigned_names, walk
from .rows import Rows


def make_rooms(reader: Any, node: ast.For, bounds: Sequence[Any], denied: set[str]) -> dict[str, Room]:
    """Before a loop whose iterations can be counted, make room for what it appends, list by list.

    The arrays stay the same then while it runs.
    """
    refs: dict[ListRef, set[str]] = {}
    for name, value in reader.variables.items():
        if isinstance(value, ListRef):
            refs.setdefault(value, set()).add(name)
    assigned = assigned_names(walk(node))
    rooms: dict[str, Room] = {}
    for ref, names in refs.items():
        if isinstance(ref.form, Rows) or ref.items in denied or ref.items in reader.rooms:
            continue
        room: dict[Any, int] = {}
        if not _appends(node, names):
            continue
        counts = [_appended(reader, node, names, assigned, room), *(trips(reader.build, b) for b in bounds)]
        known = [count for count in counts if count is not None]
        if len(known) < len(counts):
            continue
        more = elementwise.size_of(reader.build, known)
        make_room(reader, ref, reader.build.op(operator.add, reader.variables[ref.count], more))
        rooms[ref.items] = Room(room, {})
    return rooms


def _appended(
    reader: Any, loop: ast.For, names: set[str], assigned: set[str], room: dict[Any, int]
) -> Operand | None:
    """How many items an iteration appends at most; None if that cannot be told before."""
    count = 0
    total: Operand = ZERO
    build = reader.build
    waiting: list[ast.AST] = list(loop.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Break | ast.Return):
            return None  # most of the room might stay empty
        if isinstance(node, ast.For | ast.While) and _appends(node, names):
            inner = _counted(reader, node, assigned)
            each = None if inner is None else _appended(reader, node, names, assigned, room)  # type: ignore[arg-type]
            if inner is None or each is None:
                return None
            total = build.op(operator.add, total, build.op(operator.mul, inner, each))
            continue
        if _is_append(node, names):
            count += 1
        waiting += ast.iter_child_nodes(node)
    room[loop] = count
    return build.op(operator.add, total, Const(count))


def _appends(node: ast.AST, names: set[str]) -> bool:
    return any(_is_append(inner, names) for inner in ast.walk(node))


def _is_append(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append")):
            return name in names
    return False


def _counted(reader: Any, loop: Any, assigned: set[str]) -> Operand | None:
    """The number of iterations of an inner loop over a range that the outer one does not change."""
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=args, keywords=[])):
            if all(_is_fixed(arg, reader.variables, assigned) for arg in args):
                bounds = getattr(reader.expression(loop.iter), "bounds", None)
                return None if bounds is None else trips(reader.build, bounds)
    return None


def _is_fixed(node: ast.expr, variables: dict[str, Any], assigned: set[str]) -> bool:
    """Whether an integer is known before a loop that assigns these names."""
    match node:
        case ast.Constant(value=int()):
            return True
        case ast.Name(id=name):
            known = variables.get(name)
            return name not in assigned and isinstance(known, Value | Const) and not known.is_array
        case ast.Attribute(value=ast.Name(id=name), attr="size"):
            return name not in assigned and elementwise.is_array(variables.get(name))
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            return name not in assigned and elementwise.is_array(variables.get(name))
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape"), slice=ast.Constant()):
            return name not in assigned and elementwise.is_array(variables.get(name))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult(), right=right):
            return _is_fixed(left, variables, assigned) and _is_fixed(right, variables, assigned)
    return False
