"""How precisely a function is computed: the scatter of its values under tiny changes of the arguments.

Moré and Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011) 1292-1314: high differences of
values at close, equally spaced points cancel what is smooth in them and leave the rounding errors.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np

from .layout import Vector

__all__ = ["EPS", "noise_level"]

EPS = float(np.finfo(np.float64).eps)
POINTS = 10
# Wide enough that single precision inside the function shows as noise.
SPACING = 2.0**-22
ORDERS = (3, 4, 5, 6)


def noise_level(function: Callable[[Vector], Vector], x: Vector, y: Vector, step: Vector) -> Vector:
    """Standard deviation of the rounding errors in each output of `function` near `x`, at least an ulp.

    Parameters
    ----------
    function : callable
        From vector to vector.
    x, y : array
        A point and the value there.
    step : array
        A direction, of the length over which the function varies.

    Returns
    -------
    array
        One level per output. Points on one side of `x` only are compared, the quieter side counts: a kink at
        `x` is not noise.
    """
    floor = EPS * np.abs(y)
    sides = [_one_side(function, x, sign * step) for sign in (1.0, -1.0)]
    found = np.fmin(*sides)
    return np.fmax(floor, np.where(np.isfinite(found), found, 0.0))


def _one_side(function: Callable[[Vector], Vector], x: Vector, step: Vector) -> Vector:
    table = np.array([function(x + (i + 1) * SPACING * step) for i in range(POINTS)])
    size = np.max(np.abs(table), axis=0)
    table = table / np.where(size > 0, size, 1.0)  # squares of what is tiny or huge leave the range
    levels = []
    for order in range(1, max(ORDERS) + 1):
        table = table[1:] - table[:-1]
        if order in ORDERS:  # binomial(2k, k) is the variance of a k-th difference of unit noise
            levels.append(np.sqrt(np.mean(table**2, axis=0) / comb(2 * order, order)))
    # Noise is the same in all orders; what is smooth, but varies fast, falls from one to the next.
    return np.asarray(size * np.min(levels, axis=0))
