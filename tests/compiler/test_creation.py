"""Work arrays: created, viewed, sliced, overwritten, as in code that knows nothing of derivatives."""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.agreement import MODES, assert_agrees
from tests.same import assert_same

X = (0.7, 1.3, 2.1, 0.4)


def test_creation_by_shape():
    def f(x):
        n = x.size
        a = np.zeros(n)
        b = np.empty((n,), dtype=np.float64)
        c = np.ones(n, float)
        d = np.full(n, 2.0)
        e = np.full((n,), x[0])
        m = np.zeros((2, 3))
        t = np.zeros((2, 3, 2), np.float64)
        for i in range(n):
            a[i] = x[i] ** 2
            b[i] = a[i] * 2
            c[i] += b[i]
            d[i] *= c[i]
            e[i] -= d[i]
        m[1, 2] = x[2]
        m[1] = x[1]
        m[0, :] = 3.0
        t[1, 1, 1] = m[1, 2] * x[3]
        s = m[0, 0] + m[1, 1] * t[1, 1, 1] + t[0, 0, 0]
        for i in range(n):
            s += a[i] + b[i] + c[i] * d[i] + e[i]
        return s

    assert_agrees(f, X)


def test_creation_after_a_prototype():
    def f(x):
        a, b = np.zeros_like(x), np.empty_like(x)
        c, d = np.ones_like(x), np.full_like(x, x[1])
        table = np.asfortranarray(np.ones((2, 2)))
        e = np.zeros_like(table)
        for i in range(x.size):
            a[i] += x[i]
            a[i] /= 2
            b[i] = a[i] * x[0]
            c[i] **= 2
            c[i] *= x[i]
            d[i] += c[i]
        e[1, 0] = x[3]
        e[0] = x[:2]
        flat = e.T.copy().reshape(4)
        return a[1] * b[2] + d[3] + flat[1] * flat[2] + flat[0]

    assert_agrees(f, X)


def test_creation_from_lists_and_tuples():
    def f(x):
        rows = [[x[0], 1.0], [2.0, x[1]]]
        a, b = np.array(rows), np.array([[x[0], 2], [x[1], x[2]]])
        c, d = np.array((x[0], 1, 2.0)), np.array([1.0, 2.0])
        e = np.array([i * x[i] for i in range(3)])
        deep = np.array([[[x[3], 1.0]], [[2.0, 3.0]]])
        d[0] = x[3]
        same, listed = np.asarray(x), np.asarray([x[1], 1.0])
        same[2] = listed[0] * np.asarray(x, dtype=np.float64)[3]
        n = np.array([1, 2, 3])
        n[0] = 5
        s = a[0, 0] * a[1, 1] + b[0, 1] * b[1, 1] + c[0] * c[1] + d[0] * d[1]
        return s + e[2] * n[0] + deep[0, 0, 0] * deep[1, 0, 1]

    assert_agrees(f, X)


def test_ways_to_name_a_dtype():
    def f(x):
        n = x.size
        a = np.zeros(n, "float64")
        b = np.zeros(shape=n, dtype=np.float64)
        c = np.zeros((n,), dtype="f8")
        d = np.ones(n, x.dtype)
        e = np.full(n, dtype=np.float64, fill_value=1.0)
        g = x.astype(np.float64)
        for i in range(n):
            a[i] = x[i]
            b[i] = a[i] * 2
            c[i] = b[i] * x[i]
            d[i] = c[i]
            e[i] += d[i] * g[i]
        return e[0] + e[3]

    assert_agrees(f, X)


def test_integers_and_booleans_stay_what_they_are():
    def f(x):
        counts, known = np.zeros(3, np.int64), np.zeros(3, dtype=np.bool_)
        sevens = np.full(3, 7)
        for i in range(3):
            counts[i] += int(x[i]) * sevens[i] // 2
            known[i] = x[i] > 1.0
        s = 0.0
        for i in range(3):
            if known[i]:
                s += counts[i] * x[i]
        return s

    assert_agrees(f, X, gradient=[0.0, 3.0, 7.0, 0.0])


@pytest.mark.parametrize("mode", MODES)
def test_single_precision(mode):
    def f(x):
        work = np.zeros(2, np.float32)
        work[0] = x[0]
        work[1] = x[1] * 3
        return work[0] * work[1]

    x = np.array([0.7, 1.3])
    value, gradient = da.value_and_grad(f, mode=mode)(x)
    assert value == njit(f)(x)
    assert_same(gradient, 3 * x[::-1], rtol=1e-6)

    single = np.array([0.7, 1.3], np.float32)
    value, gradient = da.value_and_grad(f, mode=mode)(single)
    assert value == njit(f)(single)
    assert_same(gradient, 3 * single[::-1], rtol=1e-6)


def test_views_and_slices_are_read_and_written_through():
    def f(x):
        a = np.zeros(5)
        v = a[1:3]
        v[0] = x[0]
        v[1] = x[1] * x[0]
        a[3:] = a[1:3]
        b = np.zeros((2, 3))
        row = b[1]
        row[0] = x[2]
        b[0, :] = 2.0
        b[:, 2] = x[3]
        b.T[0, 0] = x[0] * 7
        flat = b.reshape(6)
        flat[1] *= x[1]
        filled = np.zeros((2, 2))
        filled[:] = x[0]
        filled[1] = 3.0
        filled[...] = filled * 2
        kept = b.copy()
        kept[0, 0] *= 2
        s = kept[0, 0] * filled[0, 0] + filled[1, 1] + b.ravel()[2] + b.flatten()[3] * a[-1]
        for i in range(5):
            s += a[i] * (i + 1)
        for i in range(6):
            s += flat[i] * i
        return s

    assert_agrees(f, X)


