"""Solve each problem both ways: evaluations, times and digits."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ..report import quantity
from ..timing import interleaved
from .counting import counted
from .problems import DIFFERENCES, EXACT, Problem, problems

HEADER = (
    "problem",
    "solver",
    "values, differences",
    "values + derivatives, exact",
    "time, differences",
    "time, exact",
    "digits, differences",
    "digits, exact",
)


@dataclass(frozen=True)
class Way:
    """How one way to get derivatives solves a problem."""

    values: int
    derivatives: int
    seconds: float
    digits: float


@dataclass(frozen=True)
class Row:
    """A problem with both ways."""

    problem: Problem
    differences: Way
    exact: Way

    def cells(self) -> list[str]:
        """A row of the table."""
        return [
            self.problem.name,
            self.problem.solver,
            f"{self.differences.values:,}",
            f"{self.exact.values:,} + {self.exact.derivatives:,}",
            quantity(self.differences.seconds, "s"),
            quantity(self.exact.seconds, "s"),
            f"{self.differences.digits:.1f}",
            f"{self.exact.digits:.1f}",
        ]


def evaluations(problem: Problem, solvers: object) -> tuple[int, int, float]:
    """Values, derivatives and digits of one run."""
    with warnings.catch_warnings(), counted() as count:
        warnings.simplefilter("ignore")  # what SciPy says of steps that it rejects
        digits = problem.reached(problem.solve(solvers))
    return count["values"], count["derivatives"], digits


def measured(seconds: float, only: Sequence[str] = ()) -> Iterator[Row]:
    """All problems, or those with a word of `only` in their name or solver."""
    for problem in problems():
        if only and not any(word.lower() in f"{problem.name} {problem.solver}".lower() for word in only):
            continue
        ways = {"differences": DIFFERENCES, "exact": EXACT}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Each is called once before, which compiles it.
            best = interleaved({name: partial(problem.solve, way) for name, way in ways.items()}, seconds)
        found = {}
        for name, way in ways.items():
            values, derivatives, digits = evaluations(problem, way)
            found[name] = Way(values, derivatives, best[name], digits)
        yield Row(problem, found["differences"], found["exact"])
