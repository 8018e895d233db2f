"""The public functions of the cache."""

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
        Number of stored drivers, and their size.
    loaded, stored : int
        How many drivers this process loaded from the folder, and stored there.
    refused : dict
        For each driver of this process that was not stored, by name: the reason.
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
    """Return the state of the cache of compiled drivers.

    Returns
    -------
    CacheInfo
        Folder, sizes, and what this process loaded, stored and refused.

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

    Drivers that this process has already compiled or loaded stay usable.

    Returns
    -------
    int
        The number of removed drivers.

    Examples
    --------
    >>> import dualad as da
    >>> da.clear_cache()  # doctest: +SKIP
    3
    """
    return files.clear()
