"""Summaries of how functions change their arguments.

Functions that call each other have one system of equations, whose least solution is taken.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from numba import types

from ...numba_api import run_frontend
from ...types.active import contained
from .classes import NO_METHODS, Methods, methods_in
from .flow import Flow, Summary

# By function, and the methods of the instances among the arguments.
_summaries: weakref.WeakKeyDictionary[Any, dict[Methods, Summary | None]] = weakref.WeakKeyDictionary()


def summary_of(dispatcher: Any, methods: Methods = NO_METHODS) -> Summary | None:
    """The summary of a dispatcher's function; None if it cannot be analysed."""
    function = dispatcher.py_func
    if methods not in _summaries.get(function, ()):
        for reached, summary in _summarized(function, methods).items():
            _summaries.setdefault(reached, {})[methods] = summary
    return _summaries[function][methods]


def forget(function: Callable[..., Any]) -> None:
    """Whether a function calls this one is not known: all are summarized anew."""
    if function in _summaries:
        _summaries.clear()


def _summarized(function: Callable[..., Any], methods: Methods) -> dict[Any, Summary | None]:
    """Summaries of a function and all it leads to: the least solution of their equations."""
    flows: dict[Any, Flow | None] = {}
    waiting = [function]
    while waiting:
        reached = waiting.pop()
        if reached not in flows and methods not in _summaries.get(reached, ()):
            flows[reached] = _flow_of(reached, methods)
            waiting += [helper.py_func for helper in getattr(flows[reached], "helpers", ())]
    known: dict[Any, Summary | None] = {f: None if flow is None else Summary() for f, flow in flows.items()}

    def look_up(helper: Any) -> Summary | None:
        return known[helper.py_func] if helper.py_func in known else _summaries[helper.py_func][methods]

    changed = True
    while changed:
        changed = False
        for f, flow in flows.items():
            summary = None if flow is None else flow.summary(look_up)
            changed |= summary != known[f]
            known[f] = summary
    return known


def _flow_of(function: Callable[..., Any], methods: Methods) -> Flow | None:
    try:
        return Flow(run_frontend(function, inline_closures=True), methods)
    except Exception:
        return None  # compiling it will say why


def written_arguments(dispatcher: Any, argtypes: Sequence[types.Type]) -> set[int]:
    """The positions of the arguments, of these types, that a function or a derivative may store into."""
    kernel = getattr(dispatcher, "kernel", None)
    if kernel is not None:
        if not kernel.mirrors:
            return set(range(len(argtypes)))
        return written_arguments(kernel.function.dispatcher, argtypes)
    summary = summary_of(dispatcher, methods_in(argtypes))
    parameters = summary.written | summary.updated if summary is not None else frozenset()
    star = starred(dispatcher)
    return {position for position in range(len(argtypes)) if min(position, star) in parameters}


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


def stored_arguments(dispatcher: Any, argtypes: Sequence[types.Type]) -> StoredArguments:
    """The arguments, of these types, that a call of the function would change."""
    methods = methods_in(argtypes)
    summary = summary_of(dispatcher, methods)
    flow = _flow_of(dispatcher.py_func, methods)
    if summary is None or flow is None:
        return StoredArguments(frozenset(), frozenset())
    star = starred(dispatcher)
    is_active = [bool(contained(ty)) for ty in argtypes]
    given = [*is_active[:star], any(is_active[star:])]
    _, held = flow.active(given, partial(summary_of, methods=flow.known))
    active = flow.positions(held)
    return StoredArguments((summary.written | summary.updated) - active, active)


def place_of_store(dispatcher: Any, position: int, methods: Methods) -> Any:
    """Where a function, or one that it calls, stores into an argument; None if that is not known."""
    waiting, seen = [(dispatcher, position)], set()
    while waiting:
        function, at = waiting.pop()
        if (function, at) in seen:
            continue
        seen.add((function, at))
        flow = _flow_of(function.py_func, methods)
        if flow is None:
            continue
        look_up = partial(summary_of, methods=methods)
        place, calls = flow.stores_into(at, look_up)
        if place is not None:
            return place
        waiting += calls
    return None
