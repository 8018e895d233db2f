"""`minimize`: what each method is given, and what is respected."""

import functools
import warnings

import numpy as np
import pytest
from numba import njit
from scipy import optimize

from benchmarks.solvers import functions as f
from dualad.errors import ArgumentError, OutputError, PrimalError
from dualad.scipy import minimization, minimize
from dualad.scipy.functions import Callee, Objective

START = np.array([-1.2, 1.0])
WITH_HESSIANS = ("Newton-CG", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr")
METHODS = ("CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP", *WITH_HESSIANS)
WITHOUT_DERIVATIVES = ("Nelder-Mead", "Powell", "COBYLA", "COBYQA")


class Unsupported:
    """An object that Numba does not take, with methods."""

    def value(self, x):
        return float(str(x @ x))

    def gradient(self, x):
        return 2.0 * x

    def hessian(self, x):
        return 2.0 * np.eye(x.size)


UNSUPPORTED = Unsupported()


@njit
def shifted(x, center, scale):
    return scale * np.sum((x - center) ** 4 + (x - center) ** 2)


@pytest.mark.parametrize("method", METHODS)
def test_methods_with_derivatives(method):
    start = START.copy()
    result = minimize(f.rosenbrock, start, method=method)
    np.testing.assert_allclose(result.x, 1.0, atol=1e-2)
    assert result.success
    assert np.array_equal(start, START)
    assert result.get("nhev", 0) > 0 or method not in WITH_HESSIANS


def test_dogleg():
    result = minimize(shifted, np.full(2, 1.5), (1.0, 2.0), "dogleg")
    np.testing.assert_allclose(result.x, 1.0, atol=1e-6)


@pytest.mark.parametrize("method", WITHOUT_DERIVATIVES)
def test_methods_without_derivatives_are_scipys(method):
    found = minimize(f.rosenbrock, START, method=method)
    assert np.array_equal(found.x, optimize.minimize(f.rosenbrock, START, method=method).x)


@pytest.mark.parametrize("bounds", [None, [(0.0, 0.5), (None, None)]])
def test_the_method_that_scipy_chooses(bounds):
    found, scipys = (
        module.minimize(f.rosenbrock, START, bounds=bounds) for module in (minimization, optimize)
    )
    np.testing.assert_allclose(found.x, scipys.x, atol=1e-4)
    assert found.nfev < scipys.nfev


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"])
def test_products_for_many_variables(method):
    n = minimization.DENSE + 2
    result = minimize(shifted, np.zeros(n), (1.0, 2.0), method)
    np.testing.assert_allclose(result.x, 1.0, atol=1e-4)


def test_value_and_gradient_come_from_one_run_per_point():
    """Arrays of SciPy that change afterwards change no value and no gradient."""
    points = []

    def recorded(fun, x0, args=(), jac=None, hess=None, hessp=None, **options):
        x = np.array(x0)
        first = jac(x)
        value = fun(x)
        x[:] = -1.0  # as SciPy's own arrays change
        first[:] = np.nan
        points.append((value, fun(x), jac(x), fun(-0.0 * x), hess(x), hessp(x, np.ones(2))))
        return optimize.OptimizeResult(x=x)

    minimize(f.rosenbrock, START, method=recorded)
    value, moved, gradient, zero, hessian, product = points[0]
    assert value == f.rosenbrock(START)
    assert moved == f.rosenbrock(-np.ones(2))
    assert zero == 1.0
    np.testing.assert_allclose(gradient, [-804.0, -400.0])
    np.testing.assert_allclose(hessian, [[1602.0, 400.0], [400.0, 200.0]])
    np.testing.assert_allclose(product, hessian @ np.ones(2))


def test_one_run_per_point(monkeypatch):
    objective = Objective(*[Callee(f.rosenbrock, "")] * 2)
    driver, runs = objective._driver, []
    monkeypatch.setattr(objective, "_driver", lambda *args: runs.append(args) or driver(*args))
    for x in (START, START.copy(), START + 1.0):
        objective.value(x), objective.gradient(x)
    assert len(runs) == 2


def test_arguments_tolerances_callbacks_and_options_pass_through():
    seen = []
    result = minimize(
        shifted,
        [5, 5],  # integers, as SciPy takes them
        args=(2.0, 1.0),
        tol=1e-12,
        callback=lambda x: seen.append(x.copy()),
        options={"maxiter": 3},
    )
    assert len(seen) == result.nit == 3
    assert minimize(lambda x, a: (x[0] - a) ** 2, 5.0, args=4).x == pytest.approx([4.0])


def test_plain_functions_partials_and_single_precision():
    def plain(center, x):
        return np.sum((x - center) ** 2)

    partial = functools.partial(plain, 3.0)
    for method in ("BFGS", "trust-exact", "trust-ncg"):
        np.testing.assert_allclose(minimize(partial, [1.0, 2.0], method=method).x, 3.0)
    result = minimize(partial, np.array([1.0], dtype=np.float32))
    assert result.x == pytest.approx([3.0], rel=1e-6)


CONSTANT = 1.0


def reads_constant(x):
    return (x[0] - CONSTANT) ** 2


def calls_helper(x):
    return reads_constant(x)


def test_constants_of_plain_functions_are_not_frozen(monkeypatch):
    """Compiled code holds globals as constants; a script that changes one must not get the former answer."""
    assert minimize(reads_constant, [5.0]).x == pytest.approx([1.0])
    monkeypatch.setitem(globals(), "CONSTANT", 2.0)
    assert minimize(reads_constant, [5.0]).x == pytest.approx([2.0])

    center = np.array([1.0, 2.0])

    def closure(x):
        return np.sum((x - center) ** 2)

    assert minimize(closure, [0.0, 0.0]).x == pytest.approx([1.0, 2.0])
    center[:] = 5.0
    assert minimize(closure, [0.0, 0.0]).x == pytest.approx([5.0, 5.0])


@pytest.mark.usefixtures("no_engine_preferred")
def test_constants_of_helpers_are_not_frozen(monkeypatch):
    """Compiled adjoints inline plain helpers, which Numba refuses."""
    assert minimize(calls_helper, [5.0]).x == pytest.approx([1.0])
    monkeypatch.setitem(globals(), "CONSTANT", 2.0)
    assert minimize(calls_helper, [5.0]).x == pytest.approx([2.0])


def test_a_start_with_too_few_entries_is_noticed():
    with pytest.raises(IndexError):
        minimize(lambda x: x[0] ** 2 + x[2] ** 2, [1.0, 2.0])


# -- derivatives of one's own ---------------------------------------------------------------------


def test_own_derivatives_are_respected():
    """So that functions which cannot be differentiated are no obstacle."""
    value, gradient, hessian = UNSUPPORTED.value, UNSUPPORTED.gradient, UNSUPPORTED.hessian
    for options in (
        {"jac": "2-point"},
        {"jac": gradient},
        {"jac": gradient, "method": "Newton-CG"},
        {"jac": gradient, "hess": hessian, "method": "trust-exact"},
        {"jac": gradient, "hessp": lambda x, p: 2.0 * p, "method": "trust-ncg"},
        {"jac": gradient, "hess": optimize.BFGS(), "method": "trust-constr"},
        {"method": "Nelder-Mead"},
    ):
        np.testing.assert_allclose(minimize(value, [1.0, 2.0], **options).x, 0.0, atol=1e-4)
    both = minimize(lambda x: (float(str(x @ x)), 2.0 * x), [1.0, 2.0], jac=True)
    np.testing.assert_allclose(both.x, 0.0, atol=1e-7)


def test_a_hessian_for_a_method_that_needs_one_and_an_own_gradient():
    calls = []

    def gradient(x, center, scale):
        calls.append(x)
        return scale * (4.0 * (x - center) ** 3 + 2.0 * (x - center))

    result = minimize(shifted, np.zeros(2), (1.0, 2.0), "trust-exact", jac=gradient)
    assert calls
    np.testing.assert_allclose(result.x, 1.0, atol=1e-6)


@pytest.mark.parametrize("hess", ["2-point", optimize.SR1()], ids=["2-point", "SR1"])
def test_own_hessians_with_our_gradient(hess):
    result = minimize(f.rosenbrock, START, method="trust-constr", hess=hess)
    np.testing.assert_allclose(result.x, 1.0, atol=1e-3)


# -- constraints ----------------------------------------------------------------------------------


def both(x):
    return [x[0] * x[1] * x[2] * x[3], np.sum(x**2)]


def product(floor, x, factor):
    return factor * (x[0] * x[1] * x[2] * x[3] - floor)


CONSTRAINTS = {
    "dicts": [{"type": "ineq", "fun": f.hs71_product}, {"type": "eq", "fun": f.hs71_squares}],
    "nonlinear, list": optimize.NonlinearConstraint(both, [25.0, 40.0], [np.inf, 40.0]),
    "partial with arguments": [
        {"type": "ineq", "fun": functools.partial(product, 25.0), "args": (2.0,)},
        optimize.NonlinearConstraint(f.hs71_squares, 0.0, 0.0),
    ],
}


@pytest.mark.parametrize("kind", CONSTRAINTS)
@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints_of_all_forms(kind, method):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optimize.OptimizeWarning)  # that equalities should be apart
        result = minimize(
            f.hs71, (1, 5, 5, 1), method=method, bounds=[(1, 5)] * 4, constraints=CONSTRAINTS[kind]
        )
    np.testing.assert_allclose(result.x, (1.0, 4.74299964, 3.82114998, 1.37940829), atol=2e-5)
    if method == "trust-constr":
        assert max(result.constr_nhev) > 0
        assert max(result.constr_nfev) < 30  # none for differences


