"""What a check makes of unusual functions, points and requests."""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
import pytest
from numba import njit
from scipy import sparse

import dualad as da
from benchmarks.checker_rates import neighbours, neighbours_gradient, neighbours_product
from dualad import ArgumentError, OutputError, check_derivatives
from dualad.check import WrongDerivativeError

X = np.array([1.0, 2.0, 3.0])
Pair = namedtuple("Pair", "a b")


def squares(x):
    return np.sum(x**2)


def right(function, *args, **options):
    report = check_derivatives(function, *args, **options)
    assert report.ok, str(report)
    assert all(c.unresolved == 0 for c in report.comparisons), str(report)
    return report


def the_wrong_entry(function, *args, **options):
    report = check_derivatives(function, *args, **options)
    [comparison] = [c for c in report.comparisons if not c.ok]
    [entry] = comparison.wrong
    return entry


# -- points and scales ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-150, 1e-12, 1e-6, 1e6, 1e12, 1e150])
def test_badly_scaled_arguments(size):
    x = size * np.array([1.3, -0.7])
    f = lambda x: np.sin(x[0] / size) * np.exp(x[1] / size)  # noqa: E731

    def jac(x):
        u, v = x / size
        return np.array([np.cos(u) * np.exp(v), np.sin(u) * np.exp(v)]) / size

    right(f, x, jac=jac)
    assert the_wrong_entry(f, x, jac=lambda x: jac(x) * np.array([1.0, 1 + 1e-6])).index == (1,)


@pytest.mark.parametrize("size", [1e-300, 1e-12, 1e12, 1e290])
def test_badly_scaled_values(size):
    f = lambda x: size * np.sin(x) + np.array([0.0, 0.0, size])  # noqa: E731
    right(f, X, jac=lambda x: np.diag(size * np.cos(x)), hess=lambda x: hessians(-size * np.sin(x)))
    wrong = the_wrong_entry(f, X, jac=lambda x: np.diag(size * np.cos(x) * [1, 1, 1 + 1e-6]))
    assert wrong.index == (2, 2)


def hessians(diagonal):
    h = np.zeros((3, 3, 3))
    h[range(3), range(3), range(3)] = diagonal
    return h


def test_arguments_of_very_different_scales():
    x = np.array([1e-12, 1e12])
    f = lambda x: math.sin(x[0] * 1e12) + 1e-9 * math.sin(x[1] * 1e-12)  # noqa: E731
    jac = lambda x: np.array([1e12 * math.cos(x[0] * 1e12), 1e-21 * math.cos(x[1] * 1e-12)])  # noqa: E731
    right(f, x, jac=jac)
    entry = the_wrong_entry(f, x, jac=lambda x: jac(x) * [1.0, 1.001])
    assert entry.label == "df/dx[1]"
    assert entry.reference == pytest.approx(jac(x)[1], rel=1e-10)


LARGE = np.random.default_rng(0).normal(size=10_000)


def test_many_inputs():
    report = right(neighbours, LARGE, jac=neighbours_gradient, hvp=neighbours_product)
    assert [c.directions for c in report.comparisons] == [4, 4]
    assert [round(s.slope, 1) for s in report.slopes] == [2.0, 3.0]
    assert [p.ok for p in report.dot_products] == [True]


@pytest.mark.parametrize("index", [0, 4567, 9999])
def test_one_wrong_entry_among_many_is_found(index):
    def wrong(x):
        g = neighbours_gradient(x)
        g[index] *= 1.5
        return g

    entry = the_wrong_entry(neighbours, LARGE, jac=wrong)
    assert entry.index == (index,)
    assert entry.reference == pytest.approx(neighbours_gradient(LARGE)[index], rel=1e-6)


def test_one_wrong_entry_of_a_large_hessian_is_found():
    def wrong(x, p):
        h = neighbours_product(x, p)
        h[123] += 0.25 * p[4567]
        return h

    report = check_derivatives(neighbours, LARGE, jac=neighbours_gradient, hvp=wrong)
    assert report.comparisons[1].wrong[0].index in {(123, 4567), (4567, 123)}
    assert [p.ok for p in report.dot_products] == [False]


def test_sparse_jacobian_of_many_inputs_and_outputs():
    """As a full array it would take 800 MB."""
    right(lambda x: x * np.sin(x), LARGE, jac=lambda x: sparse.diags_array(np.sin(x) + x * np.cos(x)))


