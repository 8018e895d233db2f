"""Eigenvalues and singular values, with their vectors.

Vectors of equal values are not unique: a rotation among them has no derivative, and what depends on it
comes out as NaN. Values, vectors of other values, and what does not depend on the vectors are not affected.
Values are equal if they differ by no more than LAPACK's rounding errors, which divided by the difference
would be anything.
Vectors that belong to no value (of the full singular value decomposition of a matrix that is not square) move
no more than they must.

Sources: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, 2008, section 3; S. Walter and L. Lehmann, Algorithmic differentiation of linear algebra
functions with application in optimum experimental design, arXiv:1001.1654, 2010, section 4.3; J. Townsend,
Differentiating the singular value decomposition, 2016; C. Boeddeker et al., On the computation of
complex-valued gradients with application to statistically optimum beamforming, arXiv:1701.00392, 2017,
section 4.2 (eigenvectors of length 1); T. Kato, Perturbation theory for linear operators, 1966, section II.2
(in which directions equal eigenvalues part).
"""

from __future__ import annotations

import numpy as np

from ..algebra import function
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

unsettled = function("unsettled")
LOWER = "only entries on and below the diagonal are read; "
EQUAL = (
    "values are differentiable; NaN where a result depends on the choice of vectors of equal values, "
    "but 0 where these are multiplied by 0"
)


@array_rule(np.linalg.eigh, note=LOWER + EQUAL)
def eigh(a):
    return np.linalg.eigh(a)


@eigh.tangent
def eigh_tangent(a_dot, y):
    v = in_order(y[1])
    moved = in_basis(v, symmetric_from_lower(a_dot))
    return diagonal(moved), np.dot(v, over_gaps(moved, y[0]))


@eigh.adjoint
def eigh_adjoint(y, y_bar, a_bar):
    w, v = y
    v_t = transposed(v)
    turned_bar = np.dot(v_t, y_bar[1])
    moved_bar = over_gaps(turned_bar, w)
    blur_unequal(moved_bar, turned_bar, y_bar[0], w)
    add_diagonal(moved_bar, y_bar[0])
    add_to_lower(a_bar, np.dot(v, np.dot(moved_bar, v_t)))


@array_rule(
    np.linalg.eigvalsh,
    note=LOWER
    + "functions that are symmetric in equal values have first and second derivatives; NaN where two forward "
    "derivatives part them differently, and at third order",
)
def eigvalsh(a):
    return np.linalg.eigvalsh(a)


@eigvalsh.tangent
def eigvalsh_tangent(a, a_dot):
    return diagonal(in_basis(in_order(np.linalg.eigh(a)[1]), symmetric_from_lower(a_dot)))


@eigvalsh.nested_tangent
def eigvalsh_parting(a, a_dot):
    w, v = np.linalg.eigh(a)
    v, moving = in_order(v), symmetric_from_lower(a_dot)
    out = diagonal(in_basis(parted(w, v, moving), moving))
    add_doubts(out, w, in_basis(v, symmetric_from_lower(a)), in_basis(v, moving))
    return out


@eigvalsh.adjoint
def eigvalsh_adjoint(a, y_bar, a_bar):
    add_to_lower(a_bar, with_values(a, y_bar))


@array_rule(note=LOWER + "equal eigenvalues have equal new ones, else NaN; Daleckii and Krein 1965")
def with_values(a, x):
    """The symmetric matrix that has the eigenvectors of `a`, and the eigenvalues `x`."""
    v = in_order(np.linalg.eigh(a)[1])
    return np.dot(times_columns(v, x), transposed(v))


@with_values.tangent
def with_values_tangent(a, x, a_dot, x_dot):
    w, v = np.linalg.eigh(a)
    v = in_order(v)
    inside = np.zeros_like(v)
    if a_dot is not None:
        moving = symmetric_from_lower(a_dot)
        before = in_basis(v, moving)
        v = parted(w, v, moving)
        inside = in_basis(v, moving)
        slack, loose = rounding(w), 1e-8 * largest(x)
        for i in range(w.size):
            for j in range(w.size):
                if i != j and abs(w[j] - w[i]) > slack:
                    inside[i, j] *= (x[j] - x[i]) / (w[j] - w[i])
                elif i != j:
                    # In this basis it is 0; of which one it is nothing depends on if x is equal too.
                    stays = before[i, j] == 0.0 and before[i, i] == before[j, j]
                    inside[i, j] = 0.0 if stays or abs(x[j] - x[i]) <= loose else np.nan
            inside[i, i] = 0.0
    if x_dot is not None:
        add_diagonal(inside, x_dot)
    return np.dot(v, np.dot(inside, transposed(v)))


@with_values.adjoint
def with_values_adjoint(a, x, y_bar, a_bar, x_bar):
    w, v = np.linalg.eigh(a)
    v = in_order(v)
    inside_bar = in_basis(v, in_order(y_bar))
    if x_bar is not None:
        x_bar += diagonal(inside_bar)
    if a_bar is not None:
        slack, small = rounding(w), rounding(inside_bar)
        for i in range(w.size):
            for j in range(w.size):
                if i == j:
                    inside_bar[i, j] = 0.0
                elif abs(w[j] - w[i]) > slack:
                    inside_bar[i, j] *= (x[j] - x[i]) / (w[j] - w[i])
                else:
                    inside_bar[i, j] = gap_quotient(inside_bar[i, j], small, 0.0, slack)
        add_to_lower(a_bar, np.dot(v, np.dot(inside_bar, transposed(v))))


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
        raise ValueError("complex eigenvalues: only real numbers can be differentiated")
    return a.real.copy()


