"""Derivatives by complex numbers, with the conventions of JAX, and of complex results."""

import operator
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.rules.table import lookup
from tests.cache.processes import environment_in, python
from tests.complex_numbers.test_ops import POINTS, SIDES, UNARY, exact
from tests.written import function_from

MODES = ("forward", "adjoint", "tape")
modes = pytest.mark.parametrize("mode", MODES)

Z = np.array([1.0 + 0.5j, -0.7 + 2j, 0.3 - 1j])
OF_CMATH = [(op, function) for op, function in UNARY if function is op.cmath]


@pytest.mark.parametrize(("op", "function"), OF_CMATH, ids=lambda x: getattr(x, "name", ""))
def test_ops_of_one_number(op, function):
    f = function_from("def f(z):\n    return function(z)\n", {"function": function})
    gradient = da.value_and_grad(f, holomorphic=True, mode="adjoint")
    derivative = da.derivative(f, holomorphic=True)
    plainly = njit(f)
    for z in POINTS + SIDES:
        with mpmath.workdps(150):
            want = complex(mpmath.diff(lambda t: op.oracle(mpmath, t), exact(z)))
        value, slope = gradient(z)
        assert repr(value) == repr(plainly(z))
        for got in (slope, derivative(z)):
            assert abs(got - want) <= 2e-15 * abs(want), (z, got, want)


@pytest.mark.parametrize("function", [operator.mul, operator.truediv, operator.pow])
def test_ops_of_two_numbers(function):
    f = function_from("def f(z, w):\n    return function(z, w)\n", {"function": function})
    gradient = da.grad(f, (1, 0), holomorphic=True, mode="adjoint")
    w, oracle = 0.6 - 0.3j, lookup(function.__name__).oracle
    for z in POINTS[:4]:
        with mpmath.workdps(50):
            by_z = complex(mpmath.diff(lambda t: oracle(mpmath, t, mpmath.mpc(w)), mpmath.mpc(z)))
            by_w = complex(mpmath.diff(lambda t, z=z: oracle(mpmath, mpmath.mpc(z), t), mpmath.mpc(w)))
        np.testing.assert_allclose(gradient(z, w), (by_w, by_z), rtol=1e-13)


class Line(NamedTuple):
    admittance: complex
    demand: complex
    weight: float
    buses: int


@njit
def mismatch(v, line):
    """The squared power that is missing at the second of two buses."""
    s = v[1] * np.conj((v[1] - v[0]) * line.admittance) + line.demand
    v[1] = 0.0
    return line.weight * (s.real * s.real + s.imag * s.imag)


@modes
def test_power_flow(mode):
    v, line = np.array([1.0 + 0j, 0.95 - 0.1j]), Line(2.0 - 6j, 0.5 + 0.2j, 3.0, 2)
    before = v.copy()
    value, (by_v, by_line) = da.value_and_grad(mismatch, (0, 1), mode=mode)(v, line)
    np.testing.assert_array_equal(v, before)
    assert value == mismatch(v.copy(), line)
    y, (a, b) = line.admittance, v
    s = b * np.conj((b - a) * y) + line.demand
    # g with dL = Re(g dz); of conj(z) it is the conjugate.
    slope = 2 * line.weight * np.conj(s)
    want = [np.conj(slope * b * -np.conj(y)), slope * np.conj((b - a) * y) + np.conj(slope * b * np.conj(y))]
    np.testing.assert_allclose(by_v, want, rtol=1e-13)
    assert by_line.admittance == pytest.approx(np.conj(slope * b * np.conj(b - a)), rel=1e-13)
    assert by_line.demand == pytest.approx(slope, rel=1e-13)
    assert by_line.weight == pytest.approx(abs(s) ** 2, rel=1e-13)
    assert by_line.buses is None


@njit
def cube_root(c):
    z = 1.0 + 0.2j
    for _ in range(30):
        z = z - (z * z * z - c) / (3 * z * z)
    return z


def test_newton_in_every_order():
    c = 2.0 + 1.0j
    z = cube_root(c)
    first, second = 1 / (3 * z**2), -2 / (9 * z**5)
    for mode in MODES:
        assert da.grad(cube_root, holomorphic=True, mode=mode)(c) == pytest.approx(first, rel=1e-13)
    assert da.derivative(cube_root, holomorphic=True, order=2)(c) == pytest.approx(second, rel=1e-12)
    assert da.hessian(cube_root, holomorphic=True)(c) == pytest.approx(second, rel=1e-12)
    twice = da.grad(da.grad(cube_root, holomorphic=True), holomorphic=True)
    assert twice(c) == pytest.approx(second, rel=1e-12)


