"""Interpolation, histograms, operations of several results, and arrays that functions store into."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.adjoints.engine import SWITCHES
from tests.everywhere import holds_everywhere

from .agreement import agrees

BOTH = (frozenset(), SWITCHES)
x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])
y = np.array([0.3, -1.2, 0.8, 2.0, 0.1])
m = np.array([[0.4, 1.2, -0.3], [0.8, -0.6, 1.1], [0.1, 0.2, 0.3]])


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: np.interp(x, np.array([-1.0, 0.0, 1.0, 2.0]), y[:4]).sum(),
        lambda x, y: np.interp(x[0], np.array([0.0, 1.0, 2.0, 3.0, 4.0]), y),
        lambda x, y: (np.interp(x, np.sort(y), x) * y).sum(),
        lambda x, y: (np.histogram(x, 3)[0] * y[:3]).sum() + np.histogram(x, 3)[1][1],
        lambda x, y: (np.histogram(x, 3, (0.0, y[3]))[1] * y[:4]).sum(),
        lambda x, y: (np.histogram(x, np.array([-1.0, 0.0, 2.0]))[0] * y[:2]).sum(),
        lambda x, y: (np.append(x, y[0]) ** 2).sum() * np.nanmean(x * x) + np.nanvar(y) * np.nanstd(x),
    ],
)
def test_functions_of_arrays(f):
    agrees(f, x, y, switches=BOTH, rtol=1e-8)


def stored_twice(x, m):
    c = m.copy()
    for i in range(3):
        c[i:, i] = c[i, i:] = c[i:, i] + c[i, i:] * x[0]
    return (c * m).sum()


def places_for_results(x, m):
    o, p = np.empty((3, 3)), np.empty(3)
    np.outer(x[:3], x[:3], o)
    np.dot(m, x[:3], out=p)
    return p[0] * o[1, 2]


@pytest.mark.parametrize("f", [stored_twice, places_for_results])
def test_stores(f):
    agrees(f, x, m, switches=BOTH)


def several(x):
    mantissa, exponent = math.frexp(x[0] * x[1])
    quotient, rest = divmod(x[3] * 3.0, x[1])
    quotients, rests = np.divmod(x * 6.9, x[1])
    return mantissa * exponent + quotient * x[2] + rest * rest + (quotients * x).sum() + (rests * rests).sum()


def interpolated(x):
    table = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])
    return np.interp(x[0] * x[1], table, x * x) + (np.interp(x, table, x * x[1]) * x).sum()


@pytest.mark.parametrize("f", [several, interpolated])
def test_in_all_modes_and_nested(f):
    holds_everywhere(f, x)


def test_divisions_by_zero_raise_what_the_function_does():
    def f(x, by):
        return divmod(x[0], by)[1]

    with pytest.raises(ZeroDivisionError) as expected:
        njit(f)(x, 0.0)
    with pytest.raises(ZeroDivisionError, match=str(expected.value)):
        da.grad(f, mode="adjoint")(x, 0.0)


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
@pytest.mark.parametrize(
    ("query", "slope"), [(-0.5, 0.0), (0.0, 2.0), (0.5, 2.0), (1.0, -1.0), (2.0, 0.5), (3.0, 0.5), (4.0, 0.0)]
)
def test_slopes_at_points_of_the_table_are_those_on_the_right(mode, query, slope):
    """Of the last point that on the left; beyond the table there is none."""

    def f(q, y):
        return np.interp(q, np.array([0.0, 1.0, 2.0, 3.0]), y)

    ordinates = np.array([-0.0, 2.0, 1.0, 1.5])
    value, (by_query, by_ordinates) = da.value_and_grad(f, (0, 1), mode=mode)(query, ordinates)
    assert value == njit(f)(query, ordinates)
    assert np.signbit(value) == np.signbit(njit(f)(query, ordinates))
    assert by_query == slope
    assert by_ordinates.sum() == 1.0


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_interpolation_of_a_line_has_its_slope(mode):
    """At the points, too, and by the queries of arrays of any rank."""
    table = np.array([0.0, 1.0, 2.0])

    def f(q):
        return np.interp(q, table, 3.0 * table + 1.0).sum()

    np.testing.assert_array_equal(da.grad(f, mode=mode)(np.array([0.0, 0.5, 1.0, 2.0])), np.full(4, 3.0))
