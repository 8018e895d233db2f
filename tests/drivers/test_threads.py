"""Other threads of Python run while a derivative runs, if the function was compiled with ``nogil=True``."""

import sys
import threading

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.same import assert_same

LIMIT = 4 * 10**9  # half a minute: only who waits in vain comes so far


@njit(nogil=True)
def waiting(x, flags, most):
    """x³ once another thread has set the flags; 0 if none did."""
    i = 0
    while flags[i % flags.size] == 0 and i < most:
        i += 1
    return x * x * x if i < most else 0.0 * x


held = njit(waiting.py_func)


@njit(nogil=True)
def several(x, flags, most):
    y = waiting(x[0], flags, most)
    return np.array([y, 2.0 * y])


@njit(nogil=True)
def with_auxiliary(x, flags, most):
    return waiting(x, flags, most), 1


def run(derivative, *args, most=LIMIT):
    """The derivative, called while another thread waits for the interpreter to set the flags."""
    flags = np.zeros(3, np.int64)
    derivative(*args, np.ones(3, np.int64), most)  # compiled
    called = threading.Event()

    def set_flags():
        called.wait()
        flags[:] = 1

    thread = threading.Thread(target=set_flags)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e6)  # this thread keeps the interpreter until it gives it up itself
    try:
        called.set()
        return derivative(*args, flags, most)
    finally:
        sys.setswitchinterval(interval)
        thread.join()


X = np.array([2.0])
DERIVATIVES = {
    "derivative": (da.derivative(waiting), (2.0,), 12.0),
    "second derivative": (da.derivative(waiting, order=2), (2.0,), 12.0),
    "grad, forward": (da.grad(waiting, mode="forward"), (2.0,), 12.0),
    "grad, adjoint": (da.grad(waiting, mode="adjoint"), (2.0,), 12.0),
    "grad, tape": (da.grad(waiting, mode="tape"), (2.0,), 12.0),
    "value_and_grad": (da.value_and_grad(with_auxiliary, has_aux=True), (2.0,), ((8.0, 1), 12.0)),
    "jacobian": (da.jacobian(several), (X,), np.array([[12.0], [24.0]])),
    "value_and_jacobian": (da.value_and_jacobian(waiting), (2.0,), (8.0, 12.0)),
    "hessian": (da.hessian(waiting), (2.0,), 12.0),
    "hvp": (da.hvp(waiting), (2.0, 1.0), 12.0),
    "jvp": (da.jvp(waiting), (2.0, 1.0), (8.0, 12.0)),
    "vjp": (da.vjp(waiting), (2.0, 1.0), (8.0, 12.0)),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_the_interpreter_is_free(name):
    derivative, args, right = DERIVATIVES[name]
    assert_same(run(derivative, *args), right)


def test_the_interpreter_is_held_otherwise():
    """As a function is compiled without the option."""
    assert run(da.derivative(held), 2.0, most=1000) == 0.0
