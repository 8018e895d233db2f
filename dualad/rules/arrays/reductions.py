"""Sums and what is made of them."""

from __future__ import annotations

import numpy as np

from .axes import along
from .table import array_rule

# Annotations would be compiled along; the functions below are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,attr-defined"


@array_rule(np.sum)
def sum(a, axis=None, dtype=None):
    if dtype is not None:
        return np.sum(a.astype(dtype), axis)
    if axis is None:
        return np.sum(a)
    return np.sum(a, axis)


@sum.adjoint
def sum_adjoint(y_bar, axis, a_bar):
    if axis is None:
        a_bar += y_bar
    else:
        spread(y_bar, axis, a_bar)


def spread(y_bar, axis, a_bar):
    """Add to every slice along an axis."""
    if a_bar.ndim == 1:
        for i in range(a_bar.size):
            a_bar[i] += y_bar
    else:
        whole = along(a_bar, axis)
        reduced = y_bar.reshape((whole.shape[0], whole.shape[2]))
        for i in range(whole.shape[0]):
            for j in range(whole.shape[1]):
                for k in range(whole.shape[2]):
                    whole[i, j, k] += reduced[i, k]


@array_rule(np.mean)
def mean(a):
    if a.size == 0:
        return np.sum(a) * np.nan  # Numba raises for the variance of nothing, and not for its mean
    return np.sum(a) / a.size


@array_rule(np.var)
def var(a):
    # Numba's order of operations, so that values are those of plain code.
    m = np.mean(a)
    total = 0.0
    for v in np.nditer(a):
        total += np.square(v.item() - m)
    return total / a.size


@var.adjoint
def var_adjoint(y_bar, a, a_bar):
    # The mean is rounded, so what is left of nearly equal elements has a mean of its own, which may be all
    # that there is: taken out, too, a common shift changes nothing.
    left = a - np.mean(a)
    a_bar += (2.0 / a.size) * y_bar * (left - np.mean(left))


@array_rule(np.std)
def std(a):
    return np.sqrt(np.var(a))


@array_rule(np.cumsum)
def cumsum(a):
    flat = a.ravel()
    out = np.empty_like(flat)
    if flat.size > 0:
        out[0] = flat[0]
    for i in range(1, flat.size):
        out[i] = out[i - 1] + flat[i]
    return out


@cumsum.adjoint
def cumsum_adjoint(y_bar, a_bar):
    flat = a_bar.ravel()
    total = np.zeros_like(y_bar)
    for i in range(flat.size - 1, -1, -1):
        total[i] = y_bar[i] + (total[i + 1] if i + 1 < flat.size else 0.0)
        flat[i] += total[i]


@array_rule(np.median, note="of equal elements, those that np.argsort puts in the middle are differentiated")
def median(a):
    return np.median(a)


@median.tangent
def median_tangent(a, a_dot):
    return between(a, a.size, a_dot)


@median.adjoint
def median_adjoint(a, y_bar, a_bar):
    share(a, a.size, y_bar, a_bar)


@array_rule(np.nanmedian, note="as median, without the NaNs")
def nanmedian(a):
    return np.nanmedian(a)


@nanmedian.tangent
def nanmedian_tangent(a, a_dot):
    return between(a, a.size - np.sum(np.isnan(a)), a_dot)


@nanmedian.adjoint
def nanmedian_adjoint(a, y_bar, a_bar):
    share(a, a.size - np.sum(np.isnan(a)), y_bar, a_bar)


def between(a, count, a_dot):
    """The mean of the tangents in the middle of the `count` smallest elements."""
    if count == 0:
        return 0.0 * np.sum(a_dot)
    order, flat = np.argsort(a.ravel()), a_dot.ravel()
    return (flat[order[(count - 1) // 2]] + flat[order[count // 2]]) / 2


def share(a, count, y_bar, a_bar):
    """Add to the adjoints in the middle of the `count` smallest elements."""
    if count > 0:
        order, flat = np.argsort(a.ravel()), a_bar.ravel()
        flat[order[(count - 1) // 2]] += y_bar / 2
        flat[order[count // 2]] += y_bar / 2
