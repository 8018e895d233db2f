"""What functions of other people's packages call, and how they are declared, in all modes."""

import ctypes

import numpy as np
import pytest
from numba import guvectorize, njit, types, vectorize
from numba.extending import get_cython_function_address

import dualad as da
from dualad.errors import UnsupportedError
from tests.agreement import differences

from .grid import in_all_modes

x = np.array([0.7, 1.3, -0.4])
y = np.array([0.3, -1.2, 0.8])


def refused(f, *args, match):
    with pytest.raises(UnsupportedError, match=match):
        da.grad(f, mode="adjoint")(*args)


# -- the type of an argument ----------------------------------------------------------------------


@njit
def half(v):
    T = type(v)
    return T(0.5) * v * T(v)


def test_type_of_a_number():
    @njit
    def f(x, n):
        T, U = type(x[0]), x.dtype.type
        out = np.empty(x.size, T)
        for i in range(x.size):
            out[i] = U(x[i]) ** 3 / T(3) + half(x[i]) + half(n) * type(i)(1.9)
        return np.sum(out)

    in_all_modes(f, x, 3)


def test_type_of_a_number_of_single_precision():
    @njit
    def f(v, w):
        return half(v) * w

    v, w = np.float32(1.3), np.float32(0.7)
    for mode in ("forward", "adjoint", "tape"):
        value, (by_v, by_w) = da.value_and_grad(f, (0, 1), mode=mode)(v, w)
        assert value == f(v, w)
        np.testing.assert_allclose((by_v, by_w), (v * w, v * v / 2), rtol=1e-6)


def test_type_of_an_array():
    @njit
    def f(x):
        return type(x)

    refused(f, x, match="the type of an array")


# -- products of vectors, and comparisons of tuples ------------------------------------------------


def test_cross():
    @njit
    def f(x):
        a = np.cross([0, 0, 1], x)
        return np.sum(np.cross(a, x)) * np.cross((1.0, 2.0, 0.5), x)[1]

    in_all_modes(f, x)


def test_cross_of_rows():
    @njit
    def f(m, y):
        return np.sum(np.cross(m, y) ** 2)

    in_all_modes(f, np.array([[0.7, 1.3, -0.4], [0.2, 0.9, 1.1]]), y)


def test_comparisons_of_tuples():
    @njit
    def f(x, m, n):
        s = 0.0
        if x.shape != m.shape:
            s += x[0] ** 2
        if x.shape == m[0].shape and (n, 1.5) != (2, x[1]):
            s += x[1] ** 3
        if (n, x[0]) < (n, 0.9):
            s += x[2] ** 2
        if x.shape >= m.shape or (1, 2) > (1,):
            s *= x[0]
        return s if m[0].shape == x.shape else 2.0 * s

    in_all_modes(f, x, np.ones((2, 3)), 2)
    in_all_modes(f, x, np.ones((2, 2)), 1)


# -- integers of other widths ---------------------------------------------------------------------


@pytest.mark.parametrize("width", ["int8", "int32", "uint8", "uint32"])
def test_integers_of_other_widths_as_arguments(width):
    @njit
    def f(x, i, n):
        s = 0.0
        for k in range(i.size):
            s += x[i[k]] ** 2 * i[k] + x[k] * (i[k] - 3)
        i = i.copy()
        i[0] = i[1] + 1
        return s + np.sum(x[i] ** 3) * n + np.sum(i * x)

    number = getattr(np, width)
    in_all_modes(f, x, np.array([2, 1, 0], width), number(3))


def test_work_arrays_of_integers_of_other_widths():
    @njit
    def f(x):
        n = x.size
        order = np.empty(n, np.int32)
        done = np.zeros(n, dtype=np.uint8)
        for k in range(n):
            order[k] = (2 * k + 1) % n
            done[k] += 1
        whole = np.full(n, 300).astype(np.int8)
        both = order + whole
        s = np.sum(x * both) + np.sum((order * order)[::-1] * x**2)
        for k in range(n):
            if done[k] == 1:
                s += x[order[k]] ** 2 * whole[k] / both[k]
        return s + order.dtype.type(3.7) * x[0]

    in_all_modes(f, x)


