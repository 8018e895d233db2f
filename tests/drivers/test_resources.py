"""What calls cost besides time: memory is given back, threads do not meet, the tape has its limit."""

import gc
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.marks import in_battery
from tests.same import assert_same

PAGE = os.sysconf("SC_PAGE_SIZE")


@njit
def chained(x, fail):
    """Work arrays, rebound and dropped, and a result of every element."""
    work = np.zeros(x.size)
    for i in range(x.size):
        work[i] = x[i] * x[i]
    for _ in range(2):
        fresh = np.empty(x.size)
        for i in range(x.size):
            fresh[i] = work[i] + 0.5 * work[i - 1]
        work = fresh
    if fail:
        raise ValueError("asked to fail")
    s = 0.0
    for i in range(x.size):
        s += work[i]
    return s


def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@njit
def pairs(x, fail):
    if fail:
        raise ValueError("asked to fail")
    return x[0] * x[1], x[1:], (x[0], 2.0)


@njit
def auxiliary(x, fail):
    if fail:
        raise ValueError("asked to fail")
    return x[0] * x[1], (x, fail)


X = np.linspace(0.1, 1.0, 100)
TEN = X[:10].copy()
GRADIENTS = {
    "grad, forward": (da.grad(chained, mode="forward"), (X, False)),
    "grad, adjoint": (da.grad(chained, mode="adjoint"), (X, False)),
    "grad, tape": (da.grad(chained, mode="tape"), (X, False)),
    "value_and_grad, aux": (da.value_and_grad(auxiliary, has_aux=True), (X, False)),
    "jvp of tuples": (da.jvp(pairs), (X, X, False)),
    "vjp of tuples, adjoint": (da.vjp(pairs, mode="adjoint"), (X, (1.0, X[1:].copy(), (1.0, 1.0)), False)),
    "jacobian, forward": (da.jacobian(pairs, mode="forward"), (TEN, False)),
    "jacobian, adjoint": (da.jacobian(pairs, mode="adjoint"), (TEN, False)),
    "jacobian, tape": (da.jacobian(pairs, mode="tape"), (TEN, False)),
    "vjp of tuples, tape": (da.vjp(pairs, mode="tape"), (X, (1.0, X[1:].copy(), (1.0, 1.0)), False)),
    "hvp": (da.hvp(chained), (X, X, False)),
    "tape over adjoint": (da.jacobian(da.grad(chained, mode="adjoint"), mode="tape"), (TEN, False)),
    "tape over tape": (da.jacobian(da.grad(chained, mode="tape"), mode="tape"), (TEN, False)),
    "forward over forward": (da.jacobian(da.grad(chained, mode="forward"), mode="forward"), (TEN, False)),
}  # fmt: skip

# Each compiles one or two functions.
FEW = ("value_and_grad, aux", "vjp of tuples, adjoint", "jacobian, tape", "hvp")
NAMES = [name if name in FEW else in_battery(name) for name in GRADIENTS]


@pytest.mark.parametrize("name", NAMES)
def test_ten_thousand_calls_leave_no_memory_behind(name):
    driver, arguments = GRADIENTS[name]
    calls = 10_000 if name.startswith("grad") else 2_000
    for _ in range(200):
        driver(*arguments)
    before = resident()
    for _ in range(calls):
        driver(*arguments)
    assert resident() - before < 1 << 20


# Numba itself loses what a frame of its own holds when an exception passes through it: a user's function that
# calls a derivative leaks as it does without us. See tests/compiler/test_lowering.py for what raises how.
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_failing_calls_leave_no_memory_behind(name):
    driver, arguments = GRADIENTS[name]
    driver(*arguments)
    failing = (*arguments[:-1], True)

    def fail(times):
        for _ in range(times):
            with pytest.raises(ValueError, match="asked to fail"):
                driver(*failing)

    fail(200)
    before = resident()
    fail(1_000)
    assert resident() - before < 1 << 20


# -- threads --------------------------------------------------------------------------------------

THREADS = 8


@njit
def uneven(x, n):
    """Tapes of lengths that differ by thread."""
    s = 0.0
    for k in range(n):
        for i in range(x.size):
            s += np.sin(x[i] * (k + 1)) * s * 1e-3 + x[i] * x[i - 1]
    return s


def threaded(function, calls):
    """Results of the calls, made at once in as many threads."""
    barrier = Barrier(len(calls))

    def call(arguments):
        barrier.wait()
        return [function(*arguments) for _ in range(20)]

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


@pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])
@pytest.mark.parametrize("order", [1, 2])
def test_gradients_from_threads_are_those_of_serial_runs(order, mode):
    gradient = da.grad(uneven, mode=mode)
    if order == 2:
        gradient = da.jacobian(gradient, mode=mode)

    @njit(nogil=True)
    def released(x, n):
        return gradient(x, n)

    rng = np.random.default_rng(5)
    calls = [(rng.normal(size=6 + t), 30 * (t + 1)) for t in range(THREADS)]
    serial = [released(*c) for c in calls]
    for function in (released, gradient):
        for results, want in zip(threaded(function, calls), serial, strict=True):
            for got in results:
                assert_same(got, want, rtol=0)


def test_first_calls_from_threads_compile_once_and_agree():
    gradient = da.grad(lambda x: x[0] ** 2 * x[1])
    x = np.array([3.0, 2.0])
    for results in threaded(gradient, [(x,)] * THREADS):
        for got in results:
            assert_same(got, np.array([12.0, 9.0]))


