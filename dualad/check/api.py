"""The public functions of the checker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..options import Argnums
from .checker import check
from .options import Options
from .reports.report import Report

__all__ = ["assert_derivatives", "check_derivatives"]


def check_derivatives(
    f: Callable[..., Any], *args: Any, argnums: Argnums = 0, modes: str | Sequence[str] | None = None,
    orders: int | Sequence[int] | None = None, jac: Callable[..., Any] | None = None,
    hess: Callable[..., Any] | None = None, hvp: Callable[..., Any] | None = None, rtol: float | None = None,
    directions: str | int | None = None, seed: int = 0,
) -> Report:  # fmt: skip
    """Check derivatives of a function at a point, and report where they are wrong.

    Without `jac`, `hess` or `hvp`, dualad's own derivatives are checked. Otherwise the given ones are
    checked; then all functions may be any Python functions of floats and arrays, and nothing is compiled.

    Parameters
    ----------
    f : function
        Returns a float, an array of floats, or a tuple of these. It need not be compiled.
    *args
        The point: the arguments of `f`. They are copied, never written to.
    argnums : int, str or tuple of these, default 0
        The arguments to differentiate with respect to: floats, arrays of floats, or tuples of these.
    modes : str or sequence of str, optional
        Modes of dualad to check: "forward", "reverse" (at higher orders forward over reverse), or a pair such
        as "reverse-over-reverse". By default both, or none if derivatives are given.
    orders : int or sequence of int, optional
        Orders to check; by default 1 and 2, or those of the given derivatives.
    jac : function, optional
        ``jac(*args)``: the gradient, or the Jacobian, of shape output + input.
    hess : function, optional
        ``hess(*args)``: the Hessian, of shape (output +) input + input.
    hvp : function, optional
        ``hvp(x, p, *further_args)``: the Hessian of a scalar function times `p`.
    rtol : float, optional
        Allowed relative error, in addition to the references' errors and rounding; by default the square root
        of machine precision (1.5e-8, or 3.5e-4 in single precision).
    directions : {"full", "random"} or int, optional
        Compare every entry, or contractions with random vectors (4, or the given number). By default every
        entry, unless that takes thousands of calls.
    seed : int, default 0
        Seed of the random directions.

    Returns
    -------
    Report
        ``report.ok`` is True if all derivatives are right; the printed report lists what is wrong. There is a
        report also if `f` or a derivative raises.

    Raises
    ------
    ArgumentError
        If the request is invalid: `argnums` does not fit, or selects an integer argument.
    OutputError
        If `f` does not return numbers.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> def f(x):
    ...     return x[0] ** 2 * x[1]
    >>> def gradient(x):
    ...     return np.array([2 * x[0] * x[1], x[0]])
    >>> report = da.check_derivatives(f, np.array([3.0, 2.0]), jac=gradient)
    >>> report.ok
    False
    >>> entry = report.comparisons[0].wrong[0]
    >>> entry.label, entry.value, round(entry.reference, 9)
    ('df/dx[1]', 3.0, 9.0)
    """
    options = Options.checked(modes, orders, jac, hess, hvp, rtol, directions, seed)
    return check(f, args, argnums, options)


def assert_derivatives(f: Callable[..., Any], *args: Any, **options: Any) -> Report:
    """Check derivatives as :func:`check_derivatives` does, and raise if one is wrong.

    Parameters
    ----------
    f, *args, **options
        As for :func:`check_derivatives`.

    Returns
    -------
    Report
        The report, if all derivatives are right.

    Raises
    ------
    WrongDerivativeError
        An AssertionError whose message is the report.
    ArgumentError, OutputError
        As for :func:`check_derivatives`.

    Examples
    --------
    >>> import math, dualad as da
    >>> da.assert_derivatives(lambda x: math.sin(x), 1.0, jac=lambda x: math.cos(x)).ok
    True
    """
    __tracebackhide__ = True
    report = check_derivatives(f, *args, **options)
    return report.raise_if_failed()
