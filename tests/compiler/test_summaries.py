"""Derivatives never write to the caller's arrays and lists: what the function stores into is a copy."""

import numpy as np
import pytest
from numba import njit, typed, types
from numba.experimental import jitclass

import dualad as da
from dualad.compiler.analysis.summaries import stored_arguments, summary_of
from dualad.types.active import Dual
from tests.agreement import MODES, assert_agrees
from tests.same import assert_same

X = (0.7, 1.3, 2.1, 0.4)


@njit
def write_second(x, rows):
    view = rows[1:]
    view[0] = x[0] * x[1]


@njit
def counting(x, data, counts, rows):
    s = 0.0
    for i in range(x.size):
        counts[i] += 1
        s += x[i] * data[i] * counts[i]
    write_second(x, rows[1])
    return s + rows[1, 1] * rows[0, 0]


def test_a_workspace_that_is_passed_in():
    def f(x, work):
        work[0] = x[0] * x[1]
        work[1] += x[2]
        return work[0] * work[1] + work[2]

    assert_agrees(f, X, np.arange(1.0, 5.0))


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPendingDeprecationWarning")
def test_lists_and_tuples_that_are_written_to():
    def f(x, items, pair):
        items.append(3.0)
        items[0] = x[0]
        pair[1][0] = x[0]
        s = 0.0
        for v in items:
            s += v * x[1]
        return s + pair[1][0] * pair[0]

    assert_agrees(f, X, [1.0, 2.0], (2.0, np.ones(3)))


@pytest.mark.parametrize("chunk", [1, 3, None])
def test_every_forward_pass_starts_from_the_same_arrays(chunk):
    x = np.arange(1.0, 5.0)
    args = np.arange(4.0), np.zeros(4, np.int64), np.ones((2, 3))
    given = tuple(a.copy() for a in args)
    want = 20.0 + 2.0, np.array([2.0, 2.0, 2.0, 3.0])
    assert_same(da.value_and_grad(counting, mode="forward", chunk=chunk)(x, *given), want)
    np.testing.assert_equal(given, args)


def test_reverse_and_nested_derivatives_leave_them_alone_too():
    x = np.arange(1.0, 5.0)
    args = np.arange(4.0), np.zeros(4, np.int64), np.ones((2, 3))
    given = tuple(a.copy() for a in args)
    assert_same(da.grad(counting, mode="reverse")(x, *given), np.array([2.0, 2.0, 2.0, 3.0]))
    hessian = np.zeros((4, 4))
    hessian[0, 1] = hessian[1, 0] = 1.0
    assert_same(da.hessian(counting)(x, *given), hessian)
    assert_same(da.hessian(counting, mode="forward")(x, *given), hessian)

    gradient = da.grad(counting)

    @njit
    def inside(x, data, counts, rows):
        return gradient(x, data, counts, rows)

    assert_same(inside(x, *given), np.array([2.0, 2.0, 2.0, 3.0]))
    np.testing.assert_equal(given, args)


def test_the_gradient_by_a_workspace():
    def f(x, work):
        work[0] *= x[0]
        return work[0] * work[1]

    for mode in MODES:
        by_x, by_work = da.grad(f, (0, 1), mode=mode)(np.array([3.0]), np.array([2.0, 5.0]))
        assert_same((by_x, by_work), (np.array([10.0]), np.array([15.0, 6.0])))


def test_containers_that_cannot_be_copied_are_refused():
    @jitclass([("total", types.float64)])
    class Tally:
        def __init__(self):
            self.total = 0.0

    def count(x, tally):
        tally.total += 1.0
        return x * tally.total

    def look_up(x, table):
        table[2] = 1.0
        return x * table[1]

    def read(x, tally, table):
        return x * (tally.total + table[1])

    table = typed.Dict()
    table[1] = 2.0
    with pytest.raises(da.UnsupportedError, match="stores into its argument 'tally'"):
        da.grad(count)(1.0, Tally())
    with pytest.raises(da.UnsupportedError, match="stores into its argument 'table'"):
        da.grad(look_up)(1.0, table)
    assert da.grad(read)(1.0, Tally(), table) == 2.0


# -- the analysis ---------------------------------------------------------------------------------


def position_sets(function, *is_active):
    argtypes = [Dual(types.float64, 1, 1) if active else types.float64 for active in is_active]
    found = stored_arguments(njit(function), argtypes)
    return set(found.passive), set(found.active)


def test_stores_are_found_through_views_elements_and_helpers():
    def f(x, a, b, c, d, e, g):
        v = a[1:]
        v[0] = x[0]
        b.T[0] = 1.0
        row = c[0]
        row += 1.0
        write_second(x, d)
        for r in e:
            r[0] = 2.0
        return g[0] + x[1]

    assert position_sets(f, True, *[False] * 6) == ({2, 3, 5}, {1, 4})


def test_reading_is_no_store():
    def f(x, a, b, c, d):
        s = 0.0
        for u, v in zip(a, b):  # noqa: B905
            s += u * v * x[0]
        mine = c.copy()
        mine[0] = s
        other = np.zeros_like(d)
        other[0] = np.sum(c) + d.max()
        return mine[0] + other[0]

    assert position_sets(f, True, *[False] * 4) == (set(), set())


def test_helpers_that_call_each_other_are_summed_up_together():
    @njit
    def first(a, b, n):
        a[0] = 1.0
        return second(b, a, n - 1) if n else b

    @njit
    def second(a, b, n):
        return first(a, b, n - 1) if n else a[1:]

    summary = summary_of(first)
    assert summary.written == {0, 1}
    assert summary.returned >= {0, 1}