# -- the tape -------------------------------------------------------------------------------------


@njit
def relaxation(x, n):
    """n statements of known derivative: y → y/2 + x from 0 has dy/dx = 2 - 2**(1 - n)."""
    y = 0.0 * x
    for _ in range(n):
        y = 0.5 * y + x
    return y


@njit
def history(x, n):
    """Every statement matters: sum of (i + 1) x**2 over n terms kept in an array."""
    terms = np.empty(n)
    for i in range(n):
        terms[i] = (i + 1) * x * x
    s = 0.0
    for i in range(n):
        s += terms[i]
    return s


@pytest.fixture
def least_limit():
    before = da.tape_limit()
    da.set_tape_limit(1 << 20)
    yield
    da.set_tape_limit(before)


@pytest.mark.parametrize("n", [1, 10, 500, 511, 512, 513, 3_000, 50_000, 1_000_000])
def test_tape_grows(n):
    gradient = da.grad(history, mode="tape")
    assert gradient(2.0, n) == pytest.approx(2.0 * n * (n + 1), rel=1e-12)
    assert da.grad(relaxation, mode="tape")(2.0, n) == pytest.approx(2.0 - 2.0 ** (1 - n), rel=1e-14)


def test_tape_shrinks_back_for_small_calls():
    """A long tape before does not disturb the short one after."""
    gradient = da.grad(history, mode="tape")
    assert [gradient(1.0, n) for n in (3, 200_000, 3, 40_000, 1)] == [
        pytest.approx(n * (n + 1), rel=1e-12) for n in (3, 200_000, 3, 40_000, 1)
    ]


@pytest.mark.parametrize("n", [1, 300, 5_000, 100_000])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_nested_tapes_grow(outer, n):
    second = da.grad(da.grad(history, mode="tape"), mode=outer)
    assert second(2.0, n) == pytest.approx(n * (n + 1), rel=1e-12)


@pytest.mark.usefixtures("least_limit")
@pytest.mark.parametrize("outer", [None, "forward", "tape"])
def test_memory_limit(outer):
    gradient = da.grad(history, mode="tape")
    if outer:
        gradient = da.grad(gradient, mode=outer)
    small = gradient(2.0, 100)
    for _ in range(3):
        with pytest.raises(da.MemoryLimitError, match=r"'history'.*set_tape_limit"):
            gradient(2.0, 1_000_000)
        assert gradient(2.0, 100) == small
    da.set_tape_limit(1 << 30)
    n = 1_000_000
    assert gradient(2.0, n) == pytest.approx((1.0 if outer else 2.0) * n * (n + 1), rel=1e-12)


@njit
def swinging(x, n):
    """No sine but the last can be had from what is left at the end."""
    y = x
    for _ in range(n):
        y = np.sin(y) * x
    return y


@pytest.mark.usefixtures("least_limit")
def test_memory_limit_of_compiled_adjoints():
    gradient = da.grad(swinging, mode="adjoint")
    small = gradient(1.5, 100)
    before = resident()
    for _ in range(20):
        with pytest.raises(da.MemoryLimitError, match=r"'swinging'.*set_tape_limit"):
            gradient(1.5, 1_000_000)
        assert gradient(1.5, 100) == small
    assert resident() - before < 4 << 20
    da.set_tape_limit(1 << 30)
    assert np.isfinite(gradient(1.5, 1_000_000))


@njit
def turned(A, x, n):
    """The matrix that each product needs is overwritten."""
    a, v, s = A.copy(), x, 0.0
    for _ in range(n):
        v = np.tanh(a @ v)
        a[:, 0] = v
        s += v[0]
        if not s < 1e6:
            raise ValueError("too far")
    return s


@pytest.mark.usefixtures("least_limit")
def test_memory_limit_counts_copies_of_arrays():
    rng = np.random.default_rng(3)
    A, x = rng.normal(size=(30, 30)), rng.normal(size=30)
    gradient = da.grad(turned, mode="adjoint")
    small = gradient(A, x, 90)
    np.testing.assert_allclose(gradient(A, x, 3), da.grad(turned, mode="tape")(A, x, 3), rtol=1e-12)
    before = resident()
    for _ in range(20):
        with pytest.raises(da.MemoryLimitError, match=r"'turned'.*set_tape_limit"):
            gradient(A, x, 1_000)
        with pytest.raises(ValueError, match="too far"):
            gradient(np.nan * A, x, 90)
        np.testing.assert_array_equal(gradient(A, x, 90), small)
    assert resident() - before < 4 << 20


@pytest.mark.usefixtures("least_limit")
def test_memory_limit_is_an_exception_of_python_too():
    with pytest.raises(MemoryError):
        da.grad(history, mode="tape")(2.0, 1_000_000)


@pytest.mark.usefixtures("least_limit")
def test_memory_limit_does_not_touch_forward_mode():
    n = 1_000_000
    assert da.grad(history, mode="forward")(2.0, n) == pytest.approx(2.0 * n * (n + 1), rel=1e-12)


@pytest.mark.parametrize("nbytes", [0, -1, (1 << 20) - 1, 1e9, "1", True, None])
def test_limit_is_checked(nbytes):
    before = da.tape_limit()
    with pytest.raises(da.ArgumentError, match="tape limit"):
        da.set_tape_limit(nbytes)
    assert da.tape_limit() == before
