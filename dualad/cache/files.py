"""The folder of the cache: one file per compiled driver, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from numba.misc.appdirs import AppDirs

FOLDER, SWITCH = "DUALAD_CACHE_DIR", "DUALAD_CACHE"
SUFFIX = ".driver"
_OFF = ("0", "off", "no", "false")
_DIGEST = sha256().digest_size


def enabled() -> bool:
    """Whether the environment leaves the cache on."""
    return os.environ.get(SWITCH, "").lower() not in _OFF


def folder() -> Path:
    """Where compiled drivers are kept."""
    chosen = os.environ.get(FOLDER)
    return Path(chosen).expanduser() if chosen else Path(AppDirs("dualad", False).user_cache_dir)


def read(name: str) -> bytes | None:
    """What was stored under a name; None if nothing was, or not all of it."""
    try:
        content = (folder() / (name + SUFFIX)).read_bytes()
    except OSError:
        return None
    digest, data = content[:_DIGEST], content[_DIGEST:]
    return data if sha256(data).digest() == digest else None


def write(name: str, data: bytes) -> None:
    """Store; others see the whole file or none.

    Raises
    ------
    OSError
        If the folder cannot be written to, or is full; nothing is left behind.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    unfinished = place / f"{name}.{uuid4().hex}.part"
    try:
        unfinished.write_bytes(sha256(data).digest() + data)
        unfinished.replace(place / (name + SUFFIX))
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


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
