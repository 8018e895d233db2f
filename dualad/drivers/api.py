"""The public derivatives. Each takes a function and returns a function.

The returned function can be called from Python and, as a global, inside ``@njit`` code. It can be
differentiated again.
"""

from __future__ import annotations

from typing import Any

from ..compiler.dispatch.dispatcher import differentiable
from ..errors import ArgumentError
from ..options import Argnums, integer
from . import adapters, kernels
from .calls.function import Function
from .engines.choice import MODES
from .partials import directional_of_partials, of_partials

__all__ = [
    "derivative",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "value_and_grad",
    "value_and_jacobian",
    "vjp",
]


@of_partials
def grad(
    f: Any,
    argnums: Argnums = 0,
    *,
    holomorphic: bool = False,
    mode: str = "auto",
    chunk: int | None = None,
) -> Any:
    """Gradient of a function with one float result.

    Parameters
    ----------
    f : function
        A Python function that Numba can compile, or one made by ``numba.njit``; it is not changed. Also a
        ``functools.partial`` of one, or a bound method whose object Numba can take. Then `argnums` numbers
        the remaining arguments, and the result is a partial of the derivative.
    argnums : int, str or tuple of these, default 0
        The arguments to differentiate with respect to, by position or name; the others are passive and may
        have any type.
    holomorphic : bool, default False
        Promises that `f` is a holomorphic function of complex numbers with one complex result. The gradient
        is the complex derivative. That `f` is holomorphic is not checked.
    mode : {"auto", "forward", "reverse", "adjoint", "tape"}
        Forward mode runs `f` once per `chunk` inputs. Reverse mode has two engines: "adjoint" reads the
        source of `f` and compiles its adjoint; "tape" records the operations of `f` and accepts any code.
        "reverse" uses the adjoint if there is one, and otherwise the tape, with a :class:`TapeWarning`.
        "auto" uses forward mode for one scalar and reverse mode for arrays. For 2 to 16 scalars it uses the
        adjoint if there is one, and otherwise forward mode.
    chunk : int, optional
        Partials per forward pass.

    Returns
    -------
    callable
        Takes the arguments of `f`. The gradient has the form of the differentiated argument: a float
        for a float, an array of the same shape and dtype for an array, a tuple for a tuple. A named tuple may
        also hold things that have no derivative, such as integers, strings and None: the gradient has None in
        their places. If `argnums` is a tuple, the result is a tuple of these.

    Raises
    ------
    ArgumentError
        If `argnums` does not fit `f`, or (when called) a differentiated argument is not made of floats.
    OutputError
        When called, if `f` does not return one float.
    UnsupportedError
        When called, if `f` uses something without a derivative rule, or, for mode "adjoint", something that
        has no compiled adjoint.
    PrimalError
        When called, if Numba does not compile `f` with these arguments either.

    Notes
    -----
    The derivative never writes to its arguments, passive ones included: if `f` stores into an argument, it
    stores into a copy, which is made for each run of `f`. There may be several runs, so `f` should be
    deterministic.

    References
    ----------
    Griewank and Walther, Evaluating Derivatives, SIAM 2008, chapters 3 and 4.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> def f(x):
    ...     return x[0] ** 2 * x[1]
    >>> da.grad(f)(np.array([3.0, 2.0]))
    array([12.,  9.])
    >>> da.grad(lambda z: abs(z) ** 2)(3.0 + 4.0j)
    (6-8j)
    >>> da.grad(lambda z: z * z, holomorphic=True)(3.0 + 4.0j)
    (6+8j)
    """
    kernel = _kernel(kernels.Gradient, "grad", f, argnums, mode, chunk, holomorphic=holomorphic)
    return _mirrored(kernel, "Gradient")