@pytest.mark.parametrize("mistake", [1.0, 1e-5])
def test_random_directions_find_what_every_entry_finds(mistake):
    matrix = np.random.default_rng(1).normal(size=(5, 4))

    def jac(x):
        return (
            np.cos(matrix @ x)[:, None] * matrix * np.where(np.arange(20).reshape(5, 4) == 13, 1 + mistake, 1)
        )

    f = lambda x: np.sin(matrix @ x)  # noqa: E731
    x = np.array([0.3, 0.1, -0.7, 0.9])
    for directions in ("full", "random", 2):
        assert the_wrong_entry(f, x, jac=jac, directions=directions).index == (3, 1)


@pytest.mark.parametrize(
    ("function", "x", "jac"),
    [
        (lambda x: np.sum(x), np.zeros(0), lambda x: np.zeros(0)),
        (lambda x: x[:0], X, lambda x: np.zeros((0, 3))),
        (lambda x: np.zeros((0, 2)), X, lambda x: np.zeros((0, 2, 3))),
    ],
)
def test_nothing_to_compare(function, x, jac):
    report = right(function, x, jac=jac)
    assert "nothing to compare" in str(report)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_points_where_the_function_is_not_finite(value):
    report = check_derivatives(squares, np.array([1.0, value]), jac=lambda x: 2 * x)
    assert not report.ok
    assert report.failures == (f"f is {value} at this point: its derivative is not checked",)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("directions", ["full", "random"])
def test_derivatives_that_are_not_finite(value, directions):
    jac = lambda x: np.where(np.arange(3) == 1, value, 2 * x)  # noqa: E731
    entry = the_wrong_entry(squares, X, jac=jac, directions=directions)
    assert entry.index == (1,)
    assert entry.reference == pytest.approx(4.0)


# -- kinks and edges ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slope", "ok"), [(-1.0, True), (0.0, True), (1.0, True), (1.01, False), (-2.0, False)]
)
def test_any_slope_between_the_sides_of_a_kink_is_right(slope, ok):
    report = check_derivatives(abs, 0.0, jac=lambda x: slope)
    assert report.ok == ok
    assert [str(k) for k in report.kinks] == ["kink at x, slopes -1 and 1"]


@pytest.mark.parametrize(("slope", "ok"), [(1.0, True), (0.0, False), (500.0, False)])
def test_at_a_jump_the_side_that_holds_the_value_counts(slope, ok):
    for function in (lambda x: math.floor(x) + x, lambda x: math.ceil(x) + x):
        report = check_derivatives(function, 1.0, jac=lambda x: slope)
        assert report.ok == ok
        assert [str(k) for k in report.kinks] == ["jump at x"]


def test_kinks_that_differences_cross_are_reported():
    f = lambda x: abs(x - 1.001) + x * x  # noqa: E731
    report = right(f, 1.0, jac=lambda x: 2 * x - 1, hess=lambda x: 2.0)
    assert [str(k) for k in report.kinks] == ["kink at x +0.001, slopes 1.002 and 3.002"]
    assert not check_derivatives(f, 1.0, jac=lambda x: 2 * x + 1).ok


def test_edge_of_the_domain():
    f = lambda x: math.sqrt(x) ** 3 + x if x >= 0 else math.nan  # noqa: E731
    assert check_derivatives(f, 0.0, jac=lambda x: 1.5 * math.sqrt(x) + 1).ok
    assert the_wrong_entry(f, 0.0, jac=lambda x: 1.5 * math.sqrt(x) + 2).label == "df/dx"


# -- functions ----------------------------------------------------------------------------------------


def failing(x):
    raise ZeroDivisionError("no")


def test_functions_that_raise():
    report = check_derivatives(failing, X, jac=lambda x: x)
    assert report.raised
    assert not report.ok
    assert report.failures == ("the function raises ZeroDivisionError at this point: no",)


def test_derivatives_that_raise():
    report = check_derivatives(squares, X, jac=failing, hess=lambda x: 2 * np.eye(3))
    assert [c.failure for c in report.comparisons] == ["raised ZeroDivisionError: no", ""]
    assert str(report).startswith("squares: CHECK FAILED at x = [1, 2, 3]\n  order 1  jac      FAILED")


def test_functions_that_raise_beside_the_point():
    def log(x):
        try:
            return math.log(x)
        except ValueError:
            return math.nan

    def strict(x):
        if x <= 0:
            raise ValueError("negative")
        return math.log(x)

    for function in (log, strict):
        right(function, 1e-3, jac=lambda x: 1 / x)


