"""A function in all modes: by itself, nested, and called inside compiled code."""

import numpy as np
from numba import njit

import dualad as da
from tests.agreement import assert_agrees, duplicated, slopes


def in_all_modes(f, x, *args, rtol=1e-9):
    """Value to the bit, gradient and Hessian with respect to `x`; there is a compiled adjoint."""
    x = np.array(x, dtype=np.float64)
    assert_agrees(f, x, *args, rtol=rtol)
    gradient = da.grad(f, mode="adjoint")

    @njit
    def inside(x, *args):
        return gradient(x, *args)

    want = gradient(x.copy(), *duplicated(args))
    np.testing.assert_allclose(want, da.grad(f, mode="tape")(x.copy(), *duplicated(args)), rtol=1e-12)
    np.testing.assert_array_equal(inside(x.copy(), *duplicated(args)), want)
    hessian = da.hessian(f)(x.copy(), *duplicated(args)).reshape(x.size, x.size)
    second = slopes(gradient, x, *args).reshape(x.size, x.size)
    np.testing.assert_allclose(hessian, second, rtol=rtol, atol=rtol)
