"""Which Python values compiled code accepts as arguments."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from keyword import iskeyword
from typing import Any

import numpy as np
from numba import types
from numba.core import errors

from ...errors import ArgumentError
from ...numba_api import Purpose, typeof


def type_of(value: Any, name: str) -> types.Type:
    """Numba's type of an argument.

    Raises
    ------
    ArgumentError
        If compiled code cannot take it: which argument, why, and what to pass instead.
    """
    for i, item in enumerate(value if isinstance(value, tuple) else ()):
        type_of(item, f"{name}[{i}]")
    try:
        found, reason = typeof(value, Purpose.argument), ""
    except (errors.NumbaError, ValueError, TypeError, NotImplementedError) as error:
        found, reason = None, str(error)
    if found is None or types.pyobject in (found, getattr(found, "dtype", None)) or _is_half(value):
        raise ArgumentError(f"argument {name!r} {_refusal(value, reason)}")
    return found


def _is_half(value: Any) -> bool:
    return bool(getattr(value, "dtype", None) == np.float16)


def _refusal(value: Any, reason: str) -> str:
    """Why a value is refused, and what to pass."""
    kind = type(value).__name__
    dtype = getattr(value, "dtype", None)
    if isinstance(value, list | set) and not value:
        return f"is an empty {kind}, which does not tell the type of its items: pass np.zeros(0)"
    if isinstance(value, np.ma.MaskedArray):
        return "is a masked array, which compiled code cannot take: pass x.filled(0.0), and its mask"
    if _is_half(value):
        return "is of float16, which Numba does not compute with: pass float32 or float64 (np.float32(x))"
    if isinstance(dtype, np.dtype) and isinstance(value, np.ndarray | np.generic):
        return (
            f"is of type {kind} of dtype {dtype}, which compiled code cannot take: "
            f"pass float64 (np.asarray(x, dtype=np.float64))"
        )
    names = _names(value)
    if names:
        return (
            f"is of type {kind}, which compiled code cannot take: pass a named tuple of its values, of a "
            f"class made once, P = collections.namedtuple('P', {names!r}); the derivative is one too, and "
            f"_asdict() makes a dict of it"
        )
    mend = "pass np.asarray(x)" if hasattr(value, "__array__") else "pass numbers, arrays, or tuples of them"
    because = "" if not reason or "annot determine" in reason else f" ({reason.splitlines()[0]})"
    return f"is of type {kind}, which compiled code cannot take{because}: {mend}"


def _names(value: Any) -> str:
    """The names of what a dictionary or a dataclass holds, if they can be those of a named tuple."""
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
    else:
        names = list(value) if isinstance(value, dict) else []
    usable = all(isinstance(n, str) and n.isidentifier() and not iskeyword(n) and n[0] != "_" for n in names)
    return " ".join(names) if usable else ""
