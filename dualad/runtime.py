"""What compiled code finds at run time by symbol: the allocator of tapes and their memory limit."""

from __future__ import annotations

import ctypes

from llvmlite import binding

from .errors import ArgumentError
from .staging.tape import FREE_SYMBOL, LIMIT_SYMBOL, REALLOC_SYMBOL

__all__ = ["set_tape_limit", "tape_limit"]

LEAST_LIMIT = 1 << 20
DEFAULT_LIMIT = 8 << 30

_limit = ctypes.c_uint64(DEFAULT_LIMIT)
binding.add_symbol(LIMIT_SYMBOL, ctypes.addressof(_limit))

# Python's raw allocator needs no GIL and is there on every platform.
for _symbol, _function in (
    (REALLOC_SYMBOL, ctypes.pythonapi.PyMem_RawRealloc),
    (FREE_SYMBOL, ctypes.pythonapi.PyMem_RawFree),
):
    binding.add_symbol(_symbol, ctypes.cast(_function, ctypes.c_void_p).value)


def set_tape_limit(nbytes: int) -> None:
    """Set how many bytes the tape of one reverse sweep may take.

    Parameters
    ----------
    nbytes : int
        At least 1 MiB. The default is 8 GiB. Holds for all threads, from the next growth of a tape.

    Raises
    ------
    ArgumentError
        If `nbytes` is not an int of at least 1 MiB.

    Examples
    --------
    >>> import dualad as da
    >>> da.set_tape_limit(2 << 30)
    >>> da.tape_limit()
    2147483648
    >>> da.set_tape_limit(8 << 30)
    """
    if isinstance(nbytes, bool) or not isinstance(nbytes, int) or nbytes < LEAST_LIMIT:
        raise ArgumentError(f"the tape limit must be an int of at least {LEAST_LIMIT} bytes, not {nbytes!r}")
    _limit.value = nbytes


def tape_limit() -> int:
    """How many bytes the tape of one reverse sweep may take.

    Returns
    -------
    int
        Bytes.

    Examples
    --------
    >>> import dualad as da
    >>> da.tape_limit() >= 1 << 20
    True
    """
    return _limit.value
