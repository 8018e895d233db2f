"""Symbols that compiled code looks up at run time: the memory of tapes, its limit, its allocator."""

from __future__ import annotations

import ctypes

from llvmlite import binding
from numba import njit

from .errors import ArgumentError
from .options import integer
from .staging.kinks import COUNT_SYMBOL
from .tape.pool import FREE_SYMBOL, LIMIT_SYMBOL, REALLOC_SYMBOL, SLOTS, SLOTS_SYMBOL, drain

__all__ = ["free_tapes", "set_tape_limit", "tape_limit"]

LEAST_LIMIT, MOST_LIMIT = 1 << 20, 1 << 62
DEFAULT_LIMIT = 8 << 30

_limit = ctypes.c_uint64(DEFAULT_LIMIT)
_slots = (ctypes.c_uint64 * SLOTS)()
_kinks = ctypes.c_uint64()
binding.add_symbol(LIMIT_SYMBOL, ctypes.addressof(_limit))
binding.add_symbol(SLOTS_SYMBOL, ctypes.addressof(_slots))
binding.add_symbol(COUNT_SYMBOL, ctypes.addressof(_kinks))

# Python's raw allocator needs no GIL and is there on every platform.
for _symbol, _function in (
    (REALLOC_SYMBOL, ctypes.pythonapi.PyMem_RawRealloc),
    (FREE_SYMBOL, ctypes.pythonapi.PyMem_RawFree),
):
    binding.add_symbol(_symbol, ctypes.cast(_function, ctypes.c_void_p).value)


# Larger arrays than this go back to the system when they are freed.
KEPT = 31 << 20


def _keep_freed_memory() -> None:
    """Let the C library keep the memory of arrays that are freed, for the next call.

    glibc gives memory back above thresholds that start at 128 KiB and follow the largest array that has
    been freed (mallopt(3)). Until then a derivative takes the pages of its arrays anew in every call, which
    costs more than filling them. The memory asked for here is never touched.
    """
    allocate = ctypes.pythonapi.PyMem_RawMalloc
    allocate.argtypes, allocate.restype = [ctypes.c_size_t], ctypes.c_void_p
    release = ctypes.pythonapi.PyMem_RawFree
    release.argtypes, release.restype = [ctypes.c_void_p], None
    release(allocate(KEPT))


_keep_freed_memory()


def set_tape_limit(nbytes: int) -> None:
    """Set how many bytes the tape of one reverse sweep may take.

    Parameters
    ----------
    nbytes : int
        At least 1 MiB and at most 4 EiB. The default is 8 GiB. The limit applies to all threads, from
        the next growth of a tape.

    Raises
    ------
    ArgumentError
        If `nbytes` is not an int in this range.

    Examples
    --------
    >>> import dualad as da
    >>> da.set_tape_limit(2 << 30)
    >>> da.tape_limit()
    2147483648
    >>> da.set_tape_limit(8 << 30)
    """
    limit = integer(nbytes)
    if limit is None or not LEAST_LIMIT <= limit <= MOST_LIMIT:
        raise ArgumentError(
            f"the tape limit must be an int of at least {LEAST_LIMIT} and at most {MOST_LIMIT} bytes, "
            f"not {nbytes!r}"
        )
    _limit.value = limit


def tape_limit() -> int:
    """Return how many bytes the tape of one reverse sweep may take.

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


def free_tapes() -> None:
    """Give the memory of idle tapes back to the system.

    Idle tapes keep their memory for the next derivative (up to 16 tapes of up to 256 MiB). Tapes that other
    threads use are not touched.

    Examples
    --------
    >>> import dualad as da
    >>> da.free_tapes()
    """
    _drain()


@njit
def _drain() -> None:
    drain()
