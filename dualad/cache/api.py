"""What users ask of the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import drivers, files

__all__ = ["CacheInfo", "cache_info", "clear_cache"]


@dataclass(frozen=True)
class CacheInfo:
    """The state of the cache of compiled drivers.

    Attributes
    ----------
    folder : Path
        Where the files are.
    enabled : bool
        Whether the cache is on.
    files, bytes : int
        How many drivers are stored, and their size.
    loaded, stored : int
        How many this process has taken from the folder, and put there.
    refused : dict
        Why a driver of this process, by its name, was not stored.
    problem : str
        Why the folder is not used, for instance because others can write to it; empty if it is.
    """

    folder: Path
    enabled: bool
    files: int
    bytes: int
    loaded: int
    stored: int
    refused: dict[str, str]
    problem: str


def cache_info() -> CacheInfo:
    """What is in the cache of compiled drivers, and what this process did with it.

    Returns
    -------
    CacheInfo
        See there.

    Examples
    --------
    >>> import dualad as da
    >>> da.cache_info().bytes >= 0
    True
    """
    sizes = files.sizes()
    return CacheInfo(
        folder=files.folder(),
        enabled=files.enabled(),
        files=len(sizes),
        bytes=sum(sizes),
        loaded=drivers.counts["loaded"],
        stored=drivers.counts["stored"],
        refused=dict(drivers.refusals),
        problem=files.problem(),
    )


def clear_cache() -> int:
    """Remove all compiled drivers from the disk.

    What this process has compiled or loaded already stays usable.

    Returns
    -------
    int
        How many there were.

    Examples
    --------
    >>> import dualad as da
    >>> da.clear_cache()  # doctest: +SKIP
    3
    """
    return files.clear()
