"""`solve_ivp` and `solve_bvp`: forms of right-hand sides, and what is respected."""

import functools

import numpy as np
import pytest
from numba import njit
from scipy import integrate

from dualad.errors import OutputError, PrimalError
from dualad.scipy import solve_bvp, solve_ivp


def pendulum_list(t, y):
    return [y[1], -np.sin(y[0])]


def pendulum_tuple(t, y, k):
    return y[1], -k * np.sin(y[0])


@njit
def pendulum_in_place(t, y, dy, k):
    dy[0] = y[1]
    dy[1] -= k * np.sin(y[0])


def pendulum_columns(t, y):
    return np.vstack((y[1], -np.sin(y[0])))


RIGHT = integrate.solve_ivp(pendulum_list, (0.0, 2.0), [1.0, 0.0], rtol=1e-10, atol=1e-12).y[:, -1]


@pytest.mark.parametrize("method", ["BDF", integrate.Radau], ids=["BDF", "class"])
@pytest.mark.parametrize(
    ("fun", "options"),
    [
        (pendulum_list, {}),
        (pendulum_tuple, {"args": (1.0,)}),
        (pendulum_in_place, {"args": (1,), "in_place": True}),
        (functools.partial(pendulum_tuple, k=1.0), {}),
        (functools.partial(pendulum_in_place, k=1.0), {"in_place": True}),
        (pendulum_columns, {"vectorized": True}),
        (pendulum_list, {"vectorized": True}),
        (pendulum_list, {"jac": "2-point"}),
        (pendulum_list, {"jac": lambda t, y: [[0.0, 1.0], [-np.cos(y[0]), 0.0]]}),
    ],
    ids=["list", "tuple", "in place", "partial", "partial in place", "columns", "rows", "differences", "own"],
)
def test_forms(fun, options, method):
    solution = solve_ivp(fun, (0.0, 2.0), [1, 0], method=method, rtol=1e-6, atol=1e-9, **options)
    np.testing.assert_allclose(solution.y[:, -1], RIGHT, rtol=1e-4)
    assert solution.njev > 0


def test_methods_without_jacobians_and_bands_are_scipys():
    for options in ({}, {"method": "DOP853"}, {"method": "LSODA", "lband": 1, "uband": 1}):
        found, scipys = (
            solve(pendulum_list, (0.0, 2.0), [1.0, 0.0], t_eval=[1.0, 2.0], **options)
            for solve in (solve_ivp, integrate.solve_ivp)
        )
        assert np.array_equal(found.y, scipys.y)


def test_jacobians_are_exact():
    given = []

    class Recording(integrate.BDF):
        def __init__(self, *args, jac=None, **options):
            given.append(jac(0.0, np.array([1.0, 0.0])))
            super().__init__(*args, jac=jac, **options)

    solve_ivp(pendulum_in_place, (0.0, 0.1), [1.0, 0.0], Recording, args=(2.0,), in_place=True)
    np.testing.assert_allclose(given[0], [[0.0, 1.0], [-2.0 * np.cos(1.0), 0.0]], rtol=1e-15)


def test_refusals_tell_the_way_out():
    with pytest.raises(PrimalError, match=r"Pass jac= to solve_ivp, or jac='2-point'"):
        solve_ivp(lambda t, y: [float(str(y[0]))], (0.0, 1.0), [1.0], method="BDF")
    with pytest.raises(OutputError, match=r"complex function(?s:.*)Pass jac= to solve_ivp"):
        solve_ivp(lambda t, y: -y, (0.0, 1.0), [1.0 + 1.0j], method="BDF")


# -- boundary value problems ----------------------------------------------------------------------

X = np.linspace(0.0, 1.0, 5)


def ends(ya, yb):
    return np.array([ya[0], yb[0]])


@pytest.mark.parametrize(
    "fun",
    [
        lambda x, y: np.vstack((y[1], -np.exp(y[0]))),
        lambda x, y: np.array([y[1], -np.exp(y[0])]),
        lambda x, y: (y[1], -np.exp(y[0])),
        functools.partial(lambda scale, x, y: np.vstack((y[1], -scale * np.exp(y[0]))), 1.0),
    ],
    ids=["matrix", "rows", "tuple", "partial"],
)
def test_right_hand_sides(fun):
    found, scipys = (
        solve(fun, ends, X, np.zeros((2, 5)), tol=1e-6) for solve in (solve_bvp, integrate.solve_bvp)
    )
    assert found.niter == scipys.niter
    np.testing.assert_allclose(found.sol(X), scipys.sol(X), atol=1e-12)


def test_parameters_boundaries_and_singular_terms():
    start = np.array([[0.0, 1.0, 0.0, -1.0, 0.0], np.zeros(5)])
    for fun in (
        lambda x, y, p: np.vstack((y[1], -(p[0] ** 2) * y[0])),
        lambda x, y, p: np.array([y[1], -(p[0] ** 2) * y[0]]),
    ):
        solution = solve_bvp(fun, lambda ya, yb, p: [ya[0], yb[0], ya[1] - p[0]], X, start, p=[6], tol=1e-8)
        assert solution.p == pytest.approx([2.0 * np.pi], rel=1e-8)
    # Each boundary condition depends on both ends.
    boundary = {
        "fun": lambda x, y: np.vstack((y[1], np.sin(x) * y[0] + x)),
        "bc": lambda ya, yb: np.array([ya[0] * yb[1] + 0.1, yb[0] ** 2 - ya[1] * yb[0]]),
        "x": X,
        "y": 0.5 * np.ones((2, 5)),
    }
    emden = {
        "fun": lambda x, y: np.vstack((y[1], -(y[0] ** 5))),
        "bc": lambda ya, yb: np.array([ya[1], yb[0] - 0.75**0.5]),
        "x": X,
        "y": np.vstack((np.full(5, 0.75**0.5), np.full(5, 1e-4))),
        "S": np.array([[0.0, 0.0], [0.0, -2.0]]),
    }
    for problem in (boundary, emden):
        found, scipys = (solve(**problem, tol=1e-6) for solve in (solve_bvp, integrate.solve_bvp))
        assert found.success == scipys.success
        np.testing.assert_allclose(found.sol(X), scipys.sol(X), atol=1e-6)


def test_own_jacobians_of_boundary_value_problems():
    def unsupported(x, y):
        return np.vstack((y[1], -float(str(1.0)) * y[0] + 1.0))

    with pytest.raises(PrimalError, match="Pass fun_jac= to solve_bvp"):
        solve_bvp(unsupported, ends, X, np.zeros((2, 5)))
    with pytest.raises(PrimalError, match="Pass bc_jac= to solve_bvp"):
        solve_bvp(pendulum_columns, lambda ya, yb: ends(ya, yb) * float(str(1.0)), X, np.zeros((2, 5)))
    solution = solve_bvp(unsupported, ends, X, np.zeros((2, 5)), fun_jac="2-point", bc_jac="2-point")
    assert solution.success


def test_complex_right_hand_sides_are_refused():
    with pytest.raises(OutputError, match=r"complex function(?s:.*)Pass (fun|bc)_jac="):
        solve_bvp(lambda x, y: np.vstack((y[1], y[0])), ends, X, np.zeros((2, 5)) * 1j)
