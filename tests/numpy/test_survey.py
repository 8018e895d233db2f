"""Every NumPy function that Numba compiles, in every mode; see docs/numpy.md."""

from collections import Counter

import numpy as np
import pytest
from numba.np import ufunc_db

import dualad as da
from dualad.pages.numpy_functions import rows
from tests.numpy.expressions import POINT, expressions, function
from tests.numpy.survey import first_order, second_order, unless_refused

CASES = list(expressions(ufunc_db.get_ufuncs()))
STATUS = {row.name: row.status for section in rows().values() for row in section}
# Single precision, which is too coarse for references of second derivatives.
SINGLE = ("np.float32", "np.single", "np.complex64", "np.csingle")
# Of the functions that no other test of the default run calls.
FEW = (
    "np.real", "np.trim_zeros", "np.fill_diagonal", "no dimensions", "np.polynomial.polynomial.polyval",
    "ndarray.astype",
)  # fmt: skip


def parameters(cases):
    found, seen = [], Counter()
    for name, expression in cases:
        seen[name] += 1
        found.append(pytest.param(name, expression, id=name + f"-{seen[name]}" * (seen[name] > 1)))
    return found


def test_every_supported_function_has_an_expression():
    named = {name for name, _ in CASES} | {"numba.np.extensions.cross2d"}
    supported = {name for name, status in STATUS.items() if status == "supported"}
    supported = {name for name in supported if not name.startswith("Generator.")}  # see drivers/test_draws.py
    # NumPy has several names for some of the elementwise functions.
    assert {name for name in supported if name not in named and _own_name(name) not in named} == set()


def test_some_have_compiled_adjoints():
    """Else nothing here would be tested of them."""
    f = function("np.sum(x * x)")
    assert unless_refused(lambda: da.grad(f, mode="adjoint")(POINT)) is not None


def _own_name(name):
    ufunc = getattr(np, name.rpartition(".")[2], None)
    return f"np.{ufunc.__name__}" if isinstance(ufunc, np.ufunc) else name


@pytest.mark.parametrize(("name", "expression"), parameters([case for case in CASES if case[0] in FEW]))
def test_modes_agree(name, expression):
    first_order(function(expression), POINT)


@pytest.mark.battery
@pytest.mark.parametrize(("name", "expression"), parameters(CASES))
def test_derivatives(name, expression):
    f = function(expression)
    first_order(f, POINT)
    if STATUS.get(name) != "passive" and name not in SINGLE:
        second_order(f, POINT)
