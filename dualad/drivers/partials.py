"""Derivatives of ``functools.partial`` and of bound methods.

The derivative of a partial is a partial of the derivative: what was given stays an argument of the compiled
code, so that an array that is changed later is seen as the function itself sees it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any, TypeVar

from ..compiler.dispatch.dispatcher import differentiable
from ..compiler.dispatch.values import type_of
from ..errors import ArgumentError
from ..options import Argnums, Positions, numbered
from .calls.function import Function

Maker = TypeVar("Maker", bound=Callable[..., Any])


@dataclass(frozen=True)
class Partial:
    """A function, and those of its arguments that are given."""

    function: Any
    args: tuple[Any, ...]
    keywords: dict[str, Any]

    @classmethod
    def of(cls, f: Any) -> Partial:
        """What a function is a partial of; of itself, if nothing is given."""
        args: tuple[Any, ...] = ()
        keywords: dict[str, Any] = {}
        while True:
            if isinstance(f, functools.partial):
                args, keywords, f = f.args + args, f.keywords | keywords, f.func
            elif isinstance(f, MethodType):
                args, f = (_taken(f), *args), _function_of(f)
            else:
                return cls(f, args, keywords)

    def __bool__(self) -> bool:
        return bool(self.args or self.keywords)

    @functools.cached_property
    def parameters(self) -> list[inspect.Parameter]:
        return Function(differentiable(self.function)).parameters

    @functools.cached_property
    def given(self) -> dict[int, Any]:
        """The given arguments by their positions."""
        names = [p.name for p in self.parameters]
        for name in self.keywords:
            if name not in names:
                raise ArgumentError(
                    f"{_name(self.function)!r} has no argument {name!r}, which a partial gives it"
                )
        return dict(enumerate(self.args)) | {names.index(k): v for k, v in self.keywords.items()}

    def positions(self, argnums: Argnums) -> Positions:
        """`argnums` among the arguments that are free, as positions among all."""
        free = [i for i, _ in enumerate(self.parameters) if i not in self.given]
        variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in self.parameters)
        names = ", ".join(self.parameters[i].name for i in free)

        def position(number: int) -> int:
            if variadic and number >= 0:
                free.extend(range(max(free, default=-1) + 1, len(self.args) + number + 2))
            elif not -len(free) <= number < len(free):
                raise ArgumentError(
                    f"argnums={argnums!r} does not fit a partial of {_name(self.function)!r}, "
                    f"of which {len(free)} argument{'s are' if len(free) != 1 else ' is'} free ({names})"
                )
            return free[number]

        numbers = numbered(argnums, [self.parameters[i].name for i in free])
        return tuple(map(position, numbers)) if isinstance(argnums, tuple) else position(numbers[0])

    def arranged(self, args: Sequence[Any], apart: Sequence[int] = ()) -> list[Any]:
        """All arguments in order: those given and these, but none for the positions that are `apart`."""
        rest, arranged = list(args), []
        position, last = 0, max(self.given, default=-1)
        while rest or position <= last:
            if position in self.given:
                arranged.append(self.given[position])
            elif position not in apart:
                arranged.append(rest.pop(0) if rest else self._default(position))
            position += 1
        return arranged

    def _default(self, position: int) -> Any:
        parameter = self.parameters[position]
        if parameter.default is inspect.Parameter.empty:
            raise TypeError(f"missing argument {parameter.name!r} of {_name(self.function)!r}")
        return parameter.default


def of_partials(make: Maker) -> Maker:
    """Decorator: a driver called with the arguments of the function takes partials too."""

    @functools.wraps(make)
    def made(f: Any, argnums: Argnums = 0, **options: Any) -> Any:
        partial = Partial.of(f)
        if not partial:
            return make(f, argnums, **options)
        driver = make(partial.function, partial.positions(argnums), **options)
        return _named(functools.partial(driver, *partial.args, **partial.keywords), driver)

    return made  # type: ignore[return-value]


def directional_of_partials(make: Maker) -> Maker:
    """Decorator: the same for a driver called with (primals, direction, *further arguments)."""
    default = inspect.signature(make).parameters["argnums"].default

    @functools.wraps(make)
    def made(f: Any, argnums: Argnums | None = default, **options: Any) -> Any:
        partial = Partial.of(f)
        if not partial:
            return make(f, argnums, **options)

        @functools.cache
        def driver(numbers: Positions) -> Any:
            return make(partial.function, numbers, **options)

        fixed = None if argnums is None else partial.positions(argnums)
        shown = driver(partial.positions(0) if fixed is None else fixed)

        def called(primals: Any, direction: Any, *args: Any) -> Any:
            numbers = fixed
            if numbers is None:
                numbers = partial.positions(tuple(range(len(primals))) if isinstance(primals, tuple) else 0)
            apart = numbers if isinstance(numbers, tuple) else (numbers,)
            return driver(numbers)(primals, direction, *partial.arranged(args, apart))

        return _named(called, shown)

    return made  # type: ignore[return-value]


def _taken(method: MethodType) -> Any:
    """The object of a bound method, if compiled code can take it."""
    try:
        type_of(method.__self__, "self")
    except ArgumentError:
        raise ArgumentError(
            f"cannot differentiate the method {method.__func__.__qualname__!r}: compiled code cannot take "
            f"'self', of type {type(method.__self__).__name__}; write it as a function of the attributes "
            f"that it reads"
        ) from None
    return method.__self__


def _function_of(method: MethodType) -> Any:
    """The function of a bound method; that of an instance of a jitclass is the one that Numba compiles."""
    owner = type_of(method.__self__, "self")
    compiled = getattr(owner, "jit_methods", {})
    return compiled.get(method.__func__.__name__, method.__func__)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _named(derivative: Any, driver: Any) -> Any:
    derivative.__name__, derivative.__doc__ = driver.__name__, driver.__doc__
    return derivative
