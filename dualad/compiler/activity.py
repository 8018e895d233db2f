"""Which variables of a function may hold active values: a forward analysis of the untyped IR.

It errs on the side of active. Values flow through assignments and calls; a store of an active value
makes active the container, and everything the container was derived from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from numba.core import ir

# What is read off an array without its values.
PASSIVE_ATTRIBUTES = frozenset({"shape", "size", "ndim", "strides", "itemsize", "nbytes", "dtype"})
PASSIVE_CALLS = (len, range, int, bool)


def active_variables(func_ir: Any, arguments: Iterable[bool], callee: Callable[[Any], Any]) -> set[str]:
    """Names of the variables that may hold active values.

    Parameters
    ----------
    func_ir : numba.core.ir.FunctionIR
    arguments : iterable of bool
        Which arguments are active.
    callee : callable
        Resolves a variable to the Python object it names, or None.
    """
    is_active = list(arguments)
    active: set[str] = set()
    statements = [stmt for block in func_ir.blocks.values() for stmt in block.body]
    size = -1
    while len(active) != size:
        size = len(active)
        for stmt in statements:
            _visit(stmt, active, is_active, callee)
    return active


def _visit(stmt: Any, active: set[str], arguments: list[bool], callee: Callable[[Any], Any]) -> None:
    if isinstance(stmt, ir.Assign):
        target, value = stmt.target.name, stmt.value
        if isinstance(value, ir.Arg):
            if arguments[value.index]:
                active.add(target)
        elif isinstance(value, ir.Var):
            _alias(target, value.name, active)
        elif isinstance(value, ir.Expr):
            _visit_expression(target, value, active, callee)
    elif isinstance(stmt, ir.SetItem | ir.StaticSetItem | ir.SetAttr):
        if stmt.value.name in active:
            active.add(stmt.target.name)


def _visit_expression(target: str, expr: Any, active: set[str], callee: Callable[[Any], Any]) -> None:
    if expr.op == "getattr":
        if expr.attr not in PASSIVE_ATTRIBUTES:
            _alias(target, expr.value.name, active)
        return
    if expr.op in ("getitem", "static_getitem", "cast", "exhaust_iter", "getiter", "iternext", "pair_first"):
        _alias(target, expr.value.name, active)
        return
    if expr.op == "call":
        _visit_call(target, expr, active, callee)
        return
    if any(var.name in active for var in expr.list_vars()):
        active.add(target)
    elif target in active and expr.op in ("build_tuple", "build_list", "inplace_binop", "phi"):
        active.update(var.name for var in expr.list_vars())


def _visit_call(target: str, expr: Any, active: set[str], callee: Callable[[Any], Any]) -> None:
    function = callee(expr.func)
    if any(function is passive for passive in PASSIVE_CALLS):
        return
    operands = [expr.func, *expr.args, *(var for _, var in expr.kws)]
    if expr.vararg is not None:
        operands.append(expr.vararg)
    if any(var.name in active for var in operands):
        # A callee may store one argument into another.
        active.add(target)
        active.update(var.name for var in operands if var is not expr.func)
    elif target in active:
        # The result may be a view of an argument.
        active.update(var.name for var in operands if var is not expr.func)


def _alias(target: str, source: str, active: set[str]) -> None:
    """Two names of one thing, or a part and its whole."""
    if source in active:
        active.add(target)
    elif target in active:
        active.add(source)
