"""What compiled adjoints keep on tapes: memory that a call leaves to the next."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad import runtime

x = np.linspace(0.3, 1.7, 40)


@njit
def recurrence(x):
    s = 1.0
    for v in x:
        s = np.sin(s * v)
    return s


@njit
def searched(x):
    """With tapes of numbers and of integers, one of them of a loop that may end early."""
    s, i = 1.0, 0
    while s > 1e-9 and i < x.size:
        k = int(10 * s) % x.size
        s = np.sin(s * x[k]) * x[i]
        i += 1
    return s


@pytest.fixture
def buffers():
    """The buffers that idle in the pool, none at first."""
    da.free_tapes()
    yield lambda: sorted(filter(None, runtime._slots))
    da.free_tapes()


@pytest.mark.parametrize("f", [recurrence, searched])
def test_warm_calls_take_the_tape_that_is_there(f, buffers):
    expected = da.grad(f, mode="tape")(x[:7])
    da.free_tapes()
    gradient = da.grad(f, mode="adjoint")
    first = gradient(x)
    idle = buffers()
    assert idle
    for _ in range(3):
        np.testing.assert_array_equal(gradient(x), first)
        assert buffers() == idle
    np.testing.assert_allclose(gradient(x[:7]), expected, rtol=1e-13)
    assert buffers() == idle


def test_all_nestings_share_the_pool(buffers):
    gradient = da.grad(recurrence, mode="adjoint")
    component = njit(lambda x: gradient(x)[2])
    calls = [
        da.jacobian(gradient, mode="forward"),
        da.jacobian(gradient, mode="tape"),
        da.grad(component, mode="adjoint"),
    ]
    found = [call(x) for call in calls]
    idle = buffers()
    again = [call(x) for call in calls]
    assert buffers() == idle
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found[2], found[0][2], rtol=1e-12, atol=1e-14)


def test_a_refused_call_gives_its_tape_back(buffers):
    many = np.linspace(0.3, 1.7, 400_000)
    gradient = da.grad(recurrence, mode="adjoint")
    expected = gradient(x)
    idle = buffers()
    limit = da.tape_limit()
    da.set_tape_limit(1 << 20)
    try:
        with pytest.raises(da.MemoryLimitError, match="recurrence"):
            gradient(many)
        np.testing.assert_array_equal(gradient(x), expected)
        assert buffers() == idle
    finally:
        da.set_tape_limit(limit)


def test_tapes_of_threads_are_apart():
    gradient = da.grad(njit(nogil=True)(recurrence.py_func), mode="adjoint")
    points = [np.linspace(0.3, 1.0 + k / 8, 3000) for k in range(8)]
    expected = [gradient(p) for p in points]
    wrong = []

    def run(k):
        for _ in range(200):
            if not np.array_equal(gradient(points[k]), expected[k]):
                wrong.append(k)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
