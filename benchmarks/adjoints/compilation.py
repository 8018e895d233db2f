"""How long functions take to compile, whatever the process has compiled before.

What all functions share, Numba's functions and the few of dualad's that adjoints call, is compiled once a
process: the first function that needs it pays. A function's own helpers are compiled with it each time.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from types import FunctionType
from typing import Any

from numba import njit
from numba.core.dispatcher import Dispatcher

REPEATS = 3
ENOUGH = 20.0  # seconds: after them what was measured once or twice will do
SHARED = ("dualad", "numba")


def times(makers: dict[str, Callable[[], tuple[Any, Sequence[Any]]]]) -> dict[str, tuple[float, float]]:
    """Seconds to compile functions by turns: the first time, which may pay for what is shared, and the least.

    Parameters
    ----------
    makers : dict
        What makes a function and the types of its arguments, by name.
    """
    found: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(REPEATS):
        for name, make in makers.items():
            found[name].append(_seconds(*make()))
        if sum(map(sum, found.values())) > ENOUGH:
            break
    return {name: (seconds[0], min(seconds)) for name, seconds in found.items()}


def anew(function: Any, known: dict[Any, Any] | None = None) -> Any:
    """A function that is not compiled yet, nor are the helpers that it calls by their names."""
    known = {} if known is None else known
    if function not in known:
        names = dict(function.__globals__)
        copy = FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, function.__closure__
        )
        known[function] = njit(copy)
        for name in function.__code__.co_names:
            value = names.get(name)
            if isinstance(value, Dispatcher) and not _is_shared(value.py_func):
                names[name] = anew(value.py_func, known)
    return known[function]


def _is_shared(function: Any) -> bool:
    return (function.__module__ or "").partition(".")[0] in SHARED


def _seconds(function: Any, types: Sequence[Any]) -> float:
    return once(partial(anew(function).compile, tuple(types)))[0]


def once(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of one call and its result, without collections of garbage, which depend on what was before."""
    gc.collect()
    gc.disable()
    try:
        begin = perf_counter()
        result = call()
        return perf_counter() - begin, result
    finally:
        gc.enable()