def test_selections_and_copies_of_the_argument():
    def f(x):
        large, chosen = x[x > 0.5], x[np.array([0, 2])]
        mine, other = x.copy(), np.copy(x)
        mine[0] = mine[1] * x[3]
        other[::2] = 2.0
        other[1:] += mine[:-1]
        x[3] = x[0] * x[1]  # the argument itself
        return large[0] * chosen[1] + mine[0] * other[1] * x[3]

    assert_agrees(f, X)


def test_whole_array_updates():
    def f(x, data):
        out = np.zeros(4)
        out += x
        out *= 2.0
        view = out[1:3]
        view -= 1.0
        m = np.ones((2, 4))
        m[1] += x
        m[0] *= x[0]
        row = m[0]
        row += 1.0
        total = data[0]
        for i in range(4):
            total += x[i] * data[i]
        return total * out[2] + m[1, 2] + row[0] * m[0, 1]

    assert_agrees(f, X, np.arange(1.0, 5.0))


def test_arrays_that_stay_passive():
    def f(x):
        weights = np.array([1.0, 2.0, 3.0])
        w = weights[1]
        w = w * x[0]
        grid = np.linspace(0.0, 1.0, 4)
        return w * np.linalg.norm(weights) + grid[2] * x[1]

    assert_agrees(f, X, gradient=[2 * np.sqrt(14.0), 2 / 3, 0.0, 0.0])


def test_arrays_of_other_makers_come_to_hold_derivatives():
    @njit
    def made(n):
        return np.zeros(n), [0.0] * n

    def f(x):
        work, items = made(3)
        work[0] = x[0] * x[1]
        items[1] = x[3]
        grid = np.linspace(0, 1, 4)
        grid[1] = x[2]
        unit = np.eye(2)
        unit[0, 0] = x[3]
        numbers = np.arange(3) * 1.0
        numbers[1] *= x[0]
        return work[0] + work[1] + grid[1] * grid[2] + unit[0, 0] * unit[1, 1] + numbers[1] * items[1]

    assert_agrees(f, X, gradient=[1.3 + 0.4, 0.7, 2 / 3, 1.0 + 0.7], rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_every_layout_of_the_argument(mode):
    def f(x):
        s = 0.0
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                s += (i + 2 * j + 1) * x[i, j] ** 2
        return s + x.T[0, 1] * x[1, -1]

    weights = np.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])
    x = np.arange(1.0, 7.0).reshape(2, 3)
    want = 2 * weights * x
    want[1, 0] += x[1, 2]
    want[1, 2] += x[1, 0]
    strided = np.zeros((4, 6))[::2, ::2]
    strided[...] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    gradient = da.grad(f, mode=mode)
    for given in (x, np.asfortranarray(x), strided, frozen, x[::-1, ::-1][::-1, ::-1]):
        assert_same(gradient(given), want)
        np.testing.assert_array_equal(given, x)


@pytest.mark.parametrize("mode", MODES)
def test_arrays_without_dimensions_or_elements(mode):
    assert_same(da.grad(lambda x: x[()] ** 2, mode=mode)(np.array(3.0)), np.array(6.0))
    empty = da.value_and_grad(lambda x: 3.0 + x.size, mode=mode)(np.zeros(0))
    assert_same(empty, (3.0, np.zeros(0)))
    square = da.jacobian(lambda x: x * x, mode=mode)
    assert_same(square(np.zeros(0)), np.zeros((0, 0)))


@njit
def added(x, w):
    w += x


@njit
def added_further_down(x, w):
    added(x, w)


def updated_argument(x, w):
    w += x
    return np.sum(w * w)


def updated_in_a_helper(x, w):
    added(x, w)
    return np.sum(w * w)


def created_and_updated_further_down(x, w):
    own = w.copy()
    added_further_down(x, own)
    return np.sum(own * own)


@pytest.mark.parametrize("mode", ["forward", "tape", "adjoint"])
@pytest.mark.parametrize("f", [updated_argument, updated_in_a_helper, created_and_updated_further_down])
def test_whole_arrays_are_updated_by_active_ones(f, mode):
    """A passive array that ``+=`` changes is made active, wherever it is done."""
    x, w = np.array([1.0, 2.0]), np.array([0.5, 0.25])
    np.testing.assert_array_equal(da.grad(f, mode=mode)(x, w), 2.0 * (x + w))
    np.testing.assert_array_equal(w, [0.5, 0.25])


@njit
def whole(a):
    return a if a.size else a.reshape(0)


@njit
def first_added(x, a, b):
    part = whole(a)
    part[0] += x
    part = whole(b)
    part[0] += x


@pytest.mark.parametrize("mode", ["forward", "tape", "adjoint"])
def test_one_name_for_what_helpers_return_of_several_arrays(mode):
    def f(x):
        a, b = np.zeros(2), np.zeros(2)
        first_added(x, a, b)
        return a[0] * a[0] + 3.0 * b[0] * b[0]

    assert da.grad(f, mode=mode)(2.0) == 16.0


def test_work_array_that_may_be_none():
    """An optional argument that is made if it is missing, as in many libraries."""

    @njit
    def scaled(x, work=None):
        if work is None:
            work = np.empty(x.size)
        work[:] = x * x
        buffer = np.empty(work.shape[0], dtype=work.dtype)
        for i in range(work.size):
            buffer[i] = work[i] * x[0]
        buffer += np.asarray(work) + np.ones_like(work) * work.itemsize
        return np.sum(buffer) * work.sum() + work.max()

    def f(x):
        return scaled(x)

    assert_agrees(f, X)
