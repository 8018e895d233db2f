"""Linear systems: solutions, inverses, pseudo-inverses, least squares, determinants.

Sources: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, 2008, section 2.2; G. Golub and V. Pereyra, The differentiation of pseudo-inverses and
nonlinear least squares problems whose variables separate, SIAM J. Numer. Anal. 10 (1973), equation 4.12.
"""

from __future__ import annotations

import numpy as np

from .matrices import add, add_outer, identity_like, in_order, part, subtract, transposed
from .products import add_absorbing_outer, product
from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


@array_rule(np.linalg.solve)
def solve(a, b):
    return np.linalg.solve(a, b)


@solve.tangent
def solve_tangent(a, a_dot, b_dot, y):
    if a_dot is None:
        return np.linalg.solve(a, b_dot)
    elif b_dot is None:
        return np.linalg.solve(a, -product(a_dot, y))
    else:
        return np.linalg.solve(a, b_dot - product(a_dot, y))


@solve.adjoint
def solve_adjoint(a, y, y_bar, a_bar, b_bar):
    bar = np.linalg.solve(a.T, y_bar)
    if b_bar is not None:
        b_bar += bar
    if a_bar is not None:
        if y.ndim == 1:
            add_absorbing_outer(a_bar, -bar, y)
        else:
            a_bar -= product(bar, y.T)


@solve.shaped
def solve_shape(a, b):
    return b if len(a) == 2 and len(b) in (1, 2) else None


solve.order = "F"


@array_rule(np.linalg.inv)
def inv(a):
    return np.linalg.inv(a)


@inv.tangent
def inv_tangent(a_dot, y):
    return -product(y, product(a_dot, y))


@inv.adjoint
def inv_adjoint(y, y_bar, a_bar):
    a_bar -= product(y.T, product(y_bar, y.T))


# -- pseudo-inverses ------------------------------------------------------------------------------


@inv.shaped
def inv_shape(a):
    return a if len(a) == 2 else None


inv.order = "F"


@array_rule(np.linalg.pinv, note="the rank is assumed to be constant")
def pinv(a, rcond=1e-15):
    return np.linalg.pinv(a, rcond)


@pinv.tangent
def pinv_tangent(a, a_dot, y):
    p, p_t, moved_t = in_order(y), transposed(y), transposed(a_dot)
    rows = np.dot(np.dot(p, p_t), moved_t)
    subtract(rows, np.dot(np.dot(rows, in_order(a)), p))
    columns = np.dot(moved_t, np.dot(p_t, p))
    subtract(columns, np.dot(p, np.dot(in_order(a), columns)))
    add(rows, columns)
    subtract(rows, np.dot(p, np.dot(in_order(a_dot), p)))
    return rows


@pinv.adjoint
def pinv_adjoint(a, y, y_bar, a_bar):
    p_t, bar = transposed(y), transposed(y_bar)
    outside = in_order(bar)
    subtract(outside, np.dot(a, np.dot(y, bar)))
    add(a_bar, np.dot(outside, np.dot(y, p_t)))
    outside = in_order(bar)
    subtract(outside, np.dot(np.dot(bar, y), a))
    add(a_bar, np.dot(np.dot(p_t, y), outside))
    subtract(a_bar, np.dot(p_t, np.dot(y_bar, p_t)))


@array_rule()
def pinv_of_rank(a, rank):
    """The pseudo-inverse of the nearest matrix of a rank."""
    u, s, vt = np.linalg.svd(a, False)
    scaled = np.zeros((a.shape[1], rank), a.dtype)
    for j in range(rank):
        for i in range(a.shape[1]):
            scaled[i, j] = vt[j, i] / s[j]
    return np.dot(scaled, transposed(part(u, 0, u.shape[0], 0, rank)))


pinv_of_rank.tangent(pinv_tangent)
pinv_of_rank.adjoint(pinv_adjoint)


# -- least squares --------------------------------------------------------------------------------


@array_rule(np.linalg.lstsq, note="the rank is passive and assumed to be constant")
def lstsq(a, b, rcond=-1.0):
    return np.linalg.lstsq(a, b, rcond)


