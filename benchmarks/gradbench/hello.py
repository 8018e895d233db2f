"""hello: a square and its derivative."""

from __future__ import annotations

from numba import njit

import dualad as da

from .function import Function


@njit
def square(x):
    return x * x


def read(number):
    return (float(number),)


FUNCTIONS = {
    "square": Function(square, read),
    "double": Function(da.grad(square), read),
}
