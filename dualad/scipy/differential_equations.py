"""``solve_ivp`` and ``solve_bvp`` of ``scipy.integrate`` with exact Jacobians."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate

from ..drivers import api
from ..errors import DualadError, OutputError, PrimalError
from . import wrappers
from .functions import Array, Callee, Function, Jacobian, point

_IMPLICIT = (integrate.BDF, integrate.Radau, integrate.LSODA)
_RIGHT_HAND_SIDE = "Pass jac= to solve_ivp, or jac='2-point' for SciPy's differences."
_COLUMNS = "Pass fun_jac= to solve_bvp, or fun_jac='2-point' for SciPy's differences."
_BOUNDARY = "Pass bc_jac= to solve_bvp, or bc_jac='2-point' for SciPy's differences."


def solve_ivp(
    fun: Function,
    t_span: ArrayLike,
    y0: ArrayLike,
    method: Any = "RK45",
    t_eval: ArrayLike | None = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: tuple[Any, ...] | None = None,
    *,
    in_place: bool = False,
    jac: Any = None,
    **options: Any,
) -> Any:
    """Solve an initial value problem, as ``scipy.integrate.solve_ivp`` does, with exact Jacobians.

    Parameters
    ----------
    fun : callable
        The right-hand side, ``fun(t, y, *args) -> (n,)``: an array, list or tuple. A function made by
        ``numba.njit``, a plain one that Numba can compile, a ``functools.partial`` of one, or a bound method
        whose object Numba can take.
    t_span, y0, t_eval, dense_output, events, vectorized, args, **options
        As in SciPy.
    method : str or solver class, default "RK45"
        As in SciPy. "BDF", "Radau" and "LSODA" use Jacobians; the others get `fun` as it is.
    in_place : bool, default False
        `fun` is ``fun(t, y, dy, *args)`` and writes the derivatives of `y` into `dy`, which is zero before.
    jac : callable, array, sparse array or str, optional
        Your own Jacobian, or "2-point" for SciPy's differences, which are also used with `jac_sparsity`,
        `lband` and `uband`.

    Returns
    -------
    Bunch
        SciPy's result.

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        If `fun` cannot be differentiated. The message names the function, the reason and the way out.

    References
    ----------
    Hairer and Wanner, Solving Ordinary Differential Equations II, Springer 1996.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import solve_ivp
    >>> def van_der_pol(t, y, mu):
    ...     return [y[1], mu * (1.0 - y[0] ** 2) * y[1] - y[0]]
    >>> solution = solve_ivp(van_der_pol, (0.0, 100.0), [2.0, 0.0], method="BDF", args=(1000.0,))
    >>> solution.success, solution.y[0, -1].round(2)
    (True, np.float64(1.93))
    """
    if isinstance(jac, str):
        options["jac"] = None
    elif jac is not None:
        options["jac"] = jac
    elif _takes_jacobian(method) and all(options.get(n) is None for n in ("jac_sparsity", "lband", "uband")):
        options["jac"] = _jacobian(fun, in_place, vectorized)
    if options.get("jac") is None:
        options.pop("jac", None)
    solved = _returning(fun) if in_place else fun
    return integrate.solve_ivp(
        solved, t_span, y0, method, t_eval, dense_output, events, vectorized, args, **options
    )


def _takes_jacobian(method: Any) -> bool:
    if isinstance(method, str):
        return method in (solver.__name__ for solver in _IMPLICIT)
    return isinstance(method, type) and issubclass(method, _IMPLICIT)


def _returning(fun: Function) -> Function:
    """A right-hand side that writes into an array, as one that returns it."""

    @functools.wraps(fun)
    def returns(t: float, y: Array, *args: Any) -> Array:
        dy = np.zeros_like(y, dtype=np.result_type(y, 1.0))
        fun(t, y, dy, *args)
        return dy

    return returns


def _jacobian(fun: Function, in_place: bool, vectorized: bool) -> Function:
    callee = Callee(fun, _RIGHT_HAND_SIDE)
    if in_place:
        return _in_place(callee)
    return _of_columns(callee) if vectorized else Jacobian(callee, 1)


def _in_place(callee: Callee) -> Function:
    driver = callee.wrapped(wrappers.returning, api.jacobian, 1)

    def jacobian(t: float, y: Array, *args: Any) -> Array:
        at = point(y)
        before, after = callee.surrounding((t, at, at, *args), 1, 2)
        return driver(before, at, after)

    return jacobian


def _of_columns(callee: Callee) -> Function:
    """The Jacobian of a vectorized function; Numba compiles some for a vector only, others for a matrix."""
    of_vector = Jacobian(callee, 1)
    of_matrix = callee.wrapped(wrappers.shifted, api.jacobian, 0)

    def jacobian(t: float, y: Array, *args: Any) -> Array:
        try:
            return of_vector(t, y, *args)
        except (PrimalError, OutputError):
            column = point(y)[:, np.newaxis]
            before, after = callee.surrounding((t, column, *args), 0, 2)
            return of_matrix(np.zeros(len(column)), before, t, column, after)[:, 0]

    return jacobian


def solve_bvp(
    fun: Function,
    bc: Function,
    x: ArrayLike,
    y: ArrayLike,
    p: ArrayLike | None = None,
    S: ArrayLike | None = None,
    fun_jac: Any = None,
    bc_jac: Any = None,
    **options: Any,
) -> Any:
    """Solve a boundary value problem, as ``scipy.integrate.solve_bvp`` does, with exact Jacobians.

    Parameters
    ----------
    fun : callable
        The right-hand side, ``fun(x, y) -> (n, m)`` or ``fun(x, y, p) -> (n, m)``, in which each column
        depends on the same columns of `x` and `y` only. A function made by ``numba.njit``, a plain one that
        Numba can compile, or a ``functools.partial`` of one. Numba may compile it for all columns, or for
        single ones: ``np.array([y[1], -y[0]])`` and lists are compiled for single ones.
    bc : callable
        The boundary residuals, ``bc(ya, yb) -> (n,)`` or ``bc(ya, yb, p) -> (n + k,)``.
    x, y, p, S, **options
        As in SciPy.
    fun_jac, bc_jac : callable or str, optional
        Your own Jacobians, or "2-point" for SciPy's differences.

    Returns
    -------
    Bunch
        SciPy's result.

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        If `fun` or `bc` cannot be differentiated. The message names the function, the reason and the way out.

    References
    ----------
    Kierzenka and Shampine, A BVP solver based on residual control and the Matlab PSE, ACM Transactions on
    Mathematical Software 27 (2001) 299-316.

    Examples
    --------
    Bratu's problem, y'' + exp(y) = 0 with y(0) = y(1) = 0:

    >>> import numpy as np
    >>> from dualad.scipy import solve_bvp
    >>> def bratu(x, y):
    ...     return np.vstack((y[1], -np.exp(y[0])))
    >>> def ends(ya, yb):
    ...     return np.array([ya[0], yb[0]])
    >>> solution = solve_bvp(bratu, ends, np.linspace(0.0, 1.0, 5), np.zeros((2, 5)), tol=1e-6)
    >>> solution.success, solution.sol(0.5)[0].round(6)
    (True, np.float64(0.140539))
    """
    parameters = p is not None and np.size(p) > 0
    if fun_jac is None:
        fun_jac = ColumnJacobian(fun, parameters)
    if bc_jac is None:
        bc_jac = BoundaryJacobian(bc, parameters)
    fun_jac, bc_jac = (None if isinstance(one, str) else one for one in (fun_jac, bc_jac))
    return integrate.solve_bvp(fun, bc, x, y, p, S, fun_jac, bc_jac, **options)


class ColumnJacobian:
    """Derivatives of a right-hand side in all columns, from one run in forward mode.

    Parameters
    ----------
    fun : callable
        The right-hand side.
    parameters : bool
        Whether it has unknown parameters.
    """

    def __init__(self, fun: Function, parameters: bool) -> None:
        self._callee = Callee(fun, _COLUMNS)
        self._count = 3 if parameters else 2
        forms = (
            (wrappers.shifted_with_parameters, wrappers.shifted_one_by_one_with_parameters)
            if parameters
            else (wrappers.shifted, wrappers.shifted_one_by_one)
        )
        self._drivers = [self._callee.wrapped(form, api.jacobian, 0) for form in forms]

    def __call__(self, x: ArrayLike, y: ArrayLike, *p: ArrayLike) -> Any:
        """The derivatives with respect to y, shape (n, n, m), and to the parameters, shape (n, k, m)."""
        free = tuple(map(point, (x, y, *p)))
        n, m = free[1].shape
        before, after = self._callee.surrounding(free, 0, self._count)
        shift = np.zeros(n + sum(one.size for one in free[2:]))
        found = self._found(shift, before, *free, after)
        if found.shape[:2] != (n, m):
            raise self._callee.explained(
                OutputError(
                    f"the right-hand side {self._callee.name!r} returns an array of shape "
                    f"{found.shape[:-1]}, but y has shape {(n, m)}"
                )
            )
        by_shift = found.transpose(0, 2, 1)
        return (by_shift[:, :n], by_shift[:, n:]) if p else by_shift

    def _found(self, *args: Any) -> Array:
        columns, one_by_one = self._drivers
        try:
            return columns(*args)
        except (PrimalError, OutputError) as error:
            if columns is one_by_one:
                raise
            try:
                found = one_by_one(*args)
            except DualadError:
                raise error from None
            self._drivers[0] = one_by_one
            return found


class BoundaryJacobian:
    """Derivatives of boundary residuals.

    Parameters
    ----------
    bc : callable
        The residuals.
    parameters : bool
        Whether they have unknown parameters.
    """

    def __init__(self, bc: Function, parameters: bool) -> None:
        callee = Callee(bc, _BOUNDARY)
        self._parts = [Jacobian(callee, position) for position in range(3 if parameters else 2)]

    def __call__(self, *args: ArrayLike) -> tuple[Array, ...]:
        """The derivatives with respect to ya, yb and the parameters, each of shape (n + k, its size)."""
        free = tuple(map(point, args))
        return tuple(part(*free) for part in self._parts)
