"""``least_squares`` and ``curve_fit`` of ``scipy.optimize`` with exact Jacobians."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from ..drivers import api
from ..errors import ArgumentError, OutputError
from .functions import Array, Callee, Function, Jacobian, VectorFunction, point

_RESIDUALS = "Pass jac= to least_squares, or jac='2-point' for SciPy's differences."
_MODEL = "Pass jac= to curve_fit, or jac='2-point' for SciPy's differences."


def least_squares(
    fun: Function,
    x0: ArrayLike,
    jac: Any = None,
    bounds: Any = (-np.inf, np.inf),
    method: str = "trf",
    ftol: float | None = 1e-8,
    xtol: float | None = 1e-8,
    gtol: float | None = 1e-8,
    *,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    jac_sparsity: Any = None,
    **options: Any,
) -> optimize.OptimizeResult:
    """Minimize a sum of squares, as ``scipy.optimize.least_squares`` does, with exact Jacobians.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args, **kwargs) -> (m,)``: the residuals. A function made by ``numba.njit``, a plain one
        that Numba can compile, a ``functools.partial`` of one, or a bound method whose object Numba can take.
    x0 : array_like, float, shape (n,)
        Starting point.
    jac : callable or str, optional
        Your own Jacobian, or "2-point", "3-point" or "cs" for SciPy's differences.
    bounds, method, ftol, xtol, gtol, **options
        As in SciPy.
    args, kwargs : optional
        Further arguments of `fun`.
    jac_sparsity : array_like or sparse array, optional
        As in SciPy: for sparse Jacobians by SciPy's grouped differences. Without it, Jacobians are dense.

    Returns
    -------
    scipy.optimize.OptimizeResult

    Raises
    ------
    UnsupportedError, PrimalError, OutputError, ArgumentError
        If `fun` cannot be differentiated. The message names the function, the reason and the way out.

    References
    ----------
    Branch, Coleman and Li, SIAM Journal on Scientific Computing 21 (1999) 1-23. Moré, The Levenberg-Marquardt
    algorithm, Lecture Notes in Mathematics 630 (1978) 105-116.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import least_squares
    >>> def residuals(x):
    ...     return np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]])
    >>> least_squares(residuals, [-1.2, 1.0]).x.round(8)
    array([1., 1.])
    """
    keywords = dict(kwargs or {})
    if jac is None and jac_sparsity is None:
        given = functools.partial(fun, **keywords) if keywords else fun
        exact = VectorFunction(Callee(given, _RESIDUALS))

        def jac(x: Array, *args: Any, **_: Any) -> Array:
            return exact.jacobian(x, *args)

    return optimize.least_squares(
        fun,
        x0,
        "2-point" if jac is None else jac,
        bounds,
        method,
        ftol,
        xtol,
        gtol,
        args=args,
        kwargs=keywords,
        jac_sparsity=jac_sparsity,
        **options,
    )


def curve_fit(
    f: Function,
    xdata: Any,
    ydata: ArrayLike,
    p0: ArrayLike | None = None,
    sigma: ArrayLike | None = None,
    absolute_sigma: bool = False,
    check_finite: bool | None = None,
    bounds: Any = (-np.inf, np.inf),
    method: str | None = None,
    jac: Any = None,
    *,
    full_output: bool = False,
    nan_policy: str | None = None,
    **kwargs: Any,
) -> Any:
    """Fit a model to data, as ``scipy.optimize.curve_fit`` does, with exact Jacobians.

    Parameters
    ----------
    f : callable
        The model, ``f(xdata, a, b, ...) -> (m,)``, or ``f(xdata, p) -> (m,)`` with one array of two or more
        parameters, whose number then comes from `p0`. A function made by ``numba.njit``, a plain one that
        Numba can compile, a ``functools.partial`` of one, or a bound method whose object Numba can take.
    xdata : array_like, float, shape (m,) or (k, m)
        Where the data were measured.
    ydata : array_like, float, shape (m,)
        The data.
    p0 : array_like, shape (n,), optional
        Starting values; integers are converted to floats. By default as in SciPy.
    sigma : array_like, float, scalar or shape (m,) or (m, m), optional
        Standard deviations of the data, or their covariance matrix.
    absolute_sigma, check_finite, bounds, method, full_output, nan_policy, **kwargs
        As in SciPy.
    jac : callable or str, optional
        Your own Jacobian, ``jac(xdata, a, b, ...) -> (m, n)``, or "2-point", "3-point" or "cs" for SciPy's
        differences.

    Returns
    -------
    popt : ndarray, float64, shape (n,)
        The parameters.
    pcov : ndarray, float64, shape (n, n)
        Their covariance. With ``full_output=True`` SciPy's ``infodict``, ``mesg`` and ``ier`` follow.

    Raises
    ------
    ArgumentError
        If the length of `p0` does not fit the model.
    OutputError
        If the model's result has another shape than `ydata`.
    UnsupportedError, PrimalError
        If the model cannot be differentiated. The message names it, the reason and the way out.

    References
    ----------
    As for :func:`least_squares`.

    Examples
    --------
    >>> import numpy as np
    >>> from dualad.scipy import curve_fit
    >>> def decay(t, a, b, c):
    ...     return a * np.exp(-b * t) + c
    >>> t = np.linspace(0.0, 4.0, 50)
    >>> popt, pcov = curve_fit(decay, t, decay(t, 2.5, 1.3, 0.5), p0=(1, 1, 1))
    >>> popt.round(8)
    array([2.5, 1.3, 0.5])
    """
    start = None if p0 is None else np.atleast_1d(np.asarray(p0, dtype=float)).ravel()
    if hasattr(xdata, "__array__"):
        xdata = np.asarray(xdata, dtype=float)  # a column of a table; SciPy would pass it on as it is
    model = Model(f, start, np.shape(ydata) if nan_policy != "omit" else None)
    if jac is None:
        jac = model.jacobian
    elif isinstance(jac, str) and _uses_minpack(method, bounds):
        jac = None  # which has differences of its own
    return optimize.curve_fit(
        model.values,
        xdata,
        ydata,
        start,
        _errors(sigma, np.size(ydata)),
        absolute_sigma,
        check_finite,
        bounds,
        method,
        jac,
        full_output=full_output,
        nan_policy=nan_policy,
        **kwargs,
    )


def _uses_minpack(method: str | None, bounds: Any) -> bool:
    """Whether the method is "lm", which SciPy chooses if there are no bounds."""
    lower, upper = (bounds.lb, bounds.ub) if isinstance(bounds, optimize.Bounds) else bounds
    return method == "lm" or (method is None and bool(np.all(np.isinf(lower)) and np.all(np.isinf(upper))))


def _errors(sigma: ArrayLike | None, m: int) -> Any:
    """One error for all data as one for each: SciPy does not apply the former to Jacobians."""
    return sigma if sigma is None or np.size(sigma) != 1 else np.full(m, np.ravel(sigma)[0])


class Model:
    """A model of `curve_fit` with the parameters as SciPy passes them, one by one.

    Parameters
    ----------
    f : callable
        ``f(x, a, b, ...)`` or ``f(x, p)``.
    start : ndarray, float64, shape (n,), or None
        Starting values.
    shape : tuple of int, or None
        Shape of the data, if it is known.
    """

    def __init__(self, f: Function, start: Array | None, shape: tuple[int, ...] | None) -> None:
        self._f = f
        self._shape = shape
        self._name = getattr(f, "__name__", str(f))
        self._takes_array = start is not None and _takes_array(f, self._name, start)
        self.values = self._values if start is not None else self._with_signature()

    def _with_signature(self) -> Function:
        """The model with the signature from which SciPy counts the parameters if there is no start."""

        def model(x: Any, *parameters: float) -> Any:
            return self._values(x, *parameters)

        model.__signature__ = inspect.signature(self._f)  # type: ignore[attr-defined]
        return model

    def _values(self, x: Any, *parameters: float) -> Any:
        found = self._f(x, np.array(parameters)) if self._takes_array else self._f(x, *parameters)
        if self._shape is not None and np.shape(found) != self._shape:
            what = "an array" if np.ndim(found) else "one number,"
            raise OutputError(
                f"the model {self._name!r} returns {what} of shape {np.shape(found)}, but ydata has shape "
                f"{self._shape}"
            )
        return found

    def jacobian(self, x: Any, *parameters: float) -> Array:
        """The derivatives with respect to the parameters, shape (m, n)."""
        if self._takes_array:
            return self._by_array(x, point(parameters))
        columns = self._by_numbers(len(parameters))(x, *map(float, parameters))
        return np.stack([np.ravel(column) for column in columns], axis=-1)

    @functools.cached_property
    def _by_array(self) -> Jacobian:
        return Jacobian(Callee(self._f, _MODEL), 1)

    @functools.cache  # noqa: B019  (a model lives as long as one fit)
    def _by_numbers(self, count: int) -> Function:
        return Callee(self._f, _MODEL).derivative(api.jacobian, tuple(range(1, count + 1)))


def _takes_array(f: Function, name: str, start: Array) -> bool:
    """Whether the model takes its parameters as one array; raises if it does not take so many."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # some functions that are written in C
        return False
    if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [one.name for one in parameters if one.kind in kinds]
    required = sum(one.kind in kinds and one.default is inspect.Parameter.empty for one in parameters)
    if len(names) == 2 and start.size > 1:
        return True
    if not required - 1 <= start.size <= len(names) - 1:
        raise ArgumentError(
            f"p0 has shape {start.shape}, but the model {name!r} takes {len(names) - 1} parameters, "
            f"of shape ({len(names) - 1},): {', '.join(names[1:])}"
        )
    return False
