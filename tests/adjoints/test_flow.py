"""Control flow beyond loops and branches: `match`, `*args`, `print`, `literal_unroll`."""

from __future__ import annotations

import numpy as np
import pytest
from numba import literal_unroll, njit

import dualad as da
from tests.grid import holds_everywhere

x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])


def chosen(x):
    n, s = x.size, 0.0
    match n:
        case 1:
            s = x[0]
        case 2 | 5:
            s = x[1] * x[1]
        case _:
            s = x[2]
    return s


def captured(x):
    s = 0.0
    for i in range(x.size):
        match x[i] * x[0]:
            case v if v > 0.6:
                s += v * v
            case _:
                s += x[i] * x[1]
    return s


def returned(x):
    for i in range(x.size):
        match i:
            case 0 | 1:
                continue
            case 2 as j:
                return x[j] * x[i - 1]
    return x[0]


def unrolled(x):
    s = 0.0
    for k in literal_unroll((1, 2.0, 3)):
        s += k * x[0] * x[0]
    return s


@pytest.mark.parametrize("f", [chosen, captured, returned, unrolled], ids=lambda f: f.__name__)
def test_in_all_modes_and_nested(f):
    holds_everywhere(f, x)


@njit
def weighted_sum(x, *weights):
    s = 0.0
    for w in weights:
        s += w * x[0] * w
    return s


@njit
def product(*factors):
    return factors[0] * factors[1] * factors[0]


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_any_number_of_arguments(mode):
    value, (by_x, by_first, by_second) = da.value_and_grad(weighted_sum, (0, 1, 2), mode=mode)(x, 2.0, 3.0)
    assert value == weighted_sum(x, 2.0, 3.0)
    np.testing.assert_allclose(by_x, [13.0, 0, 0, 0, 0])
    np.testing.assert_allclose([by_first, by_second], [4.0 * x[0], 6.0 * x[0]], rtol=1e-14)
    assert da.grad(product, (1, 0), mode=mode)(2.0, 3.0) == (4.0, 12.0)


def test_any_number_of_arguments_in_compiled_code_and_nested():
    gradient = da.grad(product, (0, 1), mode="adjoint")

    @njit
    def length(a, b):
        slopes = gradient(a, b)
        return slopes[0] ** 2 + slopes[1] ** 2

    assert length(2.0, 3.0) == 144.0 + 16.0
    # d/da of (2ab)^2 + a^4 is 8ab^2 + 4a^3, and d/db is 8 a^2 b.
    np.testing.assert_allclose(da.grad(length, (0, 1), mode="adjoint")(2.0, 3.0), [176.0, 96.0])
    np.testing.assert_allclose(da.hessian(product, (0, 1))(2.0, 3.0)[0][1], 4.0)


def reports(x):
    s = 0.0
    for i in range(3):
        s += x[i] * x[i]
        print("after", i, s)
    print("done")
    return s


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_what_is_printed_appears_once_and_in_order(mode, capfd):
    primal = njit(reports)
    primal(x)
    expected = capfd.readouterr().out
    slope = da.grad(primal, mode=mode)(x)
    assert capfd.readouterr().out == expected
    np.testing.assert_allclose(slope, [2 * x[0], 2 * x[1], 2 * x[2], 0, 0])
