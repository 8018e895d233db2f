"""Summaries of what helpers do to their arguments; mutually recursive functions are solved together."""

from __future__ import annotations

import inspect
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
    starred = _starred(dispatcher.py_func, count)
    return {position for position in range(count) if min(position, starred) in parameters}


def _starred(py_func: Any, count: int) -> int:
    """The position of ``*args`` among a function's parameters, or `count`."""
    code = py_func.__code__
    position: int = code.co_argcount
    return position if code.co_flags & inspect.CO_VARARGS else count


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
    starred = _starred(dispatcher.py_func, len(is_active))
    given = [*is_active[:starred], any(is_active[starred:])]  # all of *args are one parameter
    _, held = flow.active(given, summary_of)
    active = flow.positions(held)
    return StoredArguments((summary.written | summary.updated) - active, active)
