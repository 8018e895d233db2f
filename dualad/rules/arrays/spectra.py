"""Eigenvalues and singular values, with their vectors.

Vectors of equal values are not unique: a rotation among them has no derivative, and what depends on it
comes out as NaN. Values, vectors of other values, and what does not depend on the vectors are not affected.
Vectors that belong to no value (of the full singular value decomposition of a matrix that is not square) move
no more than they must.

Sources: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, 2008, section 3; S. Walter and L. Lehmann, Algorithmic differentiation of linear algebra
functions with application in optimum experimental design, arXiv:1001.1654, 2010, section 4.3; J. Townsend,
Differentiating the singular value decomposition, 2016; C. Boeddeker et al., On the computation of
complex-valued gradients with application to statistically optimum beamforming, arXiv:1701.00392, 2017,
section 4.2 (eigenvectors of length 1).
"""

from __future__ import annotations

import numpy as np

from .matrices import (
    add,
    add_diagonal,
    add_part,
    add_to_lower,
    diagonal,
    in_order,
    part,
    quotient,
    subtract,
    symmetric_from_lower,
    transposed,
)
from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

LOWER = "of the entries, those on and below the diagonal are read; "
EQUAL = "values are differentiable; NaN for what depends on the choice of vectors of equal values"


@array_rule(np.linalg.eigh, note=LOWER + EQUAL)
def eigh(a):
    return np.linalg.eigh(a)


@eigh.tangent
def eigh_tangent(a_dot, y):
    v = in_order(y[1])
    moved = np.dot(transposed(v), np.dot(symmetric_from_lower(a_dot), v))
    return diagonal(moved), np.dot(v, over_gaps(moved, y[0]))


@eigh.adjoint
def eigh_adjoint(y, y_bar, a_bar):
    w, v = y
    v_t = transposed(v)
    moved_bar = over_gaps(np.dot(v_t, y_bar[1]), w)
    add_diagonal(moved_bar, y_bar[0])
    add_to_lower(a_bar, np.dot(v, np.dot(moved_bar, v_t)))


@array_rule(np.linalg.eigvalsh, note=LOWER + EQUAL)
def eigvalsh(a):
    return np.linalg.eigh(a)[0]


@array_rule(
    np.linalg.eig, note="real eigenvalues only; NaN for a matrix without a basis of eigenvectors; " + EQUAL
)
def eig(a):
    w, v = np.linalg.eig(a)
    return as_real(w), as_real(v)


@eig.tangent
def eig_tangent(a_dot, y):
    v = in_order(y[1])
    if np.linalg.slogdet(v)[0] == 0.0:
        return y[0] * np.nan, v * np.nan
    moved = in_order(np.linalg.solve(v, np.dot(in_order(a_dot), v)))
    v_dot = np.dot(v, over_gaps(moved, y[0]))
    keep_length(v, v_dot)
    return diagonal(moved), v_dot


@eig.adjoint
def eig_adjoint(y, y_bar, a_bar):
    w, v = y
    v_t, v_bar = transposed(v), in_order(y_bar[1])
    keep_length(v, v_bar)
    moved_bar = over_gaps(np.dot(v_t, v_bar), w)
    add_diagonal(moved_bar, y_bar[0])
    add(a_bar, np.linalg.solve(v_t, np.dot(moved_bar, v_t)))


@array_rule(np.linalg.eigvals, note="real eigenvalues only; " + EQUAL)
def eigvals(a):
    return np.linalg.eig(a)[0]


@array_rule(np.linalg.svd, note=EQUAL)
def svd(a, full_matrices=True):
    return np.linalg.svd(a, full_matrices)


@svd.tangent
def svd_tangent(a_dot, y):
    s, k = y[1], y[1].size
    u, v, moving = in_order(y[0]), transposed(y[2]), in_order(a_dot)
    u_first, v_first = part(u, 0, u.shape[0], 0, k), part(v, 0, v.shape[0], 0, k)
    u_moved, v_moved = np.dot(moving, v_first), np.dot(transposed(moving), u_first)
    inside = np.dot(transposed(u_first), u_moved)
    u_rotation, v_rotation = rotations(inside, s)
    u_dot = vectors_tangent(u, u_first, u_moved, u_rotation, s)
    v_dot = vectors_tangent(v, v_first, v_moved, v_rotation, s)
    return u_dot, diagonal(inside), transposed(v_dot)


