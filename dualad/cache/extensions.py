"""Extensions of Numba by other packages, and which of them can affect the compilation of a function.

Extensions of functions and types that others brought along are met where a function uses these. Extensions
of NumPy's functions, of operators, of attributes of arrays may be met anywhere: Numba's own implementations
call them, and where they were registered first, Numba tries them first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import time_ns
from types import FunctionType
from typing import Any

from ..numba_api import (
    chosen_by,
    has_compiled,
    has_inlined,
    intrinsic_in,
    lowering_registries,
    overload_in,
    typing_registries,
)
from . import origins

_IMPORTED = time_ns()


@dataclass(frozen=True, eq=False)
class Extension:
    """Something that was registered with Numba, neither by Numba nor by us.

    Attributes
    ----------
    taught : Any
        What its author wrote: a function, or a class.
    keys : tuple
        What it is about: a function; a type and those of its arguments.
    template : Any
        The template of an ``@overload``; None for anything else, which works with Numba's inner parts.
    """

    taught: Any
    keys: tuple[Any, ...]
    template: Any = None

    @property
    def name(self) -> str:
        """The same in each process."""
        names = (getattr(self.taught, "__module__", ""), getattr(self.taught, "__qualname__", ""))
        return ".".join((*map(str, names), *(str(getattr(key, "__name__", key)) for key in self.keys[:1])))

    @property
    def package(self) -> str:
        return str(getattr(self.taught, "__module__", None)).partition(".")[0]

    @property
    def is_general(self) -> bool:
        """Whether this is an ``@overload`` of a known function, or of an attribute: anything may use it."""
        return self.template is not None and (self.keys[0] is self.taught or not self.foreign_keys)

    def is_used(self, linked: set[str]) -> bool:
        """Whether code may have been made with this ``@overload``; `linked` names the functions in it."""
        made = list(chosen_by(self.template).values())
        if has_inlined(self.template) or (has_compiled(self.template) and not made):
            return True
        return any(
            dispatcher is None
            or any(one.environment.env_name in linked for one in dispatcher.overloads.values())
            for dispatcher, _ in made
        )

    @property
    def foreign_keys(self) -> list[Any]:
        """The functions and types that are not Numba's, Python's, NumPy's or SciPy's."""
        return [key for key in self.keys if (isinstance(key, type) or callable(key)) and not _is_numbas(key)]

    def is_met(self, values: dict[int, Any], others: bool) -> bool:
        """Whether it may take part where these values are used, other than what is general.

        `others`: whether something that is not Numba's does, which may bring types that are not.
        """
        if self.is_general:
            return False
        foreign = self.foreign_keys
        if any(id(key) in values for key in foreign):
            return True
        return self.template is None and (others or not foreign)


class _Reader:
    """Reads registries, which only grow, from where it stopped last."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, str], int] = {}
        self._registries: list[Any] = []  # keeps those that are known by their addresses
        self._templates: set[int] = set()
        self.found: list[Extension] = []

    def read(self) -> list[Extension]:
        for registry in typing_registries():
            for template in self._new(registry, "functions"):
                self._add_template(template)
            for _, ty in self._new(registry, "globals"):
                for template in getattr(ty, "templates", ()):
                    self._add_template(template)
            for template in self._new(registry, "attributes"):
                if overload_in(template) is None:  # which has an overload of itself, too
                    self._add_template(template)
        for registry in lowering_registries():
            for implementation, key, signature in self._new(registry, "functions"):
                self._add(implementation, (key, *signature))
            for kind in ("getattrs", "setattrs"):
                for implementation, _, signature in self._new(registry, kind):
                    self._add(implementation, signature)
            for kind in ("casts", "constants"):
                for implementation, signature in self._new(registry, kind):
                    self._add(implementation, signature)
        return self.found

    def _new(self, registry: Any, kind: str) -> Iterator[Any]:
        place = id(registry), kind
        if place not in self._read:
            self._registries.append(registry)
        entries = getattr(registry, kind)
        start = self._read.get(place, 0)
        yield from islice(entries, start, None)
        self._read[place] = len(entries)

    def _add_template(self, template: Any) -> None:
        if id(template) in self._templates:
            return
        self._templates.add(id(template))
        overload = overload_in(template)
        key = getattr(template, "key", None)
        if overload is None:
            self._add(intrinsic_in(template) or template, (key,))
        elif not _is_numbas(overload):
            self.found.append(Extension(overload, (key,), template))

    def _add(self, entry: Any, keys: tuple[Any, ...]) -> None:
        taught = _written(entry)
        if not _is_numbas(taught):
            self.found.append(Extension(taught, keys))


def _is_numbas(value: Any) -> bool:
    """Whether something is known; of a class or an object the module tells, where its name may not."""
    if isinstance(value, FunctionType):
        return origins.is_known(value)
    return origins.is_in_known_module(value)


def _written(entry: Any) -> Any:
    """What the author of a registration wrote: Numba puts some of it in functions and classes of its own."""
    wrapping = vars(entry).get("generic") if isinstance(entry, type) else entry
    for cell in getattr(wrapping, "__closure__", None) or ():
        try:
            inner = cell.cell_contents
        except ValueError:
            continue
        if isinstance(inner, FunctionType) and not origins.is_known(inner):
            return inner
    return entry


_reader = _Reader()


def registered() -> list[Extension]:
    """All extensions of this process."""
    return _reader.read()


_sources: dict[tuple[Any, ...], str] = {}


def source(package: str) -> str | None:
    """A digest of the files of a package's loaded modules.

    None if one has no file, or if the file may be another than the one that was loaded.
    """
    files = []
    for name in sorted(sys.modules):
        if name.partition(".")[0] != package:
            continue
        try:
            file = Path(str(getattr(sys.modules[name], "__file__", None)))
            changed = file.stat().st_mtime_ns
        except OSError:
            return None
        if changed > _IMPORTED:
            return None
        files.append((name, file, changed))
    found = _sources.get(tuple(files))
    if found is None:
        total = sha256()
        for name, file, _ in files:
            total.update(name.encode())
            total.update(file.read_bytes())
        found = _sources[tuple(files)] = total.hexdigest()
    return found
