"""Programs with complex numbers inside: every mode, values to the bit, nested, in compiled code."""

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.agreement import assert_agrees, differences
from tests.complex_numbers.functions import ARRAYS, LOOPS, NAMES, OTHERS, PROGRAMS, SCALARS, text_of
from tests.written import function_from

X = (1.3, 0.7)
named = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program[0].__name__)


@named
@pytest.mark.filterwarnings("error::dualad.TapeWarning")
def test_programs(program):
    assert_agrees(*program, rtol=1e-8)


@named
def test_second_derivatives(program):
    f, x, *args = program
    hessian = da.hessian(f)(x, *args)
    along = np.arange(1.0, x.size + 1)
    product = hessian @ along
    step = 1e-4
    slopes = [da.grad(f, mode="forward")(x + k * step * along, *args) for k in (1, -1, 2, -2)]
    want = (8 * (slopes[0] - slopes[1]) - (slopes[2] - slopes[3])) / (12 * step)
    np.testing.assert_allclose(product, want, rtol=1e-6, atol=1e-6 * np.abs(want).max())
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12, atol=1e-12 * np.abs(hessian).max())


@pytest.mark.parametrize("statements", SCALARS + ARRAYS)
@pytest.mark.filterwarnings("error::dualad.TapeWarning")
def test_constructs(statements):
    assert_agrees(function_from(text_of(statements), dict(NAMES)), X, rtol=1e-8)


@pytest.mark.parametrize("statements", OTHERS)
def test_constructs_on_the_tape(statements):
    with pytest.warns(da.TapeWarning):
        assert_agrees(function_from(text_of(statements), dict(NAMES)), X, rtol=1e-8)


@pytest.mark.parametrize("body", LOOPS)
@pytest.mark.filterwarnings("error::dualad.TapeWarning")
def test_loops(body):
    assert_agrees(function_from(f"def f(x):{body}", dict(NAMES)), X, rtol=1e-8)


def test_derivatives_inside_compiled_code():
    f, x, omega = PROGRAMS[4]

    @njit
    def slopes(x, omega):
        return grad(x, omega)

    grad = da.grad(f)
    np.testing.assert_allclose(slopes(x, omega), differences(f, x, omega), rtol=1e-8)


def test_a_derivative_within_a_complex_number():
    def inner(y, x):
        return (np.exp(1j * x * y) * y).imag

    slope = da.grad(inner, mode="forward")

    def outer(x):
        return abs(complex(slope(1.5, x), x))

    def closed(x):
        return np.hypot(np.sin(1.5 * x) + 1.5 * x * np.cos(1.5 * x), x)

    h = 1e-5
    want = (closed(0.7 + h) - closed(0.7 - h)) / (2 * h)
    np.testing.assert_allclose(da.derivative(outer)(0.7), want, rtol=1e-8)


def test_single_precision():
    def f(x):
        z = np.complex64(complex(x, np.float32(0.5)))
        return (z * z).real + abs(z)

    x = np.float32(1.25)
    value, slope = da.value_and_grad(f)(x)
    assert value == njit(f)(x)
    np.testing.assert_allclose(slope, 2 * x + x / abs(complex(x, 0.5)), rtol=1e-6)


def test_infinities_that_a_product_recovers():
    def f(x):
        z = complex(x, x) * complex(np.inf, 1.0)
        return z.real + (complex(np.inf, np.inf) * complex(x, 0.0)).imag

    for mode in ("forward", "adjoint", "tape"):
        value, _ = da.value_and_grad(f, mode=mode)(1.5)
        np.testing.assert_equal(value, njit(f)(1.5))


def test_constants_among_the_arguments_and_second_results():
    def f(x, w, n):
        z = x[0] + w * 1j * x[1]
        return abs(z**n) + (z * w).imag, z

    x, primal = np.array(X), njit(f)

    def first(x):
        return primal(x, 0.3 + 1j, 3)[0]

    want = differences(first, x)
    for mode in ("forward", "adjoint", "tape"):
        (value, z), slope = da.value_and_grad(f, mode=mode, has_aux=True)(x, 0.3 + 1j, 3)
        assert (value, z) == primal(x, 0.3 + 1j, 3)
        np.testing.assert_allclose(slope, want, rtol=1e-8)
