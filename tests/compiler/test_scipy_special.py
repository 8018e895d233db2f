"""scipy.special inside compiled functions: plain values are SciPy's, derivatives those of the rules."""

import subprocess
import sys

import numpy as np
import pytest
from numba import njit
from scipy import special

import dualad as da
from dualad.rules import special_kernels, table
from dualad.rules.arrays import softmax
from dualad.rules.readings import partials

UFUNCS = [op for op in table() if op.scipy and isinstance(getattr(special, op.scipy), np.ufunc)]
EDGES = np.array(
    [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, np.inf, -np.inf, np.nan, 1e300, -1e300, 1e-300, 0.3, 7.25, 41.0, -3.7]
)


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture(scope="module")
def compiled():
    """All ufuncs as one function ``(k, x, y)`` of doubles or arrays, compiled once for each type."""
    names = {op.scipy: getattr(special, op.scipy) for op in UFUNCS}
    lines = ["def all_of_them(k, x, y):"]
    for k, op in enumerate(UFUNCS):
        lines += [
            f"    if k == {k}:",
            f"        return {op.scipy}({', '.join(('x', 'y', '0.3')[: op.arity])})",
        ]
    lines.append("    return x + y")
    exec("\n".join(lines), names)
    return njit(names["all_of_them"])


def test_values_are_those_of_scipy_to_the_bit(compiled):
    wrong = []
    for k, op in enumerate(UFUNCS):
        ufunc = getattr(special, op.scipy)
        for x in EDGES:
            for y in EDGES if op.arity > 1 else EDGES[:1]:
                with np.errstate(all="ignore"):
                    want = ufunc(*(x, y, 0.3)[: op.arity])
                got = compiled(k, x, y)
                if np.float64(got).tobytes() != want.tobytes() and not (np.isnan(got) and np.isnan(want)):
                    wrong.append((op.scipy, x, y, got, want))
    assert wrong == []


def test_arrays_broadcast_as_in_scipy():
    @njit
    def f(a, x, out):
        special.gammainc(a, x, out)
        return special.gammaincc(a, x) + special.erf(x) * 2.0, special.jv(2, x[0])

    a, x = np.array([[0.5], [3.0]]), np.array([0.1, 1.0, 7.0, 30.0])[::2]
    out = np.empty((2, 2))
    got, row = f(a, x, out)
    np.testing.assert_array_equal(got, special.gammaincc(a, x) + special.erf(x) * 2.0)
    np.testing.assert_array_equal(out, special.gammainc(a, x))
    assert row == special.jv(2, x[0])


def test_types_of_results():
    f = njit(lambda x: special.erf(x))
    single, whole = np.linspace(0, 1, 3, dtype=np.float32), np.arange(3)
    assert f(single).dtype == np.float32
    np.testing.assert_allclose(f(single), special.erf(single), rtol=1e-7)
    np.testing.assert_array_equal(f(whole), special.erf(whole))
    assert f(True) == f(1) == special.erf(1.0)


def test_complex_arguments_and_keywords_are_refused():
    for f, x in ((lambda x: special.erf(x), 1j), (lambda x: special.erf(x, where=True), 1.0)):
        with pytest.raises(Exception, match="No implementation of function"):
            njit(f)(x)


@pytest.mark.parametrize("mode", ["forward", "tape"])
def test_gradient_of_array_expressions(mode):
    def f(x, a):
        return np.sum(special.gammainc(a, x) * special.erfcx(x) + special.xlogy(x, x))

    x, a = np.array([0.3, 1.5, 4.0]), np.array([1.0, 2.5, 0.5])
    got = da.grad(f, mode=mode)(x, a)
    want = [
        partials("gammainc", q, v)[1] * special.erfcx(v)
        + special.gammainc(q, v) * partials("erfcx", v)[0]
        + np.log(v)
        + 1
        for v, q in zip(x, a, strict=True)
    ]
    np.testing.assert_allclose(got, want, rtol=1e-14)


@njit
def parameters(p):
    return (
        special.gammainc(p[0], p[1]) * special.gammaincc(p[2], p[1])
        + special.betainc(p[0], p[1], 0.4 * p[2]) * special.betaincc(p[1], p[2], 0.3)
        + special.jv(p[0], p[1]) * special.yv(p[1], p[0])
        + special.iv(p[2], p[1]) * special.kv(p[0], p[2])
    )