def test_integers_are_cut_as_numba_cuts_them():
    @njit
    def f(x, i):
        wrapped = i * i  # of int8
        held = np.zeros(1, np.int16)
        held[0] = 40000
        s = x[0] ** 2 * (wrapped[0] + held[0])
        return s + x[1] * np.int8(i[0] * 3) + x[2] * np.sum(i * i) + x[2] ** 2 * (i * i)[0]

    in_all_modes(f, x, np.array([100, 3], np.int8))


def test_functions_of_short_integers():
    """NumPy's functions of 8 bits are of single precision or less, and so are Numba's."""

    @njit
    def f(x, i):
        return np.sum(x * np.sqrt(i)) + x[0] * np.float64(i[0]) / i[1]

    in_all_modes(f, x, np.array([4, 9, 16], np.int32))


@pytest.mark.parametrize("case", range(2))
def test_ranges_and_sums_of_integers_without_a_sign_are_refused(case):
    @njit
    def ranged(x, i):
        s = 0.0
        for k in range(i[0]):
            s += x[k] * (k - 1)
        return s

    @njit
    def summed(x, i):
        return x[0] * (np.sum(i) - 10)

    i = np.array([1, 2], np.uint32)
    f = (ranged, summed)[case]
    refused(f, x, i, match="integers without a sign")
    np.testing.assert_allclose(da.grad(f, mode="tape")(x, i), differences(f, x, i), rtol=1e-9, atol=1e-9)


# -- declared types --------------------------------------------------------------------------------


@njit("float64(float64[:], int32, float64)")
def picked(v, i, by):
    return v[i] * v[i] * by / i


@njit(["float32(float32)", "float64(float64)"])
def halved(v):
    return v / 2


@njit("float64(float32)")
def in_single(v):
    return v * v


@njit("int64(float64)")
def truncated(v):
    return v * 2


@njit("float64(UniTuple(float64, 2), float64[:, :])")
def totalled(pair, m):
    return pair[0] * pair[1] * np.sum(m)


def test_callee_with_declared_types():
    @njit
    def f(x, n):
        s = picked(x, 1, 2) + picked(by=n, v=x, i=n) * halved(n) + halved(x[0]) ** 2
        return s + totalled((n, x[2]), np.outer(x, x).T) + truncated(x[1]) * x[0]

    in_all_modes(f, x, 2)


def test_callee_that_is_declared_in_single_precision():
    @njit
    def f(x):
        return in_single(x[0]) * x[1] ** 2

    value = f(x)
    for mode in ("forward", "adjoint", "tape"):
        got, gradient = da.value_and_grad(f, mode=mode)(x)
        assert got == value
        np.testing.assert_allclose(gradient, [2 * x[0] * x[1] ** 2, 2 * x[0] ** 2 * x[1], 0], rtol=1e-6)


def test_function_with_declared_types():
    @njit("float64(float64[:], float64, int32)")
    def f(x, by, n):
        s = 0.0
        for i in range(n):
            s += x[i] ** 2 / by
        return s

    in_all_modes(f, x, 3, 2.9)
    in_all_modes(f, x, True, 3)


def test_function_whose_result_is_converted():
    @njit("float32(float64[:])")
    def f(x):
        return x[0] * x[1]

    for mode in ("forward", "adjoint", "tape"):
        value, gradient = da.value_and_grad(f, mode=mode)(x)
        assert value == f(x)
        np.testing.assert_allclose(gradient, [x[1], x[0], 0], rtol=1e-6)


def test_declared_types_of_variables():
    @njit(locals={"n": types.int32, "k": types.uint8, "s": types.float64, "w": types.float64})
    def weighted(v, w):
        s = 0
        n = v[0] * 10 + 0.5
        for k in range(v.size):
            s += v[k] * v[k] * w * k
        return s * n + (k + 1) / w

    @njit
    def f(x):
        return weighted(x, 3) * x[1]

    in_all_modes(f, x)
    in_all_modes(weighted, x, 2)


