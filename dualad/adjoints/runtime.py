"""What emitted adjoints call at run time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# mypy: disable-error-code="no-untyped-call,no-untyped-def,untyped-decorator"

FIRST_TAPE = 64


@njit
def common_extent(first: int, second: int) -> int:
    """The extent of two arrays that are broadcast against each other."""
    if first == second or second == 1:
        return first
    if first != 1:
        raise ValueError("unable to broadcast argument: the arrays have different shapes")
    return second


@njit
def advances(extent: int, whole: int) -> int:
    """How far an index into an array moves with one into a whole that the array is broadcast to."""
    if extent == whole:
        return 1
    if extent != 1:
        raise ValueError("cannot broadcast an array to another of different shape")
    return 0


@njit
def grown(tape: Any, needed: int, limit: int) -> Any:
    """A larger tape with the same beginning."""
    if needed * 8 > limit:
        raise MemoryError("the adjoint's tape would exceed the memory limit")
    larger = np.empty(max(needed, 2 * tape.size, FIRST_TAPE))
    for i in range(tape.size):  # a slice would take Numba ten times as long to compile
        larger[i] = tape[i]
    return larger


@njit
def grown_integers(tape: Any, needed: int, limit: int) -> Any:
    """As :func:`grown`, for integers."""
    if needed * 8 > limit:
        raise MemoryError("the adjoint's tape would exceed the memory limit")
    larger = np.empty(max(needed, 2 * tape.size, FIRST_TAPE), dtype=np.int64)
    for i in range(tape.size):  # a slice would take Numba ten times as long to compile
        larger[i] = tape[i]
    return larger
