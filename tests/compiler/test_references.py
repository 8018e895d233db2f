"""Arrays and lists are freed, each once: after results, after exceptions, in whatever they were converted."""

import gc
import sys

import numpy as np
import pytest
from numba import njit
from numba.core.runtime import _nrt_python, rtsys

import dualad as da
from tests.marks import in_battery

X = np.array([0.7, 1.3, 2.1, 0.4])


@pytest.fixture(scope="module", autouse=True)
def counted():
    _nrt_python.memsys_enable_stats()
    yield
    _nrt_python.memsys_disable_stats()


def growth(call):
    """By how much ten calls change the number of living blocks of memory, and of references to `X`."""
    call()
    gc.collect()
    before = rtsys.get_allocation_stats(), sys.getrefcount(X)
    for _ in range(10):
        call()
    gc.collect()
    after = rtsys.get_allocation_stats(), sys.getrefcount(X)
    blocks = (after[0].mi_alloc - after[0].mi_free) - (before[0].mi_alloc - before[0].mi_free)
    return blocks, after[1] - before[1]


@njit
def made(n):
    return np.zeros(n), [0.0] * n


@njit
def chosen(first, a, b):
    return a if first else b


@njit
def busy(x):
    work, items = made(3)
    work[0] = x[0] * x[1]
    items[1] = x[3]
    grid = np.linspace(0, 1, 4)
    grid[1] = x[2]
    arrays = [np.zeros(2), np.ones(2)]
    arrays[0][0] = x[1]
    one = chosen(True, work, grid)
    together = (x, one, items)
    part = x[1:3].copy()
    doubled = [u * 2 for u in items]
    table = np.array([[1.0, 2.0], [x[0], x[1]]])
    s = doubled[1] * table[1, 0]
    for v in (x, np.ones(4)):
        s += v[0]
    whole = part * 2.0 + part
    found = None
    if x[0] > 0:
        found = x * 2
    if found is not None:
        s += found[0]
    return s + work[0] + items[1] * grid[1] * arrays[0][0] + one[0] * together[1][0] * whole[0]


@njit
def storing(x, work, pair):
    work[0] = x[0]
    pair[1][0] *= 2
    pair[1][1] = x[2]
    if work[1] < 0:
        raise ValueError("negative")
    return work[0] * pair[1][0] * pair[1][1] * work[1]


@pytest.mark.parametrize("mode", ["reverse", in_battery("forward"), in_battery("tape")])
def test_after_results(mode):
    for driver in (da.value_and_grad(busy, mode=mode), da.hessian(busy, mode=mode)):
        assert growth(lambda driver=driver: driver(X)) == (0, 0)
    passive = np.ones(3), (2.0, np.ones(3))
    gradient = da.grad(storing, mode=mode)
    assert growth(lambda: gradient(X, *passive)) == (0, 0)


@pytest.mark.parametrize("mode", ["tape", in_battery("forward"), in_battery("reverse")])
def test_after_exceptions(mode):
    gradient = da.grad(storing, mode=mode)
    bad = -np.ones(3), (2.0, np.ones(3))

    def fail():
        with pytest.raises(ValueError, match="negative"):
            gradient(X, *bad)

    assert growth(fail) == (0, 0)

    @njit
    def catching(x, work, pair):
        s = 0.0
        for _ in range(3):
            try:
                s += gradient(x, work, pair)[0]
            except Exception:
                s += 1.0
        return s

    assert catching(X, *bad) == 3.0
    assert growth(lambda: catching(X, *bad)) == (0, 0)
    good = np.ones(3), (2.0, np.ones(3))
    assert growth(lambda: catching(X, *good)) == (0, 0)


def test_after_exceptions_of_our_own():
    push = da.jvp(busy)

    def misshapen():
        with pytest.raises(da.ArgumentError, match="shape"):
            push(X, np.ones(3))

    assert growth(misshapen) == (0, 0)

    @njit
    def long(x, n):
        s, out = x[0], np.zeros(3)
        out[1] = x[1]
        for _ in range(n):
            s = s * x[1] + x[2]
        return out * s

    pull, before = da.vjp(long), da.tape_limit()

    def overflow():
        with pytest.raises(da.MemoryLimitError):
            pull(X, np.ones(3), 200_000)

    da.set_tape_limit(1 << 20)
    try:
        assert growth(overflow) == (0, 0)
    finally:
        da.set_tape_limit(before)
