"""Active compilation: while it lasts, and only then, Numba's typing knows the ops on active types.

The templates are not registered with Numba: they are put in place when a compilation of ours
starts and taken out when it ends, under Numba's compiler lock. Plain ``@njit`` code never meets
them, so neither its compile time nor its error messages can change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from numba import types

from ...numba_api import ARRAY_EXPRESSION, cpu_target, insert_global, lookup_global, remove_global
from ..ops import elementwise, operations, where

_depth = 0


@contextmanager
def active_compilation(differentiable: Callable[[Any], Any]) -> Iterator[None]:
    """Compile with the ops known; the caller holds Numba's compiler lock.

    Some ops are functions to compile: `differentiable` gives the dispatcher of one.
    """
    global _depth
    if _depth:
        yield
        return
    cpu_target.typing_context.refresh()
    plain = _install(differentiable)
    special = cpu_target.target_context.special_ops
    fused = special.get(ARRAY_EXPRESSION)
    special[ARRAY_EXPRESSION] = elementwise.lower_fused
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if fused is None:
            del special[ARRAY_EXPRESSION]
        else:
            special[ARRAY_EXPRESSION] = fused
        for function, fnty in plain:
            remove_global(function)
            if fnty is not None:
                insert_global(function, fnty)


def _templates(differentiable: Callable[[Any], Any]) -> Iterator[tuple[Any, Any]]:
    """Every function that active arguments may be given, with what makes its template from a typing key."""
    for op, function in operations.calls():
        yield function, partial(operations.template_for, op, function, differentiable)
    yield where.FUNCTION, where.template_for


def _install(differentiable: Callable[[Any], Any]) -> list[tuple[Any, Any]]:
    """Put a template for active arguments before the others of each op's callables."""
    plain = []
    for function, template_for in _templates(differentiable):
        fnty = lookup_global(function)
        if fnty is not None and not isinstance(fnty, types.Function):
            continue
        template = template_for(function if fnty is None else fnty.typing_key)
        others = () if fnty is None else fnty.templates
        if fnty is not None:
            remove_global(function)
        insert_global(function, types.Function((template, *others)))
        plain.append((function, fnty))
    return plain


def is_active() -> bool:
    """Whether an active compilation is under way (in this thread: it holds the lock)."""
    return _depth > 0
