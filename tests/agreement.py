"""Functions as users write them, held against Numba's own compilation of them."""

import copy

import numpy as np
from numba import njit
from numba.core.dispatcher import Dispatcher

import dualad as da

MODES = ("forward", "reverse", "tape")
# Weights of f(x + kh) - f(x - kh), k = 1..4: exact for polynomials of degree 8 (Fornberg 1988).
_WEIGHTS = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
_STEP = 2e-3


def plain(f):
    """The function without derivatives, as Numba compiles it."""
    return f if isinstance(f, Dispatcher) else njit(f)


def duplicated(args):
    """Copies of what a function might write to; typed containers and the like are handed on."""
    return tuple(map(_duplicated, args))


def _duplicated(arg):
    if isinstance(arg, tuple):
        items = map(_duplicated, arg)
        return type(arg)(*items) if hasattr(arg, "_fields") else tuple(items)
    return copy.deepcopy(arg) if isinstance(arg, np.ndarray | list) else arg


def differences(f, x, *args):
    """The gradient by central differences of order 8."""
    return slopes(plain(f), x, *args).reshape(x.shape)


def slopes(function, x, *args):
    """Central differences of a function by each element of `x`."""

    def moved(i, step):
        y = x.copy()
        y.flat[i] += step
        return function(y, *duplicated(args))

    return np.array(
        [
            sum(w * (moved(i, k * _STEP) - moved(i, -k * _STEP)) for k, w in enumerate(_WEIGHTS, 1)) / _STEP
            for i in range(x.size)
        ]
    )


def assert_agrees(f, x, *args, gradient=None, rtol=1e-9):
    """In every mode `f` has the value that Numba computes, to the bit, and the gradient of `f` by `x`.

    The gradient is the one given, else that of differences. Neither `x` nor `args` may change.
    """
    x = np.array(x, dtype=np.float64)
    primal = plain(f)
    value = primal(x.copy(), *duplicated(args))
    want = differences(primal, x, *args) if gradient is None else np.array(gradient)
    for mode in MODES:
        given = x.copy(), *duplicated(args)
        got, slope = da.value_and_grad(f, mode=mode)(*given)
        assert got == value, mode
        np.testing.assert_allclose(slope, want, rtol=rtol, atol=rtol, err_msg=mode)
        np.testing.assert_equal(given, (x, *args))
