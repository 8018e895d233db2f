"""Callees without Python code to compile again: refused by name and line unless nothing active is passed."""

import ctypes
import ctypes.util

import numpy as np
import pytest
from numba import cfunc, guvectorize, jit, njit, objmode, vectorize

import dualad as da
from tests.agreement import MODES
from tests.same import assert_same


@vectorize
def square(a):
    return a * a


@guvectorize(["float64[:], float64[:]"], "(n)->(n)")
def copy_of(a, out):
    for i in range(a.size):
        out[i] = a[i]


@cfunc("float64(float64)")
def cubed(a):
    return a * a * a


@jit(forceobj=True)
def interpreted(a):
    return a * a


sine = ctypes.CDLL(ctypes.util.find_library("m")).sin
sine.restype, sine.argtypes = ctypes.c_double, [ctypes.c_double]


def by_guvectorize(x):
    out = np.zeros(2)
    copy_of(x, out)
    return out[0]


def by_cfunc(x):
    return cubed(x[0])


def by_forceobj(x):
    return interpreted(x[0])


def by_ctypes(x):
    return sine(x[0])


FOREIGN = [
    (by_guvectorize, "'copy_of'", "@guvectorize"),
    (by_cfunc, "'cubed'", "@cfunc"),
    (by_forceobj, "'interpreted'", "forceobj"),
    (by_ctypes, "'sin'", "outside Python"),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("f", "name", "maker"), FOREIGN)
def test_foreign_callees_are_refused_by_name_and_line(f, name, maker, mode):
    with pytest.raises(da.UnsupportedError) as refused:
        da.grad(f, mode=mode)(np.ones(2))
    message = str(refused.value)
    code = f.__code__
    lines = {line for _, _, line in code.co_lines() if line is not None}
    assert name in message
    assert maker in message
    assert any(f"test_callees.py, line {line})" in message for line in lines)
    assert "@njit" in message  # how to mend it


@pytest.mark.parametrize("foreign", [square, copy_of, cubed, interpreted])
def test_foreign_functions_are_refused_themselves(foreign):
    with pytest.raises(da.UnsupportedError, match="cannot differentiate"):
        da.grad(foreign)


def test_objmode_blocks_and_generators_are_refused():
    """Compiled adjoints take loops over generators: see tests/adjoints/test_generators.py."""

    def through_python(x):
        with objmode(y="float64"):
            y = float(x.sum())
        return y

    def generated(x):
        for i in range(3):
            yield x[i]

    generate = njit(generated)

    def consuming(x):
        s = 0.0
        for v in generate(x):
            s += v
        return s

    refused = [
        (f, what, mode)
        for f, what in ((through_python, "objmode"), (generated, "generator"))
        for mode in MODES
    ]
    refused += [(consuming, "generator", mode) for mode in ("forward", "tape")]
    for f, what, mode in refused:
        with pytest.raises(da.UnsupportedError, match=rf"{what}.*|test_callees.py, line .*{what}"):
            da.grad(f, mode=mode)(np.ones(3))


def test_foreign_callees_may_work_on_passive_values():
    def f(x, data):
        out = np.zeros(2)
        copy_of(data, out)
        return x[0] * square(3.0) * square(data)[1] + cubed(2.0) * x[1] * sine(data[0]) * out[1]

    data = np.array([0.5, 2.0])
    for mode in MODES:
        assert_same(da.grad(f, mode=mode)(np.ones(2), data), np.array([36.0, 16.0 * np.sin(0.5)]), rtol=1e-15)
