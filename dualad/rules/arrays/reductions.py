"""Sums and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .table import array_rule

# Annotations would be compiled along; the functions below are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def along(a, axis) -> Any:
    """A C-ordered array as (before, along, after) the axis, for loops that do not depend on its rank."""
    before = after = 1
    for i in range(a.ndim):
        if i < axis:
            before *= a.shape[i]
        elif i > axis:
            after *= a.shape[i]
    return a.reshape((before, a.shape[axis], after))


@array_rule(np.sum, methods=("sum",))
def sum(a, axis=None):
    if axis is None:
        return np.sum(a)
    return np.sum(a, axis)


@sum.adjoint
def sum_adjoint(y_bar, axis, a_bar):
    if axis is None:
        a_bar += y_bar
    else:
        position = axis + a_bar.ndim if axis < 0 else axis
        whole = along(a_bar, position)
        reduced = y_bar.reshape((whole.shape[0], whole.shape[2]))
        for i in range(whole.shape[0]):
            for j in range(whole.shape[1]):
                for k in range(whole.shape[2]):
                    whole[i, j, k] += reduced[i, k]
