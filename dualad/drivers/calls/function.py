"""A user's function as kernels see it, and the numbers of its arguments."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from ...compiler.dispatch.dispatcher import ActiveDispatcher
from ...errors import ArgumentError
from ...options import Argnums, Positions, numbered


@dataclass(frozen=True)
class Function:
    """A user's function as kernels see it."""

    dispatcher: ActiveDispatcher

    @property
    def name(self) -> str:
        return str(self.dispatcher.py_func.__name__)

    @property
    def parameters(self) -> list[inspect.Parameter]:
        """Its own, not those of a function that it wraps: they are what is compiled."""
        return list(inspect.signature(self.dispatcher.py_func, follow_wrapped=False).parameters.values())

    def parameter(self, position: int) -> str:
        """The name of the argument at `position`, for messages."""
        parameters = self.parameters
        if position >= len(parameters) or parameters[position].kind is inspect.Parameter.VAR_POSITIONAL:
            return f"argument {position}"
        return parameters[position].name

    @property
    def starred(self) -> int:
        """The first position that goes to ``*args``, else the number of parameters."""
        kinds = [parameter.kind for parameter in self.parameters]
        star = inspect.Parameter.VAR_POSITIONAL
        return kinds.index(star) if star in kinds else len(kinds)

    def check_count(self, count: int) -> None:
        """Raise unless the function can be called with so many arguments."""
        for parameter in self.parameters[count : self.starred]:
            if parameter.default is inspect.Parameter.empty:
                raise ArgumentError(f"argument {parameter.name!r} of {self.name!r} was not given")
        if count > len(self.parameters) == self.starred:
            raise ArgumentError(
                f"{self.name!r} takes {len(self.parameters)} arguments, but {count} were given"
            )

    def check(self, argnums: Argnums) -> Positions:
        """`argnums` with names and negative numbers resolved; raises if they do not fit the function."""
        parameters = self.parameters
        variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
        numbers = numbered(argnums, [p.name for p in parameters[: self.starred]])
        names = ", ".join(p.name for p in parameters)
        for number in numbers:
            if variadic and number < 0:
                raise ArgumentError(
                    f"argnums={argnums!r} does not fit {self.name!r}, which takes any number of arguments "
                    f"({names}): count them from the front"
                )
            if not variadic and not -len(parameters) <= number < len(parameters):
                raise ArgumentError(
                    f"argnums={argnums!r} does not fit {self.name!r}, which takes "
                    f"{len(parameters)} argument{'s' * (len(parameters) != 1)} ({names})"
                )
        resolved = tuple(n + len(parameters) if n < 0 else n for n in numbers)
        if not resolved or len(set(resolved)) != len(resolved):
            raise ArgumentError(f"argnums must name each argument once, not {argnums!r}")
        return resolved if isinstance(argnums, tuple) else resolved[0]
