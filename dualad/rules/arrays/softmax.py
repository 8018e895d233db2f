"""The smooth maximum and its kin. The maximum is subtracted first, so that nothing overflows."""

from __future__ import annotations

import numpy as np

from .axes import along, without
from .table import array_rule

# Annotations would be compiled along; the functions are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


@array_rule(scipy="logsumexp")
def logsumexp(a, axis=None, b=None):
    if b is None:
        return without(logarithms(along(a, axis)), a, axis)
    else:
        if b.shape != a.shape:
            raise ValueError("the weights of logsumexp have another shape than the array")
        return without(weighted_logarithms(along(a, axis), along(b, axis)), a, axis)


@logsumexp.tangent
def logsumexp_tangent(a, axis, b, a_dot, b_dot):
    by_b = slopes_of(a, axis, b)
    moved = np.zeros(by_b.shape)
    if a_dot is not None:
        if b is None:
            moved += by_b * along(a_dot, axis)
        else:
            moved += absorbing(by_b, along(b * a_dot, axis))
    if b_dot is not None:
        moved += absorbing(by_b, along(b_dot, axis))
    return without(sums(moved), a, axis)


@logsumexp.adjoint
def logsumexp_adjoint(a, axis, b, y_bar, a_bar, b_bar):
    by_b = slopes_of(a, axis, b)
    if a_bar is not None:
        if b is None:
            a_bar += scaled(by_b, y_bar, a, axis).reshape(a.shape)
        else:
            by_a = absorbing(by_b, along(b, axis))
            a_bar += scaled(by_a, y_bar, a, axis).reshape(a.shape)
    if b_bar is not None:
        b_bar += scaled(by_b, y_bar, a, axis).reshape(a.shape)


@logsumexp.shaped
def logsumexp_shape(a, axis=None):
    if not a:
        return None
    return () if axis is None else (None,) * (len(a) - 1)


def slopes_of(a, axis, b):
    """The derivatives of the logarithm by `b`, as (before, along, after)."""
    if b is None:
        return slopes(along(a, axis), None)
    else:
        return slopes(along(a, axis), along(b, axis))


def scaled(whole, y_bar, a, axis):
    """What belongs to an element of the result times that element's adjoint."""
    if axis is None:
        return whole * y_bar
    else:
        if a.ndim == 1:
            return whole * y_bar
        else:
            before, _, after = whole.shape
            return whole * np.ascontiguousarray(y_bar).reshape((before, 1, after))


@array_rule(scipy="softmax")
def softmax(x, axis=None):
    return exponential_shares(along(x, axis)).reshape(x.shape)


@softmax.tangent
def softmax_tangent(axis, x_dot, y):
    moved = along(y * x_dot, axis)
    return less_shares(moved, along(y, axis), sums(moved)).reshape(y.shape)


@softmax.adjoint
def softmax_adjoint(axis, y, y_bar, x_bar):
    moved = along(y * y_bar, axis)
    x_bar += less_shares(moved, along(y, axis), sums(moved)).reshape(y.shape)


@array_rule(scipy="log_softmax")
def log_softmax(x, axis=None):
    return logarithmic_shares(along(x, axis)).reshape(x.shape)


@log_softmax.tangent
def log_softmax_tangent(axis, x_dot, y):
    moved, shares = along(x_dot, axis), along(np.exp(y), axis)
    return less_shares(moved, np.ones(shares.shape), sums(shares * moved)).reshape(y.shape)


@log_softmax.adjoint
def log_softmax_adjoint(axis, y, y_bar, x_bar):
    moved = along(y_bar, axis)
    x_bar += less_shares(moved, along(np.exp(y), axis), sums(moved)).reshape(y.shape)


# -- arrays of shape (before, along, after) -------------------------------------------------------


