"""The cache in the form that Numba's dispatchers use: load before compilation, save after it."""

from __future__ import annotations

import pickle
from collections import Counter
from functools import partial
from typing import Any

from numba import types

from ..compiler.dispatch.driver import Driver
from ..numba_api import (
    CompileResult,
    RuntimeLinker,
    module_of,
    normalize_signature,
    packed,
    serialize,
    unpacked,
)
from ..types.active import level_of
from . import callers, files, identity, linking, naming
from .fingerprint import UnknownError

counts: Counter[str] = Counter()
refusals: dict[str, str] = {}  # why a driver, by its name, was not cached


class DriverCache:
    """Loads and stores the compiled code of one driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._names: dict[Any, str] = {}
        self._stored: set[str] = set()
        callers.register(driver)
        driver.mark = partial(callers.mark, driver)

    @property
    def cache_path(self) -> str:
        return str(files.folder())

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """The driver compiled for these types, if it is there."""
        name = self._name(sig)
        data = None if name is None else files.read(name)
        if data is None:
            return None
        try:
            arguments, symbols, payload = pickle.loads(data)
            if arguments != _arguments(sig) or not linking.are_there(symbols, target_context):
                return None
            found = unpacked(target_context, payload)
        except Exception:  # whatever is wrong with the file, the driver can be compiled
            return None
        counts["loaded"] += 1
        return found

    def save_overload(self, sig: Any, result: CompileResult) -> None:
        """Store compiled code; a failure is harmless."""
        name = self._names.pop(_arguments(sig), None)
        if name is None:
            return
        try:
            _check_library(result)
            identity.check(identity.of(self._driver), result.library)
            parts = _arguments(sig), linking.symbols(result.library), packed(result)
            with callers.unmarked():
                data = serialize.dumps(parts)
            files.write(name, data)
            self._stored.add(name)
            counts["stored"] += 1
        except Exception as reason:
            self._refuse(reason)

    def flush(self) -> None:
        """Remove what this driver stored."""
        while self._stored:
            files.remove(self._stored.pop())

    def _name(self, sig: Any) -> str | None:
        """The name under which a compiled driver is stored; None if it is not to be."""
        arguments = _arguments(sig)
        if not files.enabled() or any(level_of(ty) for ty in arguments):
            return None
        try:
            name = identity.of(self._driver, arguments).digest()
        except Exception as reason:  # in what others wrote there may be anything
            self._refuse(reason)
            return None
        self._names[arguments] = name
        return name

    def _refuse(self, reason: Exception) -> None:
        counts["refused"] += 1
        known = isinstance(reason, UnknownError | OSError)
        refusals[self._driver.py_func.__name__] = str(reason) if known else repr(reason)


def _check_library(result: CompileResult) -> None:
    """Raise for machine code that would not do in another process."""
    library = result.library
    if library.has_dynamic_globals or any(not part.can_cache for part in result.lifted):
        raise UnknownError("its machine code holds addresses of this process")
    # Numba fills in the pointers by which it calls recursive functions when it compiles, not when it loads.
    if any(value.name.startswith(RuntimeLinker.PREFIX) for value in module_of(library).global_variables):
        raise UnknownError("it calls a recursive function")
    if not naming.are_unique(library):
        raise UnknownError("it calls functions compiled before dualad was imported")


def _arguments(sig: Any) -> tuple[types.Type, ...]:
    arguments, _ = normalize_signature(sig)
    return tuple(arguments)
