"""Every entry of a derivative against its reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement, permutations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..candidates import Candidate
from ..function.layout import ShapeMismatchError, Vector
from ..function.subject import Subject
from ..reference.differences import holds_close_by
from ..reference.noise import noise_level
from ..reference.references import DIFFERENCES, Column, References
from ..reports.findings import Comparison, Entry
from .hints import Evidence, hints
from .tolerance import Verdict, judged, rounding_floor

__all__ = ["UNSTEADY", "Table", "count", "derivative_label", "moved", "scatter"]

SHOWN = 10
MOVES = 3
UNSTEADY = "called again at the same point it gives another result: it depends on earlier calls, or on chance"
Array = NDArray[np.float64]


def count(subject: Subject, order: int) -> int:
    """Columns of a derivative, those that symmetry makes equal counted once."""
    return comb(subject.x.size + order - 1, order) if subject.x.size else 0


class Table:
    """References for all entries of the derivative of one order.

    Directions are as long as the arguments they vary, so that entries of all scales compare; what is reported
    is in the user's units.
    """

    def __init__(
        self, subject: Subject, references: References, order: int, done: Callable[[], None]
    ) -> None:
        self.subject, self.references, self.order = subject, references, order
        self.scale = references.lengths(order, individually=True)
        self.shape = (subject.y.size, *[subject.x.size] * order)
        self.indices = list(combinations_with_replacement(range(subject.x.size), order))
        self.columns = [self._column(index, done) for index in self.indices]
        if len(self.columns) <= references.affordable(order):
            for column in self.columns:
                references.refine(column)
        self._spread()

    def _column(self, index: tuple[int, ...], done: Callable[[], None]) -> Column:
        directions = []
        for i in index:
            direction = np.zeros(self.subject.x.size)
            direction[i] = self.scale[i]
            directions.append(direction)
        names = [self.subject.inputs.name(i) for i in index]
        column = self.references.along(directions, names[0], float(self.scale[index[0]]))
        if self.order > 1:
            self.references.distrust(column, names)
        done()
        return column

    def _spread(self) -> None:
        """Enter the columns in arrays of the derivative's shape, at all places that symmetry makes equal."""
        self.reference, self.error = np.zeros(self.shape), np.zeros(self.shape)
        self.low, self.high = np.full(self.shape, np.nan), np.full(self.shape, np.nan)
        self.number = np.zeros(self.shape[1:], dtype=np.intp)
        tables: tuple[Array, ...] = self.reference, self.error, self.low, self.high
        for number, (index, column) in enumerate(zip(self.indices, self.columns, strict=True)):
            low, high = column.bounds
            for place in set(permutations(index)):
                at: tuple[Any, ...] = (slice(None), *place)
                for table, entries in zip(tables, (column.value, column.error, low, high), strict=True):
                    table[at] = entries
                self.number[place] = number

    def compare(self, candidate: Candidate, rtol: float, eps: float) -> Comparison:
        """Judge one derivative; where it is in doubt, references of many digits are asked."""
        try:
            value = candidate.full(self.subject.x)
            moves = scatter(candidate, self.subject, value, eps)
            again = candidate.full(self.subject.x)
        except ShapeMismatchError as error:
            return self._failed(candidate, str(error))
        except Exception as error:
            return self._failed(candidate, f"raised {type(error).__name__}: {error}")
        unit = self._unit()
        size = np.fmax(np.abs(self.subject.y).reshape(-1, *[1] * self.order), self._reach())
        floor = rounding_floor(moves * unit, size, eps)
        verdict = self._judge(value * unit, floor, size, rtol)
        if self._refine_doubtful(verdict) or self._distrust_wide(value * unit, verdict):
            verdict = self._judge(value * unit, floor, size, rtol)
        comparison = self._reported(candidate, value, verdict)
        return _unsteady(comparison, value, again)

    def _unit(self) -> Array:
        """What an entry is multiplied with when the arguments are measured by their own sizes."""
        unit = np.ones([1] * (self.order + 1))
        for axis in range(self.order):
            unit = unit * self.scale.reshape([-1 if a == axis + 1 else 1 for a in range(self.order + 1)])
        return unit

    def _reach(self) -> Array:
        """The largest change of each output over the size of an argument."""
        known = np.where(self.error < np.abs(self.reference), np.abs(self.reference), 0.0)
        change = known.max(axis=tuple(range(1, known.ndim)), initial=0.0)
        finite = np.where(np.isfinite(change), change, 0.0)
        return np.asarray(finite.reshape(-1, *[1] * self.order))

    def _judge(self, scaled: Array, floor: Array, size: Array, rtol: float) -> Verdict:
        return judged(scaled, self.reference, self.error, (self.low, self.high), floor, size, rtol)

    def _refine_doubtful(self, verdict: Verdict) -> bool:
        doubtful = np.any(verdict.wrong | verdict.unresolved, axis=0)
        numbers = [n for n in np.unique(self.number[doubtful]) if not self.columns[n].refined]
        numbers = numbers[: self.references.affordable(self.order)]
        for number in numbers:
            self.references.refine(self.columns[number])
        if numbers:
            self._spread()
        return bool(numbers)

    def _distrust_wide(self, scaled: Array, verdict: Verdict) -> bool:
        """Where close differences are what is said to be wrong, the reference cannot settle it."""
        doubted = False
        for place in np.flatnonzero(np.any(verdict.wrong, axis=0)) if self.order == 1 else ():
            column, claimed = self.columns[place], scaled[:, place]
            disputed = verdict.wrong[:, place] & [method == DIFFERENCES for method in column.method]
            if np.any(disputed & (np.abs(claimed - column.value) < np.abs(claimed) / 16)):
                direction = column.directions[0]
                disputed &= holds_close_by(self.subject, self.subject.x, direction, claimed, column.value)
                column.error = np.where(disputed, np.inf, column.error)
                doubted |= bool(np.any(disputed))
        if doubted:
            self._spread()
        return doubted

    def _failed(self, candidate: Candidate, failure: str) -> Comparison:
        return Comparison(self.order, candidate.mode, ok=False, failure=failure, calls=candidate.calls)

    def _reported(self, candidate: Candidate, value: Array, verdict: Verdict) -> Comparison:
        unit = self._unit()
        with np.errstate(all="ignore"):
            reference, error = self.reference / unit, self.error / unit
        kinked = ~np.isnan(self.low)
        single = candidate.dtype == np.float32 and self.subject.inputs.dtype != np.float32
        noise = self._noise(candidate, value) if np.any(verdict.wrong) else np.zeros_like(value)
        evidence = Evidence(value, reference, verdict.wrong, noise, kinked, single)
        wrong = self._worst_first(verdict, value, reference, error)
        absolute, relative = self._extremes(value, reference, error, verdict, kinked)
        methods: dict[str, int] = {}
        for column in self.columns:
            for method in column.method:
                methods[method] = methods.get(method, 0) + 1
        return Comparison(
            self.order, candidate.mode, ok=not wrong, entries=value.size, wrong=tuple(wrong),
            wrong_count=int(np.sum(verdict.wrong)), unresolved=int(np.sum(verdict.unresolved)),
            worst_absolute=absolute, worst_relative=relative, methods=methods, hints=hints(evidence),
            calls=candidate.calls,
        )  # fmt: skip

    def _noise(self, candidate: Candidate, value: Array) -> Array:
        """How precisely the entries of a derivative are computed."""

        def sampled(x: Vector) -> Vector:
            try:
                return candidate.full(x).ravel()
            except Exception:  # it may exist at the point only
                return np.full(value.size, np.nan)

        return noise_level(sampled, self.subject.x, value.ravel(), self.scale).reshape(value.shape)

    def _entry(self, place: tuple[int, ...], value: Array, reference: Array, error: Array) -> Entry:
        label, index = derivative_label(self.subject, place[0], place[1:])
        return Entry(label, index, float(value[place]), float(reference[place]), float(error[place]))

    def _worst_first(self, verdict: Verdict, value: Array, reference: Array, error: Array) -> list[Entry]:
        places = np.argwhere(verdict.wrong)
        order = np.argsort(-verdict.excess[verdict.wrong], kind="stable")
        return [
            self._entry(tuple(int(i) for i in place), value, reference, error)
            for place in places[order[:SHOWN]]
        ]

    def _extremes(
        self, value: Array, reference: Array, error: Array, verdict: Verdict, kinked: NDArray[np.bool_]
    ) -> tuple[Entry | None, Entry | None]:
        """The largest absolute and relative errors, without entries in doubt and at kinks."""
        if not value.size:
            return None, None
        with np.errstate(all="ignore"):
            absolute = np.where(value == reference, 0.0, np.abs(value - reference))
            relative = absolute / np.fmax(np.abs(value), np.abs(reference))
        settled = verdict.wrong | ~(verdict.unresolved | kinked)
        # Where a derivative is 0 the relative error of what rounding left of it says nothing.
        vanishing = ~verdict.wrong & (verdict.excess <= 1) & (np.abs(reference) <= 10 * error)
        found = []
        for size, mask in ((absolute, settled), (relative, settled & ~vanishing)):
            ranked = np.where(mask, np.nan_to_num(size, nan=np.inf), -1.0)
            place = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
            entry = self._entry(tuple(int(i) for i in place), value, reference, error)
            found.append(entry if mask[place] else None)
        return found[0], found[1]


