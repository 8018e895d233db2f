"""Other packages, each in a module of its own that is imported only if the package is installed.

A peer has `NAME`, `version()`, and for each problem it takes part in a function that is given the
problem's input and returns a call without arguments: it computes value and gradient, and returns when
they are there. All run on one thread.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

NAMES = ("jax", "autograd", "torch", "casadi")


def load(names=NAMES) -> dict[str, ModuleType | None]:
    """The peers' modules by name, None for those whose package is not installed."""
    return {name: _load(name) for name in names}


def _load(name: str) -> ModuleType | None:
    try:
        return import_module(f"{__name__}.with_{name}")
    except ImportError:
        return None
