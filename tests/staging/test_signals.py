"""Ctrl-C in a long derivative: it is answered between sweeps, and nothing is lost."""

import ctypes
import gc
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from numba import njit

import dualad as da

PAGE = os.sysconf("SC_PAGE_SIZE")
C = ctypes.CDLL(None)
# What tells Python of a signal, as Ctrl-C does; and a counter of the C library's, to count the sweeps with.
interrupt = C.PyErr_SetInterruptEx
interrupt.argtypes, interrupt.restype = [ctypes.c_int], ctypes.c_int
draw = C.lrand48
draw.argtypes, draw.restype = [], ctypes.c_long
seed = C.srand48
seed.argtypes, seed.restype = [ctypes.c_long], None


@njit
def elementwise(x, number):
    draw()
    interrupt(number)
    return x * x


@njit
def scalar(x, number):
    draw()
    interrupt(number)
    s = 0.0
    for i in range(x.size):
        s += x[i] * x[i]
    return s


@njit
def slow(x):
    """Adjoints are made of code without calls of C functions: what comes is the signal of a timer."""
    work = x * x
    for _ in range(1000):
        for i in range(x.size):
            work[i] = 0.999 * work[i] + 0.001 * x[i]
    return work


DRIVERS = {
    "grad, forward": da.grad(scalar, mode="forward"),
    "hessian": da.hessian(scalar),
    "jacobian, forward": da.jacobian(elementwise, mode="forward"),
    "jacobian, tape": da.jacobian(elementwise, mode="tape"),
}
X = np.linspace(0.1, 1.0, 1000)
NONE = 0  # no signal


def draws_since_seed():
    """How many numbers have been drawn since the seed was set to 0."""
    after = draw()
    seed(0)
    return next(count for count in range(10_000) if draw() == after)


@pytest.fixture(autouse=True)
def interrupts_raise():
    """What a shell starts in the background ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("name", DRIVERS)
def test_an_interrupt_is_answered_between_sweeps(name):
    driver = DRIVERS[name]
    driver(X, NONE)
    seed(0)
    with pytest.raises(KeyboardInterrupt):
        driver(X, 2)
    few = draws_since_seed()
    seed(0)
    want = driver(X, NONE)
    many = draws_since_seed()
    # The tape records the function once, and sweeps over the record.
    assert few <= 20 < many or (name == "jacobian, tape" and many == 1)
    np.testing.assert_array_equal(driver(X, NONE), want)


@pytest.mark.parametrize("name", DRIVERS)
def test_an_interrupt_loses_nothing(name):
    """A Jacobian of these takes 8 MB."""

    def run(count):
        for _ in range(count):
            with pytest.raises(KeyboardInterrupt):
                DRIVERS[name](X, 2)
        return resident()

    before = run(5)
    assert run(30) - before < 16 << 20


class LateError(Exception):
    pass


@pytest.fixture
def timer():
    """Starts a timer that calls a handler each millisecond."""
    before = signal.getsignal(signal.SIGALRM)

    def start(handler):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 1e-3, 1e-3)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, before)


def test_signals_are_answered_between_calls_of_an_adjoint(timer):
    """A handler that does not raise leaves the result as it is; without being asked it would run once."""
    driver, x = da.jacobian(slow, mode="adjoint"), X[:400]
    want, count = driver(x), 0

    def counting(number, frame):
        nonlocal count
        count += 1

    timer(counting)
    found = driver(x)
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    assert count > 10
    np.testing.assert_array_equal(found, want)

    before = resident_after(5, driver, x, timer)
    assert resident_after(30, driver, x, timer) - before < 16 << 20


def resident_after(count, driver, x, timer):
    """Memory after calls that a handler has ended."""

    def ended():
        timer(raising_once)
        driver(x)

    for _ in range(count):
        with pytest.raises(LateError):
            ended()
    return resident()


def raising_once(number, frame):
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    raise LateError


def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def run_through(thread):
    thread.start()
    while thread.is_alive():
        thread.join(0.1)


def test_another_thread_is_not_asked():
    results = []
    thread = threading.Thread(target=lambda: results.append(DRIVERS["jacobian, forward"](X[:300], 2)))
    with pytest.raises(KeyboardInterrupt):
        run_through(thread)
    thread.join()
    np.testing.assert_array_equal(results[0], np.diag(2.0 * X[:300]))
