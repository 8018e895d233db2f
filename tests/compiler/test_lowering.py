"""An exception leaves nothing behind, whatever raises it and in whichever engine."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from numba.core.runtime import _nrt_python, rtsys

import dualad as da
from tests.compiler.exits import EXITS, cholesky, eigh, inv, leaving, solve

X = np.linspace(0.5, 1.5, 2_000)
TWO = np.array([1.0, 2.0])
PAGE = os.sysconf("SC_PAGE_SIZE")

ENGINES = ("adjoint", "tape", "forward")
DRIVERS = {mode: da.grad(leaving, mode=mode) for mode in ENGINES}


@pytest.fixture
def counts():
    """How many arrays there are, as Numba's runtime counts them."""
    _nrt_python.memsys_enable_stats()

    def count():
        gc.collect()
        now = rtsys.get_allocation_stats()
        return now.mi_alloc - now.mi_free

    yield count
    _nrt_python.memsys_disable_stats()


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def fail(driver, exception, *args, times):
    for _ in range(times):
        with pytest.raises(exception):
            driver(*args)


@pytest.mark.parametrize("way", EXITS)
@pytest.mark.parametrize("engine", DRIVERS)
def test_nothing_is_lost_on_any_exit(engine, way, counts):
    fail(DRIVERS[engine], EXITS[way], X, way, times=20)
    before, memory = counts(), resident()
    fail(DRIVERS[engine], EXITS[way], X, way, times=60)
    assert counts() == before
    assert resident() - memory < 1 << 20


def loses_nothing(function, engine, counts):
    gradient = da.grad(function, mode=engine)
    fail(gradient, np.linalg.LinAlgError, TWO, times=3)
    before = counts()
    fail(gradient, np.linalg.LinAlgError, TWO, times=20)
    assert counts() == before


def test_a_singular_matrix_costs_no_memory(counts):
    loses_nothing(solve, "adjoint", counts)


@pytest.mark.battery
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("function", [solve, inv, cholesky, eigh])
def test_nothing_is_lost_where_lapack_fails(function, engine, counts):
    loses_nothing(function, engine, counts)


@njit
def quotient(x, by):
    y = x * x
    return y[0] / by


NESTED = {
    "gradient inside": da.grad(lambda x, by: INSIDE(x, by)[0] * x[1]),
    "hvp": lambda x, by: HVP(x, x, by),
    "tape over adjoint": da.jacobian(da.grad(quotient, mode="adjoint"), mode="tape"),
    "tape over tape": da.jacobian(da.grad(quotient, mode="tape"), mode="tape"),
    "forward over forward": da.jacobian(da.grad(quotient, mode="forward"), mode="forward"),
    "rows of a jacobian": da.jacobian(lambda x, by: (x[0] * x[1], quotient(x, by)), mode="adjoint"),
}
INSIDE = da.value_and_grad(quotient)
HVP = da.hvp(quotient)


@pytest.mark.parametrize("name", NESTED)
def test_nothing_is_lost_by_derivatives_of_derivatives(name, counts):
    small = X[:4].copy()
    fail(NESTED[name], ZeroDivisionError, small, 0.0, times=3)
    before = counts()
    fail(NESTED[name], ZeroDivisionError, small, 0.0, times=20)
    assert counts() == before


def test_a_derivative_adds_nothing_to_what_a_compiled_caller_loses(counts):
    gradient = DRIVERS["adjoint"]

    @njit
    def caller(x, way):
        return gradient(x, way)[0]

    fail(caller, ZeroDivisionError, X, 2, times=3)
    before = counts()
    fail(caller, ZeroDivisionError, X, 2, times=20)
    assert counts() - before <= 20  # the references of the caller to its array


def test_a_caller_that_catches_goes_on_with_nothing_lost(counts):
    gradient = DRIVERS["adjoint"]

    @njit
    def caller(x, way):
        try:
            return gradient(x, way)[0]
        except Exception:
            return -1.0

    assert caller(X, 2) == -1.0
    before = counts()
    for _ in range(20):
        assert caller(X, 2) == -1.0
    assert counts() == before


def test_what_a_function_keeps_after_it_caught_an_exception_is_right():
    """In a function with `try` variables live on after an exception, and are released once."""

    def f(x, zero):
        kept = x * x
        try:
            work = kept * 2.0
            s = work[0] / zero
        except Exception:
            s = kept[1]
        return s * kept[0]

    for mode in ("forward", "tape"):
        gradient = da.grad(f, mode=mode)
        for _ in range(50):
            np.testing.assert_allclose(gradient(np.array([2.0, 3.0]), 0.0), [36.0, 24.0])
            np.testing.assert_allclose(gradient(np.array([2.0, 3.0]), 1.0), [64.0, 0.0])
