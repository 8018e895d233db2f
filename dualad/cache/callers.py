"""Users' functions in Numba's disk cache that contain the code of derivatives.

Numba looks at the date of the file that such a function is in, and at no other file. So a derivative leaves
a mark in what Numba stores. When that is read, the mark looks for the same derivative in the process. If
there is none, Numba is told that its file is missing, and compiles the function again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import DualadError
from ..numba_api import IndexDataCacheFile, gufunc_prefix, index_of
from . import identity

_OWN = str(Path(__file__).parents[1])
_files: WeakKeyDictionary[Any, str] = WeakKeyDictionary()  # by driver: where it was asked for
_leaving = True


class OutOfDateError(OSError):
    """What Numba stored holds a derivative that is not the one of now."""


class Mark:
    """Goes with the constants of a driver's code, wherever that is linked to."""

    def __init__(self, driver: Any, library: Any | None) -> None:
        self._driver, self._library = driver, library

    def __reduce__(self) -> tuple[Any, ...]:
        if not _leaving:
            return _confirmed, ("", None, None)
        name, file = self._driver.py_func.__name__, _content(self._driver)
        try:
            found = identity.of(self._driver)
            if self._library is not None:
                identity.check(found, self._library)
            return _confirmed, (name, found.digest(), file)
        except Exception:  # it depends on what cannot be told, so it is never the same again
            return _confirmed, (name, None, file)


def register(driver: Any) -> None:
    """Remember a driver, and the file in which it was asked for."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    _files[driver] = "" if frame is None else frame.f_code.co_filename


def mark(driver: Any, result: Any) -> None:
    """Leave a mark in the compiled code of a driver."""
    result.environment.consts.append(Mark(driver, result.library))


@contextmanager
def unmarked() -> Iterator[None]:
    """What is stored meanwhile needs no marks: it is told by a fingerprint of all that it was made from."""
    global _leaving
    _leaving = False
    try:
        yield
    finally:
        _leaving = True


def _confirmed(name: str, digest: str | None, file: str | None) -> Any:
    """The mark of the same driver in this process."""
    if not name:
        return None
    if digest is not None:
        for driver in list(_files):
            if driver.py_func.__name__ == name and _content(driver) == file and _is(driver, digest):
                return Mark(driver, None)  # the code was looked at when it was stored
    _forget_wrapper(name)
    raise OutOfDateError(f"{name} has changed")


def _forget_wrapper(name: str) -> None:
    """Remove the index of what Numba keeps apart for ``@guvectorize``: code that calls what is stale."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not IndexDataCacheFile.load.__code__:
        frame = frame.f_back
    if frame is None:
        return
    index = Path(index_of(frame.f_locals["self"]))
    wrapper = index.with_name(f"{gufunc_prefix()}-{index.name}")
    try:
        wrapper.unlink(missing_ok=True)
    except OSError as error:
        raise DualadError(
            f"Numba's cache holds an outdated version of {name} that cannot be removed ({error}): "
            f"delete {wrapper}"
        ) from error


def _is(driver: Any, digest: str) -> bool:
    try:
        return identity.of(driver).digest() == digest
    except Exception:
        return False


def _content(driver: Any) -> str | None:
    """A digest of the file in which a driver was asked for: it may ask for another one today."""
    try:
        return sha256(Path(_files[driver]).read_bytes()).hexdigest()
    except OSError:
        return None
