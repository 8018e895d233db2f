"""Which packages a fingerprint may name instead of looking into: those whose versions are part of it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import FunctionType
from typing import Any

import llvmlite
import numba
import numpy as np
import scipy
from numba.core import config, imputils
from numba.core.registry import cpu_target
from numba.core.typing import templates

VERSIONED = frozenset({"dualad", "llvmlite", "numba", "numpy", "scipy"})
_KNOWN = VERSIONED | sys.stdlib_module_names
# Settings of Numba that say where or on how many threads, not what.
_HARMLESS = frozenset({"CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_DEFAULT_NUM_THREADS"})


def package(value: Any) -> str:
    """The top-level package in which something says it was defined."""
    return str(getattr(value, "__module__", None)).partition(".")[0]


def is_known(value: Any) -> bool:
    """Whether something belongs to Python or to a package whose version is part of each fingerprint."""
    return package(value) in _KNOWN


def surroundings() -> list[str]:
    """Versions, the processor, the settings of Numba, and dualad's own source."""
    settings = sorted(
        f"{name}={value!r}"
        for name, value in vars(config).items()
        if name.isupper() and name not in _HARMLESS and isinstance(value, bool | int | float | str | None)
    )
    return [
        platform.python_implementation(),
        sys.version,
        *(f"{module.__name__} {module.__version__}" for module in (llvmlite, numba, np, scipy)),
        *map(str, cpu_target.target_context.codegen().magic_tuple()),
        *settings,
        _own_source(),
    ]


@cache
def _own_source() -> str:
    """A digest of all of dualad: while it is being worked on, its version says little."""
    total = sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def extensions() -> tuple[list[FunctionType], list[str]]:
    """What others taught Numba: functions given to ``@overload`` and its kin, packages of the rest."""
    functions, packages = {}, set()
    for entry in _registered():
        taught = getattr(entry, "_overload_func", entry)
        if is_known(taught):
            continue
        if isinstance(taught, FunctionType) and taught is not entry:
            functions[id(taught)] = taught
        else:
            packages.add(package(taught))
    return list(functions.values()), sorted(packages)


def _registered() -> Iterator[Any]:
    typing, lowering = templates.builtin_registry, imputils.builtin_registry
    yield from typing.functions
    yield from typing.attributes
    for registrations in (lowering.functions, lowering.getattrs, lowering.setattrs, lowering.casts):
        for registration in registrations:
            yield registration[0]


def source(name: str) -> str | None:
    """A digest of the files of a package's loaded modules; None if one has no file to read."""
    total = sha256()
    for module_name in sorted(sys.modules):
        if module_name.partition(".")[0] != name:
            continue
        file = getattr(sys.modules[module_name], "__file__", None)
        try:
            content = Path(file).read_bytes() if file else None
        except OSError:
            content = None
        if content is None:
            return None
        total.update(module_name.encode())
        total.update(content)
    return total.hexdigest()
