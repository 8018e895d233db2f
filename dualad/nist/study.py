"""Fits of every problem from both starts, exact against finite differences, timed and scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from dualad.nist.datasets import Dataset
from dualad.nist.fit import Derivatives, Fit, exact_jacobian, fit, log_relative_error
from dualad.nist.models import Problem, problem

REPEATS = 3


@dataclass(frozen=True)
class Score:
    """Digits of agreement with the certified values, and time, of one fit.

    Attributes
    ----------
    parameters, deviations, rss : float
        Digits, from 0 to 11, of the worst parameter, the worst standard deviation and the residual sum
        of squares.
    seconds : float
        Least of a few repeats, without compilation.
    """

    parameters: float
    deviations: float
    rss: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Row:
    """Both fits of a problem from one start.

    Attributes
    ----------
    problem : Problem
        What was fitted.
    start : int
        1 or 2, as NIST counts.
    fit : Fit
        The fit with exact derivatives.
    exact, differences : Score
        Scores with exact and with finite-difference derivatives.
    """

    problem: Problem
    start: int
    fit: Fit
    exact: Score
    differences: Score


def score(found: Fit, data: Dataset, seconds: float) -> Score:
    """Compare a fit with the certified values.

    Parameters
    ----------
    found : Fit
        Result to judge.
    data : Dataset
        Its data set.
    seconds : float
        Time the fit took.

    Returns
    -------
    Score
    """
    return Score(
        parameters=float(log_relative_error(found.parameters, data.certified).min()),
        deviations=float(log_relative_error(found.deviations, data.certified_deviations).min()),
        rss=float(log_relative_error(found.rss, data.rss)),
        seconds=seconds,
    )


def compile_problem(name: str) -> tuple[Problem, float]:
    """Load a problem and compile its residuals and their exact Jacobian.

    Parameters
    ----------
    name : str
        Name of a NIST set.

    Returns
    -------
    Problem
    float
        Seconds taken, most of it compilation; next to nothing if an equal model was met before.
    """
    begin = perf_counter()
    prepared = problem(name)
    arguments = prepared.data.starts[1], prepared.data.x, prepared.response
    prepared.residuals(*arguments)
    exact_jacobian(prepared.residuals)(*arguments)
    return prepared, perf_counter() - begin


def compare(prepared: Problem) -> Iterator[Row]:
    """Fit a problem from both starts in both ways.

    Parameters
    ----------
    prepared : Problem
        With its functions compiled, or the times include it.

    Yields
    ------
    Row
        For start 1, then for start 2.
    """
    for number, start in enumerate(prepared.data.starts, 1):
        found, seconds = _timed(prepared, start, "exact")
        other, other_seconds = _timed(prepared, start, "2-point")
        yield Row(
            problem=prepared,
            start=number,
            fit=found,
            exact=score(found, prepared.data, seconds),
            differences=score(other, prepared.data, other_seconds),
        )


def _timed(prepared: Problem, start: np.ndarray, derivatives: Derivatives) -> tuple[Fit, float]:
    seconds = np.inf
    for _ in range(REPEATS):
        begin = perf_counter()
        found = fit(prepared, start, derivatives)
        seconds = min(seconds, perf_counter() - begin)
    return found, seconds
