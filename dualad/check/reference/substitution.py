"""A user's Python function rebuilt to run on :class:`Number` operands.

The code stays as it is; what changes are the names it looks up. Functions of the op table become ops,
helpers (also compiled ones) are rebuilt likewise, array creation makes arrays that can hold any number, and
conversions to float keep the digits. What is not known is passed on as it is: given a Number it fails, with
:class:`ImpureError` at the latest where a float is called for, so a wrong number can't slip through.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from functools import reduce
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ...catalogue import Sharing, rows
from ...rules import Op, for_call
from ...rules.algebra import apply
from .operands import ImpureError, Number, elementwise, holds_numbers

__all__ = ["rebuilt"]

_DRIVERS = "dualad.drivers"


def rebuilt(function: Any) -> Callable[..., Any]:
    """`function`, or the Python function it was compiled from, on Number operands.

    Raises
    ------
    ImpureError
        If there is no Python function to rebuild, or it uses something known not to be pure.
    """
    original = getattr(function, "py_func", function)
    op = for_call(original)
    return _Substitution().function(original) if op is None else OpFunction(op, original)


class OpFunction:
    """A function of the op table, on plain numbers, Numbers, and arrays of either."""

    def __init__(self, op: Op, original: Any) -> None:
        self.op, self.original = op, original
        if isinstance(original, type):  # np.float64 is a function and a dtype
            plain = np.dtype(original)
            self.dtype = np.dtype(object) if plain.kind == "f" else plain

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if not any(map(holds_numbers, arguments)):
            return self.original(*arguments, **options)
        if options:
            raise ImpureError(f"it calls {self.op.name} with keywords")
        if self.op.fold:
            return reduce(self._pair, arguments)
        if self.op.partials == (1,):
            return arguments[0]
        return self._pair(*arguments)

    def _pair(self, *arguments: Any) -> Any:
        arguments = tuple(np.asarray(a, dtype=object) if isinstance(a, list) else a for a in arguments)
        if any(isinstance(a, np.ndarray) for a in arguments):
            return elementwise(self.op.name, arguments)
        return apply(self.op.name, *arguments)


class Module:
    """A module whose functions are substituted when they are looked up."""

    def __init__(self, module: ModuleType, substitution: _Substitution) -> None:
        self._module, self._substitution = module, substitution

    def __getattr__(self, name: str) -> Any:
        return self._substitution.value(getattr(self._module, name))


class _Substitution:
    def __init__(self) -> None:
        self.functions: dict[Any, Callable[..., Any]] = {}
        self.globals: dict[int, dict[str, Any]] = {}
        self.containers: dict[int, Any] = {}

    def value(self, value: Any) -> Any:
        """What stands for a global or closure value."""
        if isinstance(value, ModuleType):
            if value.__name__ in ("random", "numpy.random", "time"):
                raise ImpureError(f"it uses {value.__name__}")
            return Module(value, self)
        if getattr(value, "__name__", "") == "prange":
            return range
        if hasattr(value, "differentiated") or str(getattr(value, "__module__", "")).startswith(_DRIVERS):
            raise ImpureError("it uses derivatives itself")
        if isinstance(value, list | dict | tuple | np.ndarray):
            return self.container(value)
        if _hashable(value) and value in _CREATION:
            return _CREATION[value]
        op = for_call(value)
        # What is built in asks the Numbers themselves; but float would round them.
        if op is not None and (value is float or getattr(value, "__module__", "") != builtins.__name__):
            return OpFunction(op, value)
        if isinstance(getattr(value, "py_func", value), FunctionType):
            return self.function(getattr(value, "py_func", value))
        return value

    def container(self, value: Any) -> Any:
        """A copy of a list, dict, tuple or array: it may hold functions, and must not be written to."""
        if id(value) in self.containers:
            return self.containers[id(value)]
        if isinstance(value, np.ndarray):
            self.containers[id(value)] = value.copy()
        elif isinstance(value, tuple):
            items = [self.value(item) for item in value]
            make = getattr(type(value), "_make", tuple)
            self.containers[id(value)] = make(items)
        elif isinstance(value, list):
            new: Any = self.containers.setdefault(id(value), [])
            new.extend(self.value(item) for item in value)
        else:
            new = self.containers.setdefault(id(value), {})
            new.update((key, self.value(item)) for key, item in value.items())
        return self.containers[id(value)]

    def function(self, function: Any) -> Any:
        """A Python function with substituted globals, closure and defaults."""
        if not isinstance(function, FunctionType):
            raise ImpureError("it is not a Python function")
        if (function.__module__ or "").split(".")[0] in ("numpy", "scipy", "numba", "math"):
            return function
        if function not in self.functions:
            known = self.globals.setdefault(id(function.__globals__), {"__builtins__": _BUILTINS})
            # Entered before its globals are looked through: it may call itself.
            cells = [CellType() for _ in function.__closure__ or ()]
            new = FunctionType(
                function.__code__, known, function.__name__, function.__defaults__, tuple(cells)
            )
            new.__kwdefaults__ = function.__kwdefaults__
            self.functions[function] = new
            for name in _names(function.__code__):
                if name in function.__globals__ and name not in known:
                    known[name] = self.value(function.__globals__[name])
            for cell, old in zip(cells, function.__closure__ or (), strict=True):
                cell.cell_contents = self.value(old.cell_contents)
        return self.functions[function]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _hashable(value: Any) -> bool:
    return callable(value) and value.__hash__ is not None


def _float(value: Any = 0.0) -> Any:
    return value if isinstance(value, Number) else float(value)


def _created(original: Callable[..., Any]) -> Callable[..., Any]:
    """A creation function whose float arrays can hold Numbers."""

    def create(*arguments: Any, **options: Any) -> Any:
        if len(arguments) > 1 and isinstance(arguments[1], Number):  # np.full and its kin
            made = np.empty(getattr(arguments[0], "shape", arguments[0]), dtype=object)
            made.fill(arguments[1])
            return made
        made = original(*arguments, **options)
        if made.dtype.kind != "f" and made.dtype != object:
            return made
        # Zeros of dtype object are the integer 0, and of empty None.
        return np.array([0.0 if v is None else v for v in made.flat], dtype=object).reshape(made.shape)

    return create


def _viewed(original: Callable[..., Any]) -> Callable[..., Any]:
    """The same for ``asarray``, which hands on an array that fits."""

    def view(value: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype == object:
            return original(value)
        return _created(original)(value, *arguments, **options)

    return view


_CREATION = {
    original: (_viewed if row.result is Sharing.VIEW else _created)(original)
    for original, row in rows()
    if row.creates
}

_BUILTINS = dict(vars(builtins), float=_float)
