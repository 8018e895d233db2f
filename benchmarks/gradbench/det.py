"""det: a determinant by expansion by minors."""

from __future__ import annotations

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def minor(a, size, rows, columns):
    """Determinant of what is left of `a`, `size` rows and as many columns.

    `rows` and `columns` are linked lists: the entry at i is the next one after i that is left, the one at
    n the first. They are as before when the function returns.
    """
    n = a.shape[0]
    row, column = rows[n], columns[n]
    if size == 1:
        return a[row, column]
    total = 0.0
    sign = 1.0
    rows[n] = rows[row]
    before = n
    for _ in range(size):
        columns[before] = columns[column]
        total += sign * a[row, column] * minor(a, size - 1, rows, columns)
        columns[before] = column
        before = column
        column = columns[column]
        sign = -sign
    rows[n] = row
    return total


@njit
def determinant(a):
    """Determinant of `a`, shape (n, n), by its first row and recursion."""
    n = a.shape[0]
    following = np.arange(1, n + 2)
    following[n] = 0
    return minor(a, n, following.copy(), following)


gradient = da.grad(determinant)


def read(data):
    n = int(data["ell"])
    return (np.array(data["A"], dtype=float).reshape(n, n),)


def flat(result):
    return result.ravel().tolist()


FUNCTIONS = {
    "primal": Function(determinant, read),
    "gradient": Function(gradient, read, flat),
}
