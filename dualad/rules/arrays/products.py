"""Products of vectors and matrices.

Source: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, 2008, section 2.2.

In what is multiplied here a zero absorbs infinities and NaN, as in the rules of scalars.
"""

from __future__ import annotations

import operator

import numpy as np

from ..algebra import absorbing
from .matrices import identity_like
from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


@array_rule(np.dot, operator.matmul, np.matmul, absorbs=True, layouts="CF")
def dot(a, b):
    return np.dot(a, b)


@dot.tangent
def dot_tangent(a, b, a_dot, b_dot):
    if a_dot is None:
        return product(a, b_dot)
    elif b_dot is None:
        return product(a_dot, b)
    else:
        return product(a_dot, b) + product(a, b_dot)


@dot.adjoint
def dot_adjoint(a, b, y_bar, a_bar, b_bar):
    if a_bar is not None:
        if b.ndim == 1:
            if a.ndim == 1:
                add_scaled(a_bar, y_bar, b)
            else:
                add_absorbing_outer(a_bar, y_bar, b)
        elif a.ndim == 1:
            a_bar += product(b, y_bar)
        else:
            a_bar += product(y_bar, b.T)
    if b_bar is not None:
        if a.ndim == 1:
            if b.ndim == 1:
                add_scaled(b_bar, y_bar, a)
            else:
                add_absorbing_outer(b_bar, a, y_bar)
        else:
            b_bar += product(a.T, y_bar)


@dot.shaped
def dot_shape(a, b):
    return (*a[:-1], *b[1:]) if {len(a), len(b)} <= {1, 2} else None


@array_rule(absorbs=True, layouts="CF")
def product(a, b):
    """The product in which zeros absorb: where this one has a NaN, compiled code sums up again."""
    return np.dot(a, b)


product.plain = dot
product.shaped(dot_shape)
product.tangent(dot_tangent)
product.adjoint(dot_adjoint)


def add_scaled(out, factor, x):
    """Add a vector times a number, where zeros absorb."""
    if np.isfinite(factor) and factor != 0.0:
        for i in range(x.size):
            out[i] += factor * x[i]
    else:
        for i in range(x.size):
            out[i] += absorbing(factor, x[i])


def add_absorbing_outer(out, x, y):
    """Add the outer product of two vectors, in which zeros absorb."""
    for i in range(x.size):
        factor = x[i]  # and no view of a row, which would cost more than its product
        if np.isfinite(factor) and factor != 0.0:
            for j in range(y.size):
                out[i, j] += factor * y[j]
        else:
            for j in range(y.size):
                out[i, j] += absorbing(factor, y[j])


@array_rule(np.vdot, absorbs=True)
def vdot(a, b):
    return np.vdot(a, b)


vdot.tangent(dot_tangent)
vdot.adjoint(dot_adjoint)


@array_rule(np.linalg.matrix_power)
def matrix_power(a, n):
    """Products that have a rule; these are the ones that Numba multiplies."""
    if a.shape[0] != a.shape[1]:
        raise ValueError("input must be a square array")
    if n == 0:
        return identity_like(a)
    base = np.linalg.inv(a) if n < 0 else a
    power = base.copy()
    remaining = abs(n)
    while remaining % 2 == 0:
        power = np.dot(power, power)
        remaining //= 2
    square = power
    remaining //= 2
    while remaining > 0:
        square = np.dot(square, square)
        if remaining % 2 == 1:
            power = np.dot(power, square)
        remaining //= 2
    return power


@array_rule(np.trace, absorbs=True)
def trace(a, offset=0):
    return np.trace(a, offset)


@trace.tangent
def trace_tangent(offset, a_dot):
    return np.trace(a_dot, offset)


@trace.adjoint
def trace_adjoint(offset, y_bar, a_bar):
    for i in range(max(0, -offset), min(a_bar.shape[0], a_bar.shape[1] - offset)):
        a_bar[i, i + offset] += y_bar


@array_rule(np.outer, absorbs=True)
def outer(a, b):
    return np.outer(a, b)


@outer.tangent
def outer_tangent(a, b, a_dot, b_dot):
    if a_dot is None:
        return outer_product(a, b_dot)
    elif b_dot is None:
        return outer_product(a_dot, b)
    else:
        return outer_product(a_dot, b) + outer_product(a, b_dot)


def outer_product(a, b):
    """All products of an element of one with one of the other, in which zeros absorb."""
    return product(a.ravel().reshape((a.size, 1)), b.ravel().reshape((1, b.size)))


@outer.adjoint
def outer_adjoint(a, b, y_bar, a_bar, b_bar):
    if a_bar is not None:
        flat = a_bar.reshape(a_bar.size)
        flat += product(y_bar, b.reshape(b.size))
    if b_bar is not None:
        flat = b_bar.reshape(b_bar.size)
        flat += product(a.reshape(a.size), y_bar)


@array_rule(np.kron, absorbs=True)
def kron(a, b):
    return np.kron(a, b)


@kron.tangent
def kron_tangent(a, b, a_dot, b_dot):
    products = outer_tangent(a, b, a_dot, b_dot)
    (m, n), (p, q) = as_rows(a).shape, as_rows(b).shape
    out = np.empty((m * p, n * q), products.dtype)
    for i in range(m):
        for j in range(n):
            for k in range(p):
                for c in range(q):
                    out[i * p + k, j * q + c] = products[i * n + j, k * q + c]
    if a.ndim == 1:
        if b.ndim == 1:
            return out.ravel()
        else:
            return out
    else:
        return out


@kron.adjoint
def kron_adjoint(a, b, y_bar, a_bar, b_bar):
    x, z = as_rows(a), as_rows(b)
    (m, n), (p, q) = x.shape, z.shape
    blocks = y_bar.reshape((m, p, n, q))
    if a_bar is not None:
        bar = as_rows(a_bar)
        for i in range(m):
            for k in range(p):
                for j in range(n):
                    for c in range(q):
                        bar[i, j] += absorbing(blocks[i, k, j, c], z[k, c])
    if b_bar is not None:
        bar = as_rows(b_bar)
        for i in range(m):
            for k in range(p):
                for j in range(n):
                    for c in range(q):
                        bar[k, c] += absorbing(blocks[i, k, j, c], x[i, j])


def as_rows(a):
    """A matrix as it is, a vector as a matrix of one row."""
    if a.ndim == 1:
        return a.reshape((1, a.size))
    else:
        return a