@njit
def transform(z):
    out = np.zeros(z.size, np.complex128)
    for k in range(z.size):
        for j in range(z.size):
            out[k] += z[j] * np.exp(-2j * np.pi * j * k / z.size)
    return out


@modes
def test_fourier_transform(mode):
    matrix = np.fft.fft(np.eye(3))
    value, jacobian = da.value_and_jacobian(transform, holomorphic=True, mode=mode)(Z)
    assert value.tobytes() == transform(Z).tobytes()
    np.testing.assert_allclose(jacobian, matrix, rtol=1e-13)
    along, across = Z[::-1].copy(), np.array([1j, 2.0, -1 + 1j])
    if mode == "forward":
        np.testing.assert_allclose(da.jvp(transform)(Z, along)[1], matrix @ along, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(da.jvp(transform)(Z, np.ones(3))[1], matrix.sum(1), atol=1e-13)
    else:
        pulled = da.vjp(transform, mode=mode)(Z, across)[1]
        np.testing.assert_allclose(pulled, across @ matrix, rtol=1e-13, atol=1e-14)


@njit
def mixed(z):
    return z.real * z.real + 2j * z.real * z.imag * z.imag


def test_directions_of_what_is_not_holomorphic():
    z, (x, y) = 1.5 - 0.5j, (1.5, -0.5)
    u, v = np.array([2 * x, 0.0]), np.array([2 * y * y, 4 * x * y])
    c, d = 0.3, -2.0
    assert da.jvp(mixed)(z, complex(c, d))[1] == pytest.approx(complex(u @ (c, d), v @ (c, d)))
    by_x, by_y = c * u - d * v
    for mode in ("adjoint", "tape"):
        assert da.vjp(mixed, mode=mode)(z, complex(c, d))[1] == pytest.approx(by_x - 1j * by_y)


@njit
def quartic(z):
    return (z.real**2 + z.imag**2) ** 2


def test_derivatives_of_a_gradient():
    z, p = 3 + 4j, 0.5 - 1j
    step = 1e-5
    slopes = [da.grad(quartic)(z + k * step * p) for k in (1, -1)]
    assert slopes[0] == pytest.approx(4 * 25 * np.conj(z), rel=1e-4)
    along = (slopes[0] - slopes[1]) / (2 * step)
    assert da.hvp(quartic)(z, p) == pytest.approx(along, rel=1e-8)
    assert da.jvp(da.grad(quartic))(z, p)[1] == pytest.approx(along, rel=1e-8)
    with pytest.raises(da.OutputError, match=r"hessian of 'grad_quartic'.*else use hvp"):
        da.hessian(quartic)(z)


def test_in_compiled_code_and_in_real_derivatives():
    slope = da.grad(quartic)

    @njit
    def along(x):
        g = slope(complex(x, 2 * x))
        return g.real * g.imag

    assert along(1.0) == -800.0
    assert da.grad(along, mode="forward")(1.0) == pytest.approx(-4800.0)
    with pytest.warns(da.TapeWarning, match="complex numbers as arguments of 'grad_quartic'"):
        assert da.grad(along, mode="reverse")(1.0) == pytest.approx(-4800.0)


@modes
def test_complex_results_of_real_arguments(mode):
    def response(w):
        return 1 / (1 + 2j * w), w * w, 3

    first, second, nothing = da.jacobian(response, mode=mode)(0.5)
    assert first == pytest.approx(-2j / (1 + 1j) ** 2)
    assert (second, nothing) == (1.0, None)


def test_complex_results_of_real_arguments_along_directions():
    def waves(x):
        return np.exp(1j * x)

    x = np.array([0.3, 2.0])
    np.testing.assert_allclose(da.jvp(waves)(x, x)[1], 1j * x * waves(x), rtol=1e-14)
    np.testing.assert_allclose(da.vjp(waves)(x, x * 1j)[1], -(x * waves(x)).real, rtol=1e-14)
    assert da.derivative(waves, order=3)(0.3) == pytest.approx(-1j * waves(0.3), rel=1e-14)
    with pytest.raises(da.OutputError, match="the cotangent of a complex result is complex"):
        da.vjp(waves)(x, x)


@njit
def modulus(z):
    return np.sum(np.abs(z))


WHOLE = np.arange(1.0, 25.0).reshape(4, 6) * (3 + 4j)


@pytest.mark.parametrize(
    "z",
    [WHOLE[::2, ::-2], np.asfortranarray(WHOLE), np.broadcast_to(1j, (2, 1, 2)), np.zeros((0, 2), complex)],
)
def test_layouts_and_shapes(z):
    np.testing.assert_allclose(da.grad(modulus)(z), np.conj(z) / np.abs(z), rtol=1e-14)


def test_forms_of_arguments():
    assert da.grad(lambda z: abs(z[()]))(np.array(3 + 4j)) == pytest.approx(0.6 - 0.8j)
    (by_z, (by_x, by_w)) = da.grad(lambda t: abs(t[0]) * t[1][0] + t[1][1].imag)((3 + 4j, (2.0, 1j)))
    assert (by_z, by_x, by_w) == (pytest.approx(1.2 - 1.6j), 5.0, -1j)

    assert da.grad(lambda x, z=3 + 4j, k=2.0: x * k * abs(z), "z")(1.0, k=5.0) == pytest.approx(3 - 4j)
    assert da.grad(lambda x, *z: x * abs(z[0]) * z[1].real, (0, 2))(2.0, 3 + 4j, 1j) == (0.0, 10.0)
    value, along = da.jvp(lambda a, z: a * z, ("z",))((1 + 1j,), (2j,), 3.0)
    assert (value, along) == (3 + 3j, 6j)


def test_values_with_infinities_and_signed_zeros():
    value, slope = da.value_and_grad(lambda z: np.copysign(z.real, z.imag))(complex(np.inf, -0.0))
    assert (value, slope) == (-np.inf, -1.0)


def test_what_comes_with_the_value():
    real = da.value_and_grad(lambda z: (abs(z), z * z), has_aux=True)(3 + 4j)
    assert real == ((5.0, (3 + 4j) ** 2), pytest.approx(0.6 - 0.8j))
    (value, aux), slope = da.value_and_grad(lambda z: (z * z, 7), has_aux=True, holomorphic=True)(3 + 4j)
    assert (value, aux, slope) == ((3 + 4j) ** 2, 7, 6 + 8j)


def square(z):
    return z * z


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: da.grad(square)(1j), da.OutputError, "holomorphic=True gives the complex derivative"),
        (lambda: da.jacobian(square)(Z), da.OutputError, "holomorphic=True promises; else use jvp"),
        (lambda: da.derivative(square)(1j), da.ArgumentError, "holomorphic=True promises"),
        (lambda: da.grad(square, holomorphic=True)(1.0), da.ArgumentError, "'z' of 'square' is float64"),
        (lambda: da.grad(abs_of, holomorphic=True)(1j), da.OutputError, "one complex result"),
        (lambda: da.jacobian(abs_of, holomorphic=True)(1j), da.OutputError, "complex results"),
        (lambda: da.grad(abs_of)(np.complex64(1j)), da.ArgumentError, "pass complex128"),
        (lambda: da.grad(modulus)(np.ones(2, np.complex64)), da.ArgumentError, "pass complex128"),
        (lambda: da.jvp(square)(Z, 1j), da.ArgumentError, r"form of an array of complex128 \(1d\)"),
        (lambda: da.jvp(square)(Z, Z[:2]), da.ArgumentError, "wrong shape"),
        (lambda: da.jvp(square)(1.0, 1j), da.ArgumentError, "form of float64"),
        (lambda: da.vjp(abs_of)(1j, 1j), da.ArgumentError, "form of float64"),
        (lambda: da.vjp(square)(Z, Z[:2]), da.ArgumentError, "wrong shape"),
        (lambda: da.jacobian(lambda z: z.nothing)(1j), da.PrimalError, "nothing"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def abs_of(z):
    return abs(z)


def test_arguments_that_share_memory():
    def stores(a, b):
        a[0] = a[0] * 2
        return abs(a[0]) + b[0].real

    with pytest.raises(da.ArgumentError, match="share memory"):
        da.grad(stores)(Z, Z)


def test_explanations():
    assert "compiled adjoint" in str(da.explain(transform, Z))
    assert "hypot" in da.adjoint_source(abs_of, 1j)


MODEL = """
import numpy as np

def waves(z):
    return np.exp(z) * z

def modulus(z):
    return np.sum(np.abs(z))
"""
RUN = """
import model, numpy as np, dualad as da
z = np.array([1j, 2.0 + 1j])
da.jvp(model.waves)(z, z), da.vjp(model.waves)(z, z), da.grad(model.modulus)(z)
da.grad(model.waves, holomorphic=True)(1j)
info = da.cache_info()
print(info.stored, info.loaded, info.refused)
"""


def test_nothing_is_compiled_again(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    environment = environment_in(tmp_path)
    assert python(RUN, environment) == "4 0 {}\n"
    assert python(RUN, environment) == "0 4 {}\n"
