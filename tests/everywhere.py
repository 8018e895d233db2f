"""A function in all modes, nested, and inside compiled code."""

import numpy as np
from numba import njit

import dualad as da
from tests.agreement import differences, plain


def holds_everywhere(f, x, *, nested="adjoint", rtol=1e-9):
    """Values to the bit, gradients as differences give them, second derivatives the same by all ways.

    Forward mode, the compiled adjoint and the tape; the Hessian; and the gradient of compiled code that
    calls the gradient, by the mode `nested`. The argument must not change.
    """
    x, f = np.array(x, dtype=np.float64), plain(f)
    value, slope = f(x.copy()), differences(f, x)
    for mode in ("forward", "adjoint", "tape"):
        given = x.copy()
        got, found = da.value_and_grad(f, mode=mode)(given)
        assert got == value, mode
        np.testing.assert_allclose(found, slope, rtol=rtol, atol=rtol, err_msg=mode)
        np.testing.assert_equal(given, x)
    second = da.hessian(f, mode="forward")(x)
    np.testing.assert_allclose(da.hessian(f)(x), second, rtol=rtol, atol=rtol)
    gradient = da.grad(f, mode="adjoint")

    @njit
    def length(x):
        return np.sum(gradient(x) ** 2)

    got, found = da.value_and_grad(length, mode=nested)(x)
    assert got == length(x)
    np.testing.assert_allclose(found, 2.0 * second @ gradient(x), rtol=rtol, atol=rtol)
