"""What the errors of a derivative look like: the patterns of mistakes that people make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Evidence", "hints"]

ALIKE = 1e-5
NICE = (-1.0, 2.0, -2.0, 0.5, -0.5, 3.0, 1 / 3, 4.0, 0.25)
TRANSPOSED = "the transposed agrees: rows and columns are swapped"


@dataclass(frozen=True)
class Evidence:
    """A derivative that is wrong somewhere, in full.

    Attributes
    ----------
    value, reference : array
        An axis for the result and one per order for the arguments.
    wrong : array of bool
        Which entries are.
    noise : array
        Rounding errors of the entries, as their scatter under tiny changes of the arguments shows.
    kinked : array of bool
        Where the function has a kink.
    single : bool
        Whether the derivative came in single precision though the arguments are double.
    """

    value: NDArray[np.float64]
    reference: NDArray[np.float64]
    wrong: NDArray[np.bool_]
    noise: NDArray[np.float64]
    kinked: NDArray[np.bool_]
    single: bool


def hints(evidence: Evidence) -> tuple[str, ...]:
    """Guesses at the mistake, most telling first; empty if nothing is wrong."""
    if not np.any(evidence.wrong):
        return ()
    value = evidence.value[evidence.wrong]
    found = [*_not_finite(value), *_at_kinks(evidence)]
    if np.all(np.isfinite(value)) and not found:
        for look in (_precision, _transposition, _shift, _factor, _symmetry):
            found += look(evidence)
            if found:
                break
        found += _bounds(evidence)
        if not found and value.size > 1:
            spread = "the errors differ from entry to entry"
            found.append(f"{spread}: a term of the chain rule is missing, or a variable is stale")
    return tuple(found)


def _not_finite(value: NDArray[np.float64]) -> list[str]:
    if np.all(np.isfinite(value)):
        return []
    return ["it is NaN or infinite where the function has a finite slope"]


def _at_kinks(evidence: Evidence) -> list[str]:
    if not np.all(evidence.kinked[evidence.wrong]):
        return []
    return ["the function has a kink there, and the value is not between the slopes on its two sides"]


def _precision(evidence: Evidence) -> list[str]:
    value, reference = evidence.value[evidence.wrong], evidence.reference[evidence.wrong]
    error = np.abs(value - reference)
    small = np.max(error / np.fmax(np.abs(value), np.abs(reference))) < 1e-5
    if small and (evidence.single or np.all(value == value.astype(np.float32))):
        return ["the values are of single precision (float32)"]
    if np.all(evidence.noise[evidence.wrong] > 0.05 * error):
        single = ", or a part of single precision (float32)" if small else ""
        return [f"it scatters as much at points close by: cancellation{single}"]
    if small:
        return ["the errors are as small as those of single precision (float32): was a part computed in it?"]
    return []


def _transposition(evidence: Evidence) -> list[str]:
    value, reference = evidence.value, evidence.reference
    square = value.ndim == 2 and value.shape[0] == value.shape[1] > 1
    return [TRANSPOSED] if square and _agree(value.T, reference) else []


def _shift(evidence: Evidence) -> list[str]:
    value, reference = evidence.value, evidence.reference
    if value.ndim != 2 or value.shape[1] < 3:
        return []
    for offset, which in ((1, "next"), (-1, "previous")):
        shifted, target = np.roll(value, offset, axis=1), reference
        inner = slice(1, None) if offset == 1 else slice(None, -1)
        if _agree(shifted[:, inner], target[:, inner]) and not _agree(value, target):
            return [f"the entries are those of the {which} index: off by one"]
    return []


def _factor(evidence: Evidence) -> list[str]:
    value, reference = evidence.value[evidence.wrong], evidence.reference[evidence.wrong]
    if np.all(value == 0):
        return ["it is 0: a term is missing, or its code is not reached"]
    if np.any(reference == 0):
        return []
    ratios = value / reference
    ratio = float(np.median(ratios))
    if not np.all(np.abs(ratios - ratio) <= ALIKE * abs(ratio)):
        return []
    if abs(ratio + 1) < ALIKE:
        return ["it has the opposite sign"]
    nice = any(abs(ratio - c) < ALIKE * abs(c) for c in NICE)
    if nice or (value.size > 1 and abs(ratio - 1) > ALIKE):
        return [f"it is {ratio:.6g} times the reference: a constant factor"]
    return []


def _symmetry(evidence: Evidence) -> list[str]:
    value = evidence.value
    if value.ndim < 3 or _agree(value, value.swapaxes(-1, -2)):
        return []
    return ["it is not symmetric, as a second derivative must be"]


def _bounds(evidence: Evidence) -> list[str]:
    """Only the first or last entries are wrong, which loops reach at their bounds."""
    size = evidence.value.shape[-1]
    if size < 4:
        return []
    touched = np.unique(np.argwhere(evidence.wrong)[:, 1:])
    for index, which in ((0, "first"), (size - 1, "last")):
        if np.array_equal(touched, [index]):
            return [f"only the {which} entry is wrong: look at the bounds of loops"]
    return []


def _agree(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    largest = float(np.max(np.abs(b), initial=0.0))
    return bool(np.all(np.abs(a - b) <= ALIKE * np.fmax(np.abs(a), np.abs(b)) + 1e-9 * largest))
