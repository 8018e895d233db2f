"""Derivatives with many entries: contracted with random vectors, and searched where they are wrong.

A contraction w·D(v, ...) of a derivative with signs, scaled by the sizes of arguments and results, contains
every entry. Where it is wrong, halving the vectors finds an entry that is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..candidates import Candidate, dot
from ..function.layout import ShapeMismatchError, Vector
from ..function.subject import Subject
from ..reference.noise import noise_level
from ..reference.references import Column, References
from ..reports.findings import Comparison, DotProduct, Entry, Slope
from .entrywise import UNSTEADY, derivative_label, moved
from .hints import Evidence, hints
from .tolerance import SAFETY, Verdict, judged, rounding_floor

__all__ = ["Probes"]

SLOPE_STEPS = 20
RANDOM = "a random direction"
NOT_NARROWED = "no single entry accounts for it: the reference is too rough, or many entries are off a little"
Array = NDArray[np.float64]


@dataclass
class Probe:
    """Random weights of the results and directions of the arguments, and the reference along them."""

    weights: Vector
    column: Column

    @property
    def value(self) -> float:
        return float(self.weights @ self.column.value)

    @property
    def error(self) -> float:
        return float(np.abs(self.weights) @ self.column.error)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which values all are right; NaN if the function has a derivative."""
        low, high = self.column.bounds
        if np.all(np.isnan(low)):
            return np.nan, np.nan
        low, high = (np.where(np.isnan(b), self.column.value, b) for b in (low, high))
        ends = self.weights * low, self.weights * high
        return float(np.sum(np.minimum(*ends))), float(np.sum(np.maximum(*ends)))


