"""Largest and smallest elements. Equal elements share the derivative: of `k`, each has 1/k.

Where the result is NaN, so are the partials, as those of the maximum of two numbers.
"""

from __future__ import annotations

import numpy as np

from ..algebra import absorbing
from .table import array_rule

# Annotations would be compiled along; the functions are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

NOTE = "equal elements share the derivative; NaN partials where the result is NaN"


@array_rule(np.max, np.amax, note=NOTE, absorbs=True)
def amax(a):
    return np.max(a)


@amax.tangent
def extreme_tangent(a, a_dot, y):
    flat, moving = a.ravel(), a_dot.ravel()
    part, total = part_of_each(flat, y), absorbing(0.0, y)
    for i in range(flat.size):
        if flat[i] == y or y != y:
            total += absorbing(moving[i], part)
    return total


@amax.adjoint
def extreme_adjoint(a, y, y_bar, a_bar):
    flat, bars = a.ravel(), a_bar.ravel()
    share = absorbing(y_bar, part_of_each(flat, y))
    for i in range(flat.size):
        if flat[i] == y or y != y:
            bars[i] += share


def part_of_each(flat, y):
    """One over the number of elements that are the extreme one; NaN if it is."""
    if y != y:
        return np.nan
    count = 0
    for i in range(flat.size):
        count += flat[i] == y
    return 1.0 / count


@array_rule(np.min, np.amin, note=NOTE, absorbs=True)
def amin(a):
    return np.min(a)


@array_rule(np.nanmax, note=NOTE, absorbs=True)
def nanmax(a):
    return np.nanmax(a)


@array_rule(np.nanmin, note=NOTE, absorbs=True)
def nanmin(a):
    return np.nanmin(a)


for rule in (amin, nanmax, nanmin):
    rule.tangent(extreme_tangent)
    rule.adjoint(extreme_adjoint)


@array_rule(np.ptp, note=NOTE)
def ptp(a):
    return np.max(a) - np.min(a)


# Python's own compare element after element, as they compare several arguments.


def max_of_elements(a):
    """``max(a)`` of a vector."""
    if a.size == 0:
        raise ValueError("max() iterable argument is empty")
    largest = a[0]
    for i in range(1, a.size):
        largest = max(largest, a[i])
    return largest


def min_of_elements(a):
    """``min(a)`` of a vector."""
    if a.size == 0:
        raise ValueError("min() iterable argument is empty")
    smallest = a[0]
    for i in range(1, a.size):
        smallest = min(smallest, a[i])
    return smallest


OF_ELEMENTS = {max: max_of_elements, min: min_of_elements}
