"""A digest of everything that a driver is compiled from.

Bytecode, constants, defaults, globals and closure values, through all functions that are called; versions
and settings. What is not understood here raises :class:`UnknownError`, and is not cached.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from enum import Enum
from hashlib import sha256
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba.core import types
from numba.core.dispatcher import Dispatcher
from numba.core.registry import CPUDispatcher

from ..compiler.dispatcher import ActiveDispatcher, Driver
from ..drivers.engines import preferred
from . import origins, scopes

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))


class UnknownError(Exception):
    """Something on which compiled code may depend in ways that cannot be told."""


class Fingerprint:
    """A running digest of values."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._seen: dict[int, int] = {}
        self.functions: list[FunctionType] = []
        self.dispatchers: list[Dispatcher] = []

    def digest(self) -> str:
        return self._hash.hexdigest()

    def put(self, *words: Any) -> None:
        """Add words; each ends with its length, so that no two sequences look the same."""
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogatepass")
            self._hash.update(data)
            self._hash.update(b"\0%d\0" % len(data))

    def surroundings(self) -> None:
        """What is not in the user's functions."""
        self.put(*origins.surroundings(), preferred())
        taught, packages = origins.extensions()
        for function in taught:
            self.value(function.__qualname__, function)
        for name in packages:
            found = origins.source(name)
            if found is None:
                raise UnknownError(f"{name}, which extends Numba, has modules without a source file")
            self.put("extension", name, found)

    def driver(self, driver: Driver) -> None:
        """A driver: what it differentiates, and how."""
        self.put("driver", driver.py_func.__name__)
        kernel = driver.kernel
        self.put(type(kernel).__qualname__)
        for field in fields(kernel):
            value = getattr(kernel, field.name)
            if field.name == "function":
                self.value(kernel.function.name, kernel.function.dispatcher)
            else:
                self.value(field.name, value)

    def value(self, name: str, value: Any) -> None:
        """Anything that a name may stand for."""
        self.put(name, type(value).__qualname__)
        if isinstance(value, _PLAIN):
            self.put(repr(value))
        elif value is scopes.MISSING:
            self.put("missing")
        elif isinstance(value, CodeType):
            self.code(value)
        elif isinstance(value, np.generic | np.ndarray):
            self._array(name, np.asarray(value))
        elif isinstance(value, np.dtype):
            self.put(value.descr)
        elif isinstance(value, slice | range):
            self.put(repr(value))
        elif isinstance(value, Enum):
            self.put(type(value).__module__, value.name)
            self.value(name, value.value)
        elif isinstance(value, tuple):
            self._items(name, value)
        elif isinstance(value, frozenset):
            self.put(*sorted(map(repr, value)))
        elif isinstance(value, Dispatcher | FunctionType):
            self._once(name, value)
        else:
            self._by_name(name, value)

    def code(self, code: CodeType) -> None:
        """Bytecode, and where it stands: error messages say so."""
        self.put(code.co_filename, code.co_firstlineno, code.co_qualname, code.co_flags, code.co_code)
        self.put(
            *code.co_varnames, *code.co_names, *code.co_freevars, *code.co_cellvars, code.co_exceptiontable
        )
        for number, constant in enumerate(code.co_consts):
            self.value(f"constant {number}", constant)

    def _array(self, name: str, array: np.ndarray[Any, Any]) -> None:
        if array.dtype.hasobject:
            raise UnknownError(f"{name} is an array of objects")
        self.put(array.dtype.descr, array.shape, array.strides, array.tobytes())

    def _items(self, name: str, items: tuple[Any, ...]) -> None:
        self.put(type(items).__module__, *getattr(items, "_fields", ()), len(items))
        for item in items:
            self.value(name, item)

    def _once(self, name: str, value: Any) -> None:
        """A function; where it comes again, its number is enough."""
        number = self._seen.setdefault(id(value), len(self._seen))
        self.put(number)
        if number < len(self._seen) - 1:
            return
        if isinstance(value, Driver):
            self.driver(value)
        elif isinstance(value, Dispatcher):
            self._dispatcher(name, value)
        elif origins.is_known(value) and _is_importable(value):
            self.put(value.__module__, value.__qualname__)
        else:
            self._function(value)

    def _dispatcher(self, name: str, dispatcher: Dispatcher) -> None:
        if isinstance(dispatcher, ActiveDispatcher) and getattr(dispatcher, "original", None) is not None:
            dispatcher = dispatcher.original
        if not isinstance(dispatcher, CPUDispatcher):
            raise UnknownError(f"{name} is a {type(dispatcher).__qualname__}")
        self.dispatchers.append(dispatcher)
        self.put(*sorted(f"{key}={_shown(option)}" for key, option in dispatcher.targetoptions.items()))
        self.put(*sorted(f"{key}:{kind}" for key, kind in dispatcher.locals.items()))
        if not dispatcher._can_compile:
            self.put(*map(str, dispatcher.nopython_signatures))
        self.value(name, dispatcher.py_func)

    def _function(self, function: FunctionType) -> None:
        self.functions.append(function)
        self.code(function.__code__)
        for name, value in scopes.values(function):
            self.value(name, value)

    def _by_name(self, name: str, value: Any) -> None:
        """What belongs to a package of a known version is told by its name there."""
        if isinstance(value, np.ufunc):
            spelled = value.__name__
            for home in ("numpy", "scipy.special"):
                if getattr(sys.modules.get(home), spelled, None) is value:
                    self.put(home, spelled)
                    return
        elif isinstance(value, BuiltinFunctionType) and (
            value.__self__ is None or isinstance(value.__self__, ModuleType)
        ):
            if origins.is_known(value):
                self.put(value.__module__, value.__qualname__)
                return
        elif isinstance(value, types.Type):
            if origins.is_known(type(value)) and not isinstance(value, types.Dispatcher):
                self.put(value)
                return
        elif isinstance(value, type):
            if self._is_plain_class(value):
                self.put(value.__module__, value.__qualname__, *getattr(value, "_fields", ()))
                return
        elif origins.is_known(value) and callable(value) and hasattr(value, "__qualname__"):
            self.put(value.__module__, value.__qualname__)
            return
        raise UnknownError(
            f"{name} is a {type(value).__qualname__}, of which compiled code may depend on anything"
        )

    def _is_plain_class(self, kind: type) -> bool:
        """Whether a class is known by its name: not one whose content may differ under the same name."""
        if origins.is_known(kind):
            return True
        if issubclass(kind, Enum):
            for member in kind:
                self.put(member.name)
                self.value(kind.__qualname__, member.value)
            return True
        importable = kind.__module__ != "__main__" and "<locals>" not in kind.__qualname__
        return importable and (issubclass(kind, BaseException) or issubclass(kind, tuple))


def _is_importable(function: FunctionType) -> bool:
    """Whether its name tells a function: those made in one function share theirs."""
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return function in (found, getattr(found, "py_func", None))


def _shown(option: Any) -> str:
    """An option as text that is the same in every process: that of a set is in any order."""
    return repr(sorted(option) if isinstance(option, set) else option)
