"""What is known of the types of results is what Numba says."""

import itertools

import numpy as np
import pytest
from numba import njit, types
from numba.core.errors import NumbaPerformanceWarning
from scipy.special import logsumexp

from dualad.adjoints.library.returned import type_of
from dualad.rules.arrays.table import rules

F8 = types.float64


@njit
def _inv(a):
    return np.linalg.inv(a)


@njit
def _cholesky(a):
    return np.linalg.cholesky(a)


@njit
def _det(a):
    return np.linalg.det(a)


@njit
def _solve(a, b):
    return np.linalg.solve(a, b)


@njit
def _dot(a, b):
    return np.dot(a, b)


@njit
def _logsumexp(a):
    return logsumexp(a)


@njit
def _logsumexp_by_axis(a, axis):
    return logsumexp(a, axis)


def _matrix(layout):
    return types.Array(F8, 2, layout)


RULES = {rule.name: rule for rule in rules()}
VECTOR = types.Array(F8, 1, "C")
SQUARE = (("inv", _inv), ("cholesky", _cholesky), ("det", _det))
CASES = [
    *((name, function, (_matrix(layout),)) for name, function in SQUARE for layout in "CF"),
    *(("dot", _dot, pair) for pair in itertools.product((VECTOR, _matrix("C"), _matrix("A")), repeat=2)),
    ("solve", _solve, (_matrix("C"), VECTOR)),
    ("solve", _solve, (_matrix("F"), _matrix("C"))),
    ("logsumexp", _logsumexp, (_matrix("C"),)),
    ("logsumexp", _logsumexp_by_axis, (VECTOR, types.int64)),
    ("logsumexp", _logsumexp_by_axis, (_matrix("F"), types.int64)),
]


@pytest.mark.filterwarnings("ignore", category=NumbaPerformanceWarning)
@pytest.mark.parametrize(
    ("name", "function", "argtypes"), CASES, ids=lambda p: p if isinstance(p, str) else ""
)
def test_the_type_of_a_result_is_that_of_numba(name, function, argtypes):
    names = ("a", "axis" if name == "logsumexp" else "b")
    function.compile(argtypes)
    assert (
        type_of(RULES[name], dict(zip(names, argtypes, strict=False)))
        == function.overloads[argtypes].signature.return_type
    )


def test_what_is_not_known_is_asked_for():
    cube = types.Array(F8, 3, "C")
    assert type_of(RULES["dot"], {"a": cube, "b": VECTOR}) is None
    assert type_of(RULES["logsumexp"], {"a": VECTOR, "b": VECTOR}) is None
    assert type_of(RULES["dot"], {"a": VECTOR, "b": types.Array(types.float32, 1, "C")}) is None
    assert type_of(RULES["logsumexp"], {"a": VECTOR, "axis": types.UniTuple(types.int64, 1)}) is None
    assert type_of(RULES["eigh"], {"a": _matrix("C")}) is None
