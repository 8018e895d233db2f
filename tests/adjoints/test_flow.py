"""Control flow beyond loops and branches: `match`, `*args`, `print`, `literal_unroll`."""

from __future__ import annotations

import numpy as np
import pytest
from numba import literal_unroll, njit

import dualad as da
from dualad.adjoints.engine import SWITCHES
from tests.everywhere import holds_everywhere

from .agreement import agrees

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


trials, everywhere = [], []


def case(f):
    trials.append(f)
    return f


@case
def tr(x):
    try:
        s = x[0] / x[1]
    except Exception:
        s = 0.0
    finally:
        s = 2.0
        s *= x[2]
    return s + x[0]


@case
def zero(x):
    z = x[0] - x[0]
    s = 1.0
    try:
        a = x[1] * 2
        s = a
        s = x[0] / z
        s = 5.0
    except Exception:
        s = s * x[2]
    return s


@case
def raises(x):
    s = x[0]
    try:
        if x[2] < 0:
            raise ValueError("negative")
        s = 1.0
    except Exception:
        s *= 2.0
    else:
        s = 7.0
    return s


@case
def ret(x):
    for i in range(3):
        try:
            return x[0] / (i * x[1] - 0 * x[2])
        except Exception:
            continue
    return 0.0


@case
def listy(x):
    l = [x[0], x[1]]  # noqa: E741
    try:
        s = l[1] + l[4]
    except Exception:
        s = l[0] * x[3]
    try:
        t = l[1] * l[-2]
    except Exception:
        t = 0.0
    else:
        t *= 2
    try:
        l.pop()
        l.pop()
        l.append(x[2])
        l.append(1.0)
        l.pop()
        l.pop()
        l.pop()
    except Exception:
        l.append(x[4] * x[4])
    return s * t + l[-1]


@case
def inloop(x):
    s = 0.0
    for i in range(x.size):
        try:
            if x[i] < 0:
                raise ValueError
            s += x[i] / (i * 1.0)
        except Exception:
            s += x[i] * x[i]
    return s


@case
def nestedtry(x):
    s = 0.0
    try:
        try:
            s = x[0] / (x[1] - x[1])
        except Exception:
            s = x[2]
            s = s / (x[1] - x[1])
        s = 9.0
    except Exception:
        s += x[3] * x[3]
    return s


@pytest.mark.parametrize("f", trials, ids=lambda f: f.__name__)
def test_exceptions_that_are_caught(f):
    agrees(f, x, switches=(frozenset(), SWITCHES))


@pytest.mark.parametrize("f", [zero, ret, listy], ids=lambda f: f.__name__)
def test_exceptions_that_are_caught_in_all_modes_and_nested(f):
    holds_everywhere(f, x)


def uncaught(x, i):
    found = [x[0], x[1]]
    try:
        s = found[i] * x[0]
    finally:
        t = 2.0
    return s * t


def test_exceptions_that_are_not_caught():
    """Numba itself, and so the other modes, fails to raise it again behind `finally`."""
    with pytest.raises(IndexError, match="getitem out of range"):
        da.grad(uncaught, mode="adjoint")(x, 2)


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
