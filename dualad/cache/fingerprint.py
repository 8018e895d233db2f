"""A digest of everything that a driver is compiled from.

Bytecode, constants, defaults, globals and closure values, through all functions that are called; versions
and settings. What is not understood here raises :class:`UnknownError`, and is not cached.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from hashlib import sha256
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

import numpy as np
from numba import types

from ..compiler.dispatch.dispatcher import ActiveDispatcher
from ..compiler.dispatch.driver import Driver
from ..drivers.engines.choice import preferred
from ..numba_api import CPUDispatcher, Dispatcher, is_open, options_of
from ..settings import value_check
from . import determinism, extensions, origins, scopes

# What a value of each of these types is, whatever subclasses of it say of themselves.
_CONTENT = {
    bool: bool.__repr__,
    int: int.__repr__,
    float: float.hex,
    complex: lambda value: f"{value.real.hex()} {value.imag.hex()}",
    str: str.__str__,
    bytes: bytes.__repr__,
}
_SINGLE = (None, ..., NotImplemented)


class UnknownError(Exception):
    """Compiled code may depend on something that cannot be fingerprinted."""


class Fingerprint:
    """A running digest of values.

    Functions are looked into in the order in which they are met, by :meth:`complete`: those that call each
    other need no depth.

    Attributes
    ----------
    functions, dispatchers : list
        All that were looked into.
    done : set
        What others have taught Numba, as far as it may take part.
    """

    def __init__(self) -> None:
        self._hash = sha256()
        self._numbers: dict[tuple[int, bool], int] = {}
        self._waiting: deque[tuple[str, Any, bool]] = deque()
        self._runs = False  # whether the function that is looked into runs while another is compiled
        self._met: dict[int, Any] = {}
        self.functions: list[FunctionType] = []
        self.dispatchers: list[Dispatcher] = []
        self.done: set[extensions.Extension] = set()

    def digest(self) -> str:
        """The digest of all that was put, functions with all that they reach."""
        self.complete()
        return self.surface()

    def surface(self) -> str:
        """The digest of what was put, without what functions reach."""
        return self._hash.hexdigest()

    def put(self, *words: Any) -> None:
        """Add words; each ends with its length, so that no two sequences look the same."""
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogatepass")
            self._hash.update(data)
            self._hash.update(b"\0%d\0" % len(data))

    def surroundings(self) -> None:
        """What is not in the user's functions."""
        # With "always" nothing is loaded that was stored without a check of its value.
        self.put(*origins.surroundings(), preferred(), value_check() == "always")

    def complete(self) -> None:
        """Look into all functions met, and into what others taught Numba of what these use."""
        while True:
            while self._waiting:
                name, value, self._runs = self._waiting.popleft()
                self._look_into(name, value)
            self._runs = False
            found = [
                one
                for one in extensions.registered()
                if one not in self.done and one.is_met(self._met, bool(self.done))
            ]
            if not found:
                return
            for one in sorted(found, key=lambda one: one.name):
                self.extension(one)

    def extension(self, extension: extensions.Extension) -> None:
        """What others have taught Numba."""
        packages = {one.package for one in self.done if one.template is None}
        self.done.add(extension)
        template = extension.template
        if template is not None:
            self.put("overload", extension.name)
            self.put(*map(_shown, options_of(template)))
            self._later(extension.name, extension.taught, runs=True)
        elif extension.package not in packages:
            found = extensions.source(extension.package)
            if found is None:
                raise UnknownError(
                    f"{extension.package}, which extends Numba, has modules without a source file, or whose "
                    f"file has changed since dualad was imported"
                )
            self.put("extension", extension.package, found)

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

    def argument(self, ty: types.Type) -> None:
        """The type of an argument; raise for those whose name does not tell all that code may depend on."""
        if isinstance(ty, types.Omitted):
            self.value("default", ty.value)
            return
        refused = types.Dispatcher | types.Function | types.Opaque | types.ClassType | types.ClassInstanceType
        if isinstance(ty, refused) or not origins.is_known(type(ty)):
            raise UnknownError(f"an argument is of type {ty}")
        self.put(ty)
        # The name of a named tuple's type does not tell its fields, nor that of an enum its members.
        made = getattr(ty, "instance_class", None)
        if made is not None:
            self.value(made.__qualname__, made)
        for part in (*getattr(ty, "types", ()), getattr(ty, "dtype", None), getattr(ty, "value", None)):
            if isinstance(part, types.Type):
                self.argument(part)

    def value(self, name: str, value: Any) -> None:
        """Anything that a name may stand for."""
        kind = type(value)
        self.put(name, kind.__module__, kind.__qualname__)
        if any(value is single for single in _SINGLE):
            self.put(repr(value))
        elif value is scopes.MISSING:
            self.put("missing")
        elif isinstance(value, CodeType):
            self.code(value)
        elif isinstance(value, Enum):
            self.put(value.name)
            self.value(name, value.value)
            if self._runs:
                self._class(kind)
        elif isinstance(value, np.generic | np.ndarray):
            self._array(name, np.asarray(value))
            self._state(name, value, np.generic if isinstance(value, np.generic) else np.ndarray)
        elif isinstance(value, tuple(_CONTENT)):
            base = next(base for base in _CONTENT if isinstance(value, base))
            self.put(_CONTENT[base](value))
            self._state(name, value, base)
        elif isinstance(value, tuple):
            self.put(*getattr(value, "_fields", ()), tuple.__len__(value))
            for item in tuple.__iter__(value):
                self.value(name, item)
            self._state(name, value, tuple)
        elif isinstance(value, frozenset):
            self.put(*sorted(self._alone(name, item) for item in frozenset.__iter__(value)))
            self._state(name, value, frozenset)
        elif isinstance(value, np.dtype):
            self._dtype(name, value)
        elif isinstance(value, range | slice):
            for item in (value.start, value.stop, value.step):
                self.value(name, item)
        else:
            self._met[id(value)] = value
            if isinstance(value, Dispatcher | FunctionType):
                self._later(name, value, self._runs)
            else:
                self._by_name(name, value)

    def code(self, code: CodeType) -> None:
        """Bytecode, and where it stands: error messages say so."""
        self.put(code.co_filename, code.co_firstlineno, code.co_qualname, code.co_flags, code.co_code)
        self.put(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
        self.put(
            *code.co_varnames, *code.co_names, *code.co_freevars, *code.co_cellvars, code.co_exceptiontable
        )
        for number, constant in enumerate(code.co_consts):
            self.value(f"constant {number}", constant)

    def _array(self, name: str, array: np.ndarray[Any, Any]) -> None:
        if array.dtype.hasobject:
            raise UnknownError(f"{name} is an array of objects")
        self._dtype(name, array.dtype)
        self.put(array.shape, array.strides, array.flags.writeable, array.tobytes())

    def _dtype(self, name: str, dtype: np.dtype[Any]) -> None:
        self.put(dtype.str, dtype.descr if dtype.names else "", dtype.isalignedstruct, dtype.itemsize)
        self.value(name, tuple((dtype.metadata or {}).items()))

    def _state(self, name: str, value: Any, base: type) -> None:
        """What an object of a subclass holds besides its content."""
        kind = type(value)
        if kind is base or id(value) in self._met:
            return
        self._met[id(value)] = value
        for key, held in sorted(getattr(value, "__dict__", {}).items()):
            self.value(f"{name}.{key}", held)
        for one in kind.__mro__:
            for key in () if origins.is_known(one) else _slots(one):
                self.value(f"{name}.{key}", getattr(value, key, scopes.MISSING))
        if self._runs:
            self._class(kind)

    def _alone(self, name: str, value: Any) -> str:
        """The digest of an item of a set, which has no order."""
        item = Fingerprint()
        item._runs = self._runs
        item.value(name, value)
        if item._waiting:
            raise UnknownError(f"{name} is a set of functions")
        return item.surface()

    def _later(self, name: str, value: Any, runs: bool) -> None:
        """A function; where it comes again, its number is enough."""
        key = id(value), runs
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._met[id(value)] = value
            self._waiting.append((name, value, runs))
        self.put("function", self._numbers[key])

    def _look_into(self, name: str, value: Any) -> None:
        self.put("looked into", name)
        if isinstance(value, Driver):
            self.driver(value)
        elif isinstance(value, Dispatcher):
            self._dispatcher(name, value)
        elif origins.is_known(value) and origins.is_found(value):
            self._check_pure(name, value)
            self.put(value.__module__, value.__qualname__)
        else:
            self._function(name, value)

    def _dispatcher(self, name: str, dispatcher: Dispatcher) -> None:
        if isinstance(dispatcher, ActiveDispatcher) and getattr(dispatcher, "original", None) is not None:
            dispatcher = dispatcher.original
            self._met[id(dispatcher)] = dispatcher
        if not isinstance(dispatcher, CPUDispatcher):
            raise UnknownError(f"{name} is a {type(dispatcher).__qualname__}")
        self.dispatchers.append(dispatcher)
        self.put(*sorted(f"{key}={_shown(option)}" for key, option in dispatcher.targetoptions.items()))
        self.put(*sorted(f"{key}:{kind}" for key, kind in dispatcher.locals.items()))
        if not is_open(dispatcher):
            self.put(*map(str, dispatcher.nopython_signatures))
        self.value(name, dispatcher.py_func)

    def _function(self, name: str, function: FunctionType) -> None:
        if self._runs:
            obstacle = determinism.obstacle(function.__code__)
            if obstacle:
                raise UnknownError(f"{name}, which runs while Numba compiles, {obstacle}")
        else:
            self.functions.append(function)
        self.code(function.__code__)
        for around, value in scopes.values(function):
            self.value(around, value)

    def _check_pure(self, name: str, value: Any) -> None:
        if self._runs and not determinism.is_pure(value):
            raise UnknownError(
                f"{name} is used while Numba compiles, and its result may depend on more than its arguments"
            )

    def _by_name(self, name: str, value: Any) -> None:
        """What belongs to a package of a known version is told by its name there."""
        if isinstance(value, BuiltinFunctionType) and not (
            value.__self__ is None or isinstance(value.__self__, ModuleType) or origins.is_found(value)
        ):
            pass  # a method of some object
        elif isinstance(value, types.Type):
            if origins.is_known(type(value)) and not isinstance(value, types.Dispatcher):
                self.put(value)
                return
        elif isinstance(value, type) and not origins.is_known(value):
            if self._is_plain_class(value):
                self.put(*getattr(value, "_fields", ()))
                return
        elif origins.is_known(value):
            self._check_pure(name, value)
            self.put(value.__module__, getattr(value, "__qualname__", value.__name__))
            return
        elif isinstance(value, np.ufunc) and (home := _home(value)):
            self.put(home, value.__name__)
            return
        raise UnknownError(
            f"{name} is a {type(value).__qualname__}; compiled code may depend on anything in it"
        )

    def _is_plain_class(self, kind: type) -> bool:
        """Whether a class is known by its name: not one whose content may differ under the same name."""
        self.put(kind.__module__, kind.__qualname__)
        if self._runs:
            self._class(kind)
        if issubclass(kind, Enum):
            for member in kind:
                self.put(member.name)
                self.value(kind.__qualname__, member.value)
            return True
        if issubclass(kind, tuple):
            for field, default in getattr(kind, "_field_defaults", {}).items():
                self.value(field, default)
        importable = kind.__module__ != "__main__" and "<locals>" not in kind.__qualname__
        return importable and (issubclass(kind, BaseException) or issubclass(kind, tuple))

    def _class(self, kind: type) -> None:
        """What code that runs in Python may take from a class."""
        for one in kind.__mro__:
            if origins.is_known(one):
                continue
            for key, held in _members(one):
                self.value(f"{one.__qualname__}.{key}", held)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """What was written into a class: functions and values, but not what Python adds."""
    generated = {*getattr(kind, "_fields", ()), "_make", "_replace", "_asdict"}
    for key, held in sorted(vars(kind).items()):
        if isinstance(held, Enum | GetSetDescriptorType | MemberDescriptorType) or key in generated:
            continue
        if isinstance(held, property):
            yield from ((key, part) for part in (held.fget, held.fset, held.fdel) if part is not None)
        elif isinstance(held, staticmethod | classmethod):
            yield key, held.__func__
        elif not key.startswith("_") or (isinstance(held, FunctionType) and not _is_generated(held)):
            yield key, held


def _is_generated(function: FunctionType) -> bool:
    """Whether Python wrote a function, from fields that are told elsewhere."""
    return function.__code__.co_filename.startswith("<") or origins.is_known(function)


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _home(ufunc: np.ufunc) -> str | None:
    """The package that has a ufunc under its name: those of NumPy before 2.2 do not say so themselves."""
    for home in ("numpy", "scipy.special"):
        if getattr(sys.modules.get(home), ufunc.__name__, None) is ufunc:
            return home
    return None


def _shown(option: Any) -> str:
    """An option as text that is the same in every process: that of a set is in any order."""
    return repr(sorted(option) if isinstance(option, set) else option)
