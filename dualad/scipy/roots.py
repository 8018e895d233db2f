"""``root``, ``fsolve``, ``root_scalar`` and ``newton`` of ``scipy.optimize`` with exact derivatives."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from ..drivers import api
from .functions import Array, Callee, Function, VectorFunction, point

_JACOBIAN_METHODS = frozenset({"hybr", "lm"})


def _way_out(solver: str, argument: str) -> str:
    return f"Pass {argument}= to {solver}, or {argument}='2-point' for SciPy's own approximation."


def root(
    fun: Function,
    x0: ArrayLike,
    args: Any = (),
    method: str = "hybr",
    jac: Any = None,
    tol: float | None = None,
    callback: Function | None = None,
    options: Mapping[str, Any] | None = None,
) -> optimize.OptimizeResult:
    """Solve a system of equations, as ``scipy.optimize.root`` does, with exact Jacobians.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> (n,)``: an array, list or tuple. A function made by ``numba.njit``, a plain one
        that Numba can compile, a ``functools.partial`` of one, or a bound method whose object Numba can take.
    x0 : array_like, float, shape (n,)
        Starting point.
    args : tuple, optional
        Further arguments of `fun`.
    method : str, default "hybr"
        As in SciPy. "hybr" and "lm" use Jacobians; the others get `fun` as it is.
    jac : callable, bool or str, optional
        Your own Jacobian, ``True`` if `fun` returns it too, or "2-point" for SciPy's differences.
    tol, callback, options : optional
        As in SciPy.

    Returns
    -------
    scipy.optimize.OptimizeResult

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        If `fun` cannot be differentiated. The message names the function, the reason and the way out.

    References
    ----------
    Powell, A hybrid method for nonlinear equations, in Rabinowitz (ed.), Gordon and Breach 1970.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import root
    >>> def equations(x):
    ...     return [x[0] * np.cos(x[1]) - 4.0, x[1] * x[0] - x[1] - 5.0]
    >>> root(equations, [1.0, 1.0]).x.round(6)
    array([6.504097, 0.908414])
    """
    args = args if isinstance(args, tuple) else (args,)
    given = dict(options or {})
    if method.lower() in _JACOBIAN_METHODS:
        jac = _jacobian(fun, jac, given.get("col_deriv"), given.get("band"), _way_out("root", "jac"))
    return optimize.root(fun, x0, args, method, jac, tol, callback, given)


def fsolve(
    func: Function,
    x0: ArrayLike,
    args: Any = (),
    fprime: Any = None,
    full_output: bool = False,
    col_deriv: bool = False,
    xtol: float = 1.49012e-8,
    maxfev: int = 0,
    band: tuple[int, int] | None = None,
    **options: Any,
) -> Any:
    """Solve a system of equations, as ``scipy.optimize.fsolve`` does, with exact Jacobians.

    Parameters
    ----------
    func, x0, args
        As `fun`, `x0` and `args` of :func:`root`.
    fprime : callable or str, optional
        Your own Jacobian, or "2-point" for SciPy's differences.
    full_output, col_deriv, xtol, maxfev, **options
        As in SciPy.
    band : tuple of int, optional
        As in SciPy: for banded Jacobians by SciPy's differences.

    Returns
    -------
    x : ndarray, float64, shape (n,)
        The solution. With ``full_output=True`` SciPy's ``infodict``, ``ier`` and ``mesg`` follow.

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        As for :func:`root`.

    References
    ----------
    As for :func:`root`.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import fsolve
    >>> fsolve(lambda x: np.array([x[0] + x[1] - 3.0, x[0] * x[1] - 2.0]), [0.0, 5.0]).round(8)
    array([1., 2.])
    """
    args = args if isinstance(args, tuple) else (args,)
    fprime = _jacobian(func, fprime, col_deriv, band, _way_out("fsolve", "fprime"))
    return optimize.fsolve(
        func, x0, args, fprime, full_output, col_deriv, xtol=xtol, maxfev=maxfev, band=band, **options
    )


def _jacobian(fun: Function, jac: Any, transposed: Any, band: Any, way_out: str) -> Any:
    """The exact Jacobian, unless there is another one; None for SciPy's differences."""
    if isinstance(jac, str):
        return None
    if jac not in (None, False) or band is not None:
        return jac
    exact = VectorFunction(Callee(fun, way_out))
    return exact.transposed if transposed else exact.jacobian


