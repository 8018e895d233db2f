"""As many random programs as asked for, compiled from source: ``python -m tests.programs.battery``."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from functools import cache

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

import dualad as da
from tests.programs.language import INPUTS, OUTPUTS, SMOOTH, programs
from tests.programs.properties import agree_in_both_modes, dual_to_each_other, remainder_slopes
from tests.programs.reference import Run
from tests.programs.source import compiled

SEED = 2718


@cache
def drawn_programs(count, start=SEED):
    """(program, number), the same for the same `start`; every third is smooth."""
    found = []

    @seed(start)
    @settings(
        max_examples=20 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(), programs(SMOOTH))
    def draw(any_op, smooth):
        number = len(found)
        program = smooth if number % 3 == 2 else any_op
        if number < count and usable(program, number):
            found.append((program, number))

    draw()
    return found


def inputs(number):
    """A point, a direction and a cotangent."""
    rng = np.random.default_rng(number)
    return rng.uniform(-2, 2, INPUTS), rng.normal(size=INPUTS), rng.normal(size=OUTPUTS)


def usable(program, number):
    """Long enough to be worth compiling, and with derivatives of moderate size."""
    majorant = Run(program, inputs(number)[0]).majorant
    return len(program.body) >= 4 and bool(np.all(majorant < 1e4))


def check(program, number):
    """One property of one program, by turns: each derivative costs a compilation."""
    [same_in_both_modes, dual, expanded][number % 3](compiled(program), program, number)


def same_in_both_modes(f, program, number):
    x, _, _ = inputs(number)
    forward = da.value_and_jacobian(f, mode="forward", chunk=number % 5 + 1)(x)
    reverse = da.value_and_jacobian(f, mode="reverse")(x)
    agree_in_both_modes(f(x), forward, reverse, Run(program, x).majorant)


def dual(f, program, number):
    x, v, w = inputs(number)
    dual_to_each_other(da.jvp(f)(x, v), da.vjp(f)(x, w), v, w, f(x), Run(program, x).majorant)


def expanded(f, program, number):
    x, v, w = inputs(number)
    pull = da.vjp(f)
    first = pull(x, w)[1] @ v
    second = da.jvp(lambda x, w: pull(x, w)[1])(x, v, w)[1] @ v

    def value(at):
        return w @ f(at), Run(program, at).path

    remainder_slopes(value, x, v, first, second, np.abs(w) @ Run(program, x).errors)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    started, failures = time.perf_counter(), 0
    drawn = drawn_programs(options.count, options.seed)
    for done, (program, number) in enumerate(drawn, 1):
        try:
            check(program, number)
        except Exception:
            failures += 1
            print(f"\n== program {number} of seed {options.seed}\n{program.text}\n")
            traceback.print_exc(limit=3)
        if sys.stderr.isatty() or done % 25 == 0 or done == len(drawn):
            elapsed = time.perf_counter() - started
            print(
                f"\r{done}/{len(drawn)} programs, {failures} failed, {elapsed:.0f} s", end="", file=sys.stderr
            )
    print(file=sys.stderr)
    print(f"{len(drawn)} programs, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