def test_derivatives_with_respect_to_parameters_in_all_modes():
    p = np.array([1.3, 2.1, 0.7])

    gradient = da.grad(parameters)
    inside = njit(lambda p: gradient(p))

    got = inside(p)
    steps = 1e-4 * np.eye(3)
    slopes = [
        (8 * (parameters(p + s) - parameters(p - s)) - parameters(p + 2 * s) + parameters(p - 2 * s)) / 1.2e-3
        for s in steps
    ]
    np.testing.assert_allclose(got, slopes, rtol=1e-10)
    for mode in ("forward", "adjoint", "tape"):
        value, in_mode = da.value_and_grad(parameters, mode=mode)(p)
        assert value == parameters(p)
        np.testing.assert_allclose(in_mode, got, rtol=1e-13)
    hessian = da.hessian(parameters)(p)
    nested = da.jacobian(da.grad(parameters, mode="adjoint"))(p)
    bends = [
        (8 * (inside(p + s) - inside(p - s)) - inside(p + 2 * s) + inside(p - 2 * s)) / 1.2e-3 for s in steps
    ]
    np.testing.assert_allclose(hessian, nested, rtol=1e-13)
    np.testing.assert_allclose(hessian, bends, rtol=1e-9)


def test_maximum_likelihood_of_gamma_distributed_intervals():
    """Where the counts of the bins are the expected ones, the score is that of the total count."""
    edges = np.array([0.5, 1.0, 2.0, 3.0, 5.0])

    def likelihood(q, counts):
        below = special.gammainc(q[0], edges / q[1])
        return np.sum(counts * np.log(np.diff(below)))

    q = np.array([1.7, 0.9])
    within = np.diff(special.gammainc(q[0], edges / q[1]))
    score = da.jacobian(lambda q: np.diff(special.gammainc(q[0], edges / q[1])))(q)
    np.testing.assert_allclose(da.grad(likelihood)(q, within), score.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("mode", ["forward", "tape"])
@pytest.mark.parametrize(
    ("f", "argument"),
    [
        (lambda a: special.gammainc(a, 2.0), "gammainc .* 'a'"),
        (lambda v: special.jv(v, 2.0), "jv .* 'v'"),
        (lambda b: special.betainc(2.0, b, 0.5), "betainc .* 'b'"),
    ],
)
def test_third_derivatives_with_respect_to_parameters_are_refused_by_name(f, argument, mode):
    function, name = argument.split(" .* ")
    with pytest.raises(
        da.UnsupportedError, match=f"{function} has no third derivative with respect to its argument {name}"
    ):
        da.grad(da.grad(da.grad(f, mode=mode), mode=mode), mode=mode)(1.5)


def test_stop_gradient_makes_a_constant_of_a_parameter():
    def f(a):
        return special.gammainc(da.stop_gradient(a), a)

    assert da.grad(f)(1.5) == pytest.approx(special_kernels.gamma_density(1.5, 1.5), rel=1e-15)


def test_polygamma_takes_integer_orders():
    f = njit(lambda n, x: special.polygamma(n, x))
    for n in range(4):
        assert f(n, 1.5) == pytest.approx(special.polygamma(n, 1.5), rel=1e-14)
        assert da.grad(f, 1)(n, 1.5) == pytest.approx(special.polygamma(n + 1, 1.5), rel=1e-14)


# -- when functions become known ------------------------------------------------------------------------

PLAIN = "from numba import njit\nprint(njit(lambda x: special.erf(x))(0.5))\n"
GRADIENT = "print(dualad.grad(lambda x: special.erf(x))(0.5))\n"


@pytest.mark.parametrize("use", [PLAIN, GRADIENT])
@pytest.mark.parametrize(
    "imports",
    [
        "import dualad\nfrom scipy import special\n",
        "from scipy import special\nimport dualad\n",
        "import dualad\ndualad.grad(lambda x: x)(1.0)\nfrom scipy import special\n",
    ],
)
def test_order_of_imports_does_not_matter(imports, use):
    assert float(python(imports + use)[0]) == pytest.approx(
        special.erf(0.5) if use == PLAIN else partials("erf", 0.5)[0], rel=1e-15
    )


def test_importing_dualad_does_not_import_scipy_special():
    assert python("import sys, dualad; print('scipy.special' in sys.modules)") == ["False"]


def test_functions_of_another_package_are_left_alone():
    code = """
from numba.extending import overload
from scipy import special
overload(special.erf)(lambda x: lambda x: 42.0)
import dualad
from numba import njit
print(njit(lambda x: special.erf(x))(0.5), njit(lambda x: special.erfc(x))(0.0))
"""
    assert python(code) == ["42.0", "1.0"]


def test_cached_code_runs_where_nothing_is_compiled(tmp_path):
    (tmp_path / "cached.py").write_text(
        "from numba import njit\nfrom scipy import special\n\n"
        "@njit(cache=True)\ndef f(x):\n    return special.ndtri(x) + special.erf(x)\n"
    )
    path = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
    show = "import cached; print(cached.f(0.3), sum(cached.f.stats.cache_hits.values()))"
    [value, hits] = python(path + "import dualad; " + show)
    assert (float(value), hits) == (special.ndtri(0.3) + special.erf(0.3), "0")
    assert python(path + show) == [value, "1"]  # without dualad, and without its symbols


# -- functions of whole arrays --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole():
    return njit(lambda x: (special.logsumexp(x), special.softmax(x), special.log_softmax(x)))


@pytest.fixture(scope="module")
def along():
    def f(x, axis):
        return (
            special.logsumexp(x, axis=axis),
            special.softmax(x, axis),
            special.log_softmax(x, axis),
            special.logsumexp(x, axis, x * x),
        )

    return njit(f)


def test_softmax_family(whole, along):
    shape = 3, 1, 4
    x = np.random.default_rng(1).normal(size=shape) * 50
    for got, function in zip(
        whole(x), (special.logsumexp, special.softmax, special.log_softmax), strict=True
    ):
        np.testing.assert_allclose(got, function(x), rtol=1e-13)
    for axis in range(-len(shape), len(shape)):
        first, second, third, weighted = along(x, axis)
        np.testing.assert_allclose(first, special.logsumexp(x, axis=axis), rtol=1e-13)
        np.testing.assert_allclose(second, special.softmax(x, axis=axis), rtol=1e-13)
        np.testing.assert_allclose(third, special.log_softmax(x, axis=axis), rtol=1e-13)
        np.testing.assert_allclose(weighted, special.logsumexp(x, axis=axis, b=x * x), rtol=1e-13)


def some(x):
    y = x.T[::2]
    return np.sum(np.sin(special.softmax(x, axis=0))) + special.logsumexp(y, axis=0, b=y * y)[0]


def composed(x):
    s = np.sum(np.sin(special.logsumexp(x * x, axis=1))) + special.logsumexp(x)
    s += special.logsumexp(x.T[::2], axis=0)[0] + special.logsumexp(x[0], 0)
    s += np.sum(np.cos(special.softmax(x, axis=0))) + np.sum(np.sin(special.log_softmax(x.T)))
    return s + np.sum(special.logsumexp(x, axis=0, b=x * x) ** 2)


@pytest.mark.parametrize("f", [some, pytest.param(composed, marks=pytest.mark.battery)])
def test_softmax_family_in_reverse_mode(f):
    x = np.random.default_rng(1).normal(size=(3, 4))
    expected, want = da.value_and_grad(f, mode="forward", chunk=1)(x)
    for mode in ("tape", "adjoint"):
        value, gradient = da.value_and_grad(f, mode=mode)(x)
        assert value == expected
        np.testing.assert_allclose(gradient, want, rtol=1e-13, atol=1e-13)


def curved(x):
    return np.sum(special.logsumexp(x, axis=1) ** 2)


@pytest.mark.battery
@pytest.mark.parametrize("inner", ["tape", "adjoint"])
@pytest.mark.parametrize("outer", ["forward", "tape"])
def test_softmax_family_nested(inner, outer):
    x = np.random.default_rng(1).normal(size=(2, 3))
    y, p = special.logsumexp(x, axis=1), special.softmax(x, axis=1)
    want = np.zeros((2, 3, 2, 3))
    for i in range(2):
        slope = np.diag(p[i]) - np.outer(p[i], p[i])
        want[i, :, i, :] = 2.0 * np.outer(p[i], p[i]) + 2.0 * y[i] * slope
    got = da.jacobian(da.grad(curved, mode=inner), mode=outer)(x)
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-14)


def test_logsumexp_of_a_view_along_its_only_axis():
    x = np.arange(24.0)[::-3]
    assert njit(lambda x: special.logsumexp(x, 0))(x) == pytest.approx(special.logsumexp(x), rel=1e-15)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([-np.inf, -np.inf], -np.inf), ([np.inf, 1.0], np.inf), ([1e300, -1e300], 1e300),
     ([np.nan, 1.0], np.nan), ([], -np.inf), ([0.0, -np.inf], 0.0)],
)  # fmt: skip
def test_logsumexp_at_edges(values, expected):
    f = njit(lambda x: special.logsumexp(x))
    np.testing.assert_equal(f(np.array(values)), expected)


def test_logsumexp_keeps_what_is_small():
    import mpmath

    x = np.array([0.0, -40.0, -60.0])
    with mpmath.workdps(50):
        exact = float(mpmath.log(sum(mpmath.exp(v) for v in x)))
    assert softmax.logsumexp(x) == pytest.approx(exact, rel=1e-15)
