"""NumPy functions defined in Python, which are inlined as a user's helper would be.

The order of operations is Numba's, so that values are those of plain code. What depends on the rank or the
axis is decided while a definition is read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...registry import entering
from .. import runtime

# Annotations would be read along; the functions below are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

DEFINED: dict[Any, Callable[..., Any]] = {}
_defines = partial(entering, DEFINED)


def nonzero(a):
    """Positions by axis."""
    count = 0
    for v in a.flat:
        if v != 0:
            count += 1
    k = 0
    if a.ndim == 1:
        positions = np.empty(count, np.int64)
        for i in range(a.size):
            if a[i] != 0:
                positions[k] = i
                k += 1
        return (positions,)
    rows, columns = np.empty(count, np.int64), np.empty(count, np.int64)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] != 0:
                rows[k], columns[k] = i, j
                k += 1
    return rows, columns


def eye(rows, columns, k, dtype):
    """Ones on a diagonal."""
    out = np.zeros((rows, columns), dtype)
    for i in range(max(0, -k), min(rows, columns - k)):
        out[i, i + k] = 1
    return out


# -- joined ---------------------------------------------------------------------------------------


def concatenate(arrays, axis, dtype):
    """Arrays one after the other along an axis."""
    n = 0
    for a in arrays:
        n += a.shape[axis]
    shape = arrays[0].shape
    out = np.empty((*shape[:axis], n, *shape[axis + 1 :]), dtype)
    k = 0
    for a in arrays:
        stop = k + a.shape[axis]
        if axis == 0:
            out[k:stop] = a
        else:
            out[:, k:stop] = a
        k = stop
    return out


def stack(arrays, axis, dtype):
    """Arrays of one shape along a new axis."""
    shape = arrays[0].shape
    out = np.empty((*shape[:axis], len(arrays), *shape[axis:]), dtype)
    for k, a in enumerate(arrays):
        if axis == 0:
            out[k] = a
        else:
            out[:, k] = a
    return out


def repeat(a, repeats):
    """Every element several times."""
    out = np.empty(a.size * repeats, a.dtype)
    k = 0
    for v in a.flat:
        for _ in range(repeats):
            out[k] = v
            k += 1
    return out


def repeat_each(a, repeats):
    """Every element as often as is said for it."""
    if a.size != repeats.size:
        raise ValueError("operands could not be broadcast together")
    count = 0
    for n in repeats.flat:
        count += n
    out = np.empty(count, a.dtype)
    k = 0
    for v, n in zip(a.flat, repeats.flat):  # noqa: B905
        for _ in range(n):
            out[k] = v
            k += 1
    return out


@_defines(np.roll)
def roll(a, shift):
    """Moved along, around the end."""
    flat = a.ravel()
    out = np.empty(a.size, a.dtype)
    for i in range(a.size):
        out[(i + shift) % a.size] = flat[i]
    return out.reshape(a.shape)


def append(arr, values, axis=None):
    """One array after another."""
    if axis is None:
        return np.concatenate((arr.ravel(), values.ravel()))
    return np.concatenate((arr, values), axis)


# -- views ----------------------------------------------------------------------------------------


@_defines(np.flip)
def flip(m):
    """From the end to the start, along all axes."""
    if m.ndim == 1:
        return m[::-1]
    return m[::-1, ::-1]


@_defines(np.expand_dims)
def expand_dims(a, axis):
    """With an axis of extent 1."""
    if axis == 0:
        return a[None]
    if axis == 1:
        return a[:, None]
    return a[..., None]


@_defines(np.atleast_1d)
def atleast_1d(a):
    """An array as it is."""
    return a


@_defines(np.atleast_2d)
def atleast_2d(a):
    """A vector as a matrix of one row."""
    if a.ndim == 1:
        return a[None, :]
    return a


def swapaxes(a, axis1, axis2):
    """Of a matrix."""
    if axis1 % 2 == axis2 % 2:
        return a
    return a.T


# -- parts ----------------------------------------------------------------------------------------


@_defines(np.triu)
def triu(m, k=0):
    """What is on or above a diagonal."""
    out = np.zeros(m.shape, m.dtype)
    for i in range(m.shape[0]):
        for j in range(max(i + k, 0), m.shape[1]):
            out[i, j] = m[i, j]
    return out


@_defines(np.tril)
def tril(m, k=0):
    """What is on or below a diagonal."""
    out = np.zeros(m.shape, m.dtype)
    for i in range(m.shape[0]):
        for j in range(min(i + k + 1, m.shape[1])):
            out[i, j] = m[i, j]
    return out


@_defines(np.take)
def take(a, indices):
    """Elements by their position in C order."""
    return a.ravel()[indices]


@_defines(np.fill_diagonal)
def fill_diagonal(a, val):
    """The diagonal set, in place."""
    for i in range(min(a.shape[0], a.shape[1])):
        a[i, i] = val


@_defines(np.broadcast_to)
def broadcast_to(array, shape):
    """A copy where NumPy has a view: neither is written to."""
    out = np.empty(shape, array.dtype)
    out[...] = array
    return out


@_defines(np.sort)
def sort(a):
    """A sorted copy of a vector."""
    return a[np.argsort(a)]


# -- tabulated -------------------------------------------------------------------------------------


def histogram_of_all(a, bins):
    """Counts in bins from the smallest to the largest element."""
    low, high = np.inf, -np.inf
    for v in a.flat:
        if low > v:
            low = v
        if high < v:
            high = v
    return histogram_within(a, bins, low, high)


def histogram_within(a, bins, low, high):
    """Counts in equal bins of a range."""
    if bins <= 0:
        raise ValueError("histogram(): `bins` should be a positive integer")
    if not low <= high:
        raise ValueError("histogram(): max must be larger than min in range parameter")
    counts = np.zeros(bins, np.int64)
    if high > low:
        ratio = bins / (high - low)
        for v in a.flat:
            b = math.floor((v - low) * ratio)
            if 0 <= b < bins:
                counts[b] += 1
            elif v == high:
                counts[bins - 1] += 1
    return counts, np.linspace(low, high, bins + 1)


def histogram_between(a, edges):
    """Counts between given edges."""
    bins = edges.size - 1
    for i in range(bins):
        if not edges[i] <= edges[i + 1]:
            raise ValueError("histogram(): bins must increase monotonically")
    counts = np.zeros(bins, np.int64)
    if bins > 0:
        for v in a.flat:
            if edges[0] <= v <= edges[bins]:
                low, high = 0, bins - 1
                while low < high:
                    middle = (low + high + 1) >> 1
                    if v < edges[middle]:
                        high = middle - 1
                    else:
                        low = middle
                counts[low] += 1
    return counts, edges


# -- tapes of adjoints that are read themselves -----------------------------------------------------


@_defines(runtime.grown, runtime.grown_integers)
def grown(tape, needed, beside=0):
    """A larger tape with the same beginning."""
    larger = np.empty(max(needed, 2 * tape.size), tape.dtype)
    for i in range(tape.size):
        larger[i] = tape[i]
    return larger
