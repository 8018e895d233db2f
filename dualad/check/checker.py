"""The course of a check: the function first, then references and comparisons order by order."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..options import Argnums
from .candidates import Candidate
from .comparison.entrywise import Table, count
from .comparison.probes import Probes
from .function.layout import Layout
from .function.subject import Subject
from .options import Options, candidates
from .reference.references import References
from .reports.findings import Comparison, DotProduct, Slope
from .reports.report import Report

__all__ = ["Progress", "check"]

# Told how many columns are done and how many there are.
Progress = Callable[[int, int], None]

# Entry by entry as long as the function need not be called more often than this.
MOST_CALLS = 6_000
STEPS_PER_COLUMN = 14
MOST_ENTRIES = 1_000_000
RANDOM_DIRECTIONS = 4


def check(
    function: Callable[..., Any], args: tuple[Any, ...], argnums: Argnums, options: Options,
    progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Check derivatives of `function` at `args`; raises only for what cannot be asked."""
    subject = Subject(function, args, argnums)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # samples may lie where the function overflows or is not defined
        return _Check(subject, options, progress or (lambda done, total: None)).run()


class _Check:
    def __init__(self, subject: Subject, options: Options, progress: Progress) -> None:
        self.subject, self.options, self.progress = subject, options, progress
        self.failures: list[str] = []
        self.warnings: list[str] = []
        self.comparisons: list[Comparison] = []
        self.dot_products: list[DotProduct] = []
        self.slopes: list[Slope] = []
        self.done = self.total = 0
        self.is_deterministic = True

    def run(self) -> Report:
        try:
            written = self.subject.open()
        except Exception as error:
            self._refuse_our_own(error)
            self.failures.append(f"the function raises {type(error).__name__} at this point: {error}")
            return self._report(None, raised=True)
        chosen, notes = candidates(self.subject, self.options)
        self.warnings += notes
        if written:
            self.warnings.append(f"the function writes to its argument {', '.join(written)}")
        self._look_at_values()
        references = References(self.subject, self._rtol)
        orders = sorted({c.order for c in chosen})
        self.total = sum(self._columns(order) or self._directions for order in orders)
        for order in orders:
            self._compare(references, order, [c for c in chosen if c.order == order], chosen)
        self._look_again()
        self._look_at_derivatives(chosen)
        return self._report(references)

    @staticmethod
    def _refuse_our_own(error: Exception) -> None:
        from ..errors import ArgumentError, OutputError

        if isinstance(error, ArgumentError | OutputError):
            raise error

    # -- the function -----------------------------------------------------------------------------

    def _look_at_values(self) -> None:
        subject = self.subject
        self._look_again()
        for output in np.flatnonzero(~np.isfinite(subject.y))[:3]:
            name = subject.outputs.name(int(output))
            self.failures.append(
                f"{name} is {subject.y[output]} at this point: its derivative is not checked"
            )

    def _look_again(self) -> None:
        """Evaluate the function once more and compare."""
        subject = self.subject
        try:
            again = subject.repeat()
        except Exception as error:
            again = np.full_like(subject.first, np.nan)
            subject.raised = error
        if np.array_equal(again, subject.first, equal_nan=True) or not self.is_deterministic:
            return
        self.is_deterministic = False
        output = int(np.flatnonzero(again != subject.first)[0])
        name = subject.outputs.name(output)
        self.failures.append(
            f"the function is not deterministic: {name} is {float(subject.first[output])!r} "
            f"and, called again, {float(again[output])!r}"
        )

    def _look_at_derivatives(self, chosen: list[Candidate]) -> None:
        for candidate in chosen:
            if candidate.writes:
                names = ", ".join(sorted(candidate.writes))
                self.warnings.append(f"{candidate.mode} writes to its argument {names}")

    # -- the derivatives --------------------------------------------------------------------------

    @property
    def _eps(self) -> float:
        """Precision of arguments and results, the worse of the two."""
        dtypes = self.subject.inputs.dtype, self.subject.outputs.dtype
        return max(float(np.finfo(dtype).eps) for dtype in dtypes)

    @property
    def _rtol(self) -> float:
        return self.options.rtol or float(np.sqrt(self._eps))

    @property
    def _directions(self) -> int:
        asked = self.options.directions
        return asked if isinstance(asked, int) else RANDOM_DIRECTIONS

    def _columns(self, order: int) -> int:
        """Columns to compare entry by entry; 0 for random directions."""
        asked, columns = self.options.directions, count(self.subject, order)
        if asked == "full" or self.subject.x.size == 0:
            return columns
        entries = self.subject.y.size * self.subject.x.size**order
        few = columns * STEPS_PER_COLUMN * 2 ** (order - 1) <= MOST_CALLS and entries <= MOST_ENTRIES
        return columns if asked is None and few else 0

    def _advance(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)

    def _compare(
        self, references: References, order: int, here: list[Candidate], chosen: list[Candidate]
    ) -> None:
        if self._columns(order) or not self.subject.x.size:
            table = Table(self.subject, references, order, self._advance)
            self.comparisons += [table.compare(c, self._rtol, self._eps) for c in here]
            return
        seed = self.options.seed
        probes = Probes(self.subject, references, order, self._directions, seed, self._advance)
        self.comparisons += [probes.compare(c, self._rtol, self._eps) for c in here]
        working = [c for c in here if c.mode in probes.found]
        self.dot_products += probes.dot_products(working, self._rtol, self._eps)
        for candidate in working:
            lower = _lower(candidate, chosen)
            if lower is not None:
                self.slopes.append(probes.slope(lower, candidate))

    # -- the end ----------------------------------------------------------------------------------

    def _report(self, references: References | None, raised: bool = False) -> Report:
        subject = self.subject
        evaluations = {"function": subject.evaluations}
        notes: list[str] = []
        noise = 0.0
        if references is not None:
            evaluations["complex step"] = references.complex.evaluations
            evaluations["mpmath"] = references.exact.evaluations
            notes = list(dict.fromkeys(references.notes))
            noise = _relative(references.noise, subject.y)
            self._look_at_precision(references, noise)
        return Report(
            subject.name, _point(subject.inputs, subject.x), tuple(self.comparisons), tuple(self.failures),
            (*self.warnings, *notes), tuple(references.kinks) if references else (), tuple(self.dot_products),
            tuple(self.slopes), self._rtol, noise, raised, evaluations,
        )  # fmt: skip

    def _look_at_precision(self, references: References, noise: float) -> None:
        """Say so if the values themselves have lost digits."""
        loss = 0.0
        if references.exact.possible:
            loss = _relative(np.abs(references.exact.value - self.subject.y), self.subject.y)
        lost = max(loss, noise)
        if lost > 1e4 * max(self._eps, self.subject.precision):
            self.warnings.append(
                f"the function's own values are precise to {lost:.1g} only: single precision, cancellation "
                f"or an iteration that stops early"
            )


