"""``python -m benchmarks.crossover``: where reverse mode overtakes forward mode, the best chunks, products.

The constants that come from it are `STATIC_CROSSOVER` (drivers/kernels/kernel.py), `ARRAY_CHUNK` and
`WIDEST_CHUNK` (drivers/forward.py). docs/modes.md shows a run: ``--page docs/modes.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit

import dualad as da

from .problems import rosen, transcendental
from .report import machine
from .suite.report import insert
from .timing import interleaved

FUNCTIONS = {"rosen": rosen.rosen, "transcendental": transcendental.softplus_sine}
SIZES = (2, 4, 8, 12, 16, 24, 32, 64)
CHUNKS = (1, 2, 4, 8, 12, 16, 24)
LONG = 96
LENGTHS = (100, 1_000, 10_000)
CALLS = 200  # of the derivative in one compiled loop: what is measured is the derivative, not the call of it


def repeated(function):
    """The function, called many times from compiled code."""

    @njit
    def run(x):
        total = 0.0
        for _ in range(CALLS):
            total += np.sum(np.asarray(function(x)))
        return total

    return run


def crossover(seconds: float) -> Iterator[list[str]]:
    """By number of inputs: forward in as few passes as there are, compiled adjoint, tape, over the primal."""
    yield ["function", "inputs", "forward", "compiled adjoint", "tape"]
    for name, f in FUNCTIONS.items():
        ways = {"primal": f, "adjoint": da.grad(f, mode="adjoint"), "tape": da.grad(f, mode="tape")}
        for n in SIZES:
            passes = -(-n // 12)
            forward = da.grad(f, mode="forward", chunk=-(-n // passes))
            x = np.linspace(0.3, 1.2, n)
            calls = {way: partial(repeated(g), x) for way, g in {**ways, "forward": forward}.items()}
            best = interleaved(calls, seconds)
            ratios = [f"{best[way] / best['primal']:.2f}×" for way in ("forward", "adjoint", "tape")]
            yield [name, str(n), *ratios]


def chunks(seconds: float) -> Iterator[list[str]]:
    """By partials per pass: a gradient and a Jacobian of many inputs in forward mode, over the primal."""
    yield ["function", *(f"{chunk}" for chunk in CHUNKS)]
    x = np.linspace(0.3, 1.2, LONG)
    for name, f in FUNCTIONS.items():
        ways = {chunk: da.grad(f, mode="forward", chunk=chunk) for chunk in CHUNKS}
        calls = {"primal": partial(f, x)} | {str(chunk): partial(g, x) for chunk, g in ways.items()}
        best = interleaved(calls, seconds)
        yield [f"{name}, n = {LONG}", *(f"{best[str(chunk)] / best['primal']:.0f}×" for chunk in CHUNKS)]


def products(seconds: float) -> Iterator[list[str]]:
    """By number of inputs: gradient and Hessian-vector product over the primal, and over each other."""
    yield ["function", "inputs", "gradient", "Hessian-vector product", "in gradients"]
    for name, f in FUNCTIONS.items():
        gradient, product = da.grad(f), da.hvp(f)
        for n in LENGTHS:
            x = np.linspace(0.3, 1.2, n)
            along = np.ones(n)
            calls = {"primal": partial(f, x), "gradient": partial(gradient, x)}
            best = interleaved(calls | {"product": partial(product, x, along)}, seconds)
            primal, by_gradient = best["primal"], best["product"] / best["gradient"]
            ratios = [f"{best[way] / primal:.2f}×" for way in ("gradient", "product")]
            yield [name, f"{n:,}", *ratios, f"{by_gradient:.2f}×"]


def markdown(rows: Iterator[list[str]]) -> list[str]:
    header, *body = rows
    lines = [header, ["---:"] * len(header), *body]
    return [f"| {' | '.join(line)} |" for line in lines]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crossover", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="time per row (default 0.5)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables into this file")
    options = parser.parse_args(arguments)
    lines = []
    for rows in (crossover, chunks, products):
        lines += [*markdown(rows(options.seconds)), ""]
    lines.append(machine())
    print("\n".join(lines))
    if options.page:
        insert(options.page, lines)


if __name__ == "__main__":
    main()