class Probes:
    """Random contractions of the derivative of one order."""

    def __init__(
        self, subject: Subject, references: References, order: int, number: int, seed: int,
        done: Callable[[], None],
    ) -> None:  # fmt: skip
        self.subject, self.references, self.order = subject, references, order
        self.scale = references.lengths(order, individually=False)
        rng = np.random.default_rng([seed, order])
        self.probes = [self._probe(rng, done) for _ in range(number)]
        self.found: dict[str, Array] = {}

    def _signs(self, rng: np.random.Generator, size: int) -> Vector:
        return np.asarray(rng.choice([-1.0, 1.0], size))

    def _probe(self, rng: np.random.Generator, done: Callable[[], None]) -> Probe:
        subject = self.subject
        size = np.abs(subject.y)
        weights = self._signs(rng, subject.y.size) / np.where((size > 0) & np.isfinite(size), size, 1.0)
        directions = [self._signs(rng, subject.x.size) * self.scale for _ in range(self.order)]
        column = self.references.along(directions, RANDOM)
        if self.order > 1:
            self.references.distrust(column, [RANDOM])
        if self.references.affordable(self.order):
            self.references.refine(column)
        done()
        return Probe(weights, column)

    def compare(self, candidate: Candidate, rtol: float, eps: float) -> Comparison:
        """Judge one derivative; if it is wrong, find an entry that is."""
        try:
            value, moves = self._contractions(candidate, eps)
            again = candidate.along(self.subject.x, self.probes[0].weights, self.probes[0].column.directions)
        except ShapeMismatchError as error:
            return self._failed(candidate, str(error))
        except Exception as error:
            return self._failed(candidate, f"raised {type(error).__name__}: {error}")
        self.found[candidate.mode] = value
        floor = rounding_floor(moves, self._size(), eps)
        verdict = self._judge(value, floor, rtol)
        wrong: tuple[Entry, ...] = ()
        found: tuple[str, ...] = ()
        if np.any(verdict.wrong):
            probe = self.probes[int(np.argmax(verdict.excess))]
            entry, found = self._located(candidate, probe)
            if entry.absolute <= rtol * abs(entry.reference) + SAFETY * entry.reference_error:
                entry, found = self._entry(probe, value), (NOT_NARROWED,)
            wrong = (entry,)
        if again != value[0] and not (np.isnan(again) and np.isnan(value[0])):
            found = (UNSTEADY, *found)
        return self._reported(candidate, value, verdict, wrong, found)

    def _contractions(self, candidate: Candidate, eps: float) -> tuple[Array, Array]:
        """The derivative along all probes, and how far it moves with the last digit of the arguments."""
        x = self.subject.x
        value = [candidate.along(x, p.weights, p.column.directions) for p in self.probes]
        first = self.probes[0]
        moves = [
            candidate.along(m, first.weights, first.column.directions) - value[0]
            for m in moved(self.subject, eps)
        ]
        scatter = float(np.nanmax(np.abs(moves))) if not np.all(np.isnan(moves)) else 0.0
        return np.array(value), np.full(len(value), scatter)

    def _size(self) -> Array:
        """What the contractions would be where nothing cancels."""
        values = (float(np.abs(p.weights) @ np.abs(self.subject.y)) for p in self.probes)
        return np.array([max(v, abs(p.value)) for v, p in zip(values, self.probes, strict=True)])

    def _judge(self, value: Array, floor: Array, rtol: float) -> Verdict:
        reference = np.array([p.value for p in self.probes])
        error = np.array([p.error for p in self.probes])
        bounds = np.array([p.bounds for p in self.probes]).T
        return judged(value, reference, error, (bounds[0], bounds[1]), floor, self._size(), rtol)

    def _failed(self, candidate: Candidate, failure: str) -> Comparison:
        return Comparison(self.order, candidate.mode, ok=False, failure=failure, calls=candidate.calls,
                          directions=len(self.probes))  # fmt: skip

    def _reported(
        self, candidate: Candidate, value: Array, verdict: Verdict, wrong: tuple[Entry, ...],
        found: tuple[str, ...],
    ) -> Comparison:  # fmt: skip
        entries = [self._entry(probe, value) for probe in self.probes]
        smooth = [np.isnan(probe.bounds[0]) for probe in self.probes]
        settled = [e for e, u, s in zip(entries, verdict.unresolved, smooth, strict=True) if s and not u]
        methods: dict[str, int] = {}
        for probe in self.probes:
            for method in set(probe.column.method):
                methods[method] = methods.get(method, 0) + 1
        ok = not wrong and UNSTEADY not in found
        return Comparison(
            self.order, candidate.mode, ok=ok, entries=len(entries), wrong=wrong,
            wrong_count=int(np.sum(verdict.wrong)), unresolved=int(np.sum(verdict.unresolved)),
            worst_absolute=max(settled, key=lambda e: e.absolute, default=None),
            worst_relative=max(settled, key=lambda e: e.relative, default=None),
            methods=methods, directions=len(entries), hints=found, calls=candidate.calls,
        )  # fmt: skip

    def _entry(self, probe: Probe, value: Array) -> Entry:
        """The derivative along a probe, whose values are those along all probes."""
        number = next(k for k, p in enumerate(self.probes) if p is probe)
        label = f"d{self.order if self.order > 1 else ''}f along direction {number}"
        return Entry(label, (), float(value[number]), probe.value, probe.error)

    # -- where it is wrong ------------------------------------------------------------------------

    def _located(self, candidate: Candidate, probe: Probe) -> tuple[Entry, tuple[str, ...]]:
        """An entry that is wrong, and what its error looks like."""
        directions = list(probe.column.directions)
        for slot in range(self.order):
            directions[slot] = self._narrowed(candidate, probe.weights, directions, slot)
        column = self.references.along(directions, self.subject.inputs.name(_index(directions[0])))
        if self.references.affordable(self.order):
            self.references.refine(column)
        output = _index(self._narrowed_weights(candidate, probe.weights, column))
        inputs = tuple(_index(d) for d in directions)
        weights = np.zeros_like(probe.weights)
        weights[output] = 1.0
        unit = float(np.prod([d[i] for d, i in zip(directions, inputs, strict=True)]))
        value = candidate.along(self.subject.x, weights, directions)
        label, index = derivative_label(self.subject, output, inputs)
        reference, error = float(column.value[output]), float(column.error[output])
        entry = Entry(label, index, value / unit, reference / unit, abs(error / unit))
        [noise] = noise_level(
            lambda x: np.array([candidate.along(x, weights, directions)]),
            self.subject.x, np.array([value]), self.scale,
        )  # fmt: skip
        return entry, self._hints(candidate, entry, column, float(noise / abs(unit)))

    def _hints(self, candidate: Candidate, entry: Entry, column: Column, noise: float) -> tuple[str, ...]:
        shape = (1,) * (self.order + 1)
        kinked = column.hull is not None and bool(np.any(column.hull.is_kink))
        single = candidate.dtype == np.float32 and self.subject.inputs.dtype != np.float32
        value, reference = np.full(shape, entry.value), np.full(shape, entry.reference)
        wrong, scatter = np.ones(shape, dtype=bool), np.full(shape, noise)
        return hints(Evidence(value, reference, wrong, scatter, np.full(shape, kinked), single))

    def _narrowed(self, candidate: Candidate, weights: Vector, directions: list[Vector], slot: int) -> Vector:
        """One of the directions with all entries 0 but one, at which the derivative is wrong."""

        def gap(part: Vector) -> float:
            """How much more the derivative is off than its reference may be."""
            changed = [*directions[:slot], part, *directions[slot + 1 :]]
            column = self.references.differences(changed)
            value = candidate.along(self.subject.x, weights, changed)
            difference = abs(value - float(weights @ column.value))
            excess = difference - SAFETY * float(np.abs(weights) @ column.error)
            return excess if excess > 0 else -1 / (1 + difference)

        return _bisected(directions[slot], gap)

    def _narrowed_weights(self, candidate: Candidate, weights: Vector, column: Column) -> Vector:
        """The same for the weights of the results."""

        def gap(part: Vector) -> float:
            value = candidate.along(self.subject.x, part, column.directions)
            return abs(value - dot(part, column.value))

        return _bisected(weights, gap)

    # -- further tests ----------------------------------------------------------------------------

    def dot_products(self, candidates: list[Candidate], rtol: float, eps: float) -> list[DotProduct]:
        """Contractions by two modes that must agree, and symmetry of second derivatives of the user's."""
        found = []
        modes = [c.mode for c in candidates if c.mode in self.found]
        for mode in modes[1:]:
            a, b = self.found[modes[0]], self.found[mode]
            found.append(self._dot_product(f"{modes[0]}, {mode}", a, b, rtol, eps))
        for candidate in candidates:
            if candidate.mode in ("hess", "hvp") and candidate.mode in self.found:
                swapped = [
                    candidate.along(self.subject.x, p.weights, p.column.directions[::-1]) for p in self.probes
                ]
                a, b = self.found[candidate.mode], np.array(swapped)
                found.append(self._dot_product(f"{candidate.mode} and its transpose", a, b, rtol, eps))
        return found

    def _dot_product(self, modes: str, a: Array, b: Array, rtol: float, eps: float) -> DotProduct:
        largest = np.fmax(np.abs(a), np.abs(b))
        floor = rounding_floor(np.full_like(largest, np.inf), np.fmax(self._size(), largest), eps)
        gap = np.abs(a - b)
        ok = bool(np.all(gap <= max(1e-3 * rtol, 64 * eps) * largest + floor))
        mismatch = np.max(gap / np.where(largest > 0, largest, 1.0))
        return DotProduct(self.order, modes, float(mismatch), ok)

    def slope(self, lower: list[Candidate], candidate: Candidate) -> Slope:
        """The slope of the remainder of Taylor's series with `lower` derivatives and `candidate`."""
        subject, probe = self.subject, self.probes[0]
        weights, direction = probe.weights, probe.column.directions[0]
        terms = [c.along(subject.x, weights, [direction] * c.order) for c in (*lower, candidate)]
        noise = 32 * float(np.abs(weights) @ self.references.noise)
        steps, remainders = [], []
        for exponent in range(2, 2 + SLOPE_STEPS):
            step, factorial = 2.0**-exponent, 1.0
            left = float(weights @ (subject(subject.x + step * direction) - subject.y))
            for k, term in enumerate(terms, 1):
                factorial *= k
                left -= term * step**k / factorial
            if np.isfinite(left) and abs(left) > noise:
                steps.append(-float(exponent))
                remainders.append(float(np.log2(abs(left))))
        if len(steps) < 3:
            return Slope(self.order, candidate.mode, None)
        return Slope(self.order, candidate.mode, float(np.polyfit(steps[-4:], remainders[-4:], 1)[0]))


def _bisected(vector: Vector, gap: Callable[[Vector], float]) -> Vector:
    """A vector with all entries 0 but one, found by halving where `gap` is larger."""
    while np.count_nonzero(vector) > 1:
        halves = []
        for support in np.array_split(np.flatnonzero(vector), 2):
            half = np.zeros_like(vector)
            half[support] = vector[support]
            halves.append(half)
        vector = halves[int(np.argmax([np.nan_to_num(gap(half), nan=np.inf) for half in halves]))]
    return vector


def _index(direction: Vector) -> int:
    """The position of a direction's largest entry."""
    return int(np.argmax(np.abs(direction)))