@svd.adjoint
def svd_adjoint(y, y_bar, a_bar):
    s, k = y[1], y[1].size
    u, v = y[0], transposed(y[2])
    u_first, v_first = part(u, 0, u.shape[0], 0, k), part(v, 0, v.shape[0], 0, k)
    u_moved_bar, u_rotation_bar = vectors_adjoint(u, u_first, y_bar[0], s)
    v_moved_bar, v_rotation_bar = vectors_adjoint(v, v_first, transposed(y_bar[2]), s)
    inside_bar = rotations_adjoint(u_rotation_bar, v_rotation_bar, s)
    add_diagonal(inside_bar, y_bar[1])
    add(u_moved_bar, np.dot(u_first, inside_bar))
    add(a_bar, np.dot(u_moved_bar, transposed(v_first)))
    add(a_bar, np.dot(u_first, transposed(v_moved_bar)))


# -- eigenvalues ----------------------------------------------------------------------------------


def as_real(a):
    """Numbers that are real: from NumPy 2.5 on they come as complex numbers whatever they are."""
    if np.any(a.imag != 0.0):
        raise ValueError("complex eigenvalues: derivatives are those of real numbers")
    return a.real.copy()


# -- eigenvectors ---------------------------------------------------------------------------------


def over_gaps(a, w):
    """The entries ``a[i, j] / (w[j] - w[i])``; 0 on the diagonal."""
    out = np.zeros_like(a)
    for i in range(w.size):
        for j in range(w.size):
            if i != j:
                out[i, j] = quotient(a[i, j], w[j] - w[i])
    return out


def keep_length(v, moved):
    """Subtract from columns what they have of the direction of those of `v`, which have length 1."""
    for j in range(v.shape[1]):
        along = v[0, j] * moved[0, j]
        for i in range(1, v.shape[0]):
            along += v[i, j] * moved[i, j]
        for i in range(v.shape[0]):
            moved[i, j] -= v[i, j] * along


# -- singular vectors -----------------------------------------------------------------------------


def rotations(inside, s):
    """How singular vectors of either side rotate; `inside` is the tangent of the matrix in their basis."""
    left, right = np.zeros_like(inside), np.zeros_like(inside)
    for i in range(s.size):
        for j in range(s.size):
            if i != j:
                together = quotient(inside[i, j] + inside[j, i], s[j] - s[i])
                apart = quotient(inside[i, j] - inside[j, i], s[j] + s[i])
                left[i, j] = 0.5 * (together + apart)
                right[i, j] = 0.5 * (together - apart)
    return left, right


def rotations_adjoint(left_bar, right_bar, s):
    """The adjoint of `inside` from those of the rotations."""
    inside_bar = np.zeros_like(left_bar)
    for i in range(s.size):
        for j in range(s.size):
            if i != j:
                together_bar = quotient(0.5 * (left_bar[i, j] + right_bar[i, j]), s[j] - s[i])
                apart_bar = quotient(0.5 * (left_bar[i, j] - right_bar[i, j]), s[j] + s[i])
                inside_bar[i, j] += together_bar + apart_bar
                inside_bar[j, i] += together_bar - apart_bar
    return inside_bar


def vectors_tangent(u, first, moved, rotation, s):
    """How singular vectors, the columns of `u`, move: they rotate, and those with a value leave their space.

    `moved` is the tangent of the matrix times the vectors of the other side.
    """
    m, k = first.shape
    u_dot = np.zeros_like(u)
    add_part(u_dot, 0, 0, np.dot(first, rotation))
    if m > k:
        outside = in_order(moved)
        subtract(outside, np.dot(first, np.dot(transposed(first), moved)))
        add_part(u_dot, 0, 0, over_columns(outside, s))
    if u.shape[1] > k:
        rest = part(u, 0, m, k, m)
        turned = over_columns(np.dot(transposed(rest), moved), s)
        add_part(u_dot, 0, k, np.dot(first, transposed(-turned)))
    return u_dot


def vectors_adjoint(u, first, u_bar, s):
    """The adjoints of `moved` and `rotation` in :func:`vectors_tangent`."""
    m, k = first.shape
    first_bar, moved_bar = part(u_bar, 0, m, 0, k), np.zeros_like(first)
    first_t = transposed(first)
    if m > k:
        moved_bar = over_columns(first_bar, s)
        subtract(moved_bar, np.dot(first, np.dot(first_t, moved_bar)))
    if u.shape[1] > k:
        turned_bar = np.dot(transposed(part(u_bar, 0, m, k, m)), first)
        subtract(moved_bar, over_columns(np.dot(part(u, 0, m, k, m), turned_bar), s))
    return moved_bar, np.dot(first_t, first_bar)


def over_columns(a, s):
    """Columns over numbers."""
    out = np.empty((a.shape[0], a.shape[1]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = quotient(a[i, j], s[j])
    return out
