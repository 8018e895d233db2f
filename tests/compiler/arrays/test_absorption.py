"""Zeros absorb infinities and NaN in every array rule, in every mode, as they do in the rules of scalars.

Each function applies a rule to an argument, or to its root, where the root's derivative is infinite or that
of what is made of the result. Wanted is what the convention gives by hand.
"""

import math

import numpy as np
import pytest
import scipy.special
from numba import njit

import dualad as da
from dualad.rules.arrays import table as arrays

MODES = ("adjoint", "tape", "forward")
ONES = np.ones(4)
ZEROS = np.zeros(4)


@njit
def roots(a):
    """The sum of square roots: its derivative by an entry that is 0 is infinite."""
    s = 0.0
    for v in a.ravel():
        s += np.sqrt(abs(v))
    return s


@njit
def inner(x):
    return np.sqrt(x @ x)


@njit
def conjugate(x):
    return np.sqrt(np.vdot(x, x))


@njit
def matrices(x):
    a = x.reshape((2, 2))
    return roots(a @ a) + roots(a @ x[:2]) + roots(x[:2] @ a)


@njit
def outer(x):
    return roots(np.outer(x, x)) + roots(np.kron(x[:2], x[2:]))


@njit
def determinant(x):
    return np.sqrt(np.linalg.det(x.reshape((2, 2))))


@njit
def spread(x):
    return np.std(x) + x.std() + np.sqrt(np.var(x))


@njit
def length(x):
    return np.sqrt(np.linalg.norm(x)) + np.sqrt(np.linalg.norm(x.reshape((2, 2)), 1))


@njit
def sums(x):
    a = (x * x).reshape((2, 2))
    return roots(np.sum(a, axis=0)) + np.sqrt(np.trace(a)) + roots(np.cumsum(x * x)) + np.sqrt(np.median(x * x))


@njit
def lower(x):
    """The entry above the diagonal is 0 whatever x is."""
    return roots(np.linalg.cholesky(np.diag(x)))


@njit
def inverse(x):
    return roots(np.linalg.inv(np.diag(x)))


@njit
def solution(x):
    """The second unknown is 0 whatever the matrix is, and depends on the right-hand side."""
    right = np.zeros(2)
    right[0] = x[0]
    return roots(np.linalg.solve(np.diag(x[2:]), right))


@njit
def shares(x):
    """The share of what is infinitely small."""
    y = x.copy()
    y[0] = -np.inf
    return roots(scipy.special.softmax(y))


@njit
def values_of_a_square(x):
    """Eigenvalues and vectors of a diagonal matrix: entries of the vectors are 0."""
    w, v = np.linalg.eigh(np.diag(x * np.array([1.0, 2.0, 3.0, 4.0])))
    return np.sum(w) + 0.0 * roots(v)


@njit
def masked(x):
    """Rows with what is missing, whose results are not asked for."""
    a = np.array([[1.0, 2.0], [np.nan, 1.0], [np.inf, 0.0]])
    s = 0.0
    for v in a @ x[:2]:
        if np.isfinite(v):
            s += v
    return s
