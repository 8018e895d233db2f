"""What a fingerprint records by name: the contents of Python and of a few packages.

A module's name says little, as a file of the user's may be called ``profile`` or ``signal``. The place of the
file decides, and whether the thing is found there under its name.
"""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy as np
import scipy

from ..numba_api import config, cpu_target

_PACKAGES = (llvmlite, numba, np, scipy)
# Settings of Numba that say where or on how many threads, not what.
_HARMLESS = frozenset({"CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_DEFAULT_NUM_THREADS"})


def is_known(value: Any) -> bool:
    """Whether something is of Python's library, or of a package whose content is part of each fingerprint."""
    if isinstance(value, FunctionType):
        file = value.__code__.co_filename
        if os.path.isabs(file):
            return _is_known_file(file)
        if _frozen(file):
            return True
    return is_found(value) and is_in_known_module(value)


def is_found(value: Any) -> bool:
    """Whether something is what its module has under its name."""
    module = sys.modules.get(_text(value, "__module__"))
    if module is None:
        return False
    for name in (_text(value, "__qualname__"), _text(value, "__name__")):
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part, None)
        # Numba's functions stand where those were that they were made of.
        if found is value or (found is not None and getattr(found, "py_func", None) is value):
            return True
    return False


def _text(value: Any, attribute: str) -> str:
    found = getattr(value, attribute, None)
    return found if isinstance(found, str) else ""


def is_in_known_module(value: Any) -> bool:
    """Whether the module in which something says it was defined is Python's, or a known package's."""
    name = _text(value, "__module__")
    module = sys.modules.get(name)
    if not isinstance(module, ModuleType):
        return False
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    if origin in ("built-in", "frozen"):
        return name.partition(".")[0] in sys.stdlib_module_names
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and _is_known_file(file)


@cache
def _is_known_file(file: str) -> bool:
    """Whether a file belongs to Python's library or to one of the known packages."""
    if any(file.startswith(folder) for folder in _package_folders()):
        return True
    for folder in _library_folders():
        if file.startswith(folder):
            parts = file[len(folder) :].split(os.sep)
            # Third-party packages are in a folder of the library, and no module of it.
            first = parts[1] if parts[0] == "lib-dynload" and len(parts) > 1 else parts[0]
            return first.partition(".")[0] in sys.stdlib_module_names
    return False


def _frozen(file: str) -> bool:
    """Whether code was compiled into Python itself."""
    return file.startswith("<frozen ") and file[8:-1].partition(".")[0] in sys.stdlib_module_names


@cache
def _package_folders() -> tuple[str, ...]:
    own = sys.modules[__package__.partition(".")[0]]
    return _folders(*(str(Path(str(module.__file__)).parent) for module in (*_PACKAGES, own)))


@cache
def _library_folders() -> tuple[str, ...]:
    return _folders(
        sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), os.path.dirname(os.__file__)
    )


def _folders(*paths: str) -> tuple[str, ...]:
    """Folders as files may spell them."""
    spelled = {path for given in paths for path in (os.path.abspath(given), os.path.realpath(given))}
    return tuple(sorted(path + os.sep for path in spelled))


def surroundings() -> list[str]:
    """Versions, what is installed of them, the processor, the settings of Numba, and dualad's own source."""
    settings = sorted(
        f"{name}={value!r}"
        for name, value in vars(config).items()
        if name.isupper() and name not in _HARMLESS and isinstance(value, bool | int | float | str | None)
    )
    return [
        platform.python_implementation(),
        sys.version,
        *(
            f"{module.__name__} {module.__version__} {_installed(module.__name__, module.__version__)}"
            for module in _PACKAGES
        ),
        *map(str, cpu_target.target_context.codegen().magic_tuple()),
        *settings,
        _sources(Path(__file__).parents[1]),  # while dualad is being worked on, its version says little
    ]


@cache
def _installed(name: str, version: str) -> str:
    """A digest of a package's content: of the list that its installer left, with a digest of each file.

    Where there is none (a package that is being worked on, or of a Linux distribution), of all sources.
    """
    root = Path(str(sys.modules[name].__file__)).parent
    try:
        record = (root.parent / f"{name}-{version}.dist-info" / "RECORD").read_bytes()
    except OSError:
        record = b""
    if f"{name}/__init__.py,sha256=".encode() in record:
        return sha256(record).hexdigest()
    return _sources(root)


@cache
def _sources(root: Path) -> str:
    """A digest of all Python files of a folder."""
    total = sha256()
    for path in sorted(root.rglob("*.py")):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()
