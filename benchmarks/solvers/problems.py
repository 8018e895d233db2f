"""Published problems with their answers, each for one of SciPy's solvers.

A problem is solved with a namespace that has the solvers: SciPy's, or `dualad.scipy`. Nothing else differs,
but that SciPy gets neither models with an array of parameters nor right-hand sides that write into an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, optimize

import dualad.scipy
from dualad.nist import load

from . import functions as f


class SciPy:
    """SciPy's solvers, in one namespace; they are looked up when they are called, to be counted."""

    def __getattr__(self, name: str) -> Any:
        return getattr(optimize, name, None) or getattr(integrate, name)


EXACT = dualad.scipy
DIFFERENCES = SciPy()


@dataclass(frozen=True)
class Problem:
    """A problem: its name, the solver, the solution by the solvers of a namespace, and the right one.

    `digits` is how many both ways have to reach.
    """

    name: str
    solver: str
    solve: Callable[[Any], ArrayLike]
    right: ArrayLike
    digits: float = 4.0

    def reached(self, found: ArrayLike) -> float:
        """Digits of the worst component: relative, or absolute where the right one is zero."""
        right = np.atleast_1d(self.right).astype(float)
        error = np.abs(np.atleast_1d(found) - right) / np.where(right == 0.0, 1.0, np.abs(right))
        return float(np.clip(-np.log10(max(np.max(error), 1e-16)), 0.0, 16.0))


def minimum(
    name: str, function: Any, start: ArrayLike, method: str, right: ArrayLike, **more: Any
) -> Problem:
    """An unconstrained or constrained minimum."""
    digits = more.pop("digits", 4.0)

    def solve(solvers: Any) -> ArrayLike:
        return solvers.minimize(function, start, method=method, **more).x

    return Problem(name, f"minimize {method}", solve, right, digits)


def squares(
    name: str, function: Any, start: ArrayLike, method: str, right: ArrayLike, **more: Any
) -> Problem:
    """A least sum of squares."""
    digits = more.pop("digits", 4.0)

    def solve(solvers: Any) -> ArrayLike:
        return solvers.least_squares(function, start, method=method, **more).x

    return Problem(name, f"least_squares {method}", solve, right, digits)


def equations(name: str, function: Any, start: ArrayLike, method: str) -> Problem:
    """A system of equations; the answer is what is left of it."""

    def solve(solvers: Any) -> ArrayLike:
        return solvers.root(function, start, method=method).fun

    return Problem(name, f"root {method}", solve, np.zeros(np.size(start)), 7.0)


def fit(name: str, model: Any, method: str | None = None) -> Problem:
    """A regression of NIST from its second start, with certified parameters."""
    data = load(name)

    def solve(solvers: Any) -> ArrayLike:
        called = model
        if model is f.thurber and solvers is not EXACT:
            called = by_numbers(model)
        return solvers.curve_fit(called, data.x, data.y, data.starts[1], method=method)[0]

    return Problem(f"NIST {name}", f"curve_fit {method or 'lm'}", solve, data.certified, 3.5)


def by_numbers(model: Any) -> Callable[..., Any]:
    """A model that takes its parameters as an array, for SciPy."""

    def called(x: Any, *parameters: float) -> Any:
        return model(x, np.array(parameters))

    return called


def initial(
    name: str, function: Any, end: float, start: ArrayLike, method: str, right: ArrayLike, **more: Any
) -> Problem:
    """An initial value problem."""
    in_place = more.pop("in_place", False)
    options = {"rtol": 1e-7, "atol": 1e-10} | more

    def solve(solvers: Any) -> ArrayLike:
        if in_place and solvers is EXACT:
            return solvers.solve_ivp(function, (0.0, end), start, method, in_place=True, **options).y[:, -1]
        called = returning(function) if in_place else function
        return solvers.solve_ivp(called, (0.0, end), start, method, **options).y[:, -1]

    return Problem(name, f"solve_ivp {method}", solve, right)


