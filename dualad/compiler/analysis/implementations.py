"""What Numba compiles a call of a function to, and which functions it knows.

What is compiled again with active values is the implementation that Numba chooses for plain floats, so values
are those of plain code.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import errors

from ...catalogue import is_of_generators, method, resolve
from ...numba_api import (
    Dispatcher,
    cpu_target,
    is_jitable,
    lookup_global,
    overload_in,
    overload_of_generators,
)


def reason_against(called: Any) -> str | None:
    """Why a function, or the method of a name, is refused active values; None if it is not."""
    return (method(called) if isinstance(called, str) else resolve(called)).reason or None


def implementations(function: Any) -> list[Callable[..., Any]]:
    """What Numba chooses from when it compiles a call of a Python function, or of a generator's method."""
    if is_of_generators(function):
        of_method = overload_of_generators(function.__name__)
        return [] if of_method is None else [of_method]
    known = lookup_global(function)
    found = map(overload_in, getattr(known, "templates", ()))
    return [overload for overload in found if overload is not None]


def may_fail(function: Any) -> bool:
    """Whether a function may raise for what its arrays hold, when Numba's code for it has made others."""
    return str(getattr(function, "__module__", None)) == "numpy.linalg"


def compiles(function: Any) -> bool:
    """Whether Numba knows a function of NumPy's, and not only an extension of Numba that was imported."""
    typing = cpu_target.typing_context
    typing.refresh()
    written = implementations(function)
    if written and not any(str(f.__module__).partition(".")[0] == "numba" for f in written):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):  # of abstract number classes, in NumPy 2.0
            typing.resolve_value_type(function)
    except (errors.NumbaError, TypeError, ValueError):
        return False
    return True


def has_attribute(name: str) -> bool:
    """Whether Numba knows an attribute, or method, of arrays of floats."""
    return cpu_target.typing_context.resolve_getattr(types.Array(types.float64, 1, "C"), name) is not None


def generator_method(name: str) -> Any:
    """The method of NumPy's random generators, called with the generator first; None if Numba has none."""
    return None if overload_of_generators(name) is None else getattr(np.random.Generator, name, None)


def generator_methods() -> list[str]:
    """The methods of NumPy's random generators that Numba knows."""
    typing, generator = cpu_target.typing_context, types.NumPyRandomGeneratorType("generator")
    known = [name for name in dir(np.random.Generator) if typing.resolve_getattr(generator, name) is not None]
    return [name for name in known if not name.startswith("_") and name != "bit_generator"]


def is_of_numba(function: Any) -> bool:
    """Whether a plain function is one that implementations of NumPy and Python in Numba call."""
    module = str(getattr(function, "__module__", None))
    return inspect.isfunction(function) and module.startswith(("numba.np.", "numba.cpython."))


def helper(function: Any) -> Dispatcher | None:
    """The dispatcher of a plain function that Numba compiles where its implementations call it, or None."""
    return _jitted(function) if is_of_numba(function) and _is_jitable(function) else None


def _is_jitable(function: Any) -> bool:
    """Whether a function was registered as its own implementation."""
    return any(map(is_jitable, implementations(function)))


@cache
def _jitted(function: Any) -> Dispatcher:
    return njit(function)