def test_inputs_that_are_written_to():
    def scaled(x):
        x *= 2
        return np.sum(x)

    x = X.copy()
    report = right(scaled, x, jac=lambda x: np.full(3, 2.0))
    assert x.tolist() == X.tolist()
    assert report.warnings[0] == "the function writes to its argument x"

    def gradient(x):
        x *= 2
        return x

    assert right(squares, x, jac=gradient).warnings == ("jac writes to its argument x",)
    assert x.tolist() == X.tolist()


def test_products_that_write_to_their_direction():
    def product(x, p):
        p *= 2
        return p

    assert right(squares, X, hvp=product).warnings == ("hvp writes to its argument p",)


def test_trees_of_arguments_and_results():
    def f(p, scale, name):
        return (p.a * scale, p.b[::-1] * p.a) if name == "both" else None

    def jac(p, scale, name):
        a = Pair(scale, np.zeros(2))
        b = Pair(p.b[::-1], np.array([[0.0, p.a], [p.a, 0.0]]))
        return a, b

    p = Pair(2.0, np.array([3.0, 4.0]))
    right(f, p, 5.0, "both", jac=jac)
    wrong = lambda *args: (Pair(1.0, np.zeros(2)), jac(*args)[1])  # noqa: E731
    assert the_wrong_entry(f, p, 5.0, "both", jac=wrong).label == "df[0]/dp.a"


def test_several_arguments():
    f = lambda x, n, y: x**n * y  # noqa: E731
    jac = lambda x, n, y: (n * x ** (n - 1) * y, x**n)  # noqa: E731
    report = right(f, 2.0, 3, 5.0, argnums=(0, 2), jac=jac)
    assert report.point == "x = 2, y = 5"
    assert the_wrong_entry(f, 2.0, 3, 5.0, argnums=-1, jac=lambda x, n, y: y).reference == pytest.approx(8.0)


class Quadratic:
    def __call__(self, x):
        return x @ x

    def gradient(self, x):
        return 2 * x


def test_any_callable():
    right(Quadratic(), X, jac=Quadratic().gradient)
    right(np.sin, 0.3, jac=np.cos)
    right(lambda x: [x[0] * 2, x[1]], X, jac=lambda x: [[2, 0, 0], [0, 1, 0]])
    right(np.linalg.det, np.eye(2) + 0.1, jac=lambda a: np.linalg.det(a) * np.linalg.inv(a).T)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_single_precision_has_its_own_tolerance(dtype):
    x = X.astype(dtype)
    report = right(squares, x, jac=lambda x: 2 * x)
    assert report.rtol == pytest.approx(float(np.finfo(dtype).eps) ** 0.5)
    assert not check_derivatives(squares, x, jac=lambda x: np.where(x == 2, 1.1, 1) * 2 * x).ok


# -- references ---------------------------------------------------------------------------------------


def only_floats(x):
    """Takes no Numbers and no complex numbers."""
    return math.fsum([math.exp(v) for v in x])


@pytest.mark.parametrize(
    ("function", "method"),
    [
        (lambda x: np.sum(np.exp(x)), "mpmath"),
        (lambda x: np.log(np.linalg.det(np.diag(np.exp(np.exp(x))))), "complex step"),
        (only_floats, "differences"),
    ],
)
def test_the_sharpest_reference_is_used(function, method):
    report = right(function, np.array([0.1, -0.4]), jac=np.exp)
    assert report.comparisons[0].methods == {method: 2}


def test_functions_that_are_not_analytic_are_not_judged_by_complex_steps(monkeypatch):
    monkeypatch.setattr("dualad.check.reference.exact.find_spec", lambda name: None)
    report = right(lambda x: x * np.conj(x), 1.5, jac=lambda x: 2 * x)
    assert report.comparisons[0].methods == {"differences": 1}
    assert any("complex step not used" in w for w in report.warnings)


def test_loss_of_digits_in_the_function_is_noted():
    report = right(lambda x: (1 - math.cos(x)) / x**2, 1e-4, jac=lambda x: -x / 12)
    [note] = report.warnings
    assert note.startswith("the function's own values are precise to")


# -- dualad's own derivatives -------------------------------------------------------------------------


@njit
def powers(x, n):
    s = 0.0
    for i in range(x.size):
        s += x[i] ** n * x[0]
    return s


def test_derivatives_of_dualad_are_right():
    report = right(powers, X, 2)
    assert [(c.order, c.mode) for c in report.comparisons] == [
        (1, "forward"), (1, "reverse"), (2, "forward"), (2, "reverse"),
    ]  # fmt: skip


