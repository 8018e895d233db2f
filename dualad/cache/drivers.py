"""The cache as Numba's dispatchers use one: asked before compilation, told after it."""

from __future__ import annotations

import pickle
from collections import Counter
from hashlib import sha256
from typing import Any

from numba.core import sigutils, types
from numba.core.codegen import RuntimeLinker
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from ..compiler.dispatcher import Driver
from ..settings import value_check
from ..types.active import level_of
from . import files, freezing, linking, naming, origins
from .fingerprint import Fingerprint, UnknownError

counts: Counter[str] = Counter()
refusals: dict[str, str] = {}  # why a driver, by its name, was not cached


class DriverCache:
    """Loads and stores the compiled code of one driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._names: dict[Any, str] = {}
        self._stored: set[str] = set()

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
            found = CompileResult._rebuild(target_context, *payload)
        except Exception:  # whatever is wrong with the file, the driver can be compiled
            return None
        counts["loaded"] += 1
        return found

    def save_overload(self, sig: Any, result: CompileResult) -> None:
        """Store what was compiled; that this fails harms nobody."""
        name = self._names.pop(_arguments(sig), None)
        if name is None:
            return
        try:
            _check_library(result)
            freezing.check(self._fingerprint())
            files.write(name, dumps((_arguments(sig), linking.symbols(result.library), result._reduce())))
            self._stored.add(name)
            counts["stored"] += 1
        except (UnknownError, OSError, pickle.PicklingError, TypeError, AttributeError) as reason:
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
            for ty in arguments:
                _check_type(ty)
            found = self._fingerprint()
            freezing.check(found)
        except (UnknownError, OSError) as reason:
            self._refuse(reason)
            return None
        checked = value_check() == "always"  # then nothing is loaded that was stored without a check
        name = sha256(f"{found.digest()} {arguments} {checked}".encode()).hexdigest()
        self._names[arguments] = name
        return name

    def _fingerprint(self) -> Fingerprint:
        found = Fingerprint()
        found.surroundings()
        found.driver(self._driver)
        return found

    def _refuse(self, reason: Exception) -> None:
        counts["refused"] += 1
        refusals[self._driver.py_func.__name__] = str(reason)


def _check_library(result: CompileResult) -> None:
    """Raise for machine code that would not do in another process."""
    library = result.library
    if library.has_dynamic_globals or any(not part.can_cache for part in result.lifted):
        raise UnknownError("its machine code holds addresses of this process")
    # Numba fills in the pointers by which it calls recursive functions when it compiles, not when it loads.
    if any(value.name.startswith(RuntimeLinker.PREFIX) for value in library._final_module.global_variables):
        raise UnknownError("it calls a recursive function")
    if not naming.are_unique(library):
        raise UnknownError("it calls functions compiled before dualad was imported")


def _arguments(sig: Any) -> tuple[types.Type, ...]:
    arguments, _ = sigutils.normalize_signature(sig)
    return tuple(arguments)


def _check_type(ty: types.Type) -> None:
    """Raise for types whose name does not tell all that compiled code may depend on."""
    if isinstance(ty, types.Omitted) and isinstance(ty.value, bool | int | float | str | None):
        return
    if isinstance(ty, types.Dispatcher | types.Function | types.Opaque) or not origins.is_known(type(ty)):
        raise UnknownError(f"an argument is of type {ty}")
    parts = [*getattr(ty, "types", ()), getattr(ty, "dtype", None), getattr(ty, "value", None)]
    for part in parts:
        if isinstance(part, types.Type):
            _check_type(part)
