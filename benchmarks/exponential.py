"""``python -m benchmarks.exponential``: what a vectorised exponential would bring, in ns per element.

docs/speed.md shows a run: ``--page docs/speed.md``.

Numba's calls the C library once per element, which no loop around it can vectorise. Beside it stand an
inlined polynomial, which LLVM vectorises, and NumPy's own loop, each with its largest error in units in the
last place; and the log-sum-exp, value and gradient, written by hand with either.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit
from numba.core import config

from .crossover import markdown
from .report import machine
from .suite.report import insert
from .timing import interleaved

SIZES = (1_000, 100_000)
LOG2E = 1.4426950408889634
# ln 2 in two parts, of which the first has zeros at its end (Cody and Waite, Software Manual, chapter 6).
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
COEFFICIENTS = tuple(1 / math.factorial(k) for k in range(13, -1, -1))
BIAS, MANTISSA = 1023, 52


@njit(inline="always")
def polynomial(x):
    """The exponential of what neither overflows nor underflows: Taylor's sum to half of ln 2, scaled."""
    k = np.rint(x * LOG2E)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    y = 0.0
    for coefficient in COEFFICIENTS:
        y = y * r + coefficient
    return y * np.int64((np.int64(k) + BIAS) << MANTISSA).view(np.float64)


WAYS = {"Numba's": njit(lambda x: math.exp(x)), "polynomial": polynomial}


def mapped(exp):
    """The exponentials of an array."""

    @njit
    def run(x, out):
        for i in range(x.size):
            out[i] = exp(x[i])
        return out

    return run


def log_sum_exp(exp):
    """Log-sum-exp and its gradient, by hand."""

    @njit(fastmath={"reassoc"})
    def run(x, gradient):
        largest = x[0]
        for i in range(1, x.size):
            largest = max(largest, x[i])
        total = 0.0
        for i in range(x.size):
            gradient[i] = exp(x[i] - largest)
            total += gradient[i]
        for i in range(x.size):
            gradient[i] /= total
        return largest + math.log(total)

    return run


def error(exp) -> float:
    """The largest error on a grid, in units in the last place."""
    x = np.linspace(-20.0, 20.0, 200_001)
    exact = np.exp(x.astype(np.longdouble))
    return float(np.max(np.abs(exp(x, np.empty(x.size)) - exact) / np.spacing(exact.astype(float))))


def rows(seconds: float):
    """The table."""
    yield [
        "",
        "largest error",
        *(f"exp, n = {n:,}" for n in SIZES),
        *(f"log-sum-exp, n = {n:,}" for n in SIZES),
    ]
    numpy = {"NumPy's": lambda x, out: np.exp(x, out)}
    maps = {name: mapped(exp) for name, exp in WAYS.items()} | numpy
    sums = {name: log_sum_exp(exp) for name, exp in WAYS.items()}
    columns = []
    for calls in (maps, sums):
        for n in SIZES:
            x, out = np.linspace(-5.0, 5.0, n), np.empty(n)
            best = interleaved({name: partial(call, x, out) for name, call in calls.items()}, seconds)
            columns.append({name: f"{time / n * 1e9:.2f} ns" for name, time in best.items()})
    for name, exp in maps.items():
        yield [name, f"{error(exp):.1f} ulp", *(column.get(name, "") for column in columns)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exponential", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="time per column (default 0.5)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the table into this file")
    options = parser.parse_args(arguments)
    svml = "in use" if config.USING_SVML else "not in use"
    lines = [*markdown(rows(options.seconds)), "", f"{machine()}; Intel's vector library {svml}"]
    print("\n".join(lines))
    if options.page:
        insert(options.page, lines)


if __name__ == "__main__":
    main()
