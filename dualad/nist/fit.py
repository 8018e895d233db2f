"""Least-squares fits of the NIST problems, with exact or with finite-difference Jacobians.

The procedure is the same for every set and start, and sees no certified value:

1. Levenberg-Marquardt (MINPACK) with tolerances at machine precision;
2. if that does not end at a stationary point, SciPy's trust-region reflective method from the same
   start (BoxBOD's first start is the one that needs it: Levenberg-Marquardt's first step lands where
   the model is constant);
3. with exact derivatives, Gauss-Newton steps for as long as they bring the gradient closer to zero. Both
   solvers stop once the sum of squares no longer changes in its 16 digits, which leaves about 8 in the
   parameters; the gradient resolves the rest.

Stationary means Bates and Watts' relative offset below 0.001: the tangent-plane part of the residual
vector is small against the part orthogonal to it (Technometrics 23, 1981, 179-183).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from scipy.linalg import qr, solve_triangular
from scipy.optimize import least_squares

import dualad as da
from dualad.nist.datasets import Array
from dualad.nist.models import Problem

Derivatives = Literal["exact", "2-point"]

CERTIFIED_DIGITS = 11.0
STATIONARY = 1e-3
_EPS = float(np.finfo(np.float64).eps)
_MAX_EVALUATIONS = 5000
_MAX_POLISHING = 50


@dataclass(frozen=True, eq=False)
class Fit:
    """Result of one fit.

    Attributes
    ----------
    parameters, deviations : ndarray, float64, shape (p,)
        Parameters and their standard deviations, from the Jacobian at the solution.
    rss : float
        Residual sum of squares.
    solver : str
        ``"lm"`` or ``"trf"``: the method whose end point was kept.
    iterations : int
        Jacobians asked for by the solver and the polishing, over all methods tried; 0 with finite
        differences, where SciPy does not count them.
    evaluations : int
        Residual evaluations asked for by the solvers, without those spent on finite differences.
    offset : float
        Relative offset at the solution; infinite if it cannot be computed.
    converged : bool
        Whether the solution is a stationary point.
    """

    parameters: Array
    deviations: Array
    rss: float
    solver: str
    iterations: int
    evaluations: int
    offset: float
    converged: bool


@dataclass(frozen=True, eq=False)
class _Point:
    """Parameters with residuals and Jacobian there."""

    b: Array
    r: Array
    jac: Array
    solver: str
    offset: float
    converged: bool


@cache
def exact_jacobian(residuals: Callable[..., Array]) -> Callable[..., Array]:
    """Exact Jacobian of a residual function.

    Parameters
    ----------
    residuals : jitted function
        ``residuals(b, x, y) -> (n,)``.

    Returns
    -------
    callable
        ``jacobian(b, x, y) -> (n, p)``. Made once per residual function.
    """
    return da.jacobian(residuals)


def fit(problem: Problem, start: Array, derivatives: Derivatives = "exact") -> Fit:
    """Fit a problem from a starting point.

    Parameters
    ----------
    problem : Problem
        What to fit.
    start : ndarray, float64, shape (p,)
        Starting point.
    derivatives : {"exact", "2-point"}
        Where Jacobians come from: `dualad.jacobian`, or the differences SciPy takes by default. The latter
        run the same solvers with the same tolerances, but are not polished.

    Returns
    -------
    Fit
    """
    exact = derivatives == "exact"
    jac = exact_jacobian(problem.residuals) if exact else "2-point"
    iterations = evaluations = 0
    best: _Point | None = None
    # Far from the solution models overflow; solvers recover from it, so NumPy need not comment.
    with np.errstate(all="ignore"):
        for solver in ("lm", "trf"):
            result = _solve(problem, start, jac, solver)
            if result is None:
                continue
            evaluations += result.nfev
            iterations += result.njev if exact else 0
            point = _point(problem, result.x, result.fun, result.jac, solver)
            if best is None or _better(point, best):
                best = point
            if best.converged:
                break
        if best is None:
            unknown = np.full(start.size, np.nan)
            return Fit(unknown, unknown, np.nan, "none", iterations, evaluations, np.inf, False)
        if exact and best.converged:
            best, steps = _polish(problem, best)
            iterations += steps
            evaluations += steps
        return Fit(
            parameters=best.b,
            deviations=standard_deviations(best.jac, best.r),
            rss=float(best.r @ best.r),
            solver=best.solver,
            iterations=iterations,
            evaluations=evaluations,
            offset=best.offset,
            converged=best.converged,
        )


def _solve(problem: Problem, start: Array, jac: Any, solver: str) -> Any:
    """Run one SciPy solver; None if it broke down."""
    try:
        return least_squares(
            problem.residuals,
            start,
            jac,
            method=solver,
            x_scale="jac",
            ftol=_EPS,
            xtol=_EPS,
            gtol=_EPS,
            max_nfev=_MAX_EVALUATIONS,
            args=(problem.data.x, problem.response),
        )
    except (ValueError, ZeroDivisionError, np.linalg.LinAlgError):
        return None  # a step led to infinite residuals or to a division by zero in the model


def _better(a: _Point, b: _Point) -> bool:
    if a.converged != b.converged:
        return a.converged
    return bool(a.r @ a.r < b.r @ b.r)


def _point(problem: Problem, b: Array, r: Array, jac: Array, solver: str) -> _Point:
    offset = relative_offset(jac, r)
    # Residuals carry the rounding errors of the response, which no step can remove from the offset.
    rounding = float(10.0 * _EPS * np.linalg.norm(problem.response) / np.linalg.norm(r))
    return _Point(b, r, jac, solver, offset, offset <= max(STATIONARY, rounding))


def _polish(problem: Problem, point: _Point) -> tuple[_Point, int]:
    """Gauss-Newton steps until the relative offset stops falling: the best point and the steps tried."""
    jacobian = exact_jacobian(problem.residuals)
    for steps in range(1, _MAX_POLISHING + 1):
        q, triangle, scale = _scaled_qr(point.jac)
        b = point.b - solve_triangular(triangle, q.T @ point.r) / scale
        r = problem.residuals(b, problem.data.x, problem.response)
        following = _point(problem, b, r, jacobian(b, problem.data.x, problem.response), point.solver)
        if not following.offset < point.offset:
            return point, steps
        point = following
    return point, _MAX_POLISHING


def _scaled_qr(jac: Array) -> tuple[Array, Array, Array]:
    """QR factors of a Jacobian with its columns scaled to norm 1, and the scale."""
    # Parameters of one model differ by up to ten orders of magnitude, and so do its columns.
    scale = np.linalg.norm(jac, axis=0)
    q, triangle = qr(jac / scale, mode="economic", check_finite=False)
    return q, triangle, scale


def relative_offset(jac: Array, r: Array) -> float:
    """Bates and Watts' relative offset: how far from stationary a point is, in units of its noise.

    Parameters
    ----------
    jac : ndarray, float64, shape (n, p)
        Jacobian of the residuals.
    r : ndarray, float64, shape (n,)
        Residuals.

    Returns
    -------
    float
        Root mean square of the residuals' projection on the tangent plane over that of the remainder;
        infinite if the Jacobian is not finite or has a zero column.
    """
    if not (np.isfinite(jac).all() and np.isfinite(r).all() and jac.any(axis=0).all()):
        return np.inf
    n, p = jac.shape
    q, _, _ = _scaled_qr(jac)
    tangent = q.T @ r
    normal = r - q @ tangent
    return float(np.sqrt(tangent @ tangent / p) / np.sqrt(normal @ normal / (n - p)))


def standard_deviations(jac: Array, r: Array) -> Array:
    """Standard deviations of least-squares parameters, from the Jacobian's QR factors.

    Parameters
    ----------
    jac : ndarray, float64, shape (n, p)
        Jacobian of the residuals at the solution.
    r : ndarray, float64, shape (n,)
        Residuals there.

    Returns
    -------
    ndarray, float64, shape (p,)
        Square roots of the diagonal of ``s² (JᵀJ)⁻¹`` with ``s² = rᵀr / (n - p)``, without forming
        ``JᵀJ``; NaN where the Jacobian has not full rank.
    """
    n, p = jac.shape
    if not (np.isfinite(jac).all() and jac.any(axis=0).all()):
        return np.full(p, np.nan)
    _, triangle, scale = _scaled_qr(jac)
    if not (np.isfinite(triangle).all() and np.diag(triangle).all()):
        return np.full(p, np.nan)
    inverse = solve_triangular(triangle, np.eye(p))
    return np.linalg.norm(inverse, axis=1) / scale * np.sqrt(r @ r / (n - p))


def log_relative_error(found: Array | float, certified: Array | float) -> Array:
    """Digits of agreement with certified values.

    Parameters
    ----------
    found, certified : float or ndarray, float64, of one shape
        Values to compare; certified ones are not zero.

    Returns
    -------
    ndarray, float64, of the arguments' shape
        ``-log10(|found - certified| / |certified|)``, at least 0 and at most 11, the number of digits
        NIST certifies; 0 for NaN.
    """
    error = np.abs(np.asarray(found) - certified) / np.abs(certified)
    with np.errstate(divide="ignore"):
        digits = -np.log10(error)
    return np.clip(np.nan_to_num(digits, nan=0.0, posinf=CERTIFIED_DIGITS), 0.0, CERTIFIED_DIGITS)
