"""``scipy.optimize.minimize`` with exact gradients, Hessians and Jacobians of constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from .constraints import with_derivatives
from .functions import Callee, Function, Objective

# With more variables products cost less than the Hessian, on dense problems and on sparse ones.
DENSE = 16

# What a method makes of second derivatives.
_HESSIAN_ONLY = frozenset({"dogleg", "trust-exact"})
_HESSIAN_OR_PRODUCT = frozenset({"newton-cg", "trust-ncg", "trust-krylov", "trust-constr", "_custom"})
_FIRST_ORDER = frozenset({"cg", "bfgs", "l-bfgs-b", "tnc", "slsqp"})
_GRADIENT = _FIRST_ORDER | _HESSIAN_ONLY | _HESSIAN_OR_PRODUCT
_WITHOUT_HESSIAN = frozenset({"newton-cg", "trust-constr", "_custom"})  # SciPy has a substitute

_FIRST = "Pass jac= to minimize, or jac='2-point' for SciPy's differences."
_SECOND = (
    "Pass hess= or hessp= to minimize (hess=scipy.optimize.BFGS() for method='trust-constr'), or choose a "
    "method that uses gradients only."
)


def minimize(
    fun: Function,
    x0: ArrayLike,
    args: Any = (),
    method: str | Function | None = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Function | None = None,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Function | None = None,
    options: Mapping[str, Any] | None = None,
) -> optimize.OptimizeResult:
    """Minimize a scalar function, as ``scipy.optimize.minimize`` does, with exact derivatives.

    Methods that use gradients get the gradient, computed together with the value and once per point. Methods
    that use second derivatives get the Hessian for up to 16 variables, and Hessian-vector products for more,
    if they take those. Constraints get their Jacobians ("SLSQP", "trust-constr") and the Hessians of v · c
    ("trust-constr"). Methods without derivatives get `fun` and `constraints` as they are.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``: a function made by ``numba.njit``, a plain one that Numba can compile, a
        ``functools.partial`` of one, or a bound method whose object Numba can take.
    x0 : array_like, float, shape (n,)
        Starting point.
    args : tuple, optional
        Further arguments of `fun`.
    method : str or callable, optional
        As in SciPy.
    jac : callable, bool or str, optional
        Your own gradient, ``True`` if `fun` returns it too, or "2-point", "3-point" or "cs" for SciPy's
        differences. Then `fun` is differentiated only for a method that cannot do without a Hessian.
    hess, hessp : optional
        Your own Hessian or product, or SciPy's approximations, such as ``hess="2-point"``.
    bounds, tol, callback, options : optional
        As in SciPy.
    constraints : dict, constraint of SciPy, or list of these
        As in SciPy. A ``jac`` in a dict, and a ``jac`` or ``hess`` of a ``NonlinearConstraint`` other than
        SciPy's default, are used as they are.

    Returns
    -------
    scipy.optimize.OptimizeResult

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        If `fun` or a constraint cannot be differentiated. The message names the function, the reason and the
        way out.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, 2nd edition, Springer 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import minimize
    >>> def rosen(x):
    ...     return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    >>> minimize(rosen, [-1.2, 1.0], method="trust-exact").x.round(8)
    array([1., 1.])
    """
    args = args if isinstance(args, tuple) else (args,)
    name = _name(method, bounds, constraints)
    dense = np.size(x0) <= DENSE
    value, ours = fun, (jac is None or jac is False) and name in _GRADIENT
    if ours or _needs_hessian(name, jac, hess, hessp):
        objective = Objective(Callee(fun, _FIRST if ours else _SECOND), Callee(fun, _SECOND))
        if ours:
            value, jac = objective.value, objective.gradient
        if hess is None and hessp is None and name not in _FIRST_ORDER:
            hess, hessp = _second_derivatives(objective, name, dense)
    return optimize.minimize(
        value,
        x0,
        args,
        method,
        jac=jac,
        hess=hess,
        hessp=hessp,
        bounds=bounds,
        constraints=with_derivatives(constraints, name, dense),
        tol=tol,
        callback=callback,
        options=options,
    )


def _name(method: str | Function | None, bounds: Any, constraints: Any) -> str:
    """The method in lower case; SciPy's choice if there is none."""
    if method is None:
        return "slsqp" if constraints else "bfgs" if bounds is None else "l-bfgs-b"
    return method.lower() if isinstance(method, str) else "_custom"


def _needs_hessian(name: str, jac: Any, hess: Any, hessp: Any) -> bool:
    """Whether a method that is given a gradient cannot do without a Hessian that it is not given."""
    required = name in (_HESSIAN_ONLY | _HESSIAN_OR_PRODUCT) - _WITHOUT_HESSIAN
    return required and callable(jac) and hess is None and hessp is None


def _second_derivatives(
    objective: Objective, name: str, dense: bool
) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    """Hessian and Hessian-vector product, of which SciPy takes one, and a method of the user's either."""
    if name == "_custom":
        return objective.hessian, objective.hessian_product
    if dense or name in _HESSIAN_ONLY:
        return objective.hessian, None
    return None, objective.hessian_product
