"""Factorisations into triangles: Cholesky and QR.

Sources: I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527, 2016; S. Walter and
L. Lehmann, Algorithmic differentiation of linear algebra functions with application in optimum experimental
design, arXiv:1001.1654, 2010, sections 4.1 and 4.2.
"""

from __future__ import annotations

import numpy as np

from .matrices import add, add_part, in_order, part, subtract, symmetric_from_lower, transposed
from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

# Columns at a time: within a block plain loops do the work, between blocks matrix products.
BLOCK = 32


@array_rule(np.linalg.cholesky, note="only entries on and below the diagonal are read")
def cholesky(a):
    return np.linalg.cholesky(a)


@cholesky.tangent
def cholesky_tangent(a_dot, y):
    # Murray 2016, section 3.1.
    inverse = lower_inverse(in_order(y))
    middle = np.dot(inverse, symmetric_from_lower(a_dot))
    return np.dot(in_order(y), lower_half(np.dot(middle, transposed(inverse))))


@cholesky.adjoint
def cholesky_adjoint(y, y_bar, a_bar):
    # Murray 2016, section 4.2, from the last block of columns to the first. It multiplies less than the
    # formula for the whole, by the number of blocks.
    n = y.shape[0]
    symmetric = np.zeros_like(y)  # adjoint of a, in both triangles; twice that of the diagonal
    for k in range((n + BLOCK - 1) // BLOCK - 1, -1, -1):
        start, stop = k * BLOCK, min((k + 1) * BLOCK, n)
        factor, bar = part(y, start, stop, start, stop), part(y_bar, start, stop, start, stop)
        inverse = lower_inverse(factor)
        if stop < n:
            below, below_bar = part(y, stop, n, start, stop), part(y_bar, stop, n, start, stop)
            subtract(below_bar, np.dot(part(symmetric, stop, n, stop, n), below))
            below_bar = np.dot(below_bar, inverse)
            turned = transposed(below_bar)
            subtract(bar, np.dot(turned, below))
            add_part(symmetric, stop, start, below_bar)
            add_part(symmetric, start, stop, turned)
        half = lower_half(np.dot(transposed(factor), bar))
        add(half, transposed(half))
        add_part(symmetric, start, start, np.dot(np.dot(transposed(inverse), half), inverse))
    add_lower(a_bar, symmetric)


@cholesky.shaped
def cholesky_shape(a):
    return a if len(a) == 2 else None


def add_lower(a_bar, symmetric):
    """Add the lower triangle, and half of the diagonal."""
    for i in range(a_bar.shape[0]):
        for j in range(i):
            a_bar[i, j] += symmetric[i, j]
        a_bar[i, i] += 0.5 * symmetric[i, i]


@array_rule(np.linalg.qr, note="NaN where R has a 0 on the diagonal")
def qr(a):
    return np.linalg.qr(a)


@qr.tangent
def qr_tangent(a_dot, y):
    q, r = in_order(y[0]), in_order(y[1])
    m, k = q.shape
    inverse = transposed(lower_inverse(transposed(part(r, 0, k, 0, k))))
    moved = np.dot(part(a_dot, 0, m, 0, k), inverse)
    q_t = transposed(q)
    inside = np.dot(q_t, moved)
    rotation = skew_from_lower(inside)
    r_dot = np.dot(q_t, in_order(a_dot))
    subtract(r_dot, np.dot(rotation, r))
    subtract(rotation, inside)
    add(moved, np.dot(q, rotation))
    return moved, upper(r_dot)


@qr.adjoint
def qr_adjoint(y, y_bar, a_bar):
    q, r = y
    r_bar = upper(y_bar[1])
    k, n = r.shape
    inside = np.dot(part(r, 0, k, 0, k), transposed(part(r_bar, 0, k, 0, k)))
    bar = in_order(y_bar[0])
    if n > k:
        # The further columns are Q times theirs of R.
        rest_bar = part(r_bar, 0, k, k, n)
        add(bar, np.dot(q, np.dot(part(r, 0, k, k, n), transposed(rest_bar))))
        add_part(a_bar, 0, k, np.dot(q, rest_bar))
    subtract(inside, np.dot(transposed(bar), q))
    add(bar, np.dot(q, symmetric_from_lower(inside)))
    add_part(a_bar, 0, 0, np.dot(bar, lower_inverse(transposed(part(r, 0, k, 0, k)))))


# -- triangles ------------------------------------------------------------------------------------


def lower_inverse(lower):
    """The inverse of a lower triangular matrix; NaN if it has none."""
    n = lower.shape[0]
    inverse = np.zeros_like(lower)
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        for i in range(start, stop):
            inverse[i, i] = 1.0 / lower[i, i] if lower[i, i] != 0.0 else np.nan
            for k in range(start, i):
                for j in range(start, k + 1):
                    inverse[i, j] -= lower[i, k] * inverse[k, j]
            for j in range(start, i):
                inverse[i, j] *= inverse[i, i]
        if start > 0:
            left = np.dot(part(lower, start, stop, 0, start), part(inverse, 0, start, 0, start))
            for i in range(start, stop):
                for j in range(start):
                    for k in range(start, i + 1):
                        inverse[i, j] -= inverse[i, k] * left[k - start, j]
    return inverse


def lower_half(a):
    """The lower triangle with half the diagonal: with its transpose it adds up to a symmetric `a`."""
    out = np.zeros_like(a)
    for i in range(a.shape[0]):
        for j in range(i):
            out[i, j] = a[i, j]
        out[i, i] = 0.5 * a[i, i]
    return out


def skew_from_lower(a):
    """The antisymmetric matrix with what `a` has below the diagonal."""
    out = np.zeros_like(a)
    for i in range(a.shape[0]):
        for j in range(i):
            out[i, j] = a[i, j]
            out[j, i] = -a[i, j]
    return out


def upper(a):
    """The part on and above the diagonal."""
    out = np.zeros_like(a)
    for i in range(a.shape[0]):
        for j in range(i, a.shape[1]):
            out[i, j] = a[i, j]
    return out