def scatter(candidate: Candidate, subject: Subject, value: Array, eps: float) -> Array:
    """How far a derivative moves when all arguments change in the last digit."""
    moves = np.zeros_like(value)
    for shifted in moved(subject, eps):
        with np.errstate(all="ignore"):
            moves = np.fmax(moves, np.abs(candidate.full(shifted) - value))
    return np.where(np.isfinite(moves), moves, 0.0)


def moved(subject: Subject, eps: float) -> list[Vector]:
    """Points a digit or two away."""
    rng = np.random.default_rng(1)
    return [subject.x * (1 + eps * rng.choice([-2, -1, 1, 2], subject.x.size)) for _ in range(MOVES)]


def _unsteady(comparison: Comparison, value: Array, again: Array) -> Comparison:
    """Add what is to be said of a derivative that is another one when it is called again."""
    if np.array_equal(value, again, equal_nan=True):
        return comparison
    return replace(comparison, ok=False, hints=(UNSTEADY, *comparison.hints))


def derivative_label(subject: Subject, output: int, inputs: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """How mathematics writes an entry of a derivative, and its index in the arrays of it."""
    leaf, index = subject.outputs.place(output)
    order = len(inputs)
    below = "".join("d" + subject.inputs.name(i) for i in inputs)
    label = f"d{order if order > 1 else ''}{leaf.name(index)}/{below}"
    for i in inputs:
        index = (*index, *subject.inputs.place(i)[1])
    return label, index
