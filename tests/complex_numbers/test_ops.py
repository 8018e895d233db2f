"""Ops on complex numbers against mpmath, on both sides of branch cuts, and where there is no derivative."""

import cmath
import operator

import mpmath
import numpy as np
import pytest

import dualad as da
from dualad.rules.table import lookup, table
from tests.written import function_from

POINTS = [0.7 + 0.4j, -0.7 + 1.3j, -2.5 - 0.8j, 3.1 - 2.2j, 1e-3 + 0.1j, 1e-5 - 2e-5j, 20 + 15j, -0.3 - 12j]
# Both sides of the cuts along the axes, told apart by the sign of a zero.
SIDES = [
    complex(*point)
    for far in (2.0, -2.0, -0.5)
    for zero in (0.0, -0.0)
    for point in ((far, zero), (zero, far))
]
TINY = 1e-40  # what stands for a zero in mpmath, which has none with a sign

MODES = ("forward", "adjoint")
UNARY = [
    (op, function)
    for op in table()
    for function in (*op.functions, *([op.cmath] if op.cmath else []))
    if op.on_complex and op.arity == 1 and getattr(function, "__module__", "") != "math"
]


def exact(z):
    """A point in mpmath."""
    parts = [mpmath.mpf(part or np.copysign(TINY, part)) for part in (z.real, z.imag)]
    return mpmath.mpc(*parts)


def jacobian_of(expression, names, mode):
    f = function_from(f"def f(x, y):\n    w = {expression}\n    return w.real, w.imag\n", names)
    return da.jacobian(f, (0, 1), mode=mode)


def assert_complex_derivative(jacobian, want, rtol):
    """The Jacobian is that of the multiplication by a complex number."""
    (a, b), (c, d) = jacobian
    for got in (complex(a, c), complex(d, -b)):
        assert abs(got - want) <= rtol * abs(want), (got, want)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("op", "function"), UNARY, ids=lambda x: getattr(x, "__name__", ""))
def test_functions_of_one_number(op, function, mode):
    jacobian = jacobian_of("function(complex(x, y))", {"function": function}, mode)
    for z in POINTS + SIDES:
        if function is np.arccosh and z == -2:
            continue  # Numba's value there is not that of either side
        with mpmath.workdps(150):
            want = complex(mpmath.diff(lambda t: op.oracle(mpmath, t), exact(z)))
        assert_complex_derivative(jacobian(z.real, z.imag), want, 2e-15)


BINARY = {
    "truediv": (operator.truediv, np.true_divide),
    "pow": (operator.pow, np.power),
    "mul": (operator.mul,),
    "add": (operator.add,),
    "sub": (operator.sub,),
}


@pytest.mark.parametrize(
    ("name", "function"), [(name, function) for name, group in BINARY.items() for function in group]
)
@pytest.mark.parametrize("mode", MODES)
def test_functions_of_two_numbers(name, function, mode):
    names, other = {"function": function}, mpmath.mpc(0.6, -0.3)
    by_first = jacobian_of("function(complex(x, y), complex(0.6, -0.3))", names, mode)
    by_second = jacobian_of("function(complex(0.6, -0.3), complex(x, y))", names, mode)

    def value(first, second):
        return lookup(name).oracle(mpmath, first, second)

    for z in POINTS + SIDES:
        with mpmath.workdps(100):
            first = complex(mpmath.diff(lambda t: value(t, other), exact(z)))
            second = complex(mpmath.diff(lambda t: value(other, t), exact(z)))
        assert_complex_derivative(by_first(z.real, z.imag), first, 2e-14)
        assert_complex_derivative(by_second(z.real, z.imag), second, 2e-14)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("exponent", ["2", "3", "-2", "0.5", "2.5", "1", "x"])
def test_powers(exponent, mode):
    jacobian = jacobian_of(f"complex(x, y) ** {exponent}", {}, mode)
    for z in POINTS[:4] + SIDES:
        (a, b), (c, d) = jacobian(z.real, z.imag)
        with mpmath.workdps(60):
            n = mpmath.mpf(z.real if exponent == "x" else float(exponent))
            along = complex(n * exact(z) ** (n - 1))
            across = complex(exact(z) ** n * mpmath.log(exact(z))) if exponent == "x" else 0
        assert abs(complex(d, -b) - along) <= 1e-13 * abs(along)
        assert abs(complex(a, c) - along - across) <= 1e-13 * (abs(along) + abs(across))


@pytest.mark.battery
def test_second_derivatives_agree_with_mpmath():
    z = 0.7 + 0.4j
    for op, function in UNARY:
        f = function_from("def f(x):\n    return function(complex(x, 0.4)).imag\n", {"function": function})
        with mpmath.workdps(80):
            want = float(mpmath.diff(lambda t, op=op: op.oracle(mpmath, t), exact(z), 2).imag)
        got = da.derivative(da.derivative(f))(0.7)
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14, err_msg=op.name)


@pytest.mark.parametrize("mode", [*MODES, "tape"])
@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ("abs(complex(x, y))", (0.0, 0.0)),
        ("cmath.phase(complex(x, y))", (0.0, 0.0)),
        ("np.angle(complex(x, y))", (0.0, 0.0)),
        ("cmath.sqrt(complex(x, y)).real", (np.nan, np.nan)),
        ("np.log(complex(x, y)).real", (np.nan, np.nan)),
        ("(complex(x, y) ** 2).real", (0.0, 0.0)),
        ("np.true_divide(1.0, complex(x, y)).real", (np.nan, np.nan)),
    ],
)
def test_the_origin(expression, want, mode):
    """The modulus and the phase follow hypot and atan2; a pole and a branch point have no derivative."""
    f = function_from(f"def f(x, y):\n    return {expression}\n", {"np": np, "cmath": cmath})
    np.testing.assert_array_equal(da.grad(f, (0, 1), mode=mode)(0.0, 0.0), want)


def test_division_by_zero_raises_as_the_function_does():
    def f(x):
        return (1 / complex(x, x)).real

    with pytest.raises(ZeroDivisionError):
        da.derivative(f)(0.0)


def test_nothing_comes_of_what_does_not_move():
    """A zero tangent absorbs the infinite slope of a branch point."""

    def f(x, y):
        return cmath.sqrt(complex(0.0 * y, 0.0)).real + x

    np.testing.assert_equal(da.grad(f)(2.0, 0.0), 1.0)
