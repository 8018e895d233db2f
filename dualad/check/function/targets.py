"""Functions named on the command line: ``package.module:function``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import ArgumentError

__all__ = ["loaded"]


def loaded(target: str) -> Callable[..., Any]:
    """Import a function; modules are also looked for in the current folder.

    Parameters
    ----------
    target : str
        Module and name, ``"package.module:function"``; the name may have dots.

    Raises
    ------
    ArgumentError
        If there is no such thing, importing it fails, or it is not callable.

    Examples
    --------
    >>> loaded("math:sin")(0.0)
    0.0
    """
    module_name, colon, name = target.partition(":")
    if not colon or not module_name or not name:
        raise ArgumentError(f"{target!r} must have the form package.module:function")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
    except Exception as error:  # whatever a user's module raises
        raise ArgumentError(f"cannot import {module_name!r}: {type(error).__name__}: {error}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise ArgumentError(f"module {module_name!r} has no {name!r}")
        found = getattr(found, part)
    if not callable(found):
        raise ArgumentError(f"{target!r} is not a function")
    function: Callable[..., Any] = found
    return function
