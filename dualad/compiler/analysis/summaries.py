"""Summaries of how functions change their arguments.

Functions that call each other have one system of equations, whose least solution is taken.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...numba_api import run_frontend
from .flow import Flow, Summary

_summaries: weakref.WeakKeyDictionary[Any, Summary | None] = weakref.WeakKeyDictionary()


def summary_of(dispatcher: Any) -> Summary | None:
    """The summary of a dispatcher's function; None if it cannot be analysed."""
    function = dispatcher.py_func
    if function not in _summaries:
        _summaries.update(_summarized(function))
    return _summaries[function]


def forget(function: Callable[..., Any]) -> None:
    """Whether a function calls this one is not known: all are summarized anew."""
    if function in _summaries:
        _summaries.clear()


def _summarized(function: Callable[..., Any]) -> dict[Any, Summary | None]:
    """Summaries of a function and all it leads to: the least solution of their equations."""
    flows: dict[Any, Flow | None] = {}
    waiting = [function]
    while waiting:
        reached = waiting.pop()
        if reached not in flows and reached not in _summaries:
            flows[reached] = _flow_of(reached)
            waiting += [helper.py_func for helper in getattr(flows[reached], "helpers", ())]
    known: dict[Any, Summary | None] = {f: None if flow is None else Summary() for f, flow in flows.items()}

    def look_up(helper: Any) -> Summary | None:
        return known[helper.py_func] if helper.py_func in known else _summaries[helper.py_func]

    changed = True
    while changed:
        changed = False
        for f, flow in flows.items():
            summary = None if flow is None else flow.summary(look_up)
            changed |= summary != known[f]
            known[f] = summary
    return known


def _flow_of(function: Callable[..., Any]) -> Flow | None:
    try:
        return Flow(run_frontend(function, inline_closures=True))
    except Exception:
        return None  # compiling it will say why


def written_arguments(dispatcher: Any, count: int) -> set[int]:
    """The positions, among `count`, of the arguments that a function or a derivative may store into."""
    kernel = getattr(dispatcher, "kernel", None)
    if kernel is not None:
        if not kernel.mirrors:
            return set(range(count))
        return written_arguments(kernel.function.dispatcher, count)
    summary = summary_of(dispatcher)
    parameters = summary.written | summary.updated if summary is not None else frozenset()
    star = starred(dispatcher)
    return {position for position in range(count) if min(position, star) in parameters}


def starred(function: Any) -> int:
    """The first position that goes to a compiled function's ``*args``, or a position that no argument has.

    All of ``*args`` are one parameter.
    """
    code = getattr(getattr(function, "py_func", None), "__code__", None)
    if code is None or not code.co_flags & inspect.CO_VARARGS:
        return sys.maxsize
    position: int = code.co_argcount
    return position


@dataclass(frozen=True)
class StoredArguments:
    """Which arguments a function stores into, by position."""

    passive: frozenset[int]
    active: frozenset[int]  # may receive active values


def stored_arguments(dispatcher: Any, is_active: Sequence[bool]) -> StoredArguments:
    """The arguments that a call of the function with active arguments as given would change."""
    summary = summary_of(dispatcher)
    flow = _flow_of(dispatcher.py_func)
    if summary is None or flow is None:
        return StoredArguments(frozenset(), frozenset())
    star = starred(dispatcher)
    given = [*is_active[:star], any(is_active[star:])]
    _, held = flow.active(given, summary_of)
    active = flow.positions(held)
    return StoredArguments((summary.written | summary.updated) - active, active)
