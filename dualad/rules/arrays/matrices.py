"""Parts of matrices and sums of them, as loops.

Loops compile several times faster than slices and their assignment, at every level of derivatives. All
results are in C order, so that products need compiling for one layout.
"""

from __future__ import annotations

import numpy as np

# Annotations would be compiled along; the functions below are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def transposed(a):
    """The transpose as an array of its own."""
    out = np.empty((a.shape[1], a.shape[0]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[j, i] = a[i, j]
    return out


def part(a, top, bottom, left, right):
    """A copy of ``a[top:bottom, left:right]``."""
    out = np.empty((bottom - top, right - left), a.dtype)
    for i in range(bottom - top):
        for j in range(right - left):
            out[i, j] = a[top + i, left + j]
    return out


def in_order(a):
    """A copy in C order."""
    return part(a, 0, a.shape[0], 0, a.shape[1])


def add_part(a, top, left, block):
    """Add to a part of `a`, in place."""
    for i in range(block.shape[0]):
        for j in range(block.shape[1]):
            a[top + i, left + j] += block[i, j]


def add(a, b):
    """Add to all of `a`, in place."""
    add_part(a, 0, 0, b)


def subtract(a, b):
    """Subtract from all of `a`, in place."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] -= b[i, j]


def add_outer(a, x, y):
    """Add the outer product of two vectors to a matrix."""
    for i in range(x.size):
        for j in range(y.size):
            a[i, j] += x[i] * y[j]


def identity_like(a):
    """The identity matrix of the size of a square one."""
    out = np.zeros_like(a)
    for i in range(a.shape[0]):
        out[i, i] = 1.0
    return out


def diagonal(a):
    """The diagonal of a square matrix."""
    out = np.empty(a.shape[0], a.dtype)
    for i in range(a.shape[0]):
        out[i] = a[i, i]
    return out


def add_diagonal(a, w):
    """Add to the diagonal, in place."""
    for i in range(w.size):
        a[i, i] += w[i]


def symmetric_from_lower(a):
    """The symmetric matrix with the lower triangle of `a`."""
    out = np.empty((a.shape[0], a.shape[0]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(i + 1):
            out[i, j] = a[i, j]
            out[j, i] = a[i, j]
    return out


def add_to_lower(a_bar, symmetric):
    """Add to the adjoint of a matrix of which the lower triangle is read that of the symmetric matrix."""
    for i in range(a_bar.shape[0]):
        for j in range(i):
            a_bar[i, j] += symmetric[i, j] + symmetric[j, i]
        a_bar[i, i] += symmetric[i, i]


def quotient(x, y):
    """A quotient of which the numerator wins if it is exactly 0; NaN for others over 0."""
    if y != 0.0:
        return x / y
    if x != 0.0:
        return x * np.nan
    return x
