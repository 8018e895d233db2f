"""Kinks and jumps: points where a function has different slopes, or values, on its two sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..function.layout import Vector

__all__ = ["Hull", "Kink", "hull", "locate", "narrowed"]

Function = Callable[[Vector], Vector]

# Two distances from the point: a gap between the slopes that is as large at the smaller one is a kink.
FAR, NEAR = 2.0**-10, 2.0**-17
HALVINGS = 22


@dataclass(frozen=True)
class Kink:
    """A place where the function is not smooth.

    Attributes
    ----------
    label : str
        The differentiated argument that crosses it (``"x[2]"``), or the direction.
    offset : float
        How far from the point, in units of that argument; 0 at the point itself.
    slopes : tuple of float
        Slopes on the two sides, of the output that shows it most.
    jump : bool
        Whether the value itself jumps.
    """

    label: str
    offset: float
    slopes: tuple[float, float]
    jump: bool = False

    def __str__(self) -> str:
        where = f"at {self.label}" if self.offset == 0 else f"at {self.label} {self.offset:+.2g}"
        if self.jump:
            return f"jump {where}"
        return f"kink {where}, slopes {self.slopes[0]:.6g} and {self.slopes[1]:.6g}"


@dataclass
class Hull:
    """Slopes on the two sides of a point, along a direction.

    Where the function exists on one side only, or jumps on the other, both are the slope on that side.

    Attributes
    ----------
    below, above : array
        The slopes, one per output.
    is_kink : array of bool
        Where they differ.
    is_jump : array of bool
        Where the value at the point is not the limit from one of the sides, or from both.
    below_only, above_only : array of bool
        Where there is a slope on one side only.
    """

    below: Vector
    above: Vector
    is_kink: NDArray[np.bool_]
    is_jump: NDArray[np.bool_]
    below_only: NDArray[np.bool_]
    above_only: NDArray[np.bool_]

    @property
    def one_sided(self) -> NDArray[np.bool_]:
        return self.below_only | self.above_only

    @property
    def low(self) -> Vector:
        return np.minimum(self.below, self.above) - 1e-3 * np.abs(self.above - self.below)

    @property
    def high(self) -> Vector:
        return np.maximum(self.below, self.above) + 1e-3 * np.abs(self.above - self.below)


def hull(
    function: Function, x: Vector, y: Vector, direction: Vector, reach: float, noise: Vector
) -> Hull:  # fmt: skip
    """One-sided slopes of `function` at `x` along `direction`.

    Parameters
    ----------
    function : callable
        From vector to vector.
    x, y : array
        The point and the value there.
    direction : array
        Where to look.
    reach : float
        How far along it the function does not vary much.
    noise : array
        How precisely each output is computed.
    """
    far, near = FAR * reach, NEAR * reach

    def slope(signed: float) -> Vector:
        return (function(x + signed * direction) - y) / signed

    above, below, far_above, far_below = slope(near), slope(-near), slope(far), slope(-far)
    is_jump = np.zeros(y.shape, dtype=bool)
    for side, farther in ((above, far_above), (below, far_below)):
        steep = (np.abs(side) > 64 * np.abs(farther)) & (np.abs(side) > 64 * noise / near)
        side[steep] = np.nan
        is_jump |= steep
    gap, wide = np.abs(above - below), np.abs(far_above - far_below)
    largest = np.fmax(np.abs(above), np.abs(below))
    is_kink = (gap > 0.25 * wide) & (gap > 64 * noise / near) & (gap > 1e-6 * largest)
    above_only, below_only = np.isnan(below) & ~np.isnan(above), np.isnan(above) & ~np.isnan(below)
    return Hull(
        np.where(above_only, above, below), np.where(below_only, below, above),
        is_kink, is_jump, below_only, above_only,
    )  # fmt: skip


def locate(
    function: Function, x: Vector, direction: Vector, noise: Vector, output: int, label: str, unit: float
) -> Kink | None:
    """Find a kink or jump of one output within a quarter of `direction` from `x`, or None.

    Parameters
    ----------
    function : callable
        From vector to vector.
    x, direction : array
        Where to look.
    noise : array
        How precisely each output is computed.
    output : int
        Which output.
    label : str
        What the direction is called.
    unit : float
        The length of the direction in units of its argument.
    """

    def along(t: float) -> float:
        return float(function(x + t * direction)[output])

    found = []
    for sign in (1.0, -1.0):
        end = narrowed(along, sign * NEAR, sign * 0.25)
        if end is not None:
            found.append(end)
    kinks = [k for k in (_judged(along, a, b, float(noise[output]), label, unit) for a, b in found) if k]
    return min(kinks, key=lambda k: abs(k.offset), default=None)


def narrowed(along: Callable[[float], float], a: float, b: float) -> tuple[float, float] | None:
    """The half, of the half, ... of an interval in which the values bend most."""
    fa, fb = along(a), along(b)
    for _ in range(HALVINGS):
        m = 0.5 * (a + b)
        p, q = 0.5 * (a + m), 0.5 * (m + b)
        fm, fp, fq = along(m), along(p), along(q)
        left, right = abs(fa - 2 * fp + fm), abs(fm - 2 * fq + fb)
        # A kink in the very middle bends neither half.
        middle = abs(fp - 2 * fm + fq)
        if not np.isfinite(left + right):
            return None
        if middle > 2 * max(left, right):
            a, b, fa, fb = p, q, fp, fq
        elif left >= right:
            b, fb = m, fm
        else:
            a, fa = m, fm
    return (a, b) if a < b else (b, a)


def _judged(
    along: Callable[[float], float], a: float, b: float, noise: float, label: str, unit: float
) -> Kink | None:
    """Whether the interval holds a kink or a jump, by the slopes outside of it."""
    width, fa, fb = b - a, along(a), along(b)
    reach = max(2.0**-14 * max(abs(a), abs(b)), 64 * width)

    def slopes(reach: float) -> tuple[float, float]:
        return (fa - along(a - reach)) / reach, (along(b + reach) - fb) / reach

    (below, above), (farther_below, farther_above) = slopes(reach), slopes(4 * reach)
    largest, gap = max(abs(below), abs(above)), abs(above - below)
    offset = 0.5 * (a + b) * unit
    if abs(fb - fa) > 16 * noise + 16 * largest * width:
        return Kink(label, offset, (below / unit, above / unit), jump=True)
    # Where the function merely bends, the gap shrinks with the distance from which one looks.
    if gap > 64 * noise / reach + 1e-2 * largest and gap > 0.6 * abs(farther_above - farther_below):
        return Kink(label, offset, (below / unit, above / unit))
    return None
