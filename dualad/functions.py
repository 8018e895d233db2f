"""Functions for users' code that no library provides."""

from __future__ import annotations

from .compiler.ops.formulas import formula

__all__ = ["fast_exp"]

fast_exp = formula("fast_exp")
fast_exp.__module__ = __name__
fast_exp.__doc__ = """Return the exponential of a number; in loops several times as fast as ``math.exp``.

For ``math.exp`` Numba calls the C library, which prevents the loop around it from being vectorised. This one
is plain arithmetic: a Taylor sum and powers of two (Muller, Elementary Functions, 2016, chapter 11). Its
error is at most one unit in the last place; that of ``math.exp`` is half a unit. Call it in the function that
is differentiated. ``python -m benchmarks.exponential`` measures the gain. Sums over such loops are vectorised
only if the function is compiled with ``fastmath={"reassoc"}``, which its derivatives inherit.

Parameters
----------
x : float
    A number; call it in a loop over an array. It raises nothing: large numbers give inf, NaN gives NaN.

Returns
-------
float

Examples
--------
>>> import dualad as da
>>> from numba import njit
>>> @njit
... def f(x):
...     total = 0.0
...     for v in x:
...         total += da.fast_exp(-v * v)
...     return total
>>> import numpy as np
>>> da.grad(f)(np.array([0.0, 1.0]))
array([ 0.        , -0.73575888])
"""