def test_constraints_are_not_changed_and_others_pass_through():
    given = {"type": "ineq", "fun": f.hs71_product}
    linear = optimize.LinearConstraint(np.eye(4), 1.0, 5.0)
    minimize(f.hs71, (1.0, 5.0, 5.0, 1.0), method="SLSQP", constraints=[given, linear])
    assert set(given) == {"type", "fun"}
    minimize(f.hs71, (1.0, 5.0, 5.0, 1.0), method="COBYLA", constraints=[given], options={"maxiter": 20})


@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")
def test_own_derivatives_of_constraints_are_respected():
    def impossible(x):
        return float(str(x[0])) - 0.5

    row = np.array([[1.0, 0.0]])
    for method, constraint in (
        ("SLSQP", {"type": "ineq", "fun": impossible, "jac": lambda x: row}),
        ("SLSQP", optimize.NonlinearConstraint(impossible, 0.0, np.inf, jac="3-point")),
        ("trust-constr", {"type": "ineq", "fun": impossible, "jac": lambda x: row}),
        (
            "trust-constr",
            optimize.NonlinearConstraint(
                impossible, 0.0, np.inf, jac=lambda x: row, hess=lambda x, v: np.zeros((2, 2))
            ),
        ),
    ):
        result = minimize(shifted, np.ones(2), (0.0, 1.0), method, constraints=constraint)
        np.testing.assert_allclose(result.x, (0.5, 0.0), atol=1e-3)