def logarithms(a):
    """The logarithm of the sum of exponentials."""
    out = np.empty((a.shape[0], a.shape[2]))
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            top = -1
            largest = -np.inf
            for j in range(a.shape[1]):
                value = a[i, j, k]
                if value > largest or value != value:
                    top = j
                    largest = value
                if value != value:
                    break
            if np.isfinite(largest):
                rest = 0.0  # without the largest: log1p keeps what is small beside it
                for j in range(a.shape[1]):
                    if j != top:
                        rest += np.exp(a[i, j, k] - largest)
                largest += np.log1p(rest)
            out[i, k] = largest
    return out


def weighted_logarithms(a, b):
    """The same of the exponentials times the weights `b`; those of weight 0 do not count."""
    out = np.empty((a.shape[0], a.shape[2]))
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            largest = -np.inf
            for j in range(a.shape[1]):
                value = a[i, j, k]
                if b[i, j, k] != 0.0 and (value > largest or value != value):
                    largest = value
                if largest != largest:
                    break
            if np.isfinite(largest):
                total = 0.0
                for j in range(a.shape[1]):
                    if b[i, j, k] != 0.0:
                        total += b[i, j, k] * np.exp(a[i, j, k] - largest)
                largest += np.log(total)
            out[i, k] = largest
    return out


def exponential_shares(a):
    """Exponentials over their sum."""
    out = np.empty(a.shape)
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            largest = -np.inf
            for j in range(a.shape[1]):
                if a[i, j, k] > largest:
                    largest = a[i, j, k]
            total = 0.0
            for j in range(a.shape[1]):
                out[i, j, k] = np.exp(a[i, j, k] - largest)
                total += out[i, j, k]
            for j in range(a.shape[1]):
                out[i, j, k] = out[i, j, k] / total
    return out


def logarithmic_shares(a):
    """The logarithm of :func:`exponential_shares`."""
    out = np.empty(a.shape)
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            largest = -np.inf
            for j in range(a.shape[1]):
                if a[i, j, k] > largest:
                    largest = a[i, j, k]
            total = 0.0
            for j in range(a.shape[1]):
                total += np.exp(a[i, j, k] - largest)
            shift = np.log(total)
            for j in range(a.shape[1]):
                out[i, j, k] = a[i, j, k] - largest - shift
    return out


def slopes(a, b):
    """Exponentials over their sum, which `b` weights: the derivatives of the logarithm of the sum by `b`.

    If an element is infinite, the first such one is all of the sum. Where all are minus infinity: 0.
    """
    out = np.zeros(a.shape)
    for i in range(a.shape[0]):
        for k in range(a.shape[2]):
            top = -1
            largest = -np.inf
            for j in range(a.shape[1]):
                value = a[i, j, k]
                if (b is None or b[i, j, k] != 0.0) and (value > largest or value != value):
                    top = j
                    largest = value
                if largest != largest:
                    break
            if np.isfinite(largest):
                total = 0.0
                for j in range(a.shape[1]):
                    e = np.exp(a[i, j, k] - largest)
                    out[i, j, k] = e
                    if b is None:
                        total += e
                    elif b[i, j, k] != 0.0 or np.isfinite(e):
                        total += b[i, j, k] * e
                for j in range(a.shape[1]):
                    out[i, j, k] = out[i, j, k] / total
            elif top >= 0:
                out[i, top, k] = 1.0
    return out


def absorbing(slopes, a):
    """The product; what is exactly 0 stays 0 where a slope is infinite."""
    out = np.empty(slopes.shape)
    for i in range(slopes.shape[0]):
        for j in range(slopes.shape[1]):
            for k in range(slopes.shape[2]):
                if np.isfinite(slopes[i, j, k]) or a[i, j, k] != 0.0:
                    out[i, j, k] = slopes[i, j, k] * a[i, j, k]
                else:
                    out[i, j, k] = a[i, j, k]
    return out


def sums(a):
    """The sums along the middle axis."""
    out = np.zeros((a.shape[0], a.shape[2]))
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                out[i, k] += a[i, j, k]
    return out


def less_shares(a, shares, totals):
    """What is left if of each element its share of a total is subtracted."""
    out = np.empty(a.shape)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                out[i, j, k] = a[i, j, k] - shares[i, j, k] * totals[i, k]
    return out
