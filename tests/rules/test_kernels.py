"""Kernels are what compiled formulas call: they compile, and give what their references give."""

from __future__ import annotations

import math
from math import inf, nan

import numpy as np
import pytest

from dualad.rules import kernels, order_kernels, parameter_kernels, special_kernels, table
from dualad.rules.accuracy import samples
from dualad.rules.algebra import apply
from dualad.staging.scipy_symbols import exported_name

MODULES = [m.__name__ for m in (kernels, order_kernels, parameter_kernels, special_kernels)]
PLAIN = [op for op in table() if getattr(op.kernel, "__module__", "") in MODULES]
SYMBOLS = [op for op in table() if op.scipy and op.scipy != "polygamma"]
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, inf, -inf, nan, 1e300, -1e300, 1e-300, -1e-300]


@pytest.mark.parametrize("op", PLAIN, ids=lambda op: op.name)
def test_kernel_compiles_and_agrees_with_its_reading(op):
    from numba import njit

    compiled = njit(op.kernel)
    points = samples(op, count=30)
    if not op.integers:
        points += [(x,) * op.arity for x in EDGES] + ([(x, 1.0) for x in EDGES] if op.arity == 2 else [])
    for arguments in points:
        got = compiled(*(a if i in op.integers else float(a) for i, a in enumerate(arguments)))
        want = apply(op.name, *(a if i in op.integers else float(a) for i, a in enumerate(arguments)))
        assert math.isclose(got, want, rel_tol=4e-15) or (np.isnan(got) and np.isnan(want)), arguments


@pytest.mark.parametrize("op", SYMBOLS, ids=lambda op: op.name)
def test_symbol_is_exported_by_scipy_with_doubles(op):
    from scipy.special import cython_special

    capsule = repr(cython_special.__pyx_capi__[exported_name(op.scipy, op.arity)])
    doubles = ", ".join(["double"] * op.arity)
    assert f'"double ({doubles}, int' in capsule


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("x", [1e-9, 0.3, 5.0, 1e6, 1e60, -0.5, -1e-9, -3.2, -100.75, -10000.25])
def test_polygamma_against_mpmath(n, x):
    import mpmath

    with mpmath.workdps(60):
        exact = mpmath.psi(n, mpmath.mpf(x))
        assert abs(kernels.polygamma(n, np.float64(x)) - exact) <= 1e-14 * abs(exact)


def test_polygamma_at_poles_and_infinity():
    assert kernels.polygamma(1, np.float64(0.0)) == inf
    assert kernels.polygamma(1, np.float64(-3.0)) == inf
    assert math.isnan(kernels.polygamma(2, np.float64(-3.0)))
    assert kernels.polygamma(1, np.float64(inf)) == 0.0
    assert math.isnan(kernels.polygamma(1, np.float64(nan)))


def test_power_less_makes_good_the_rounding_of_the_exponent():
    import mpmath

    x, y = 1e300, 0.3
    with mpmath.workdps(50):
        exact = mpmath.power(mpmath.mpf(x), mpmath.mpf(y) - 1)
        assert abs(kernels.power_less(x, y, 1) - exact) < 3e-16 * exact
        assert abs(x ** (y - 1) - exact) > 1e-14 * exact


def test_bell_makes_good_the_rounding_of_the_square():
    import mpmath

    with mpmath.workdps(50):
        exact = mpmath.exp(-(mpmath.mpf(25.7) ** 2))
        assert abs(kernels.bell(25.7) - exact) < 5e-16 * exact
        assert abs(math.exp(-25.7 * 25.7) - exact) > 1e-14 * exact
