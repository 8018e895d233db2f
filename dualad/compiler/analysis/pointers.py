"""Pointers to compiled functions; for many of ``scipy.special.cython_special`` there is an op.

Users make them where Numba does not know a function of SciPy, by ``ctypes`` or as objects with an address.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from typing import Any

from numba import types

from ...rules.table import for_call

__all__ = ["function_of", "is_pointer", "name_of"]

_Pointer: Any = type(ctypes.pythonapi.Py_IsInitialized).__base__
_HOME = "scipy.special.cython_special"


def is_pointer(function: Any) -> bool:
    """Whether something that is called is the address of a function."""
    return isinstance(function, _Pointer | types.WrapperAddressProtocol)


def name_of(function: Any) -> str:
    """What a message calls a pointer."""
    known = _symbols().get(_address(function))
    return known or str(getattr(function, "__name__", None) or type(function).__name__)


def function_of(function: Any) -> Any:
    """The function of scipy.special that a pointer is, as the op table knows it; or None."""
    if not is_pointer(function):
        return None
    name = _symbols().get(_address(function))
    if name is None:
        return None
    found = getattr(sys.modules["scipy.special"], name, None)
    return found if found is not None and for_call(found) is not None else None


def _address(function: Any) -> int:
    if isinstance(function, _Pointer):
        return ctypes.cast(function, ctypes.c_void_p).value or 0
    return int(function.__wrapper_address__())


def _symbols() -> dict[int, str]:
    """The names of SciPy's functions of doubles by their addresses; SciPy is there if a pointer to it is."""
    module = sys.modules.get(_HOME)
    return {} if module is None else _exported(module)


@cache
def _exported(module: Any) -> dict[int, str]:
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype, api.PyCapsule_GetName.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", api)
    )
    found = {}
    for symbol, capsule in module.__pyx_capi__.items():
        signature = api.PyCapsule_GetName(capsule)
        if re.fullmatch(rb"double \((double, )+int __pyx_skip_dispatch\)", signature):
            found[pointer(capsule, signature)] = re.sub(r"__pyx_fuse_\d+", "", symbol)
    return found