def returning(function: Any) -> Callable[..., Any]:
    """A right-hand side that writes into an array, for SciPy."""

    def called(t: float, y: Any) -> Any:
        dy = np.zeros_like(y)
        function(t, y, dy)
        return dy

    return called


def boundary(name: str, solve: Callable[[Any], ArrayLike], right: ArrayLike) -> Problem:
    """A boundary value problem."""
    return Problem(name, "solve_bvp", solve, right)


HS71_START = (1.0, 5.0, 5.0, 1.0)
HS71_RIGHT = (1.0, 4.74299963726441712, 3.82114998418487393, 1.37940829317267242)  # by mpmath
HS71_BOUNDS = [(1.0, 5.0)] * 4
HS71_CONSTRAINTS = [{"type": "ineq", "fun": f.hs71_product}, {"type": "eq", "fun": f.hs71_squares}]
HS43_POSITIVE = optimize.NonlinearConstraint(f.hs43_positive, 0.0, np.inf)
# By mpmath; MGH print six digits.
BROWN_DENNIS = (-11.5944399047621654, 13.2036300512072038, -0.40343948817685952, 0.236778774455736299)
# The test set of HW, with the digits that it prints.
ROBERTSON = (0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050)
VAN_DER_POL = (0.1706167732170483e01, -0.8928097010247975)
HIRES = (
    0.7371312573325668e-3,
    0.1442485726316185e-3,
    0.5888729740967575e-4,
    0.1175651343283149e-2,
    0.2386356198831331e-2,
    0.6238968252742796e-2,
    0.2849998395185769e-2,
    0.2850001604814231e-2,
)
_GRID = np.arange(1, 51) / 51.0
_CELLS = np.arange(1, 41) / 41.0
BRUSSELATOR_START = np.column_stack((1.0 + np.sin(2.0 * np.pi * _CELLS), np.full(40, 3.0))).ravel()


def bratu(solvers: Any) -> ArrayLike:
    x = np.linspace(0.0, 1.0, 5)
    solution = solvers.solve_bvp(f.bratu, f.zero_at_both_ends, x, np.zeros((2, 5)), tol=1e-8)
    return solution.sol(0.5)[0]


