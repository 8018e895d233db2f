"""Norms and condition numbers.

Where a norm has no derivative, a subgradient: 0 at the origin; where several entries, rows or columns have
the largest or smallest size, they share.
"""

from __future__ import annotations

import numpy as np

from ..algebra import function
from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


ahead, unsettled = function("ahead"), function("unsettled")


@array_rule(np.linalg.norm, note="0 at the origin; ties share the derivative")
def norm(x, ord=None):
    return np.linalg.norm(x, ord)


@norm.tangent
def norm_tangent(x, ord, x_dot, y):
    return np.sum(norm_partials(x, ord, y) * x_dot)


@norm.adjoint
def norm_adjoint(x, ord, y, y_bar, x_bar):
    x_bar += y_bar * norm_partials(x, ord, y)


@norm.conventional
def norm_kink(x, ord, y):
    if y == 0.0:
        return True
    elif ord is None:
        return False
    elif x.ndim == 1:
        if ord == 1:
            return np.min(np.abs(x)) == 0.0
        return abs(ord) == np.inf and np.sum(np.abs(x) == y) > 1
    elif abs(ord) == 2:
        return np.sum(np.linalg.svd(x, False)[1] == y) > 1
    else:
        sums = sums_of_sizes(x if abs(ord) == 1 else x.T)
        return np.min(np.abs(x)) == 0.0 or np.sum(sums == y) > 1


def norm_partials(x, ord, y):
    """The derivative of a norm by each entry."""
    if ord is None:
        return over(x, y)
    elif x.ndim == 1:
        return vector_norm_partials(x, ord, y)
    else:
        return matrix_norm_partials(x, ord, y)


def over(x, y):
    """An array over its norm; at the origin 0, in first derivatives."""
    if y == 0.0:
        out = np.zeros_like(x)
        for v in x.flat:
            out += unsettled(v, v)
        return out
    return x / y


def vector_norm_partials(x, ord, y):
    """The derivative of a vector's norm, of any order."""
    if ord == 2:
        return over(x, y)
    out = np.zeros_like(x)
    if abs(ord) == np.inf:
        ties, choice = 0, 0.0
        for i in range(x.size):
            if abs(x[i]) == y:
                ties += 1
                choice += unsettled(abs(x[i]) - y, 0.0)
        for i in range(x.size):
            if abs(x[i]) == y:
                out[i] = slope_of_abs(x[i]) / ties + (choice if ties > 1 else 0.0)
    elif ord == 1:
        for i in range(x.size):
            out[i] = slope_of_abs(x[i])
    elif ord != 0 and y != 0.0:
        for i in range(x.size):
            if x[i] != 0.0:
                out[i] = np.sign(x[i]) * (abs(x[i]) / y) ** (ord - 1.0)
    return out


def matrix_norm_partials(x, ord, y):
    """The derivative of a matrix's norm, of an order that there is."""
    out = np.zeros_like(x)
    if x.size == 0:
        return out
    if abs(ord) == 2:
        u, _, vt = np.linalg.svd(x, False)
        k = 0 if ord > 0 else vt.shape[0] - 1
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                out[i, j] = u[i, k] * vt[k, j]
    elif abs(ord) == 1:
        add_sum_partials(x, ord > 0, out)
    else:
        add_sum_partials(x.T, ord > 0, out.T)
    return out


def add_sum_partials(x, largest, out):
    """Add the derivative of the largest, or smallest, sum of the sizes in a column."""
    sums = sums_of_sizes(x)
    extreme = np.max(sums) if largest else np.min(sums)
    ties, choice = 0, 0.0
    for j in range(x.shape[1]):
        if sums[j] == extreme:
            ties += 1
            for k in range(j):
                choice += unsettled(sums[k] - sums[j], 0.0)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if sums[j] == extreme:
                out[i, j] += slope_of_abs(x[i, j]) / ties + choice


def sums_of_sizes(x):
    """The sum of the sizes in each column."""
    sums = np.zeros(x.shape[1], x.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            sums[j] += abs(x[i, j])
    return sums


def slope_of_abs(x):
    """0 at 0 in first derivatives; in derivatives of them, that of the side to which it moves."""
    if x == 0.0:
        return ahead(x, 0.0)
    return np.sign(x)


@array_rule(np.linalg.cond)
def cond(x, p=None):
    """By singular values or norms, which have rules; inf for NaN, as in Numba."""
    order = 2.0 if p is None else p
    if abs(order) == 2:
        s = np.linalg.svd(x, False)[1]
        first, last = (s[0], s[-1]) if order > 0 else (s[-1], s[0])
        number = np.divide(first, last)
    else:
        number = np.linalg.norm(x, order) * np.linalg.norm(np.linalg.inv(x), order)
    if np.isnan(number):
        return np.inf
    return number
