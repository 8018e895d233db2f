"""Derivatives by central differences, extrapolated to step 0, with an estimate of their error.

Richardson's extrapolation with Ridders's choice of the best entry of the table. The function is sampled over
several ranges of steps until one is good, and close to the point once more: what wide steps
agree on may not be what the function does there.

Ridders, Accurate computation of F'(x) and F'(x)F''(x), Adv. Eng. Software 4 (1982) 75-76.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from ..function.layout import Vector
from .noise import EPS

__all__ = ["Estimate", "difference", "holds_close_by", "one_sided"]

Function = Callable[[Vector], Vector]

LEVELS = 7
WIDEST = 2.0**-2
CLOSER_RANGES = (-6, -13, -20)
ROUNDING = 6.0  # errors of a difference in units of the noise, extrapolation included
# Close steps per order, the closest first: what wider ones find must hold there as well.
CLOSE = {
    1: (2.0**-26, 2.0**-17),
    2: (2.0**-25, 2.0**-18, 2.0**-11),
    3: (2.0**-24, 2.0**-20, 2.0**-13, 2.0**-8),
}

CLOSEST = [2.0**-i for i in range(20, 33)]
STEADY = 4  # steps, each half of the one before, that have to agree


@dataclass
class Estimate:
    """Values with estimated errors, one per output.

    Attributes
    ----------
    value, error : array
        The derivative and a bound of its error.
    width : array
        The widest step that the value rests on; beyond, the function is not what it is here.
    wild : array of bool
        Where the first, wide range of steps is misled or at a loss.
    abrupt : array of bool
        Differences improve at once when the step falls below some width: is there a kink at that distance?
    """

    value: Vector
    error: Vector
    width: Vector
    wild: NDArray[np.bool_]
    abrupt: NDArray[np.bool_]

    @classmethod
    def of(cls, value: Vector, error: Vector, width: Vector) -> Estimate:
        """An estimate of which nothing else is known."""
        never = np.zeros(value.shape, dtype=bool)
        return cls(value, error, width, never, never)

    @property
    def reach(self) -> float:
        """How far along the direction the function does not vary much: 1, or less where wide steps fail."""
        return min(1.0, float(np.min(self.width[self.wild], initial=WIDEST)) / WIDEST)


def difference(
    function: Function, x: Vector, y: Vector, directions: Sequence[Vector], noise: Vector, rtol: float
) -> Estimate:
    """The derivative of `function` at `x` along `directions`, once along each.

    Parameters
    ----------
    function : callable
        From vector to vector.
    x, y : array
        The point and the value there.
    directions : sequence of arrays
        As many as the order, each of the length over which the function varies.
    noise : array
        How precisely each output is computed.
    rtol : float
        Relative error with which the search for better steps ends.

    Returns
    -------
    Estimate
    """
    order = len(directions)
    sampled = _Samples(function, x, y, directions)
    rough: list[Estimate] = []
    for step in CLOSE.get(order, CLOSE[3]):
        rough.append(_rough(sampled, step, order, noise, rough))
    best = replace(rough[0])
    for other in rough[1:]:
        _improve(best, other, rough)
    size = np.fmax(np.abs(y), noise)
    first: Estimate | None = None
    for exponent in _ranges(directions):
        found = _over(sampled, WIDEST / order * 2.0**exponent, order, noise)
        if first is None:
            first = found
        elif exponent > 0:  # no use in wider steps where these are too wide already
            found.error = np.where(_abrupt(sampled, order, first, best), np.inf, found.error)
        _improve(best, found, rough)
        # A derivative far below the size of the function itself cannot be had better than this.
        if np.all(best.error <= np.fmax(0.1 * rtol * np.abs(best.value), 1e-11 * size)):
            break
    if first is not None:
        best.wild = _wild(first, best)
        best.abrupt = _abrupt(sampled, order, first, best)
    return best


def _wild(first: Estimate, best: Estimate) -> NDArray[np.bool_]:
    size = np.abs(best.value)
    with np.errstate(invalid="ignore"):
        misled = np.abs(first.value - best.value) > 4 * (first.error + best.error)
    return (best.error < 0.1 * size) & (misled | ~(first.error < 0.1 * size))


def _abrupt(sampled: _Samples, order: int, first: Estimate, best: Estimate) -> NDArray[np.bool_]:
    """Whether the error of a difference falls to a hundredth where the step is halved, or never falls."""
    errors = [np.abs(sampled(WIDEST / order * 2.0**-i) - best.value) for i in range(LEVELS)]
    floor = 10 * best.error + 1e-9 * np.abs(best.value)
    result = first.error > np.fmax(1e3 * best.error, 1e-5 * np.abs(best.value))
    for wide, close in pairwise(errors):
        result |= wide > 100 * np.fmax(close, floor)
    return result & np.isfinite(best.value)


def _ranges(directions: Sequence[Vector]) -> list[int]:
    """Exponents of the ranges of steps: the usual one, closer ones, and for tiny directions steps up to 1."""
    longest = max(float(np.max(np.abs(d), initial=0.0)) for d in directions)
    room = int(-np.log2(longest)) if 0 < longest < 1 else 0
    wider = sorted({room // 2, room} - {0})
    return [0, CLOSER_RANGES[0], *wider, *CLOSER_RANGES[1:]]


class _Samples:
    """Central differences along the directions, each step sampled once."""

    def __init__(self, function: Function, x: Vector, y: Vector, directions: Sequence[Vector]) -> None:
        self.function, self.x, self.y = function, x, y
        self.order = len(directions)
        self.known: dict[float, Vector] = {}
        self.size: dict[float, Vector] = {}  # of the values that a step reaches
        # Shifts and their weights: all signs of the directions. Opposite signs may leave no shift at all.
        self.shifts: list[tuple[float, Vector]] = []
        self.weight_of_value = 0.0
        for signs in product((1.0, -1.0), repeat=self.order):
            weight = float(np.prod(signs))
            shift = np.sum([s * d for s, d in zip(signs, directions, strict=True)], axis=0)
            if np.any(shift):
                self.shifts.append((weight, shift))
            else:
                self.weight_of_value += weight

    def __call__(self, step: float) -> Vector:
        if step not in self.known:
            total, size = self.weight_of_value * self.y, np.abs(self.y)
            for weight, shift in self.shifts:
                value = self.function(self.x + step * shift)
                total, size = total + weight * value, np.fmax(size, np.abs(value))
            self.known[step], self.size[step] = total / (2 * step) ** self.order, size
        return self.known[step]


def _over(sampled: _Samples, widest: float, order: int, noise: Vector) -> Estimate:
    steps = [widest * 2.0**-i for i in range(LEVELS)]
    values = [sampled(step) for step in steps]
    rounding = [ROUNDING * np.fmax(noise, EPS * sampled.size[step]) / step**order for step in steps]
    value, error, first = _extrapolated(values, rounding, 2)
    width = np.asarray(steps)[np.maximum(first, 0)]
    return Estimate.of(value, error, width)


def _extrapolated(
    values: Sequence[Vector], rounding: Sequence[Vector], power: int
) -> tuple[Vector, Vector, np.ndarray]:
    """The limit of `values`, taken at steps halved each time, whose error is a series in step**power.

    Parameters
    ----------
    values : sequence of arrays
        From the widest step to the closest.
    rounding : sequence of arrays
        The rounding errors of the values.
    power : int
        2 for central differences, 1 for one-sided ones.

    Returns
    -------
    value, error : array
        The best entries of the extrapolation table and their errors.
    first : array of int
        The index of the widest step each of them uses.
    """
    value, error = np.array(values[-1]), np.full(values[-1].shape, np.inf)
    first = np.full(values[-1].shape, len(values) - 1)
    before = [values[0]]
    for j in range(1, len(values)):
        row = [values[j]]
        for i in range(1, j + 1):
            row.append(row[i - 1] + (row[i - 1] - before[i - 1]) / (2.0 ** (power * i) - 1))
            spread = np.fmax(np.abs(row[i] - row[i - 1]), np.abs(row[i] - before[i - 1]))
            if i < j:
                spread = np.fmax(spread, np.abs(row[i] - before[i]))
            found = spread + rounding[j]
            better = found < error
            value, error = np.where(better, row[i], value), np.where(better, found, error)
            first = np.where(better, j - i, first)
        before = row
    return value, error, first


def _rough(sampled: _Samples, step: float, order: int, noise: Vector, closer: Sequence[Estimate]) -> Estimate:
    """The derivative by two close steps, with an error that covers rounding and curvature.

    It is infinite where differences at closer steps are others: the function varies faster than these steps.
    """
    wide, near = sampled(2 * step), sampled(step)
    error = 4 * np.abs(wide - near) + 16 * noise / step**order
    value = np.where(np.isfinite(near), near, wide)
    found = Estimate.of(value, error, np.full_like(value, 2 * step))
    found.error = np.where(np.isfinite(error) & _agrees(found, closer, 1.0), error, np.inf)
    return found


def _agrees(found: Estimate, rough: Sequence[Estimate], trust: float) -> NDArray[np.bool_]:
    """Whether values are within the errors of all rough ones and `trust` of their own."""
    with np.errstate(invalid="ignore"):
        gaps = [np.abs(found.value - near.value) > near.error + trust * found.error for near in rough]
    return ~np.any(gaps, axis=0) if gaps else np.ones(found.value.shape, dtype=bool)


def _improve(best: Estimate, found: Estimate, rough: Sequence[Estimate]) -> None:
    """Take over what is more precise and agrees with all differences close to the point."""
    better = (found.error < best.error) & np.isfinite(found.value) & _agrees(found, rough, 4.0)
    for name in ("value", "error", "width"):
        setattr(best, name, np.where(better, getattr(found, name), getattr(best, name)))


def one_sided(function: Function, x: Vector, y: Vector, direction: Vector, noise: Vector) -> Estimate:
    """The first derivative from one side, for a point on the edge of where the function exists.

    Parameters
    ----------
    function, x, y, noise
        As for :func:`difference`.
    direction : array
        Into the domain.
    """
    steps = [WIDEST * 2.0**-i for i in range(LEVELS + 2)]
    values = [(function(x + step * direction) - y) / step for step in steps]
    rounding = [ROUNDING * noise / step for step in steps]
    value, error, first = _extrapolated(values, rounding, 1)
    # At an edge the error may be a series in roots of the step: then halving the step does not halve it.
    before, last = np.abs(values[-3] - values[-2]), np.abs(values[-2] - values[-1])
    slow = (last > 0.6 * before) & (last > 4 * rounding[-1])
    value, error = np.where(slow, values[-1], value), np.where(slow, 4 * last, error)
    return Estimate.of(value, error, np.asarray(steps)[first])


def holds_close_by(
    function: Function, x: Vector, direction: Vector, claimed: Vector, found: Vector
) -> NDArray[np.bool_]:
    """Whether differences at close steps are what is claimed, and not what wider steps found.

    So it is for functions of many tiny pieces, as what an iteration returns is: on the scale of wider steps
    they look smooth, but for noise. A staircase does not count, whose differences at close steps are 0.
    """
    gap = np.abs(claimed - found) / 16
    run = longest = np.zeros(gap.shape, dtype=int)
    with np.errstate(invalid="ignore"):
        for step in CLOSEST:
            slope = (function(x + step * direction) - function(x - step * direction)) / (2 * step)
            near = (np.abs(slope - claimed) < gap) & (gap < np.abs(slope) / 256)
            run = np.where(near, run + 1, 0)
            longest = np.fmax(longest, run)
    return longest >= STEADY
