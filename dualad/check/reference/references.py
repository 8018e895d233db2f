"""What a derivative is compared with: differences, sharpened by a complex step or by many digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..function.layout import Vector
from ..function.subject import Subject
from .complex_step import ComplexStep
from .differences import Estimate, difference, one_sided
from .exact import Exact
from .kinks import Hull, Kink, hull, locate
from .noise import noise_level
from .operands import ImpureError

__all__ = ["COMPLEX", "DIFFERENCES", "MANY_DIGITS", "Column", "References", "scales"]

DIFFERENCES, COMPLEX, MANY_DIGITS = "differences", "complex step", "mpmath"
CLOSE_BY = 1e-2  # distance of kinks, in parts of the argument, that spoil higher differences
OPERATIONS = 100_000  # of many digits in one check; a second or so


@dataclass
class Column:
    """The derivative of all outputs along some directions.

    Attributes
    ----------
    directions : tuple of arrays
        As many as the order.
    value, error : array
        With the estimated error, one per output.
    method : list of str
        Where each value comes from.
    hull : Hull or None
        One-sided slopes, at order 1.
    refined : bool
        Many digits have been tried.
    """

    directions: tuple[Vector, ...]
    value: Vector
    error: Vector
    method: list[str] = field(default_factory=list)
    hull: Hull | None = None
    refined: bool = False

    @property
    def order(self) -> int:
        return len(self.directions)

    @property
    def bounds(self) -> tuple[Vector, Vector]:
        """Between which values all are right; NaN where the function has a derivative."""
        none = np.full_like(self.value, np.nan)
        if self.hull is None:
            return none, none
        return np.where(self.hull.is_kink, self.hull.low, none), np.where(
            self.hull.is_kink, self.hull.high, none
        )


class References:
    """References for one function at one point.

    Attributes
    ----------
    noise : array
        How precisely each output is computed.
    kinks : list of Kink
        Found so far.
    notes : list of str
        References that could not be had or were not trusted.
    """

    def __init__(self, subject: Subject, rtol: float) -> None:
        self.subject, self.rtol = subject, rtol
        self.exact = Exact(subject)
        self.noise = self._noise()
        self.complex = ComplexStep(subject)
        self.kinks: list[Kink] = []
        self.notes: list[str] = []
        self._budget = OPERATIONS
        self._close: dict[str, np.ndarray] = {}  # outputs with kinks close to the point, by the label
        if not self.exact.possible:
            self.notes.append(f"no multiprecision reference: {self.exact.reason}")

    def _noise(self) -> Vector:
        subject = self.subject
        signs = np.random.default_rng(0).choice([-1.0, 1.0], subject.x.size)
        lengths = signs * scales(subject)
        found = noise_level(subject, subject.x, subject.y, lengths)
        sized = subject.x != 0.0
        if np.any(sized) and not np.all(sized):
            # An argument of 0 may be a switch: beside it another branch runs, of another precision.
            found = np.fmax(found, noise_level(subject, subject.x, subject.y, np.where(sized, lengths, 0.0)))
        if self.exact.possible:  # the rounding errors at the point itself
            found = np.fmax(found, np.abs(self.exact.value - subject.y))
        return np.asarray(np.fmax(found, subject.precision * np.abs(subject.y)) + 5e-324)

    def lengths(self, order: int, individually: bool) -> Vector:
        """Lengths of the directions to differentiate along.

        At order 1 the arguments' own sizes. At higher ones they are shortened where first differences show
        that the function varies faster: for each argument, or for all alike.
        """
        found = scales(self.subject, order)
        if order == 1 or not found.size:
            return found
        if individually:
            reaches = [self._measured([direction])[1].reach for direction in np.diag(found)]
        else:
            signs = np.random.default_rng(1).choice([-1.0, 1.0], found.size)
            reaches = [self._measured([signs * found])[1].reach]
        return found * np.array(reaches)

    def along(self, directions: Sequence[Vector], label: str = "", unit: float = 1.0) -> Column:
        """The derivative along `directions` by differences, and by a complex step where it can be had.

        Parameters
        ----------
        directions : sequence of arrays
            As many as the order.
        label : str
            What a kink along the first of them is called.
        unit : float
            The direction's length in units of the argument so called.
        """
        column, found = self._measured(directions)
        if column.order == 1:
            self._look_aside(column, found.reach)
            self._look_for_kinks(column, found, label, unit)
            self._sharpen(column)
        return column

    def differences(self, directions: Sequence[Vector]) -> Column:
        """The derivative along `directions` by differences alone."""
        return self._measured(directions)[0]

    def _measured(self, directions: Sequence[Vector]) -> tuple[Column, Estimate]:
        subject = self.subject
        found = difference(subject, subject.x, subject.y, directions, self.noise, self.rtol)
        return Column(tuple(directions), found.value, found.error, [DIFFERENCES] * subject.y.size), found

    def _look_aside(self, column: Column, reach: float) -> None:
        """Find slopes on the two sides; where the function is on one side only, take the slope there."""
        subject, [direction] = self.subject, column.directions
        column.hull = sides = hull(subject, subject.x, subject.y, direction, reach, self.noise)
        for sign, alone in ((1.0, sides.above_only), (-1.0, sides.below_only)):
            if np.any(alone):
                edge = one_sided(subject, subject.x, subject.y, sign * direction, self.noise)
                column.value = np.where(alone, sign * edge.value, column.value)
                column.error = np.where(alone, edge.error, column.error)
        gap = np.abs(sides.above - sides.below)
        column.value = np.where(sides.is_kink, 0.5 * (sides.below + sides.above), column.value)
        column.error = np.where(sides.is_kink, 1e-3 * gap, column.error)

    def _look_for_kinks(self, column: Column, found: Estimate, label: str, unit: float) -> None:
        """Note a kink at the point, or one that differences with wide steps have crossed."""
        subject, sides, [direction] = self.subject, column.hull, column.directions
        if sides is None:
            return
        if np.any(sides.is_kink):
            gap = np.where(sides.is_kink, np.abs(sides.above - sides.below), -1.0)
            worst = int(np.argmax(gap))
            slopes = float(sides.below[worst] / unit), float(sides.above[worst] / unit)
            self._note(Kink(label, 0.0, slopes), sides.is_kink, unit)
            return
        if np.any(sides.is_jump):
            self._note(Kink(label, 0.0, (math.nan, math.nan), jump=True), sides.is_jump, unit)
            return
        suspect = found.abrupt & ~sides.one_sided
        if np.any(suspect):
            output = int(np.argmax(suspect))
            kink = locate(subject, subject.x, direction, self.noise, output, label, unit)
            if kink is not None:
                self._note(kink, suspect, unit)

    def distrust(self, column: Column, labels: Sequence[str]) -> None:
        """Give up differences of a higher order where one has met a kink close to the point."""
        for label in labels:
            if label in self._close:
                column.error = np.where(self._close[label], np.inf, column.error)

    def _note(self, kink: Kink, outputs: np.ndarray, unit: float) -> None:
        if all(kink.label != known.label for known in self.kinks):
            self.kinks.append(kink)
        if abs(kink.offset) < CLOSE_BY * unit:
            known = self._close.get(kink.label, np.zeros_like(outputs))
            self._close[kink.label] = known | outputs

    def _sharpen(self, column: Column) -> None:
        """Take the complex step's values where differences agree and confirm at least one digit."""
        sharp = self.complex.derivative(column.directions[0])
        if sharp is None:
            return
        with np.errstate(invalid="ignore"):
            value, error = sharp
            gap = np.abs(value - column.value)
            if np.any(gap > 4 * column.error + 1e-9 * np.abs(column.value)):
                self.complex.possible = False
                self.notes.append(
                    "complex step not used: it disagrees with differences, the function may not be analytic"
                )
                return
            better = (column.error < 0.1 * np.abs(value)) & (error < column.error)
        _replace(column, better, value, error, COMPLEX)

    def affordable(self, order: int) -> int:
        """How many more columns of an order can be had with many digits."""
        if not self.exact.possible:
            return 0
        return self._budget // max(1, 2**order * self.exact.operations)

    def refine(self, column: Column) -> None:
        """Replace a column's values by those of many digits, if the function can be evaluated so there."""
        if column.refined or not self.affordable(column.order):
            return
        column.refined = True
        self._budget -= 2**column.order * max(1, self.exact.operations)
        try:
            value, error, smooth = self.exact.derivative(column.directions)
        except ImpureError as reason:
            self.notes.append(f"no multiprecision reference at some points: {reason}")
            return
        if not smooth or not np.all(np.isfinite(value)):
            return
        with np.errstate(invalid="ignore"):
            gap = np.abs(value - column.value)
            differs = gap > 5 * column.error + 1e-6 * np.abs(value)
        if np.any(differs):  # which of the two is right cannot be told
            self.notes.append(
                "the function evaluated in multiprecision has other slopes than differences find"
            )
            column.error = np.where(differs, column.error + gap, column.error)
            return
        _replace(column, np.isfinite(value), value, error, MANY_DIGITS)


def _replace(column: Column, where: np.ndarray, value: Vector, error: Vector, method: str) -> None:
    column.value = np.where(where, value, column.value)
    column.error = np.where(where, error, column.error)
    column.method = [method if new else old for new, old in zip(where, column.method, strict=True)]


def scales(subject: Subject, order: int = 1) -> Vector:
    """Lengths over which to vary the arguments: their sizes, as powers of 2 so that steps are exact.

    Powers of them up to `order` are within the range of floats.
    """
    result = np.empty_like(subject.x)
    for leaf in subject.inputs.leaves:
        part = slice(leaf.start, leaf.start + leaf.size)
        size = np.abs(subject.x[part])
        usual = size[(size > 0) & np.isfinite(size)]
        typical = min(1.0, float(np.median(usual))) if usual.size else 1.0
        result[part] = np.where((size > 0) & np.isfinite(size), size, typical)
    largest = 2.0 ** (900 // order)
    return np.asarray(2.0 ** np.floor(np.log2(np.clip(result, 1 / largest, largest))))
