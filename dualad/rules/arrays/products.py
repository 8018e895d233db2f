"""Matrix products and their kin.

Sources: M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, 2008.
"""

from __future__ import annotations

import operator

import numpy as np

from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def outer(x, y):
    """The outer product of two vectors."""
    out = np.empty((x.size, y.size), dtype=x.dtype)
    for i in range(x.size):
        for j in range(y.size):
            out[i, j] = x[i] * y[j]
    return out


@array_rule(np.dot, operator.matmul, np.matmul, methods=("dot",))
def dot(a, b):
    return np.dot(a, b)


@dot.tangent
def dot_tangent(a, b, a_dot, b_dot):
    if a_dot is None:
        return np.dot(a, b_dot)
    elif b_dot is None:
        return np.dot(a_dot, b)
    else:
        return np.dot(a_dot, b) + np.dot(a, b_dot)


@dot.adjoint
def dot_adjoint(a, b, y_bar, a_bar, b_bar):
    if a_bar is not None:
        if b.ndim == 1:
            if a.ndim == 1:
                a_bar += y_bar * b
            else:
                a_bar += outer(y_bar, b)
        elif a.ndim == 1:
            a_bar += np.dot(b, y_bar)
        else:
            a_bar += np.dot(y_bar, b.T)
    if b_bar is not None:
        if a.ndim == 1:
            if b.ndim == 1:
                b_bar += y_bar * a
            else:
                b_bar += outer(a, y_bar)
        elif b.ndim == 1:
            b_bar += np.dot(a.T, y_bar)
        else:
            b_bar += np.dot(a.T, y_bar)
