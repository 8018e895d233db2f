"""Values that Numba froze when it compiled a function.

A global that is changed later does not change what has been compiled: then what a driver is compiled from
is not what its fingerprint would say. So the values are noted at each compilation, and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from ..numba_api import Dispatcher, event
from . import fingerprint, origins, scopes

_noted: WeakKeyDictionary[FunctionType, set[str]] = WeakKeyDictionary()
_UNTOLD = ""
_named: list[Any] = []  # keeps what was noted by its address, which another could get otherwise


class _Notes(event.Listener):
    def on_start(self, event: Any) -> None:
        _note(event.data["dispatcher"].py_func)

    def on_end(self, event: Any) -> None:
        pass


class _ReadNotes(event.Listener):
    """Of functions whose source the adjoints were made from."""

    def on_start(self, event: Any) -> None:
        _note(event.data["function"])

    def on_end(self, event: Any) -> None:
        pass


def _note(function: Any) -> None:
    """Note the values around a function, which may be anybody's: its compilation must not fail here."""
    if isinstance(function, FunctionType) and not origins.is_known(function):
        try:
            found = state(function)
        except Exception:  # of modules that are not there yet, signatures that cannot be told
            found = _UNTOLD
        _noted.setdefault(function, set()).add(found)


event.register("numba:compile", _Notes())
event.register("dualad:read", _ReadNotes())


class _Surface(fingerprint.Fingerprint):
    """A digest of values that looks into no function."""

    def _later(self, name: str, value: Any, runs: bool) -> None:
        raise fingerprint.UnknownError(name)


def state(function: FunctionType) -> str:
    """A digest of the values around a function; other functions in it by identity."""
    digest = _Surface()
    for name, value in _flat(scopes.values(function)):
        try:
            digest.value(name, value)
        except fingerprint.UnknownError:
            _named.append(value)
            digest.put(name, id(value))
    return digest.surface()


def _flat(values: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in values:
        if type(value) is tuple:
            yield name, len(value)
            yield from _flat((name, item) for item in value)
        else:
            yield name, value


def check(found: fingerprint.Fingerprint) -> None:
    """Raise :class:`UnknownError` if a function has been compiled with values other than those of now."""
    functions = {id(function): function for function in found.functions}
    for function in functions.values():
        if _noted.get(function, set()) - {state(function)}:
            raise fingerprint.UnknownError(
                f"a value that {function.__qualname__} uses has changed since it was compiled"
            )


def check_linked(found: fingerprint.Fingerprint, names: set[str]) -> None:
    """Raise :class:`UnknownError` if code that is linked may have been compiled with other values.

    `names`: of the variables in a compiled module, which tell the functions in it.
    """
    for dispatcher in found.dispatchers:
        linked = any(made.environment.env_name in names for made in dispatcher.overloads.values())
        if linked and _is_from_before(dispatcher) and _depends(dispatcher.py_func):
            raise fingerprint.UnknownError(
                f"{dispatcher.py_func.__qualname__} was compiled before dualad was imported, or loaded from "
                f"Numba's cache: what it was compiled with is not known"
            )


def _is_from_before(dispatcher: Dispatcher) -> bool:
    """Whether code of a function was made where nothing was noted."""
    return dispatcher.py_func not in _noted or bool(dispatcher.stats.cache_hits)


def _depends(function: FunctionType) -> bool:
    """Whether a function takes anything from around it that may be other than it was."""
    return any(
        not origins.is_known(value) for name, value in scopes.values(function) if not isinstance(value, str)
    )