def test_declared_variables_of_single_precision():
    @njit(fastmath=True, locals={"result": types.float32, "diff": types.float32})
    def distance(x, y):
        result = 0.0
        for i in range(x.shape[0]):
            diff = x[i] - y[i]
            result += diff * diff
        return result

    value = distance(x, y)
    for mode in ("forward", "adjoint", "tape"):
        got, gradient = da.value_and_grad(distance, mode=mode)(x, y)
        np.testing.assert_allclose(got, value, rtol=1e-6)
        np.testing.assert_allclose(gradient, 2 * (x - y), rtol=1e-6)


def test_types_that_are_not_converted_to():
    @njit("float64(float64[:], complex64)")
    def f(x, z):
        return x[0] * z.real

    refused(f, x, 1j, match="'f', which is converted to complex64")


# -- error models ----------------------------------------------------------------------------------


@njit(error_model="numpy")
def without_exceptions(a, b, n):
    return a / b + a // b + a % b + n / 3 + 7 // n + 7 % n


@njit
def of_its_caller(a, b):
    return a / b


@njit(error_model="python")
def with_exceptions(a, b, n):
    return a / b + a // b + a % b + n / 3 + 7 // n + 7 % n


@njit(error_model="numpy")
def calls_with_exceptions(x, n):
    return with_exceptions(x[0], x[1], n) * np.sum(x / x[2]) / x[2] + of_its_caller(x[0], x[2])


@njit
def calls_without_exceptions(x, n):
    return without_exceptions(x[0], x[1], n) * x[2]


def test_error_models_of_callees():
    in_all_modes(calls_with_exceptions, x, 2)
    in_all_modes(calls_without_exceptions, x, 2)


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_divisions_by_zero_in_callees(mode):
    at_zero = np.array([1.0, 0.0, 2.0])
    value, gradient = da.value_and_grad(calls_without_exceptions, mode=mode)(at_zero, 0)
    assert np.isnan(value)
    assert np.isnan(calls_without_exceptions(at_zero, 0))
    assert np.isinf(gradient[0])
    derivative = da.grad(calls_with_exceptions, mode=mode)
    with pytest.raises(ZeroDivisionError):
        derivative(at_zero, 2)
    with pytest.raises(ZeroDivisionError):
        derivative(x, 0)
    assert not np.isfinite(derivative(np.array([1.0, 2.0, 0.0]), 2)[2])


# -- functions made by @vectorize --------------------------------------------------------------------


@vectorize
def squared_or_less(v):
    return v * v if v > 0.5 else v / 2


@vectorize(["float64(float64, float64)"])
def weighted_power(v, w):
    return v * v * w / (1 + w)


@vectorize(["float32(float32)", "float64(float64)"])
def cubed(v):
    return v**3


def test_vectorized_callee_of_numbers_and_arrays():
    @njit
    def f(x, n):
        s = np.sum(squared_or_less(x)) + squared_or_less(x[0]) + squared_or_less(n)
        return s + np.sum(weighted_power(x + 1.0, n)) * cubed(x[1] * n) + weighted_power(n, x[2])

    in_all_modes(f, x, 2)


def test_vectorized_callee_that_broadcasts():
    @njit
    def f(x, m):
        out = np.empty(m.shape)
        weighted_power(m.T[:, :1], x, out.T)
        return np.sum(out[0] * cubed(out[1])) + np.sum(weighted_power(m, x[:2]) * m)

    in_all_modes(f, np.array([0.7, 1.3]), np.array([[0.4, 1.2], [0.8, 0.6]]))


def test_vectorized_callee_does_not_raise():
    at_zero = np.array([1.0, -1.0, 2.0])

    @njit
    def f(x):
        return weighted_power(x[0], x[1]) + x[2]

    assert np.isinf(f(at_zero))
    for mode in ("forward", "adjoint", "tape"):
        value, gradient = da.value_and_grad(f, mode=mode)(at_zero)
        assert np.isinf(value)
        assert gradient[2] == 1.0


def test_guvectorized_callee():
    @guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
    def doubled(v, out):
        for i in range(v.size):
            out[i] = 2 * v[i]

    @njit
    def f(x):
        out = np.empty_like(x)
        doubled(x, out)
        return np.sum(out)

    refused(f, x, match="made by @guvectorize")


# -- pointers to functions ---------------------------------------------------------------------------

NAMES = {"ndtri": "ndtri", "xlogy": "__pyx_fuse_1xlogy", "voigt_profile": "voigt_profile"}


