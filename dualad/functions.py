"""Functions that users' code may call and no library has."""

from __future__ import annotations

from .compiler.ops.formulas import formula

__all__ = ["fast_exp"]

fast_exp = formula("fast_exp")
fast_exp.__module__ = __name__
fast_exp.__doc__ = """Return the exponential of a number, in loops several times as fast as ``math.exp``.

Numba calls the C library for ``math.exp``, which keeps the loop around from being vectorised. This one is
written out: Taylor's sum and powers of two (Muller, Elementary Functions, 2016, chapter 11). It is right to
one unit in the last place where ``math.exp`` is to half of one, so whoever wants it calls it by name, in the
function that is differentiated. ``python -m benchmarks.exponential`` measures what it brings; sums over such
loops are vectorised only if the function is compiled with ``fastmath={"reassoc"}``, which its derivatives
inherit.

Parameters
----------
x : float
    A number; over arrays in a loop. Nothing is raised: large numbers give inf, NaN gives NaN.

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