@lstsq.tangent
def lstsq_tangent(a, b, a_dot, b_dot, y):
    solution, residuals, rank, s = y
    x, matrix = columns(solution), in_order(a)
    p = pinv_of_rank(matrix, rank)
    misfit = columns(b)
    subtract(misfit, np.dot(matrix, x))
    moved, s_dot = np.zeros_like(misfit), np.zeros_like(s)
    if b_dot is not None:
        add(moved, columns(b_dot))
    if a_dot is not None:
        subtract(moved, np.dot(in_order(a_dot), x))
    x_dot = np.dot(p, moved)
    if a_dot is not None:
        moving_t, p_t = transposed(a_dot), transposed(p)
        add(x_dot, np.dot(p, np.dot(p_t, np.dot(moving_t, misfit))))
        outside = np.dot(moving_t, np.dot(p_t, x))
        add(x_dot, outside)
        subtract(x_dot, np.dot(p, np.dot(matrix, outside)))
        u, _, vt = np.linalg.svd(matrix, False)
        turned = np.dot(in_order(a_dot), transposed(vt))
        for k in range(s.size):
            for i in range(a.shape[0]):
                s_dot[k] += u[i, k] * turned[i, k]
    residuals_dot = np.zeros_like(residuals)
    for k in range(residuals.size):
        for i in range(misfit.shape[0]):
            residuals_dot[k] += 2.0 * misfit[i, k] * moved[i, k]
    return x_dot.reshape(solution.shape), residuals_dot, s_dot


@lstsq.adjoint
def lstsq_adjoint(a, b, y, y_bar, a_bar, b_bar):
    x, rank, s = columns(y[0]), y[2], y[3]
    x_bar, residuals_bar, s_bar = columns(y_bar[0]), y_bar[1], y_bar[2]
    p = pinv_of_rank(a, rank)
    p_t = transposed(p)
    misfit = columns(b)
    subtract(misfit, np.dot(a, x))
    bar = np.dot(p_t, x_bar)
    moved_bar = in_order(bar)
    for k in range(residuals_bar.size):
        for i in range(misfit.shape[0]):
            moved_bar[i, k] += 2.0 * residuals_bar[k] * misfit[i, k]
    if b_bar is not None:
        add(b_bar.reshape(moved_bar.shape), moved_bar)
    if a_bar is not None:
        subtract(a_bar, np.dot(moved_bar, transposed(x)))
        add(a_bar, np.dot(misfit, transposed(np.dot(p, bar))))
        outside = x_bar
        subtract(outside, np.dot(transposed(a), bar))
        add(a_bar, np.dot(np.dot(p_t, x), transposed(outside)))
        if np.any(s_bar != 0.0):  # the vectors are those of this use only
            u, _, vt = np.linalg.svd(a, False)
            for k in range(s.size):
                add_outer(a_bar, s_bar[k] * u[:, k], vt[k])


def columns(b):
    """A copy of a matrix in C order, or of a vector as a matrix of one column."""
    if b.ndim == 1:
        return b.copy().reshape((b.size, 1))
    else:
        return in_order(b)


# -- determinants ---------------------------------------------------------------------------------


@array_rule(np.linalg.slogdet, note="NaN where the determinant is 0")
def slogdet(a):
    return np.linalg.slogdet(a)


@slogdet.tangent
def slogdet_tangent(a, a_dot, y):
    sign, _ = y
    slope = 0.0 * sign
    if sign == 0.0:
        slope += np.nan
    else:
        slope += np.trace(np.linalg.solve(a, a_dot))
    return 0.0 * sign, slope


@slogdet.adjoint
def slogdet_adjoint(a, y, y_bar, a_bar):
    sign, _ = y
    _, bar = y_bar
    if sign == 0.0:
        a_bar += np.nan * bar
    else:
        a_bar += bar * np.linalg.inv(a).T


@array_rule(np.linalg.det)
def det(a):
    return np.linalg.det(a)


@det.tangent
def det_tangent(a, a_dot, y):
    c = cofactors(a, y)
    slope = 0.0 * y
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            slope += c[i, j] * a_dot[i, j]
    return slope


@det.adjoint
def det_adjoint(a, y, y_bar, a_bar):
    a_bar += y_bar * cofactors(a, y)


@det.shaped
def det_shape(a):
    return () if len(a) == 2 else None


def cofactors(a, determinant):
    """The derivative of a determinant."""
    if determinant != 0.0:
        return transposed(determinant * np.linalg.inv(a))
    # Without division: D. Faddeev and V. Sominskii, see Householder, The theory of matrices in numerical
    # analysis, 1964, section 6.7. After n - 1 steps the product has become the adjugate.
    n = a.shape[0]
    adjugate = identity_like(a)
    for k in range(1, n):
        product = np.dot(a, adjugate)
        coefficient = np.trace(product) / k
        for i in range(n):
            product[i, i] -= coefficient
        adjugate = -product
    return transposed(adjugate)