@of_partials
def value_and_grad(
    f: Any,
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
    mode: str = "auto",
    chunk: int | None = None,
) -> Any:
    """Value and gradient of a function with one float result, from one run.

    Parameters
    ----------
    f, argnums, holomorphic, mode, chunk
        As for :func:`grad`.
    has_aux : bool, default False
        `f` returns ``(value, aux)``. Only the value is differentiated; `aux` is passed through, and the
        result is ``((value, aux), gradient)``.

    Returns
    -------
    callable
        Takes the arguments of `f`, returns ``(value, gradient)``.

    Raises
    ------
    ArgumentError, OutputError, UnsupportedError
        As for :func:`grad`.

    Examples
    --------
    >>> import dualad as da
    >>> da.value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)
    """
    kernel = _kernel(
        kernels.Gradient,
        "value_and_grad",
        f,
        argnums,
        mode,
        chunk,
        with_value=True,
        has_aux=has_aux,
        holomorphic=holomorphic,
    )
    return _mirrored(kernel, "Value and gradient")


@of_partials
def jacobian(
    f: Any,
    argnums: Argnums = 0,
    *,
    holomorphic: bool = False,
    mode: str = "auto",
    chunk: int | None = None,
) -> Any:
    """Jacobian of a function that returns floats, float arrays, or tuples of them.

    Parameters
    ----------
    f, argnums, holomorphic, mode, chunk
        As for :func:`grad`; with `holomorphic` all results are complex. "auto" uses reverse mode if all
        outputs are scalars and the inputs are arrays, or more than 16 times as many scalars; otherwise
        forward mode.

    Returns
    -------
    callable
        Takes the arguments of `f`. For an output and an argument of shapes s and t the Jacobian has
        shape s + t (a float if both are floats). If the output is a tuple, the Jacobian is a tuple over
        the outputs, with None for integers, strings and the like; if `argnums` is a tuple, each of its items
        is a tuple over the arguments. The Jacobian of a complex output u + iv by a real argument x is
        du/dx + i dv/dx, that of a real output as for :func:`grad`.

    Raises
    ------
    ArgumentError, OutputError, UnsupportedError
        As for :func:`grad`.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> def polar(x):
    ...     return np.array([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])])
    >>> da.jacobian(polar)(np.array([2.0, 0.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    kernel = _kernel(kernels.Jacobian, "jacobian", f, argnums, mode, chunk, holomorphic=holomorphic)
    return _mirrored(kernel, "Jacobian")


@of_partials
def value_and_jacobian(
    f: Any,
    argnums: Argnums = 0,
    *,
    holomorphic: bool = False,
    mode: str = "auto",
    chunk: int | None = None,
) -> Any:
    """Value and Jacobian from one run.

    Parameters
    ----------
    f, argnums, holomorphic, mode, chunk
        As for :func:`jacobian`.

    Returns
    -------
    callable
        Takes the arguments of `f`, returns ``(value, jacobian)``.

    Raises
    ------
    ArgumentError, OutputError, UnsupportedError
        As for :func:`grad`.

    Examples
    --------
    >>> import dualad as da
    >>> da.value_and_jacobian(lambda x: (x, x**2))(3.0)
    ((3.0, 9.0), (1.0, 6.0))
    """
    kernel = _kernel(
        kernels.Jacobian,
        "value_and_jacobian",
        f,
        argnums,
        mode,
        chunk,
        with_value=True,
        holomorphic=holomorphic,
    )
    return _mirrored(kernel, "Value and Jacobian")


@of_partials
def derivative(f: Any, argnums: int | str = 0, *, order: int = 1, holomorphic: bool = False) -> Any:
    """Derivative with respect to one scalar argument; the output may have any form.

    Parameters
    ----------
    f : function
        As for :func:`grad`.
    argnums : int or str, default 0
        The scalar argument to differentiate with respect to.
    order : int, default 1
        Order of the derivative.
    holomorphic : bool, default False
        Promises that `f` is a holomorphic function of the argument, which is complex, as are all results.

    Returns
    -------
    callable
        Takes the arguments of `f`. The derivative has the form of the output of `f`; complex outputs have
        complex derivatives.

    Raises
    ------
    ArgumentError
        If the argument is not a float scalar, or with `holomorphic` a complex one, `argnums` does not fit
        `f`, or `order` is below 1.
    UnsupportedError
        As for :func:`grad`.

    Examples
    --------
    >>> import math, dualad as da
    >>> da.derivative(lambda x: math.sin(x), order=3)(0.0)
    -1.0
    """
    if integer(argnums) is None and not isinstance(argnums, str):
        raise ArgumentError(
            f"derivative is with respect to one argument: argnums must be an int or a name, not {argnums!r}"
        )
    result = f
    number = _positive(order, "order")
    for k in range(number):
        kernel = _kernel(
            kernels.Derivative,
            "derivative",
            result,
            argnums,
            "forward",
            None,
            conventional=k == number - 1,
            holomorphic=holomorphic,
        )
        result = _mirrored(kernel, "Derivative")
    return result


@of_partials
def hessian(
    f: Any,
    argnums: Argnums = 0,
    *,
    holomorphic: bool = False,
    mode: str = "auto",
    chunk: int | None = None,
) -> Any:
    """Hessian of a function with one float result: the Jacobian of its gradient.

    Parameters
    ----------
    f, argnums, holomorphic
        As for :func:`grad`.
    mode : {"auto", "forward", "reverse", "adjoint", "tape"}
        Mode of the gradient; its Jacobian uses forward mode.
    chunk : int, optional
        Partials per pass of the outer derivative, which uses forward mode.

    Returns
    -------
    callable
        Takes the arguments of `f`. For an argument of shape s the Hessian has shape s + s; for a
        tuple of arguments it is a tuple of tuples. By complex arguments, there is a Hessian of a holomorphic
        function only; :func:`hvp` takes all.

    Raises
    ------
    ArgumentError, OutputError, UnsupportedError
        As for :func:`grad`.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> da.hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """
    gradient = _inner_gradient(f, argnums, mode, holomorphic)
    kernel = _kernel(
        kernels.Jacobian, "hessian", gradient, argnums, "forward", chunk, holomorphic=holomorphic
    )
    return _mirrored(kernel, "Hessian")


@directional_of_partials
def jvp(f: Any, argnums: Argnums | None = None) -> Any:
    """Jacobian-vector product (directional derivative), in one forward pass.

    Parameters
    ----------
    f : function
        As for :func:`grad`.
    argnums : int, str or tuple of these, optional
        The arguments that `primals` stands for. By default a tuple of primals stands for the leading
        arguments of `f`, anything else for the first one.

    Returns
    -------
    callable
        ``(primals, tangents, *further arguments) -> (y, dy)``. `tangents` has the form of `primals`. What is
        complex has complex tangents: `dy` is linear in the real and imaginary parts of `tangents`.

    Raises
    ------
    ArgumentError
        As for :func:`grad`, and if primals and tangents differ in form or shape.
    OutputError, UnsupportedError
        As for :func:`jacobian`.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> da.jvp(lambda x: x[0] * x[1])(np.array([2.0, 3.0]), np.array([1.0, 0.0]))
    (6.0, 3.0)
    """
    function = Function(differentiable(f))
    kernel = kernels.Jvp(function, None if argnums is None else function.check(argnums), driver="jvp")
    return adapters.directional(
        kernel,
        f"jvp_{_identifier(function)}",
        "primals",
        "tangents",
        f"Directional derivative of {function.name}.",
    )


@directional_of_partials
def vjp(f: Any, argnums: Argnums | None = None, *, mode: str = "auto") -> Any:
    """Vector-Jacobian product: the transposed Jacobian times a cotangent, in one reverse sweep.

    Parameters
    ----------
    f, argnums
        As for :func:`jvp`.
    mode : {"auto", "reverse", "adjoint", "tape"}
        The engine of reverse mode, as for :func:`grad`.

    Returns
    -------
    callable
        ``(primals, cotangent, *further arguments) -> (y, grads)``. `cotangent` has the form of the
        result of `f`, `grads` that of `primals`. A complex cotangent c of a complex result y gives the
        gradient of the real part of c y; nothing is conjugated, as in JAX.

    Raises
    ------
    ArgumentError, OutputError, UnsupportedError
        As for :func:`jvp`; ArgumentError for mode "forward" too.
    MemoryLimitError
        If the tape would exceed its limit (see :func:`dualad.set_tape_limit`).

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> y, g = da.vjp(lambda x: x * x)(3.0, 10.0)
    >>> y, g
    (9.0, 60.0)
    """
    if mode == "forward":
        raise ArgumentError("vjp uses reverse mode: mode must not be 'forward'")
    _check_mode(mode)
    function = Function(differentiable(f))
    chosen = None if argnums is None else function.check(argnums)
    return adapters.pullback(function, chosen, mode)


@directional_of_partials
def hvp(f: Any, argnums: Argnums = 0, *, mode: str = "auto") -> Any:
    """Hessian-vector product, without forming the Hessian: forward mode over the gradient.

    Parameters
    ----------
    f, argnums
        As for :func:`grad`.
    mode : {"auto", "forward", "reverse", "adjoint", "tape"}
        Mode of the gradient.

    Returns
    -------
    callable
        ``(x, p, *further arguments)``, the order that ``scipy.optimize.minimize(hessp=...)`` expects;
        `p` and the result have the form of `x`, which is a tuple if `argnums` is one. For complex `x` the
        result is the derivative of :func:`grad` along `p`.

    Raises
    ------
    ArgumentError, OutputError, UnsupportedError
        As for :func:`grad`.

    References
    ----------
    Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994) 147-160.

    Examples
    --------
    >>> import numpy as np, dualad as da
    >>> da.hvp(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 6.])
    """
    gradient = Function(_inner_gradient(f, argnums, mode))
    kernel = kernels.Hvp(gradient, gradient.check(argnums), driver="hvp")
    name = Function(differentiable(f)).name
    doc = f"Hessian of {name} times p."
    return adapters.directional(kernel, f"hvp_{_identifier(gradient)}", "x", "p", doc)


def _inner_gradient(f: Any, argnums: Argnums, mode: str, holomorphic: bool = False) -> Any:
    """A gradient whose own values are not used, only its derivative."""
    return _mirrored(
        _kernel(
            kernels.Gradient, "grad", f, argnums, mode, None, conventional=False, holomorphic=holomorphic
        ),
        "Gradient",
    )


def _kernel(
    kind: type[kernels.Kernel],
    driver: str,
    f: Any,
    argnums: Argnums,
    mode: str,
    chunk: int | None,
    *,
    with_value: bool = False,
    has_aux: bool = False,
    conventional: bool = True,
    holomorphic: bool = False,
) -> kernels.Kernel:
    _check_mode(mode)
    width = None if chunk is None else _positive(chunk, "chunk")
    function = Function(differentiable(f))
    positions = function.check(argnums)
    return kind(
        function, positions, mode, width, with_value, has_aux, driver, conventional, bool(holomorphic)
    )


def _positive(value: Any, name: str) -> int:
    number = integer(value)
    if number is None or number < 1:
        raise ArgumentError(f"{name} must be a positive int, not {value!r}")
    return number


def _check_mode(mode: str) -> None:
    if mode not in MODES:
        raise ArgumentError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")


def _mirrored(kernel: kernels.Kernel, what: str) -> Any:
    name = f"{kernel.driver}_{_identifier(kernel.function)}"
    return adapters.mirrored(kernel, name, f"{what} of {kernel.function.name}.")


def _identifier(function: Function) -> str:
    return "".join(c if c.isalnum() else "_" for c in function.name).strip("_")
