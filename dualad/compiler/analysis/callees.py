"""Properties of called functions: which results share memory, what they write to, what is foreign."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numba import types

from ...catalogue import Sharing, resolve
from ...errors import UnsupportedError
from ...numba_api import CFunc, Dispatcher, DUFunc, GUFunc
from .implementations import is_of_numba
from .pointers import is_pointer, name_of


def is_one_of(function: Any, known: Iterable[Any]) -> bool:
    """Whether a function, which need not be hashable, is among the known ones."""
    return any(function is one for one in known)


def sharing(function: Any) -> Sharing:
    """How the result of calling `function` (None: not known which) is related to the arguments."""
    if isinstance(function, Dispatcher):
        if foreign_kind(function):
            return Sharing.UNKNOWN
        # Drivers never write to their arguments, and derivatives are new.
        return Sharing.FRESH if hasattr(function, "differentiated") else Sharing.HELPER
    known = resolve(function).result
    if known is not None:
        return known
    if isinstance(function, np.ufunc | DUFunc):
        return Sharing.FRESH
    if isinstance(function, type) and issubclass(function, tuple):
        return Sharing.CONTENTS
    if isinstance(function, types.Type):
        return Sharing.FRESH
    root = str(getattr(function, "__module__", None)).partition(".")[0]
    if root == "numpy":
        return Sharing.FRESH
    if root in ("numba", "dualad") and not is_of_numba(function):
        return Sharing.VIEW
    return Sharing.UNKNOWN


def outputs(function: Any, call: Any) -> list[str]:
    """The variables that a call of a known function writes to."""
    written = [var.name for name, var in call.kws if name == "out"]
    if isinstance(function, np.ufunc | DUFunc):
        written += [var.name for var in call.args[function.nin :]]
    return written + [call.args[at].name for at in resolve(function).writes if at < len(call.args)]


def bound(function: Dispatcher, args: Sequence[Any], kws: Sequence[tuple[str, Any]]) -> dict[int, str] | None:
    """The variables passed to a helper, by the position of its parameter; None if they do not fit."""
    names = list(inspect.signature(function.py_func).parameters)
    positions = {min(i, len(names) - 1): var.name for i, var in enumerate(args)}
    if len(positions) != len(args):
        return None  # into its *args
    for name, var in kws:
        if name not in names:
            return None
        positions[names.index(name)] = var.name
    return positions


def foreign_kind(function: Any) -> str | None:
    """The maker of a compiled function that cannot be compiled again with active arguments."""
    if isinstance(function, DUFunc):
        return "@vectorize"
    if isinstance(function, GUFunc):
        return "@guvectorize"
    if isinstance(function, CFunc):
        return "@cfunc"
    if isinstance(function, types.ExternalFunction | types.ExternalFunctionPointer) or is_pointer(function):
        return "a library outside Python"
    if isinstance(function, Dispatcher) and function.targetoptions.get("forceobj"):
        return "@jit(forceobj=True)"
    return None


def refusal(function: Any, where: str = "") -> UnsupportedError:
    """The exception for a foreign function; `where` is a place in the user's code."""
    if is_pointer(function):
        return UnsupportedError(
            f"cannot differentiate {name_of(function)!r}{where}, a pointer to a function outside Python for "
            f"which there is no derivative rule; write it as an @njit function"
        )
    name = getattr(function, "__name__", None) or str(function)
    return UnsupportedError(
        f"cannot differentiate {name!r}{where}, made by {foreign_kind(function)}: dualad cannot see its "
        f"arithmetic; make it an @njit function"
    )


def refused(function: Any, reason: str, where: str) -> UnsupportedError:
    """The exception for a NumPy function, or a method's name, that is not differentiated."""
    name = function if isinstance(function, str) else getattr(function, "__name__", str(function))
    return UnsupportedError(f"cannot differentiate {name!r}{where}: {reason}")


def is_user_function(function: Any) -> bool:
    """Whether a Python function is neither Python's nor NumPy's nor Numba's own."""
    if isinstance(function, ModuleType) or not inspect.isfunction(function):
        return False
    root = str(function.__module__).partition(".")[0]
    return root not in (
        "numpy",
        "numba",
        "math",
        "operator",
        builtins.__name__,
        __package__.partition(".")[0],
    )
