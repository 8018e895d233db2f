"""What emitted adjoints call at run time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from ..compiler.ops.zeros import is_nonzero
from ..compiler.passes.pooled import no_integers, no_numbers, pooled, pooled_integers
from ..errors import MemoryLimitError
from ..tape.pool import current_limit

# mypy: disable-error-code="no-untyped-call,no-untyped-def,untyped-decorator"

FIRST_TAPE = 64
ITEMSIZE = 8  # bytes of an element of a tape


@dataclass(frozen=True)
class Attribute:
    """The function from a thing to an attribute of it."""

    name: str

    def __call__(self, thing: Any) -> Any:
        return getattr(thing, self.name)

    def __str__(self) -> str:
        return f"the attribute {self.name!r}"


@dataclass(frozen=True)
class Method:
    """The function from a thing and further arguments to what a method of it returns."""

    name: str

    def __call__(self, thing: Any, *args: Any) -> Any:
        return getattr(thing, self.name)(*args)

    def __str__(self) -> str:
        return f"the method {self.name!r}"


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
def common_length(first: int, second: int) -> int:
    """The extent of an array and of a mask of it."""
    if first != second:
        raise IndexError("a mask of another length than the array")
    return first


@njit
def with_room(items: Any, needed: int) -> Any:
    """A vector with room for so many elements: the same one, or a longer one with the same beginning."""
    if needed <= items.size:
        return items
    longer = np.empty(max(needed, 2 * items.size, 4), items.dtype)
    for i in range(items.size):
        longer[i] = items[i]
    return longer


@njit
def exponent(x: float) -> int:
    """The exponent of ``math.frexp``."""
    return math.frexp(x)[1]


@njit
def item_position(index: int, count: int) -> int:
    """An index into a list of so many items, counted from its start."""
    if index < 0:
        index += count
    if index < 0 or index >= count:
        raise IndexError("getitem out of range")
    return index


@njit
def key_position(position: int, key: Any) -> int:
    """Where a key is, if a search has found it."""
    if position < 0:
        raise KeyError(key)
    return position


@njit
def stored_position(index: int, count: int) -> int:
    """As :func:`item_position`, for a store."""
    if index < 0:
        index += count
    if index < 0 or index >= count:
        raise IndexError("setitem out of range")
    return index


@njit
def last_position(count: int) -> int:
    """The index of the last of so many items, which is taken out."""
    if count == 0:
        raise IndexError("pop from empty list")
    return count - 1


@njit
def popped_position(index: int, count: int) -> int:
    """As :func:`item_position`, for an item that is taken out."""
    if index < 0:
        index += count
    if index < 0 or index >= count:
        raise IndexError("pop index out of range")
    return index


# Places in lists and tables. They raise, also where nobody reads what is there.
POSITIONS = (item_position, key_position, last_position, popped_position, stored_position)


@njit
def is_too_large(elements: int) -> bool:
    """Whether a tape of so many elements would exceed the memory limit."""
    return elements > current_limit() // ITEMSIZE


@njit
def grown(tape: Any, needed: int, beside: int = 0) -> Any:
    """A larger tape with the same beginning, or an empty one if it would exceed the memory limit.

    `beside` it so many elements are held by others.
    """
    size = _grown_size(tape.size, needed, beside)
    if size == 0:
        return no_numbers()
    larger = pooled(size)
    for i in range(tape.size):  # a slice would take Numba ten times as long to compile
        larger[i] = tape[i]
    return larger


@njit
def grown_integers(tape: Any, needed: int, beside: int = 0) -> Any:
    """As :func:`grown`, for integers."""
    size = _grown_size(tape.size, needed, beside)
    if size == 0:
        return no_integers()
    larger = pooled_integers(size)
    for i in range(tape.size):
        larger[i] = tape[i]
    return larger


@njit
def _grown_size(size: int, needed: int, beside: int) -> int:
    """Twice the size if there is room for it; 0 if there is none for what is needed."""
    most = current_limit() // ITEMSIZE - beside
    if needed > most:
        return 0
    larger = 2 * size
    if larger > most:
        larger = most
    if larger < needed:
        larger = needed
    return larger if larger > FIRST_TAPE else FIRST_TAPE


@njit
def planted(adjoint: Any, seed: Any) -> None:
    """Add a seed to an adjoint; one of another shape, which the caller will refuse, does nothing."""
    if adjoint.shape == seed.shape:
        adjoint += seed


__all__ = [
    "MemoryLimitError",
    "advances",
    "common_extent",
    "common_length",
    "exponent",
    "grown",
    "grown_integers",
    "is_nonzero",
    "is_too_large",
    "item_position",
    "key_position",
    "last_position",
    "no_integers",
    "no_numbers",
    "planted",
    "pooled",
    "pooled_integers",
    "popped_position",
    "stored_position",
    "with_room",
]
