"""Functions and helpers of every make: declared signatures, options, overloads, functions as arguments."""

import math

import numpy as np
import pytest
from numba import njit, types
from numba.extending import overload, register_jitable

import dualad as da
from tests.agreement import MODES, assert_agrees, plain
from tests.same import assert_same

X = (0.7, 1.3, 2.1, 0.4)


# -- declared signatures --------------------------------------------------------------------------


def test_arguments_are_converted_to_the_declared_types():
    @njit(["float64(float64, float64)", "float64(int64, float64)"])
    def halved(a, n):
        return a * (n // 2 + 0.5)  # floats give 1.5 // 2 + 0.5 = 0.5

    @njit("UniTuple(float64, 2)(float64, int64)")
    def pair(a, n):
        return a * n, 1

    @njit("float64(float64[:,::1], float64[:])")
    def squared(rows, x):
        s = 0.0
        for i in range(rows.shape[0]):
            for j in range(rows.shape[1]):
                s += rows[i, j] * x[j] * (i + 1)
        return s * s

    def f(x):
        first, second = pair(x[2], 3)
        return halved(x[0], 3) + halved(2, x[1]) + first * second + squared(np.ones((2, 4)), x)

    assert_agrees(f, X)
    assert_agrees(njit("float64(float64[:])")(lambda x: x[0] * x[1]), X, gradient=[1.3, 0.7, 0.0, 0.0])
    fortran = njit("float64(float64[::1, :])")(lambda a: a[0, 1] * a[1, 0])
    given = np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])
    for mode in MODES:
        assert_same(da.grad(fortran, mode=mode)(given), np.array([[0.0, 3.0], [2.0, 0.0]]))


@pytest.mark.parametrize("mode", MODES)
def test_a_declared_precision_is_kept(mode):
    @njit("float32(float32, int64)")
    def third(a, n):
        return a * a / 3 + n // 2

    f = njit(lambda x: third(x[0], 3) * x[1])
    x = np.array([0.7, 2.0])
    value, gradient = da.value_and_grad(f, mode=mode)(x)
    assert value == f(x)
    assert_same(gradient, np.array([2 * 0.7 / 3 * 2.0, 0.49 / 3 + 1]), rtol=1e-7)


def test_no_declared_signature_fits():
    @njit("float64(float64)")
    def half(a):
        return a / 2

    for f in (lambda x: half(x), half):
        with pytest.raises(da.DualadError):
            da.grad(f)(np.ones(2))
    assert da.grad(half)(3.0) == 0.5


@pytest.mark.parametrize("mode", MODES)
def test_declared_types_of_variables_are_kept(mode):
    @njit(locals={"s": types.float32})
    def rounded(x):
        s = 0.0
        for i in range(x.size):
            s += x[i] * x[i]
        return s

    x = np.array([0.7, 0.1])
    value, gradient = da.value_and_grad(rounded, mode=mode)(x)
    assert value == rounded(x)
    assert_same(gradient, 2 * x, rtol=1e-7)


# -- helpers that Numba compiles in ways of its own -----------------------------------------------


def twofold(a, n):
    raise NotImplementedError  # compiled only


@overload(twofold)
def twofold_of(a, n):
    if isinstance(a, types.Integer):
        return lambda a, n: 0.0
    if isinstance(a, types.Float):

        def of_float(a, n):
            work = np.zeros(n)
            work[0] = a
            return work[0] * a

        return of_float
    return None


@register_jitable
def stretched(a, n=3):
    work = np.zeros(n)
    work[0] = a
    return work[0] * a * n


@njit(inline="always")
def inlined(a, b):
    work = np.zeros(2)
    work[0], work[1] = a, b
    return work[0] * work[1]


@njit(error_model="numpy", cache=False, nogil=True)
def unguarded(a, b):
    return a / b


def test_overloads_and_inlined_helpers():
    def f(x):
        s = twofold(x[0] * x[1], 3) + twofold(2, 3) + twofold(1.5, n=2)
        s += stretched(x[0] * x[2]) + stretched(a=x[3], n=2)
        return s + inlined(x[0], x[1]) * inlined(x[2], 2.0) + unguarded(x[0], x[3])

    assert_agrees(f, X)


def test_functions_as_arguments():
    @njit
    def doubled(a, b=2.0):
        work = np.zeros(2)
        work[0] = a
        return work[0] * a * b

    def f(x, h):
        return h(x[0]) + h(x[1], x[2])

    x = np.array(X)
    value = plain(f)(x, doubled)
    for mode in MODES:
        got, gradient = da.value_and_grad(f, mode=mode)(x, doubled)
        assert got == value
        assert_same(gradient, np.array([4 * x[0], 2 * x[1] * x[2], x[1] ** 2, 0.0]), rtol=1e-15)


def test_one_function_has_one_compilation_for_all_drivers():
    runs = []

    @njit
    def f(x):
        return math.exp(x)

    from dualad.compiler.dispatch.dispatcher import differentiable

    ours = differentiable(f)
    for driver in (da.derivative(f), da.grad(f, mode="forward", chunk=1), da.value_and_grad(f, chunk=1)):
        driver(0.5)
        runs.append(len(ours.overloads))
    assert runs[0] == runs[1] == runs[2]
    assert f.signatures == []  # the user's own dispatcher is not touched


# -- calls of derivatives -------------------------------------------------------------------------


def scaled(x, k=2.0, n=3):
    return x * k**n


def test_defaults_and_keywords_at_the_call():
    for mode in MODES:
        gradient = da.grad(scaled, mode=mode)
        assert gradient(1.0) == 8.0
        assert gradient(1.0, 3.0) == 27.0
        assert gradient(x=1.0, n=2) == 4.0
        assert gradient(1.0, n=2, k=3.0) == 9.0
        assert da.grad(scaled, (0, 1), mode=mode)(1.0, 2.0) == (8.0, 12.0)


def test_derivatives_inside_compiled_functions_and_inside_differentiated_ones():
    inner = {mode: da.grad(lambda v: v[0] ** 2 * v[1], mode=mode) for mode in MODES}
    forward, reverse = inner["forward"], inner["reverse"]

    @njit
    def descend(x, steps):
        for _ in range(steps):
            x = x - 1e-3 * forward(x) - 1e-3 * reverse(x)
        return x

    x = want = np.array([1.0, 2.0])
    for _ in range(3):
        want = want - 2e-3 * np.array([2 * want[0] * want[1], want[0] ** 2])
    assert_same(descend(x, 3), want, rtol=1e-14)

    def f(x):
        return forward(x)[0] * reverse(x[1:])[1] + x[0]

    # 2 x0 x1 times x1**2, plus x0
    assert_agrees(f, (0.7, 1.3, 2.1), gradient=[2 * 1.3**3 + 1, 6 * 0.7 * 1.3**2, 0.0])