def test_dualad_beside_a_supplied_derivative():
    report = check_derivatives(powers, X, 2, jac=lambda x, n: x, modes="forward")
    assert [(c.mode, c.ok) for c in report.comparisons] == [("jac", False), ("forward", True)]


def test_random_directions_of_dualad_agree_with_each_other():
    report = right(powers, X, 2, directions="random", modes=("forward", "reverse-over-reverse"))
    assert [p.modes for p in report.dot_products] == ["forward, reverse-over-reverse"] * 2
    assert all(slope.slope is None or slope.slope > slope.order + 0.9 for slope in report.slopes)


# -- requests that make no sense ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((3.0, X), {}, "f must be a function, not 3.0"),
        ((squares,), {}, "was given 0 arguments"),
        ((squares, "abc"), {}, "cannot differentiate with respect to argument 'x', which is str"),
        ((squares, [1.0]), {}, r"pass numpy.array\(...\) of floats"),
        ((squares, 3), {}, "which is int"),
        ((squares, np.arange(3)), {}, "an array of int64"),
        ((squares, np.ones(2, complex)), {}, "an array of complex128"),
        ((squares, X), {"argnums": 1}, "argnums=1 does not fit"),
        ((squares, X), {"argnums": (0, 0)}, "argnums must name each argument once"),
        ((squares, X), {"argnums": "q"}, "there is no argument 'q'"),
        ((squares, X), {"jac": X}, "jac must be a function"),
        ((squares, X), {"modes": "sideways"}, "modes are"),
        ((squares, X), {"modes": 3}, "modes must be a name or a tuple of names"),
        ((squares, X), {"orders": "1"}, "orders must be made of ints of at least 1, not '1'"),
        ((squares, X), {"orders": (1, 0)}, "orders must be made of ints of at least 1, not 0"),
        ((squares, X), {"orders": ()}, "orders must name at least one order"),
        ((squares, X), {"orders": 3, "jac": np.sin}, "nothing to check"),
        ((squares, X), {"rtol": -1}, "rtol must be a number between 0 and 1"),
        ((squares, X), {"directions": "all"}, "directions must be"),
        ((squares, X), {"directions": X}, "directions must be"),
        ((squares, X), {"seed": -1}, "seed must be made of ints of at least 0"),
        ((lambda x: x * x, X), {"hvp": lambda x, p: p}, "hvp is for functions with one float result"),
    ],
)
def test_requests_that_are_refused(args, options, message):
    with pytest.raises(ArgumentError, match=message):
        check_derivatives(*args, **options)


@pytest.mark.parametrize("value", [None, "a", 1j, (1.0, None)])
def test_results_that_are_not_numbers(value):
    with pytest.raises(OutputError, match="a derivative needs floats"):
        check_derivatives(lambda x: value, X, jac=lambda x: x)


@pytest.mark.parametrize("number", [np.int64(1), {1}, range(1, 2), [1]])
def test_orders_may_be_any_ints(number):
    assert [c.order for c in right(squares, X, jac=lambda x: 2 * x, orders=number).comparisons] == [1]


@pytest.mark.parametrize(
    ("jac", "failure"),
    [
        (lambda x: np.zeros(2), "jac's result must have shape (3,), not (2,)"),
        (lambda x: None, "jac's result must hold real numbers, not NoneType"),
        (lambda x: 1j * x, "jac's result must hold real numbers, not ndarray of shape (3,)"),
        (lambda x: "a", "jac's result must hold real numbers, not str"),
    ],
)
def test_derivatives_of_another_form(jac, failure):
    [comparison] = check_derivatives(squares, X, jac=jac).comparisons
    assert comparison.failure == failure
    [comparison] = check_derivatives(squares, X, jac=jac, directions="random").comparisons
    assert comparison.failure == failure


def test_orders_without_a_derivative_are_noted():
    report = right(squares, X, jac=lambda x: 2 * x, orders=(1, 2))
    assert report.warnings == ("order 2 is not checked: give hess or hvp, or modes for dualad's own",)


def test_assert_derivatives():
    assert da.assert_derivatives(squares, X, jac=lambda x: 2 * x).ok
    with pytest.raises(WrongDerivativeError, match=r"df/dx\[2\] = 3, reference 6") as caught:
        da.assert_derivatives(squares, X, jac=lambda x: x)
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(caught.value.report)
