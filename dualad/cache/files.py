"""The folder of the cache: one file per compiled driver, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from ..numba_api import AppDirs
from ..settings import environment

FOLDER, SWITCH = "DUALAD_CACHE_DIR", "DUALAD_CACHE"
SUFFIX = ".driver"
_ON, _OFF = ("1", "on", "yes", "true"), ("0", "off", "no", "false")
_DIGEST = sha256().digest_size


def enabled() -> bool:
    """Whether the environment leaves the cache on."""
    return environment(SWITCH, (*_ON, *_OFF)) in _ON


def folder() -> Path:
    """Where compiled drivers are kept."""
    chosen = os.environ.get(FOLDER) or AppDirs("dualad", False).user_cache_dir
    return Path(os.path.expanduser(chosen))


def problem() -> str:
    """Why the folder is not used; empty if it is."""
    place = folder()
    if str(place).startswith("~") or not (os.environ.get(FOLDER) or place.is_absolute()):
        return f"there is no home folder for {place}; set {FOLDER}"
    try:
        found = place.stat()
    except FileNotFoundError:
        above = next(parent for parent in place.absolute().parents if parent.exists())
        return "" if os.access(above, os.W_OK | os.X_OK) else f"{place} cannot be made: {above} is read-only"
    except OSError as error:
        return str(error)
    if not stat.S_ISDIR(found.st_mode):
        return f"{place} is not a folder"
    return _distrust(str(place), found)


def _distrust(name: str, found: os.stat_result) -> str:
    """Why others may have written what a file or folder holds: reading it with pickle would run it."""
    if not hasattr(os, "geteuid"):
        return ""
    if found.st_uid not in (os.geteuid(), 0):
        return f"{name} belongs to another user"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{name} can be written to by others; chmod go-w makes it safe"
    return ""


def read(name: str) -> bytes | None:
    """What was stored under a name; None if nothing was, not all of it, or maybe by others."""
    if problem():
        return None
    try:
        with (folder() / (name + SUFFIX)).open("rb") as file:
            if _distrust(name, os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    digest, data = content[:_DIGEST], content[_DIGEST:]
    return data if sha256(data).digest() == digest else None


def write(name: str, data: bytes) -> None:
    """Store; others see the whole file or none.

    Raises
    ------
    OSError
        If the folder cannot be written to, is full, or is not used; nothing is left behind.
    """
    place = folder()
    if not problem():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
    if refusal := problem():
        raise PermissionError(refusal)
    unfinished = place / f"{name}.{uuid4().hex}.part"
    try:
        with open(unfinished, "xb", opener=_private) as file:
            file.write(sha256(data).digest() + data)
        unfinished.replace(place / (name + SUFFIX))
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def remove(name: str) -> None:
    """Remove what was stored under a name, if it is there."""
    with contextlib.suppress(OSError):
        (folder() / (name + SUFFIX)).unlink()


def sizes() -> list[int]:
    """Bytes of each file."""
    found = []
    for path in _all(SUFFIX):
        with contextlib.suppress(OSError):
            found.append(path.stat().st_size)
    return found


def clear() -> int:
    """Remove all files, unfinished ones too; return how many drivers there were."""
    count = 0
    for path in (*_all(".part"), *_all(SUFFIX)):
        with contextlib.suppress(OSError):
            path.unlink()
            count += path.suffix == SUFFIX
    return count


def _all(suffix: str) -> list[Path]:
    try:
        return [path for path in folder().iterdir() if path.suffix == suffix]
    except OSError:
        return []
