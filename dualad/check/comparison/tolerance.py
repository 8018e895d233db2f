"""When a number of a derivative is wrong, and when its reference cannot decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Verdict", "judged", "rounding_floor"]

SAFETY = 2.0  # times the error that a reference estimates of itself
SCATTER = 16.0  # times the measured rounding errors of a derivative
# Rounding errors up to this share of the function's size are forgiven where a derivative is near 0; more is
# cancellation.
SHARE = 1e-11


@dataclass(frozen=True)
class Verdict:
    """Entry by entry, in the shape of the derivative.

    Attributes
    ----------
    wrong : array of bool
        Neither the reference's error nor rounding explains the difference.
    unresolved : array of bool
        Not wrong, but the reference is too rough to confirm it to the tolerance.
    excess : array
        The difference in parts of what is allowed.
    """

    wrong: NDArray[np.bool_]
    unresolved: NDArray[np.bool_]
    excess: NDArray[np.float64]


def judged(
    value: NDArray[np.float64], reference: NDArray[np.float64], error: NDArray[np.float64],
    hull: tuple[NDArray[np.float64], NDArray[np.float64]], floor: NDArray[np.float64],
    size: NDArray[np.float64], rtol: float,
) -> Verdict:  # fmt: skip
    """Judge the entries of a derivative.

    Parameters
    ----------
    value, reference, error : array
        The derivative, what it should be, and how far that may be off.
    hull : pair of arrays
        Between these any value is right: slopes on the two sides of a kink. NaN where there is none.
    floor : array
        Rounding errors of the derivative.
    size : array
        What a derivative would be where nothing cancels.
    rtol : float
        Relative error allowed.
    """
    with np.errstate(all="ignore"):
        difference = np.where(value == reference, 0.0, np.abs(value - reference))
        largest = np.fmax(np.abs(value), np.abs(reference))
        own = rtol * np.where(np.isfinite(largest), largest, 0.0) + floor
        allowed = own + SAFETY * error
        kinked = (value >= hull[0] - own) & (value <= hull[1] + own)
        known = np.isfinite(reference) & (error < 0.1 * np.abs(reference))
        # A NaN is wrong wherever the function has a slope; an infinity unless the slope grows without bound.
        wrong = (difference > allowed) & np.isfinite(value)
        wrong |= np.isnan(value) & ~np.isnan(reference)
        wrong |= np.isinf(value) & (known | (np.sign(value) != np.sign(reference)))
        wrong &= ~kinked & ~np.isnan(reference)
        rough = (SAFETY * error > own) | ~np.isfinite(error) | ~np.isfinite(reference)
        zero = (np.abs(value) <= floor) & (SAFETY * error <= rtol * size)
        unresolved = rough & ~wrong & ~kinked & ~zero
        excess = np.where(wrong, np.fmax(difference / allowed, 1.0), np.where(rough, 0.0, difference / own))
    return Verdict(wrong, unresolved, np.nan_to_num(excess, nan=np.inf, posinf=np.inf))


def rounding_floor(
    scatter: NDArray[np.float64], size: NDArray[np.float64], eps: float
) -> NDArray[np.float64]:
    """Errors of a derivative that count as rounding.

    Parameters
    ----------
    scatter : array
        How far the derivative moves when its arguments change in the last digit.
    size : array
        What a derivative would be where nothing cancels: the function's size over that of the argument.
    eps : float
        Machine precision of the arguments.
    """
    share = SHARE * (eps / float(np.finfo(np.float64).eps)) ** 0.7
    smallest = float(np.finfo(np.float64).tiny)
    return np.asarray(
        np.fmin(SCATTER * np.nan_to_num(scatter, nan=0.0, posinf=np.inf), share * size) + smallest
    )
