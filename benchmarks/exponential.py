"""``python -m benchmarks.exponential``: what a vectorised exponential would bring, in ns per element.

docs/speed.md shows a run: ``--page docs/speed.md``.

Numba's calls the C library once per element, which no loop around it can vectorise. Beside it stand
`dualad.fast_exp`, which LLVM vectorises, and NumPy's own loop, each with its largest error in units in the
last place; and a sum of exponentials with its gradient, by hand and by a compiled adjoint.
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

import dualad as da

from .crossover import markdown
from .report import machine
from .suite.report import insert
from .timing import interleaved

SIZES = (1_000, 100_000)
WAYS = {"`math.exp`": math.exp, "`dualad.fast_exp`": da.fast_exp}


def mapped(exp):
    """The exponentials of an array."""

    @njit
    def run(x, out):
        for i in range(x.size):
            out[i] = exp(x[i])
        return out

    return run


def log_sum(exp):
    """The logarithm of a sum of exponentials."""

    @njit(fastmath={"reassoc"})
    def run(x):
        total = 0.0
        for i in range(x.size):
            total += exp(x[i])
        return math.log(total)

    return run


def log_sum_by_hand(exp):
    """The same with its gradient."""

    @njit(fastmath={"reassoc"})
    def run(x):
        gradient = np.empty(x.size)
        total = 0.0
        for i in range(x.size):
            gradient[i] = exp(x[i])
            total += gradient[i]
        for i in range(x.size):
            gradient[i] /= total
        return math.log(total), gradient

    return run


def error(exp) -> float:
    """The largest error on a grid, in units in the last place."""
    x = np.linspace(-20.0, 20.0, 200_001)
    exact = np.exp(x.astype(np.longdouble))
    return float(np.max(np.abs(exp(x, np.empty(x.size)) - exact) / np.spacing(exact.astype(float))))


def rows(seconds: float):
    """The table."""
    headings = "exp", "log of a sum", "with gradient by hand", "by dualad"
    yield ["", "largest error", *(f"{heading}, n = {n:,}" for heading in headings for n in SIZES)]
    numpy = {"NumPy's": lambda x, out: np.exp(x, out)}
    maps = {name: mapped(exp) for name, exp in WAYS.items()} | numpy
    makers = (log_sum, log_sum_by_hand, lambda exp: da.value_and_grad(log_sum(exp), mode="adjoint"))
    tables = [maps, *({name: make(exp) for name, exp in WAYS.items()} for make in makers)]
    columns = []
    for calls in tables:
        for n in SIZES:
            x = np.linspace(-5.0, 5.0, n)
            given = (x, np.empty(n)) if calls is maps else (x,)
            best = interleaved({name: partial(call, *given) for name, call in calls.items()}, seconds)
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