@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")
def test_hessians_of_constraints_with_many_variables_are_operators():
    n = minimization.DENSE + 2
    ball = optimize.NonlinearConstraint(lambda x: np.array([np.sum(x**2), x[0] * x[1]]), -np.inf, [4.0, 0.1])
    found, scipys = (
        module.minimize(shifted, np.full(n, 0.1), (1.0, 1.0), "trust-constr", constraints=ball)
        for module in (minimization, optimize)
    )
    assert found.fun == pytest.approx(scipys.fun, rel=1e-3)
    assert found.nit < scipys.nit


# -- refusals -------------------------------------------------------------------------------------


def prints(x):
    return float(str(x[0])) ** 2


@pytest.mark.parametrize(
    ("fun", "options", "error", "message"),
    [
        (prints, {}, PrimalError, r"'prints' does not compile.*\nPass jac= to minimize, or jac='2-point'"),
        (prints, {"jac": lambda x: 2.0 * x, "method": "dogleg"}, PrimalError, "Pass hess= or hessp="),
        (UNSUPPORTED.value, {}, ArgumentError, r"'Unsupported.value'.*\nPass jac="),
        (lambda x: x**2, {}, OutputError, r"returns an array(?s:.*)Pass jac="),
        (3, {}, ArgumentError, "cannot differentiate 3"),
        (
            f.rosenbrock,
            {"constraints": {"type": "eq", "fun": prints}},
            PrimalError,
            "Pass the constraint's Jacobian",
        ),
    ],
    ids=["function", "Hessian", "method", "array", "number", "constraint"],
)
def test_refusals_name_the_function_and_tell_the_way_out(fun, options, error, message):
    with pytest.raises(error, match=message):
        minimize(fun, [1.0, 2.0], **options)
