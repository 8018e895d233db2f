"""The values that a function takes from its surroundings: globals and closure variables."""

from __future__ import annotations

import builtins
import dis
import inspect
import warnings
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

MISSING = object()
_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and those of the functions and comprehensions defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def values(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Names and values of globals, builtins, closure and defaults, each in a fixed order.

    Of a module it is the attributes that the code may take from it.
    """
    names, attributes = _read(function.__code__)
    for name in names:
        value = function.__globals__.get(name, getattr(builtins, name, MISSING))
        yield from _members(name, value, attributes, set())
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:
            value = MISSING
        yield from _members(name, value, attributes, set())
    yield from _defaults(function)


@lru_cache(maxsize=4096)
def _read(code: CodeType) -> tuple[list[str], list[str]]:
    """The globals that code names, and what it may ask a module for."""
    parts = list(codes(code))
    names = {i.argval for part in parts for i in dis.get_instructions(part) if i.opname in _GLOBAL}
    return sorted(names), sorted({name for part in parts for name in _attributes(part)})


def _defaults(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Those of the function, and of the signature that it shows: that of another if it wraps one."""
    for number, default in enumerate(function.__defaults__ or ()):
        yield f"default {number}", default
    for name, default in (function.__kwdefaults__ or {}).items():
        yield f"{name}=", default
    if hasattr(function, "__wrapped__") or hasattr(function, "__signature__"):
        for name, parameter in inspect.signature(function).parameters.items():
            yield name, str(parameter.kind)
            if parameter.default is not parameter.empty:
                yield f"{name}=", parameter.default


def _attributes(code: CodeType) -> Iterator[str]:
    """Names that code may ask a module for."""
    yield from code.co_names
    if "getattr" in code.co_names:
        yield from (text for text in code.co_consts if isinstance(text, str))


def _members(name: str, value: Any, attributes: list[str], seen: set[str]) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, ModuleType):
        yield name, value
        return
    yield name, value.__name__
    if value.__name__ in seen:
        return
    seen.add(value.__name__)
    for attribute in attributes:
        found = _attribute(value, attribute)
        if found is not MISSING:
            yield from _members(f"{name}.{attribute}", found, attributes, seen)


def _attribute(module: ModuleType, name: str) -> Any:
    """What code may take of a module; that the module is about to drop the name is not said here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(module, name, MISSING)
