"""How precisely a function is computed: the scatter of its values under tiny changes of the arguments.

As in Moré and Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011) 1292-1314, with terms of
orthogonal polynomials in place of their differences: what is smooth has no high ones, rounding errors have.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..function.layout import Vector
from .kinks import narrowed

__all__ = ["EPS", "noise_level"]

Function = Callable[[Vector], Vector]

EPS = float(np.finfo(np.float64).eps)
# Wide enough that the loss of most digits shows as noise; then closer, for functions that vary so fast that
# they merely look like noise.
SPACINGS = (2.0**-14, 2.0**-22, 2.0**-30, 2.0**-38)
# Irregular, since rounding errors may repeat at regular distances.
POINTS = 10 * np.sort(np.arange(1, 11) * (math.sqrt(5) - 1) / 2 % 1)
DEGREES = (2, 3, 4, 5)
# In parts of the noise: what is left of variation is far less than a jump, and a pole far more.
JUMP, POLE = 1 / 16, 64.0


def noise_level(function: Function, x: Vector, y: Vector, step: Vector) -> Vector:
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
        One level per output. Points on one side of `x` only are compared: a kink or jump at `x` is not noise.
    """
    floor = EPS * np.abs(y)
    return np.fmax(floor, np.fmax(*(_one_side(function, x, sign * step, floor) for sign in (1.0, -1.0))))


def _one_side(function: Function, x: Vector, step: Vector, floor: Vector) -> Vector:
    """The scatter at the widest spacing at which it is not variation; 0 where it cannot be told."""
    noise = np.full(floor.shape, np.inf)
    for spacing in SPACINGS:
        shifts = np.round(POINTS * spacing * 2**52) / 2**52  # so that x + shift * step is exact
        noise = np.fmin(noise, _scatter(np.array([function(x + shift * step) for shift in shifts]), shifts))
        loud = np.isfinite(noise) & (noise > 16 * floor)
        unit = np.where(loud, noise, np.inf)
        if not np.any(loud) or _jumps(function, x, step, (shifts[0], shifts[-1]), unit):
            break
    return np.where(np.isfinite(noise), noise, 0.0)


def _scatter(values: Vector, shifts: Vector) -> Vector:
    """What polynomials cannot fit: noise is in all terms alike, while those of what is smooth fall."""
    polynomials = np.linalg.qr(np.vander(2 * shifts / shifts[-1] - 1, increasing=True))[0]
    size = np.max(np.abs(values), axis=0)  # squares of what is tiny or huge leave the range
    terms = polynomials.T @ (values / np.where(size > 0, size, 1.0))
    levels = [np.sqrt(np.mean(terms[degree + 1 :] ** 2, axis=0)) for degree in DEGREES]
    return np.asarray(size * np.min(levels, axis=0))


def _jumps(function: Function, x: Vector, step: Vector, ends: tuple[float, float], unit: Vector) -> bool:
    """Whether outputs jump by as much as `unit`, their noise, however close two points come.

    What varies does not: halving the distance again and again leaves nothing of the bend.
    """

    def along(t: float) -> float:
        return float(np.sum(np.nan_to_num(function(x + t * step) / unit)))

    found = narrowed(along, *ends)
    if found is None:
        return True
    a, b = found
    at_a, at_b = along(a), along(b)
    bend = abs(at_a - 2 * along(0.5 * (a + b)) + at_b)
    misplaced = 4 * EPS * abs(at_b - at_a) / (b - a)  # what the rounding of x + t * step does
    return JUMP + misplaced < bend < POLE
