"""Constraints of `minimize` with their Jacobians, and with the Hessians of v · c."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import BFGS, NonlinearConstraint
from scipy.sparse.linalg import LinearOperator

from ..drivers import api
from . import wrappers
from .functions import Arguments, Array, Callee, Function, VectorFunction, point

_JACOBIAN = (
    "Pass the constraint's Jacobian (jac=...), or jac='3-point' in a NonlinearConstraint for SciPy's "
    "differences."
)
_HESSIAN = "Pass the constraint as a NonlinearConstraint with hess=, such as hess=scipy.optimize.SR1()."


def with_derivatives(constraints: Any, method: str, dense: bool) -> Any:
    """Constraints with the derivatives that a method uses.

    Parameters
    ----------
    constraints : dict, constraint of SciPy, or sequence of them
        As for ``scipy.optimize.minimize``; they are not changed.
    method : str
        The method, in lower case.
    dense : bool
        Whether Hessians are matrices; else products with them.

    Returns
    -------
    dict, constraint, or list of them
    """
    if method not in ("slsqp", "trust-constr"):
        return constraints
    if isinstance(constraints, Mapping) or not np.iterable(constraints):
        return _with_derivatives(constraints, method, dense)
    return [_with_derivatives(one, method, dense) for one in constraints]


def _with_derivatives(constraint: Any, method: str, dense: bool) -> Any:
    if isinstance(constraint, NonlinearConstraint):
        return _nonlinear(constraint, method, dense)
    if not isinstance(constraint, Mapping) or "fun" not in constraint:
        return constraint  # linear, or a mistake that SciPy names
    if method == "trust-constr" and str(constraint.get("type")).lower() in ("eq", "ineq"):
        return _from_dict(constraint, dense)
    if constraint.get("jac") is not None:
        return constraint
    return {**constraint, "jac": VectorFunction(Callee(constraint["fun"], _JACOBIAN)).jacobian}


def _nonlinear(constraint: NonlinearConstraint, method: str, dense: bool) -> NonlinearConstraint:
    fun, jac, hess = constraint.fun, constraint.jac, constraint.hess
    # The defaults of the class; nobody can tell whether they were chosen.
    if isinstance(jac, str) and jac == "2-point" and constraint.finite_diff_jac_sparsity is None:
        jac = VectorFunction(Callee(fun, _JACOBIAN)).jacobian
        if method == "trust-constr" and isinstance(hess, BFGS):
            hess = hessian(fun, (), dense)
    return NonlinearConstraint(
        fun,
        constraint.lb,
        constraint.ub,
        jac,
        hess,
        constraint.keep_feasible,
        constraint.finite_diff_rel_step,
        constraint.finite_diff_jac_sparsity,
    )


def _from_dict(constraint: Mapping[str, Any], dense: bool) -> NonlinearConstraint:
    """A constraint of the older form as one that has a place for its Hessian."""
    fun, args = constraint["fun"], tuple(constraint.get("args", ()))
    jac, hess = constraint.get("jac"), None
    if jac is None:
        jac = VectorFunction(Callee(fun, _JACOBIAN)).jacobian
        hess = hessian(fun, args, dense)
    upper = 0.0 if constraint["type"].lower() == "eq" else np.inf
    derivative = (lambda x: jac(x, *args)) if callable(jac) else jac
    return NonlinearConstraint(lambda x: fun(x, *args), 0.0, upper, derivative, hess)


def hessian(fun: Function, args: Arguments, dense: bool) -> Function:
    """The Hessian of ``v · fun(x)`` as a function of x and v.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)``, with m results.
    args : tuple
        Further arguments.
    dense : bool
        Whether it is a matrix; else a ``LinearOperator``.

    Returns
    -------
    callable
        ``(x, v) -> (n, n)``.
    """
    callee = Callee(fun, _HESSIAN)
    whole = callee.wrapped(wrappers.weighted, api.hessian, 0)
    product = callee.wrapped(wrappers.weighted, api.hvp, 0)

    def matrix(x: ArrayLike, v: ArrayLike) -> Array:
        at = point(x)
        before, after = callee.surrounding((at, *args), 0)
        return whole(at, _weights(v), before, after)

    def operator(x: ArrayLike, v: ArrayLike) -> LinearOperator:
        at, weights = point(x), _weights(v)
        before, after = callee.surrounding((at, *args), 0)
        return LinearOperator(
            (at.size, at.size),
            matvec=lambda p: product(at, point(p).reshape(at.shape), weights, before, after),
            dtype=at.dtype,
        )

    return matrix if dense else operator


def _weights(v: ArrayLike) -> Array:
    return np.atleast_1d(point(v))
