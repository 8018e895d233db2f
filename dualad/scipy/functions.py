"""A user's function as SciPy's methods call it: with its derivatives, each computed once per point."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..drivers import api
from ..drivers.partials import Partial
from ..errors import DualadError, OutputError
from ..options import Positions
from . import wrappers
from .surroundings import current

Array = NDArray[np.floating[Any]]
Function = Callable[..., Any]
Arguments = tuple[Any, ...]


class Callee:
    """A user's function, and the derivatives that are made of it.

    Parameters
    ----------
    function : callable
        A function made by ``numba.njit``, a plain one that Numba can compile, a ``functools.partial`` or a
        bound method.
    way_out : str
        What to do if it cannot be differentiated; ends the messages of all exceptions.

    Raises
    ------
    DualadError
        If it is not a function that can be differentiated.
    """

    def __init__(self, function: Function, way_out: str) -> None:
        self.function = function
        self.way_out = way_out
        try:
            self._partial = Partial.of(function)
        except DualadError as error:
            raise self.explained(error) from None
        self.core = current(self._partial.function)

    @property
    def name(self) -> str:
        """Its name, for messages."""
        return str(getattr(self.core, "__name__", self.core))

    @property
    def is_plain(self) -> bool:
        """Whether it is a Python function, which has not been compiled."""
        return isinstance(self.core, FunctionType)

    def explained(self, error: DualadError) -> DualadError:
        """An exception that also tells the way out."""
        return type(error)(f"{error}\n{self.way_out}")

    def derivative(self, make: Function, argnums: Positions = 0, **options: Any) -> Function:
        """A driver with the arguments of the function."""
        partial = self._partial
        positions = self._checked(lambda: partial.positions(argnums)) if partial else argnums
        driver = self._checked(lambda: _driver(make, self.core, _code(self.core), positions, **options))
        if partial:
            driver = functools.partial(driver, *partial.args, **partial.keywords)
        return self._explaining(driver)

    def product(self, make: Function) -> Function:
        """A driver with the arguments (x, direction, *the others), with respect to the first argument."""
        partial = self._partial
        position = self._checked(lambda: partial.positions(0)) if partial else 0
        driver = self._checked(lambda: _driver(make, self.core, _code(self.core), position))
        if not partial:
            return self._explaining(driver)
        return self._explaining(lambda x, p, *args: driver(x, p, *partial.arranged(args, (position,))))

    def wrapped(self, wrap: Function, make: Function, argnums: Positions) -> Function:
        """A driver of a wrapper of :mod:`wrappers`."""

        def driver() -> Function:
            wrapper = wrap(self.core)
            return _driver(make, wrapper, _code(wrapper), argnums)

        return self._explaining(self._checked(driver))

    def surrounding(self, args: Sequence[Any], first: int, count: int = 1) -> tuple[Arguments, Arguments]:
        """The arguments before and after `count` ones, those that a partial gives included.

        None is in between: SciPy calls by position, so a partial gives its arguments in front or at the end.
        """
        partial = self._partial
        if not partial:
            return tuple(args[:first]), tuple(args[first + count :])
        start = partial.positions(first)
        every = partial.arranged(args)
        assert isinstance(start, int)
        return tuple(every[:start]), tuple(every[start + count :])

    def _checked(self, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except DualadError as error:
            raise self.explained(error) from None

    def _explaining(self, driver: Function) -> Function:
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return driver(*args, **kwargs)
            except DualadError as error:
                raise self.explained(error) from error.__cause__

        return call


def _code(function: Any) -> CodeType | None:
    """The code that a driver was made of: tools that reload modules exchange it."""
    return getattr(getattr(function, "py_func", function), "__code__", None)


@lru_cache(maxsize=256)
def _driver(make: Function, core: Any, code: CodeType | None, argnums: Positions, **options: Any) -> Function:
    """One driver for each function: a new one would be compiled again."""
    return make(core, argnums, **options)


def point(x: ArrayLike) -> Array:
    """A copy of a point, which SciPy may change later, in the one form that derivatives are compiled for."""
    copy = np.array(x, order="C")
    native = copy.dtype.newbyteorder("=") if copy.dtype.kind in "fc" else np.float64
    return copy.astype(native, copy=False)


def _key(x: Array) -> tuple[str, bytes]:
    """What two equal points have in common; 0.0 and -0.0 are two."""
    return x.dtype.str, x.tobytes()


class Objective:
    """A scalar function with its gradient, both from one run, and its second derivatives.

    Parameters
    ----------
    callee : Callee
        The function, which takes the point first.
    second : Callee
        The same with the way out for second derivatives.
    """

    def __init__(self, callee: Callee, second: Callee) -> None:
        self._callee = callee
        self._second = second
        self._driver = callee.derivative(api.value_and_grad)
        self._key: tuple[str, bytes] | None = None
        self._value = np.nan
        self._gradient: Array = np.empty(0)

    def value(self, x: ArrayLike, *args: Any) -> float:
        """The value."""
        self._evaluate(x, args)
        return self._value

    def gradient(self, x: ArrayLike, *args: Any) -> Array:
        """The gradient, shape (n,)."""
        self._evaluate(x, args)
        return self._gradient.copy()

    def hessian(self, x: ArrayLike, *args: Any) -> Array:
        """The Hessian, shape (n, n)."""
        return self._hessian(point(x), *args)

    def hessian_product(self, x: ArrayLike, p: ArrayLike, *args: Any) -> Array:
        """The Hessian times a vector, shape (n,)."""
        at = point(x)
        return self._product(at, point(p).astype(at.dtype), *args)

    @functools.cached_property
    def _hessian(self) -> Function:
        return self._second.derivative(api.hessian)

    @functools.cached_property
    def _product(self) -> Function:
        return self._second.product(api.hvp)

    def _evaluate(self, x: ArrayLike, args: Arguments) -> None:
        at = point(x)
        key = _key(at)
        if key == self._key:
            return
        if self._key is None and self._callee.is_plain:
            # If the start has too few entries, Python notices an index out of bounds; compiled code does not.
            self._callee.function(at.copy(), *args)
        self._value, self._gradient = self._driver(at, *args)
        self._key = key


class Jacobian:
    """The Jacobian of a function with several results, with respect to an array.

    Parameters
    ----------
    callee : Callee
        The function. Its result may be an array, a number, or a list or tuple of numbers.
    position : int, default 0
        Which argument the array is.
    """

    def __init__(self, callee: Callee, position: int = 0) -> None:
        self._callee = callee
        self._position = position
        self._driver = callee.derivative(api.jacobian, position)

    def __call__(self, *args: Any) -> Array:
        """The Jacobian, shape (m, n)."""
        at = point(args[self._position])
        args = (*args[: self._position], at, *args[self._position + 1 :])
        try:
            found = self._driver(*args)
        except OutputError as error:
            found = self._as_array(args, error)
        return _matrix(found, at.size)

    def _as_array(self, args: Arguments, error: OutputError) -> Any:
        compiled = self._callee.wrapped(wrappers.as_array, api.jacobian, 1)

        def driver(*args: Any) -> Any:
            before, after = self._callee.surrounding(args, self._position)
            return compiled(before, args[self._position], after)

        try:
            found = driver(*args)
        except DualadError:
            raise error from None
        self._driver = driver
        return found


class VectorFunction:
    """A Jacobian with respect to the first argument, computed once per point; the other arguments stay.

    Parameters
    ----------
    callee : Callee
        As for :class:`Jacobian`.
    """

    def __init__(self, callee: Callee) -> None:
        self._function = Jacobian(callee)
        self._key: tuple[str, bytes] | None = None
        self._jacobian: Array = np.empty((0, 0))

    def jacobian(self, x: ArrayLike, *args: Any) -> Array:
        """The Jacobian, shape (m, n)."""
        at = point(x)
        key = _key(at)
        if key != self._key:
            self._jacobian = self._function(at, *args)
            self._key = key
        return self._jacobian.copy()

    def transposed(self, x: ArrayLike, *args: Any) -> Array:
        """The transposed Jacobian, shape (n, m), for ``col_deriv``."""
        return self.jacobian(x, *args).T


def _matrix(rows: Any, n: int) -> Array:
    """A Jacobian in the form of the function's result as a matrix with n columns."""
    if not isinstance(rows, tuple):
        return np.reshape(rows, (-1, n))
    # Constants that are integers have no derivative.
    parts = [np.zeros((1, n)) if row is None else np.reshape(row, (-1, n)) for row in rows]
    return np.concatenate(parts)
