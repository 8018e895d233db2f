"""What compiled code takes from the surroundings of a plain Python function.

Numba compiles the global variables and the closure of a function into it as constants. Scripts and notebooks
change a global and call a solver again, so each such change is a function of its own here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_NUMBERS = (int, float, complex, str, bytes, type(None), np.generic)


class _Same:
    """An object by its identity; it is kept, so that no other takes its place in memory."""

    def __init__(self, thing: object) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)


def current(function: Any) -> Any:
    """A plain function as its surroundings are now; anything else as it is.

    Parameters
    ----------
    function : callable
        The user's function.

    Returns
    -------
    callable
        For a plain function a copy, the same one until its code or a value that the code reads changes.
        Functions made by ``numba.njit`` keep their constants, as they do without derivatives.
    """
    if type(function) is not FunctionType:
        return function
    return _copied(function, function.__code__, _surroundings(function))


@lru_cache(maxsize=128)
def _copied(function: FunctionType, code: CodeType, surroundings: Hashable) -> FunctionType:
    copy = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, function.__qualname__
    copy.__module__, copy.__doc__ = function.__module__, function.__doc__
    return copy


def _surroundings(function: FunctionType, outer: tuple[FunctionType, ...] = ()) -> Hashable:
    """The constants that a function and the plain functions that it calls read, by their names."""
    read = set(_names(function.__code__))
    found = [(name, function.__globals__[name]) for name in read if name in function.__globals__]
    modules = [thing for _, thing in found if isinstance(thing, ModuleType)]
    found += [
        (f"{module.__name__}.{name}", vars(module)[name])
        for module in modules
        for name in read
        if name in vars(module)
    ]
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found += [(name, cell.cell_contents) for name, cell in cells if _is_filled(cell)]
    found.append(("", function.__defaults__))
    inside = (*outer, function)
    return frozenset((name, _content(thing, inside)) for name, thing in found)


def _names(code: CodeType) -> Iterator[str]:
    """The global variables and the attributes that code and the functions inside of it read."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _content(thing: Any, inside: tuple[FunctionType, ...]) -> Hashable:
    """What two equal constants have in common; 0.0 and -0.0 are two."""
    if isinstance(thing, _NUMBERS):
        return type(thing), repr(thing)
    if isinstance(thing, tuple):
        return type(thing), tuple(_content(item, inside) for item in thing)
    if isinstance(thing, np.ndarray) and not thing.dtype.hasobject:
        return thing.shape, thing.dtype.str, hashlib.blake2b(thing.tobytes()).digest()
    if type(thing) is FunctionType and thing not in inside and _is_users(thing):
        return _Same(thing), _Same(thing.__code__), _surroundings(thing, inside)
    return _Same(thing)


def _is_users(function: FunctionType) -> bool:
    """Whether Numba would compile a function's own code: it has its own versions of NumPy's."""
    package = (function.__module__ or "").partition(".")[0]
    return package not in ("numpy", "scipy", "numba", "dualad")
