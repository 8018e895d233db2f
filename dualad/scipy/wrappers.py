"""Compiled functions around a user's function, for derivatives that SciPy wants in other terms.

Each has the user's arguments in front of the differentiated ones as a tuple `before`, and those behind them
as a tuple `after`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

Jitted = Callable[..., Any]


def _named(wrap: Callable[[Jitted], Jitted]) -> Callable[[Any], Jitted]:
    """Decorator: compile the wrapper, once for each function, under the name of that function."""

    @lru_cache(maxsize=128)
    def made(function: Any) -> Jitted:
        core = function if hasattr(function, "py_func") else njit(function)
        wrapper = wrap(core)
        wrapper.__name__, wrapper.__qualname__ = core.py_func.__name__, core.py_func.__qualname__
        return njit(wrapper)

    return made


@_named
def as_array(core: Jitted) -> Jitted:
    """The result, which may be a list or made of integers, as an array of floats."""

    def array(before, x, after):  # type: ignore[no-untyped-def]
        return 1.0 * np.asarray(core(*before, x, *after))

    return array


@_named
def returning(core: Jitted) -> Jitted:
    """A right-hand side that writes into its third argument, as one that returns the array."""

    def returns(before, y, after):  # type: ignore[no-untyped-def]
        dy = np.zeros_like(y)
        core(*before, y, dy, *after)
        return dy

    return returns


@_named
def weighted(core: Jitted) -> Jitted:
    """The sum of the components of a vector function, each with its weight."""

    def total(x, weights, before, after):  # type: ignore[no-untyped-def]
        return np.sum(weights * np.asarray(core(*before, x, *after)).ravel())

    return total


# A right-hand side of `solve_bvp` treats each column of y by itself. So one vector of shifts, added to all
# columns, gives the derivatives in all of them in one pass.


@_named
def shifted(core: Jitted) -> Jitted:
    """The right-hand sides in all columns."""

    def columns(shift, before, x, y, after):  # type: ignore[no-untyped-def]
        return 1.0 * np.asarray(core(*before, x, y + shift.reshape((-1, 1)), *after))

    return columns


@_named
def shifted_with_parameters(core: Jitted) -> Jitted:
    """The same with the unknown parameters, which are shifted by the last entries."""

    def columns(shift, before, x, y, p, after):  # type: ignore[no-untyped-def]
        n = y.shape[0]
        moved = y + shift[:n].reshape((-1, 1))
        return 1.0 * np.asarray(core(*before, x, moved, p + shift[n:], *after))

    return columns


@_named
def shifted_one_by_one(core: Jitted) -> Jitted:
    """The right-hand sides of a function that Numba compiles for one column only."""

    def columns(shift, before, x, y, after):  # type: ignore[no-untyped-def]
        found = np.empty_like(y) + shift[0]
        for i in range(x.size):
            found[:, i] = np.asarray(core(*before, x[i], y[:, i] + shift, *after))
        return found

    return columns


@_named
def shifted_one_by_one_with_parameters(core: Jitted) -> Jitted:
    """The same with the unknown parameters."""

    def columns(shift, before, x, y, p, after):  # type: ignore[no-untyped-def]
        n = y.shape[0]
        found = np.empty_like(y) + shift[0]
        for i in range(x.size):
            column = core(*before, x[i], y[:, i] + shift[:n], p + shift[n:], *after)
            found[:, i] = np.asarray(column)
        return found

    return columns
