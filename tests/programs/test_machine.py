"""Random programs over every op, loops, branches, arrays and helpers, run by one compiled interpreter."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.programs import machine
from tests.programs.language import INPUTS, OUTPUTS, SMOOTH, programs
from tests.programs.properties import agree_in_both_modes, dual_to_each_other, remainder_slopes
from tests.programs.reference import Run

EXAMPLES = 250
seeds = st.integers(0, 2**32 - 1)
path = np.zeros(1, np.int64)


def drawn(seed):
    """A point, a direction and a cotangent."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-2, 2, INPUTS), rng.normal(size=INPUTS), rng.normal(size=OUTPUTS)


@settings(max_examples=EXAMPLES)
@given(programs(), seeds)
def test_modes_agree(program, seed):
    x, v, w = drawn(seed)
    code = machine.assembled(program)
    majorant = Run(program, x).majorant
    assume(np.all(majorant < 1e9))
    y = machine.run(x, code, path)
    forward, reverse = (machine.jacobian[mode](x, code, path) for mode in ("forward", "reverse"))
    agree_in_both_modes(y, forward, reverse, majorant)
    dual_to_each_other(machine.push(x, v, code, path), machine.pull(x, w, code, path), v, w, y, majorant)


@settings(max_examples=EXAMPLES)
@given(programs(SMOOTH), seeds)
def test_taylor_remainder(program, seed):
    x, v, w = drawn(seed)
    code = machine.assembled(program)
    reference = Run(program, x)
    assume(np.all(reference.majorant < 1e4))

    def value(at):
        return machine.weighted(at, w, code, path), int(path[0])

    first = machine.gradient(x, w, code, path) @ v
    error = np.abs(w) @ reference.errors
    for curvature in machine.curvature.values():
        remainder_slopes(value, x, v, first, curvature(x, v, w, code, path) @ v, error)
