"""Largest and smallest elements. Equal elements share the derivative: of `k`, each has 1/k.

Where the result is NaN, so are the partials, as those of the maximum of two numbers. In a derivative that is
differentiated itself only those share that lead the others where they move, see :mod:`dualad.rules.kinks`.
"""

from __future__ import annotations

import numpy as np

from ..algebra import absorbing, function
from .table import array_rule

# Annotations would be compiled along; the functions are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

ahead = function("ahead")
NOTE = "equal elements share the derivative; NaN partials where the result is NaN"


@array_rule(np.max, np.amax, note=NOTE, absorbs=True)
def amax(a):
    return np.max(a)


def folded(pick, empty):
    """The extreme element by comparisons of two; `empty` is what an array without elements raises."""

    def fold(a):
        if a.size == 0:
            raise ValueError(empty)
        out = a.flat[0]
        for v in a.flat:
            out = pick(out, v)
        return out

    return fold


amax.shaped(lambda a: ())
amax.in_pieces(folded(np.maximum, "zero-size array to reduction operation maximum which has no identity"))


@amax.tangent
def largest_tangent(a, a_dot, y):
    return extreme_tangent(a, a_dot, y, 1.0)


@amax.adjoint
def largest_adjoint(a, y, y_bar, a_bar):
    add_extreme(a, y, y_bar, a_bar, 1.0)


def extreme_tangent(a, a_dot, y, toward):
    flat, moving = a.ravel(), a_dot.ravel()
    leader = leader_of(flat, y, toward)
    part, total = part_of_each(flat, y, leader), absorbing(0.0, y)
    if leader < 0:
        for i in range(flat.size):
            if flat[i] == y or y != y:
                total += absorbing(moving[i], part)
    else:
        for i in range(flat.size):
            if leads(flat, y, leader, i):
                total += absorbing(moving[i], part)
    return total


def add_extreme(a, y, y_bar, a_bar, toward):
    flat, bars = a.ravel(), a_bar.ravel()
    leader = leader_of(flat, y, toward)
    share = absorbing(y_bar, part_of_each(flat, y, leader))
    if leader < 0:
        for i in range(flat.size):
            if flat[i] == y or y != y:
                bars[i] += share
    else:
        for i in range(flat.size):
            if leads(flat, y, leader, i):
                bars[i] += share


def part_of_each(flat, y, leader):
    """One over the number of elements that share; NaN if the result is, or if nothing tells how they move."""
    if y != y:
        return np.nan
    elif leader < 0:
        return 1.0 / ties(flat, y)
    else:
        return part_of_leaders(flat, y, leader)


def ties(flat, y):
    """How many elements are the extreme one."""
    count = 0
    for i in range(flat.size):
        count += flat[i] == y
    return count


def part_of_leaders(flat, y, leader):
    """One over the number of elements that are the leader or move as it does."""
    count, unknown = 0, 0.0
    for i in range(flat.size):
        count += leads(flat, y, leader, i)
        if flat[i] == y and i != leader:
            unknown += 0.0 * ahead(flat[i], flat[leader])
    return 1.0 / count + unknown


@array_rule()
def leader_of(flat, y, toward):
    """Of the elements that are the extreme one the first that leads where they move; -1 if all share."""
    return -1


@leader_of.in_pieces
def moving_leader(flat, y, toward):
    leader = -1
    for i in range(flat.size):
        if flat[i] == y and (leader < 0 or toward * ahead(flat[i], flat[leader]) > 0.0):
            leader = i
    return leader


def leads(flat, y, leader, i):
    """Whether an element is the leader, or one that moves as it does, or that may."""
    return i == leader or (flat[i] == y and not abs(ahead(flat[i], flat[leader])) > 0.0)


@array_rule(np.min, np.amin, note=NOTE, absorbs=True)
def amin(a):
    return np.min(a)


@array_rule(np.nanmax, note=NOTE, absorbs=True)
def nanmax(a):
    return np.nanmax(a)


@array_rule(np.nanmin, note=NOTE, absorbs=True)
def nanmin(a):
    return np.nanmin(a)


amin.shaped(lambda a: ())
amin.in_pieces(folded(np.minimum, "zero-size array to reduction operation minimum which has no identity"))


@amin.tangent
def smallest_tangent(a, a_dot, y):
    return extreme_tangent(a, a_dot, y, -1.0)


@amin.adjoint
def smallest_adjoint(a, y, y_bar, a_bar):
    add_extreme(a, y, y_bar, a_bar, -1.0)


nanmax.in_pieces(folded(np.fmax, "zero-size array to reduction operation not possible"))
nanmax.tangent(largest_tangent)
nanmax.adjoint(largest_adjoint)
nanmin.in_pieces(folded(np.fmin, "zero-size array to reduction operation not possible"))
nanmin.tangent(smallest_tangent)
nanmin.adjoint(smallest_adjoint)


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