# -- eigenvectors ---------------------------------------------------------------------------------


def in_basis(v, a):
    """A matrix in the basis of the columns of an orthogonal one."""
    return np.dot(transposed(v), np.dot(a, v))


def times_columns(v, x):
    """Columns times numbers."""
    out = np.empty_like(v * x)
    for i in range(v.shape[0]):
        for j in range(v.shape[1]):
            out[i, j] = v[i, j] * x[j]
    return out


def largest(a):
    """The largest size of an entry; 0 of none."""
    out = 0.0
    for v in a.flat:
        if abs(v) > out:
            out = abs(v)
    return out


def rounding(a):
    """How far apart numbers may be that would be equal without the rounding errors of LAPACK."""
    unit = 1.2e-7 if a.itemsize == 4 else 2.3e-16
    return 8 * a.shape[0] * unit * largest(a)


def gap_quotient(x, small, gap, slack):
    """X over a gap; where it is none, 0 for 0 (but for rounding errors), else NaN."""
    if abs(gap) > slack:
        return x / gap
    if abs(x) <= small:
        return nothing(x)
    return x * np.nan


def nothing(x):
    """What is 0 but for rounding errors as 0; NaN where its derivative is asked for and is not 0."""
    return unsettled((x + 1e30) - 1e30, 0.0)


def over_gaps(a, w):
    """The entries ``a[i, j] / (w[j] - w[i])``; 0 on the diagonal."""
    out = np.zeros_like(a)
    slack, small = rounding(w), rounding(a)
    for i in range(w.size):
        for j in range(w.size):
            if i != j:
                out[i, j] = gap_quotient(a[i, j], small, w[j] - w[i], slack)
    return out


def blur_unequal(moved_bar, turned_bar, w_bar, w):
    """NaN where equal values have different adjoints, and their vectors none.

    So it is for the logarithm of the identity matrix, say: which vectors these are does make a difference.
    """
    slack, small, loose = rounding(w), rounding(turned_bar), 1e-8 * largest(w_bar)
    for i in range(w.size):
        for j in range(i):
            still = abs(turned_bar[i, i]) <= small and abs(turned_bar[j, j]) <= small
            if still and abs(w[i] - w[j]) <= slack and abs(w_bar[i] - w_bar[j]) > loose:
                moved_bar[i, j] = np.nan


def parted(w, v, moving):
    """Eigenvectors of which those of equal values are the ones that stay when the matrix moves."""
    n, moved = w.size, in_basis(v, moving)
    out = in_order(v)
    start = 0
    while start < n:
        stop = end_of_equal(w, start)
        block = part(moved, start, stop, start, stop)
        if not np.isfinite(np.sum(block)):
            for i in range(n):
                for j in range(start, stop):
                    out[i, j] = np.nan
        elif not is_diagonal(block):
            chosen = np.dot(part(v, 0, n, start, stop), in_order(np.linalg.eigh(block)[1]))
            for i in range(n):
                for j in range(stop - start):
                    out[i, start + j] = chosen[i, j]
        start = stop
    return out


def add_doubts(out, w, turned, moved):
    """Add NaN as derivative where values that part in a basis of their own move in another one.

    The values themselves have derivatives in the basis in which `turned`, the matrix, is diagonal. With those
    of `moved`, the direction, they agree if one of both is diagonal there, or moves equal values equally.
    """
    start = 0
    while start < w.size:
        stop = end_of_equal(w, start)
        if not is_diagonal(part(moved, start, stop, start, stop)):
            doubt = 0.0 * w[start]
            for i in range(start, stop):
                for j in range(start, i):
                    doubt += nothing(w[i] - w[j]) + nothing(turned[i, j])
            for i in range(start, stop):
                out[i] += doubt
        start = stop


def end_of_equal(w, start):
    """The end of the equal values that begin at `start`."""
    slack, stop = rounding(w), start + 1
    while stop < w.size and w[stop] - w[stop - 1] <= slack:
        stop += 1
    return stop


def is_diagonal(a):
    """Whether a matrix is diagonal up to rounding errors."""
    small = rounding(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if i != j and abs(a[i, j]) > small:
                return False
    return True


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
    slack, small = rounding(s), rounding(inside)
    for i in range(s.size):
        for j in range(s.size):
            if i != j:
                together = gap_quotient(inside[i, j] + inside[j, i], small, s[j] - s[i], slack)
                apart = quotient(inside[i, j] - inside[j, i], s[j] + s[i])
                left[i, j] = 0.5 * (together + apart)
                right[i, j] = 0.5 * (together - apart)
    return left, right


def rotations_adjoint(left_bar, right_bar, s):
    """The adjoint of `inside` from those of the rotations."""
    inside_bar = np.zeros_like(left_bar)
    slack, small = rounding(s), max(rounding(left_bar), rounding(right_bar))
    for i in range(s.size):
        for j in range(s.size):
            if i != j:
                together_bar = gap_quotient(
                    0.5 * (left_bar[i, j] + right_bar[i, j]), small, s[j] - s[i], slack
                )
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