def string(solvers: Any) -> ArrayLike:
    x = np.linspace(0.0, 1.0, 5)
    y = np.array([[0.0, 1.0, 0.0, -1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    return solvers.solve_bvp(f.string, f.string_ends, x, y, p=[6.0], tol=1e-8).p


def kepler(method: str) -> Callable[[Any], ArrayLike]:
    def solve(solvers: Any) -> ArrayLike:
        # SciPy's has no differences for Halley's method.
        chosen = method if solvers is EXACT else "newton"
        return solvers.root_scalar(f.kepler, args=(0.9, 0.2), x0=1.0, method=chosen).root

    return solve


def brusselator_right() -> ArrayLike:
    """A solution with tighter tolerances and another method."""
    solution = integrate.solve_ivp(
        f.brusselator, (0.0, 10.0), BRUSSELATOR_START, "Radau", args=(0.02,), rtol=1e-10, atol=1e-12
    )
    return solution.y[:, -1]


def problems() -> list[Problem]:
    """All problems."""
    far = np.tile([-1.2, 1.0], 50)
    return [
        minimum("MGH 21, n = 2", f.rosenbrock, far[:2], "BFGS", np.ones(2)),
        minimum("MGH 21, n = 100", f.rosenbrock, far, "L-BFGS-B", np.ones(100), options={"maxfun": 10**6}),
        minimum("MGH 21, n = 20", f.rosenbrock, far[:20], "CG", np.ones(20)),
        minimum("MGH 5, Beale", f.beale, [1.0, 1.0], "SLSQP", (3.0, 0.5), tol=1e-12),
        minimum("MGH 14, Wood", f.wood, [-3.0, -1.0, -3.0, -1.0], "BFGS", np.ones(4)),
        minimum(
            "MGH 16, Brown-Dennis",
            f.brown_dennis_sum,
            [25.0, 5.0, -5.0, -1.0],
            "L-BFGS-B",
            BROWN_DENNIS,
            digits=2.0,
        ),
        minimum(
            "MGH 25, n = 20",
            f.variably_dimensioned,
            1.0 - np.arange(1, 21) / 20.0,
            "trust-constr",
            np.ones(20),
        ),
        squares("MGH 7, helical valley", f.helical_valley, [-1.0, 0.0, 0.0], "lm", (1.0, 0.0, 0.0)),
        squares("MGH 12, box", f.box, [0.0, 10.0, 20.0], "trf", (1.0, 10.0, 1.0)),
        squares(
            "MGH 13, Powell singular",
            f.powell_singular,
            [3.0, -1.0, 0.0, 1.0],
            "trf",
            np.zeros(4),
            digits=2.0,
        ),
        squares(
            "MGH 16, Brown-Dennis",
            f.brown_dennis,
            [25.0, 5.0, -5.0, -1.0],
            "dogbox",
            BROWN_DENNIS,
            ftol=1e-15,
            xtol=1e-12,
            digits=3.0,
        ),
        equations("MGH 28, n = 50", f.discrete_boundary_value, _GRID * (_GRID - 1.0), "lm"),
        equations("MGH 30, n = 100", f.broyden_tridiagonal, -np.ones(100), "hybr"),
        Problem("Kepler, e = 0.9", "root_scalar newton", kepler("newton"), 0.911235004618190737, 8.0),
        Problem("Kepler, e = 0.9", "root_scalar halley", kepler("halley"), 0.911235004618190737, 8.0),
        minimum(
            "HS 39",
            f.hs39,
            [2.0] * 4,
            "SLSQP",
            (1.0, 1.0, 0.0, 0.0),
            constraints={"type": "eq", "fun": f.hs39_equal},
            tol=1e-10,
        ),
        minimum(
            "HS 43, Rosen-Suzuki",
            f.hs43,
            [0.0] * 4,
            "trust-constr",
            (0.0, 1.0, 2.0, -1.0),
            constraints=HS43_POSITIVE,
            digits=3.0,
        ),
        minimum(
            "HS 71", f.hs71, HS71_START, "SLSQP", HS71_RIGHT, bounds=HS71_BOUNDS, constraints=HS71_CONSTRAINTS
        ),
        minimum(
            "HS 71",
            f.hs71,
            HS71_START,
            "trust-constr",
            HS71_RIGHT,
            bounds=HS71_BOUNDS,
            constraints=HS71_CONSTRAINTS,
        ),
        fit("Misra1a", f.misra1a),
        fit("Eckerle4", f.eckerle4, "trf"),
        fit("MGH09", f.mgh09),
        fit("Thurber", f.thurber),
        initial(
            "Robertson", f.robertson, 1e11, [1.0, 0.0, 0.0], "BDF", ROBERTSON, atol=[1e-14, 1e-20, 1e-12]
        ),
        initial(
            "Robertson", f.robertson, 1e11, [1.0, 0.0, 0.0], "LSODA", ROBERTSON, atol=[1e-14, 1e-20, 1e-12]
        ),
        initial("van der Pol, ε = 1e-6", f.van_der_pol, 2.0, [2.0, 0.0], "Radau", VAN_DER_POL, args=(1e-6,)),
        initial("HIRES", f.hires, 321.8122, [1.0, 0, 0, 0, 0, 0, 0, 0.0057], "Radau", HIRES, in_place=True),
        initial(
            "Brusselator, n = 80",
            f.brusselator,
            10.0,
            BRUSSELATOR_START,
            "BDF",
            brusselator_right(),
            args=(0.02,),
        ),
        boundary("Bratu", bratu, 0.140539214400471798),
        boundary("vibrating string", string, 2.0 * np.pi),
    ]