def _relative(error: Any, value: Any) -> float:
    with np.errstate(all="ignore"):
        parts = error / np.abs(value)
    return float(np.max(parts[np.isfinite(parts)], initial=0.0))


def _lower(candidate: Candidate, chosen: list[Candidate]) -> list[Candidate] | None:
    """The derivatives of lower orders that belong to a candidate, or None if one is missing."""
    sources = {candidate.mode} if candidate.mode not in ("hess", "hvp") else {"jac"}
    found = []
    for order in range(1, candidate.order):
        same = [c for c in chosen if c.order == order and c.mode in sources]
        if not same:
            return None
        found.append(same[0])
    return found


def _point(inputs: Layout, x: Any) -> str:
    parts = []
    for leaf in inputs.leaves:
        values = x[leaf.start : leaf.start + leaf.size]
        shown = ", ".join(f"{v:.6g}" for v in values[:4])
        if not leaf.shape:
            parts.append(f"{leaf.label} = {shown}")
        elif leaf.size > 4:
            parts.append(f"{leaf.label} = [{shown}, ...] of shape {leaf.shape}")
        else:
            parts.append(
                f"{leaf.label} = [{shown}]" + (f" of shape {leaf.shape}" if len(leaf.shape) > 1 else "")
            )
    return ", ".join(parts)