def pointer(name, count):
    """By ctypes, as Numba's documentation has it."""
    address = get_cython_function_address("scipy.special.cython_special", NAMES[name])
    return ctypes.CFUNCTYPE(*[ctypes.c_double] * (count + 1))(address)


def addressed(name, count):
    """As numba-stats has it."""
    address = get_cython_function_address("scipy.special.cython_special", NAMES[name])
    signature = types.float64(*[types.float64] * count)
    members = {"__wrapper_address__": lambda self: address, "signature": lambda self: signature}
    return type(name, (types.WrapperAddressProtocol,), members)()


@pytest.mark.parametrize("made", [pointer, addressed])
def test_pointers_to_functions_of_scipy(made):
    ndtri, xlogy, voigt = made("ndtri", 1), made("xlogy", 2), made("voigt_profile", 3)

    @njit
    def f(x, n):
        return ndtri(x[0]) * xlogy(n, x[1]) + x[2] ** 2 * ndtri(0.3)

    @njit
    def unknown(x):
        return x[0] * voigt(1.0, 2.0, 3.0) + voigt(x[0], 2.0, 3.0)

    in_all_modes(f, x, 2)
    for mode in ("forward", "adjoint", "tape"):
        with pytest.raises(UnsupportedError, match="'voigt_profile'"):
            da.grad(unknown, mode=mode)(x)


# -- results and variables of which only some are active ----------------------------------------------


@njit
def value_and_slope(x):
    if x[0] < 0:
        return 0.0, np.zeros(x.size)
    return x[0] * x[1], x * 2.0


@njit
def one_or_the_other(x, data):
    if x[0] < 0:
        return data
    return x * data


def test_returns_of_active_and_passive_arrays():
    @njit
    def f(x, data):
        (a, b), (c, d) = value_and_slope(x), value_and_slope(-x)
        both = one_or_the_other(x, data) * one_or_the_other(-x, data)
        return a * np.sum(b * b) + c + np.sum(d) + np.sum(both * x)

    in_all_modes(f, x, y)
    for mode in ("forward", "adjoint", "tape"):
        first, second = da.jacobian(value_and_slope, mode=mode)(x)
        np.testing.assert_allclose(first, [x[1], x[0], 0])
        np.testing.assert_allclose(second, 2 * np.eye(3))


def test_variable_bound_to_tuples_of_active_and_passive_arrays():
    @njit
    def f(x):
        t = (x[0], np.zeros(3), 1)
        if x[0] >= 0:
            t = (2.0, x * x, 2)
        return t[0] * np.sum(t[1]) * t[2] + t[0] ** 2

    in_all_modes(f, x)
    in_all_modes(f, -x)


# -- keywords and forms of NumPy functions -------------------------------------------------------------


def test_options_of_functions_without_derivative():
    @njit
    def f(x, m, q):
        i, j = np.searchsorted(m[0], q, side="right"), np.searchsorted(m[0], q, "left")
        order = np.argsort(x, kind="mergesort")
        s = x[order[0]] ** 2 * x[i] + x[j] ** 3
        return s + np.sum(x[np.argmax(m, axis=1)] ** 2) * x[np.argmin(x.reshape(1, 3), 1)[0]]

    in_all_modes(f, x, np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 4.0]]), 2.0)


def test_eye_and_where_and_repeat():
    @njit
    def f(x, n, counts):
        a = np.eye(3, dtype=np.float64) + np.eye(3, 3, k=n) + np.identity(3) * np.eye(3, k=-1)
        b = np.where(x[0] > 0, np.where(n, x[0] * x[1], 2), x[1]) + 0.0
        c = np.repeat(x, counts)
        return np.sum(a @ x) ** 2 * b + np.sum(c * c) * np.sum(np.cumsum(counts) * x)

    in_all_modes(f, x, 1, np.array([1, 0, 2]))


def test_repeat_by_counts_that_do_not_fit():
    @njit
    def f(x, counts):
        return np.sum(np.repeat(x, counts) ** 2)

    for mode in ("forward", "adjoint", "tape"):
        with pytest.raises(ValueError, match="could not be broadcast"):
            da.grad(f, mode=mode)(x, np.array([1, 2]))
