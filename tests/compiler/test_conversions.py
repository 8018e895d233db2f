"""Lists of floats, and the floats, arrays and lists that are put together with active ones."""

from collections import namedtuple

import numpy as np
from numba import njit

import dualad as da
from tests.agreement import assert_agrees
from tests.same import assert_same

X = (0.7, 1.3, 2.1, 0.4)
TABLE = np.array([1.0, 2.0, 3.0, 4.0])

State = namedtuple("State", "p v")


def test_lists_grow_shrink_and_are_summed():
    def f(x):
        items = [x[0], 2.0, x[1] * x[0]]
        items.append(1.0)
        items.append(x[2])
        found = []
        found.append(0.5)
        found.append(x[3] * x[0])
        zeros = [0.0] * 3
        zeros[1] = x[1]
        last = items.pop()
        squares = [u * u for u in items]
        scaled = [x[i] * i for i in range(3)]
        s = 0.0
        for u in items:
            s += u * u
        s += found[1] * found[0] + zeros[1] + last + scaled[2] + len(items)
        return s + sum(squares) + sum(zeros)

    assert_agrees(f, X)


def test_lists_are_joined_sliced_and_reordered():
    def f(x):
        items = [x[0], x[1]]
        items.reverse()
        items.extend([x[3], 1.0])
        items.insert(0, 2.0)
        del items[1]
        joined = items + items[1:]
        square = np.array([[x[i] * j for i in range(2)] for j in range(3)])
        other = list(joined)
        other[0] = x[3]
        table = [[0.0] * 2 for _ in range(2)]
        table[1][0] = x[1]
        return (
            square[2, 1] * square[1, 0]
            + other[0] * joined[1]
            + table[1][0] * joined[2]
            + table[0][0]
            + len(other) * joined[4]
        )

    assert_agrees(f, X)


def test_a_constant_list_that_is_written_to():
    def f(x):
        items = [1.0, 2.0]
        items[0] = x[0]
        nested = [[1.0, 2.0], [x[1], x[2]]]
        nested[0][1] *= x[3]
        return items[0] * items[1] + nested[0][1] * nested[1][0]

    assert_agrees(f, X, gradient=[2.0, 0.8, 0.0, 2.6])


def test_lists_of_arrays():
    def f(x):
        arrays = [np.zeros(2), np.ones(2)]
        arrays[0][1] = x[0]
        windows = []
        for i in range(3):
            windows.append(x[i : i + 2].copy())
        windows[1][0] = x[0] * 3
        s = 0.0
        for v in (x, np.full(4, 2.0)):
            s += v[0] * v[1]
        return s + arrays[0][1] * arrays[1][0] + windows[1][0] * windows[2][1]

    assert_agrees(f, X)


def test_variables_that_start_without_derivatives():
    @njit
    def started():
        return State(1.0, 0.0)

    @njit
    def moved(state, dt):
        return State(state.p + dt * state.v, state.v - dt * state.p)

    @njit
    def turned(y, x):
        for _ in range(2):
            y = np.array([y[1], y[0] * x[1]])
        return y

    @njit
    def shaped(x):
        if x[0] > 5:
            return [1.0, 2.0]
        return [x[0], x[1]]

    def f(x, start):
        state, other = State(1.0, 0.0), started()
        pair, numbers, grid = (1.0, 0.0), [0.5, 1.0], np.arange(2) * 0.5
        y, n, table = start, 1, TABLE
        for _ in range(3):
            state, other = moved(state, 0.1 * x[0]), moved(other, x[1])
            pair = (pair[0] + x[0] * pair[1], pair[1] - x[0] * pair[0])
            numbers = [x[0] * numbers[1], numbers[0]]
            grid = grid * x[2] + 1.0
            n *= x[3]
            y = y - 0.1 * x[:2]
            table = x if x[0] > 0 else table
        s = state.p * state.v + other.p + pair[0] * pair[1] + numbers[0] * numbers[1] + grid[0] * grid[1]
        last = x if x[0] > 5 else np.ones(4)
        return s + y[0] * y[1] * n + table[1] * last[0] + turned(start, x)[1] + shaped(x)[0]

    assert_agrees(f, X, np.array([1.0, 2.0]))


def test_memory_shared_between_names_and_helpers():
    @njit
    def add_to(y, a, x):
        for i in range(y.size):
            y[i] += a * x[i]

    @njit
    def chosen(first, a, b):
        return a if first else b

    def f(x):
        y, z, data = np.zeros(4), np.ones(4), np.arange(4.0)
        add_to(y, 2.0, x)
        add_to(z[1:], x[0], data[:3])
        add_to(data[:2], 1.0, np.ones(2))
        one = chosen(True, y, z)
        one[0] = 7.0
        other = chosen(False, y, z)
        other[0] = x[3] * x[1]
        return y[0] + y[1] * z[2] + z[0] + data[0] * z[1]

    assert_agrees(f, X)


def test_recursion_with_memory_of_its_own():
    @njit
    def merge_sorted(a):
        if a.size <= 1:
            return a.copy()
        left, right = merge_sorted(a[: a.size // 2]), merge_sorted(a[a.size // 2 :])
        out = np.empty(a.size)
        i = j = 0
        for k in range(a.size):
            if j >= right.size or (i < left.size and left[i] <= right[j]):
                out[k] = left[i]
                i += 1
            else:
                out[k] = right[j]
                j += 1
        return out

    @njit
    def remembered(x, n, memory):
        if n < 2:
            return x
        if memory[n] == 0:
            memory[n] = remembered(x, n - 1, memory) + remembered(x, n - 2, memory) * x
        return memory[n]

    def f(x):
        s = merge_sorted(x)
        return s[0] + 2 * s[1] + 3 * s[2] * s[3] + remembered(x[0], 8, np.zeros(10))

    assert_agrees(f, X)


def test_where_of_numbers_in_where_of_numbers():
    """The inner one is an array without dimensions, as in Numba."""

    @njit
    def f(a, b):
        return np.where(b != 0, np.where(a != 0, a * b, -b), -a)

    for mode in ("forward", "tape"):
        value, slope = da.value_and_jacobian(f, mode=mode)(0.7, 1.3)
        assert_same(value, f(0.7, 1.3))
        np.testing.assert_allclose(slope, 1.3, rtol=1e-14)
