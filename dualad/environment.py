"""The environment that derivatives depend on: versions, cache, threads."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import numba

from .rules import ops
from .runtime import tape_limit

__all__ = ["facts"]

REQUIRED = ("dualad", "numba", "llvmlite", "numpy", "scipy")
OPTIONAL = ("mpmath", "matplotlib", "pytest")


def facts() -> list[tuple[str, str]]:
    """Names and values of the environment, in printing order.

    Examples
    --------
    >>> dict(facts())["numba"] == numba.__version__
    True
    """
    listing = ops()
    active = sum(entry.differentiable for entry in listing)
    cache = numba.config.CACHE_DIR or "__pycache__ beside each source file"
    return [
        *((name, version(name)) for name in REQUIRED),
        ("python", f"{platform.python_version()} ({platform.system()} {platform.machine()})"),
        *((name, _optional(name)) for name in OPTIONAL),
        ("cache", f"{cache} (Numba's, of functions with cache=True)"),
        ("threads", f"{numba.config.NUMBA_NUM_THREADS} of Numba, {os.cpu_count()} processors"),
        ("tape", f"at most {tape_limit() / 2**30:.3g} GiB"),
        ("ops", f"{len(listing)}, {active} with derivatives"),
    ]


def _optional(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
