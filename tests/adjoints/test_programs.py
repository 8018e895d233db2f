"""Adjoints of random programs, run as the Python they are written in: nothing is compiled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numba import float64

from dualad.adjoints.engine import adjoint, whole
from dualad.adjoints.errors import NotTransformable
from tests.programs.battery import inputs
from tests.programs.language import OPS, programs
from tests.programs.reference import Run
from tests.programs.source import compiled

SWITCHES = (frozenset(), frozenset({"fuse"}))
numbers = st.integers(0, 2**32 - 1)
# Identity of numbers means something else in Python than in compiled code.
IN_PYTHON = tuple(k for k, op in enumerate(OPS) if op.name not in {"is", "is_not"})


def agrees_with_the_chain_rule(program, number):
    """Value and gradient, under every combination of switches."""
    x, _, w = inputs(number)
    run = Run(program, x)
    assume(np.all(run.majorant < 1e9))
    f = compiled(program).py_func
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            y = f(x)
    except (ArithmeticError, ValueError):  # Python raises where compiled code has NaN or infinity
        assume(False)
    for switches in SWITCHES:
        try:
            made = adjoint(f, [float64[::1]], (0,), whole, switches, {"error_model": "numpy"})
        except NotTransformable as refusal:
            assert any(said in str(refusal) for said in ("several results", "divmod"))  # noqa: PT017
            return
        given = x.copy()
        with np.errstate(all="ignore"):  # of infinite partials, which adjoints of 0 absorb
            value, (gradient,) = made.function(given, w)
        np.testing.assert_array_equal(given, x)
        np.testing.assert_array_equal(value, y)
        assert np.all(np.abs(gradient - w @ run.jacobian) <= 1e-12 * (np.abs(w) @ run.majorant))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(programs(IN_PYTHON), numbers)
def test_random_programs(program, number):
    agrees_with_the_chain_rule(program, number)


@pytest.mark.battery
@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(programs(IN_PYTHON), numbers)
def test_many_random_programs(program, number):
    agrees_with_the_chain_rule(program, number)
