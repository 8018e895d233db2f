"""`root`, `fsolve`, `root_scalar` and `newton`: which derivatives are supplied, and what is respected."""

import functools

import numpy as np
import pytest
from scipy import optimize

from dualad.errors import DualadError
from dualad.scipy import fsolve, newton, root, root_scalar

RIGHT = (6.504097110, 0.908414211)


def equations(x):
    return [x[0] * np.cos(x[1]) - 4.0, x[1] * x[0] - x[1] - 5.0]


def cube(x, a):
    return x**3 - a


def impossible(x):
    return float(str(x)) - 1.0


@pytest.mark.parametrize("method", ["hybr", "lm"])
@pytest.mark.parametrize("transposed", [False, True])
def test_root(method, transposed):
    result = root(equations, [6, 1], method=method, options={"col_deriv": transposed})
    np.testing.assert_allclose(result.x, RIGHT, rtol=1e-8)
    assert result.nfev < optimize.root(equations, [6, 1], method=method).nfev
    assert result.njev > 0


def test_methods_without_jacobians_are_scipys():
    for method in ("broyden1", "krylov", "df-sane"):
        found, scipys = (solve(equations, [6.0, 1.0], method=method) for solve in (root, optimize.root))
        assert np.array_equal(found.x, scipys.x)


def test_fsolve():
    x, info, ier, _ = fsolve(equations, [1, 1], full_output=True)
    np.testing.assert_allclose(x, RIGHT, rtol=1e-8)
    assert ier == 1
    assert info["njev"] > 0
    np.testing.assert_allclose(fsolve(equations, [1, 1], col_deriv=True), RIGHT, rtol=1e-8)
    np.testing.assert_allclose(fsolve(lambda x, a: x**2 - a, 1.0, args=2.0), [np.sqrt(2.0)])


def test_own_jacobians_are_respected():
    def unsupported(x):
        return np.array([float(str(v)) - 1.0 for v in x])

    for options in ({"jac": "2-point"}, {"jac": lambda x: np.eye(2)}, {"method": "broyden1"}):
        np.testing.assert_allclose(root(unsupported, [2.0, 3.0], **options).x, 1.0, rtol=1e-6)
    np.testing.assert_allclose(root(lambda x: (unsupported(x), np.eye(2)), [2.0, 3.0], jac=True).x, 1.0)
    np.testing.assert_allclose(fsolve(unsupported, [2.0, 3.0], fprime="2-point"), 1.0)
    np.testing.assert_allclose(fsolve(unsupported, [2.0, 3.0], band=(1, 1)), 1.0)


def test_root_scalar():
    for method in (None, "newton"):
        found = root_scalar(cube, args=8.0, x0=3, method=method)
        assert found.root == pytest.approx(2.0, rel=1e-14)
        assert found.method == "newton"
    by_hand = optimize.root_scalar(
        cube, args=(8.0,), x0=3.0, method="halley", fprime=lambda x, a: 3 * x**2, fprime2=lambda x, a: 6 * x
    )
    for given in ({}, {"fprime": lambda x, a: 3 * x**2}):
        found = root_scalar(cube, args=(8.0,), x0=3.0, method="halley", **given)
        assert (found.root, found.iterations) == (pytest.approx(2.0, rel=1e-14), by_hand.iterations)


def test_own_derivatives_of_scalars_and_brackets_are_respected():
    for given in (
        {"bracket": (0.0, 3.0)},
        {"x0": 2.0, "x1": 3.0},
        {"x0": 2.0, "fprime": lambda x: 1.0},
        {"x0": 2.0, "fprime": "2-point"},
    ):
        assert root_scalar(impossible, **given).root == pytest.approx(1.0)
    assert root_scalar(lambda x: (x**3 - 8.0, 3.0 * x**2), x0=3.0, fprime=True).root == pytest.approx(2.0)


def test_newton():
    assert newton(cube, 3, args=(8.0,)) == pytest.approx(2.0, rel=1e-14)
    assert newton(cube, 3, args=(8.0,), fprime2=lambda x, a: 6 * x) == pytest.approx(2.0, rel=1e-14)
    targets = np.array([8.0, 27.0, 64.0])
    starts = np.array([3.0, 4.0, 5.0])
    np.testing.assert_allclose(newton(cube, starts, args=(targets,)), [2.0, 3.0, 4.0])
    assert starts.tolist() == [3.0, 4.0, 5.0]
    np.testing.assert_allclose(newton(functools.partial(cube, a=8.0), [3, 4]), 2.0)
    for given in ({"x1": 4.0}, {"fprime": "2-point"}):
        assert newton(cube, 3.0, args=(8.0,), **given) == optimize.newton(
            cube, 3.0, args=(8.0,), x1=given.get("x1")
        )


def test_refusals_tell_the_way_out():
    for solve, way in (
        (lambda: root(lambda x: impossible(x[0]), [1.0]), "Pass jac= to root"),
        (lambda: fsolve(lambda x: impossible(x[0]), [1.0]), "Pass fprime= to fsolve"),
        (lambda: root_scalar(impossible, x0=2.0), "Pass fprime= to root_scalar"),
        (lambda: newton(impossible, 2.0), "Pass fprime= to newton"),
    ):
        with pytest.raises(DualadError, match=way):
            solve()
    with pytest.raises(DualadError, match=r"complex128(?s:.*)Pass fprime= to newton"):
        newton(cube, 1.0 + 2.0j, args=(8.0,))