def root_scalar(
    f: Function,
    args: Any = (),
    method: str | None = None,
    bracket: Any = None,
    fprime: Any = None,
    fprime2: Any = None,
    x0: float | None = None,
    x1: float | None = None,
    xtol: float | None = None,
    rtol: float | None = None,
    maxiter: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> optimize.RootResults:
    """Find a root of a scalar function, as ``scipy.optimize.root_scalar`` does, with exact derivatives.

    Parameters
    ----------
    f : callable
        ``f(x, *args) -> float``: a function made by ``numba.njit``, a plain one that Numba can compile, a
        ``functools.partial`` of one, or a bound method whose object Numba can take.
    args : tuple, optional
        Further arguments of `f`.
    method : str, optional
        As in SciPy. "newton" and "halley" use derivatives; the others get `f` as it is.
    fprime, fprime2 : callable, bool or str, optional
        Your own derivatives, ``True`` if `f` returns them too, or ``fprime="2-point"`` for SciPy's
        differences.
    bracket, x0, x1, xtol, rtol, maxiter, options : optional
        As in SciPy.

    Returns
    -------
    scipy.optimize.RootResults

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        If `f` cannot be differentiated. The message names the function, the reason and the way out.

    References
    ----------
    Scavo and Thoo, On the geometry of Halley's method, American Mathematical Monthly 102 (1995) 417-426.

    Examples
    --------
    >>> from dualad.scipy import root_scalar
    >>> solution = root_scalar(lambda x, a: x**3 - a, args=(8.0,), x0=3.0, method="halley")
    >>> float(round(solution.root, 12)), solution.converged
    (2.0, True)
    """
    args = args if isinstance(args, tuple) else (args,)
    name = method.lower() if method else _scalar_method(bracket, fprime, fprime2, x0, x1)
    if isinstance(fprime, str):
        fprime = None
    elif name in ("newton", "halley") and fprime in (None, False) and fprime2 is not True:
        exact = ScalarFunction(f, _way_out("root_scalar", "fprime"))
        f, fprime = exact.value, exact.slope
        if name == "halley" and fprime2 in (None, False):
            fprime2 = exact.curvature
    elif name == "halley" and callable(fprime) and fprime2 in (None, False):
        fprime2 = ScalarFunction(f, _way_out("root_scalar", "fprime2")).curvature
    return optimize.root_scalar(
        f,
        args,
        method,
        bracket,
        fprime,
        fprime2,
        x0,
        x1,
        xtol,
        rtol,
        maxiter,
        dict(options) if options else None,
    )


def _scalar_method(bracket: Any, fprime: Any, fprime2: Any, x0: Any, x1: Any) -> str:
    """What SciPy chooses."""
    if bracket is not None or x0 is None:
        return ""
    if fprime and fprime2:
        return "halley"
    return "newton" if fprime or x1 is None else "secant"


def newton(
    func: Function,
    x0: Any,
    fprime: Any = None,
    args: Any = (),
    tol: float = 1.48e-8,
    maxiter: int = 50,
    fprime2: Function | None = None,
    x1: Any = None,
    rtol: float = 0.0,
    full_output: bool = False,
    disp: bool = True,
) -> Any:
    """Find a root by Newton's method, as ``scipy.optimize.newton`` does, with the exact derivative.

    SciPy's uses the secant method if there is no derivative; so does this one if `x1` is given.

    Parameters
    ----------
    func : callable
        ``func(x, *args) -> float``, as `f` of :func:`root_scalar`. For an array `x0` a function that works
        element by element.
    x0 : float or array_like
        Starting point, or starting points of several searches.
    fprime : callable or str, optional
        Your own derivative, or "2-point" for the secant method.
    args, tol, maxiter, fprime2, x1, rtol, full_output, disp
        As in SciPy.

    Returns
    -------
    float or ndarray
        The root, or one for each starting point. With ``full_output=True`` more follows, as in SciPy.

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        As for :func:`root_scalar`.

    References
    ----------
    As for :func:`root_scalar`.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import newton
    >>> float(newton(lambda x: np.cos(x) - x, 1.0).round(12))
    0.739085133215
    """
    args = args if isinstance(args, tuple) else (args,)
    if isinstance(fprime, str):
        fprime = None
    elif fprime is None and x1 is None:
        kind = ElementwiseFunction if np.size(x0) > 1 else ScalarFunction
        exact = kind(func, _way_out("newton", "fprime"))
        func, fprime = exact.value, exact.slope
    return optimize.newton(func, x0, fprime, args, tol, maxiter, fprime2, x1, rtol, full_output, disp)


class ScalarFunction:
    """A function of one number with its slope, both from one run.

    Parameters
    ----------
    f : callable
        The function.
    way_out : str
        What to do if it cannot be differentiated.
    """

    def __init__(self, f: Function, way_out: str) -> None:
        self._callee = Callee(f, way_out)
        self._driver = self._make()
        self._key: Any = None
        self._both: tuple[Any, Any] = (np.nan, np.nan)

    def value(self, x: Any, *args: Any) -> Any:
        """The value."""
        return self._at(x, args)[0]

    def slope(self, x: Any, *args: Any) -> Any:
        """The derivative."""
        return self._at(x, args)[1]

    def curvature(self, x: Any, *args: Any) -> Any:
        """The second derivative."""
        return self._second(_number(x), *args)

    @functools.cached_property
    def _second(self) -> Function:
        return self._callee.derivative(api.derivative, order=2)

    def _at(self, x: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
        at = np.asarray(x)
        key = at.dtype.str, at.tobytes()
        if key != self._key:
            self._both = self._evaluated(x, args)
            self._key = key
        return self._both

    def _make(self) -> Function:
        return self._callee.derivative(api.value_and_grad)

    def _evaluated(self, x: Any, args: tuple[Any, ...]) -> tuple[Any, Any]:
        return self._driver(_number(x), *args)


class ElementwiseFunction(ScalarFunction):
    """The same for an array of numbers that do not depend on each other."""

    def _make(self) -> Function:
        return self._callee.product(api.jvp)

    def _evaluated(self, x: Any, args: tuple[Any, ...]) -> tuple[Array, Array]:
        at = point(x)
        value, slope = self._driver(at, np.ones_like(at), *args)
        return value, slope


def _number(x: Any) -> Any:
    """A number in the form that derivatives are compiled for."""
    return np.asarray(x).item() if np.size(x) == 1 else x
