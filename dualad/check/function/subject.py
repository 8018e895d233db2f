"""The function under check, as a function from a flat vector to a flat vector, and how it behaves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError, DualadError
from ...options import Argnums, Positions, numbered
from .layout import Layout, Vector

__all__ = ["Subject", "checked_argnums", "parameter_names", "plain_name", "written"]


class Subject:
    """A function with the point at which its derivatives are checked.

    Attributes
    ----------
    args : tuple
        The arguments; never handed out, so that nothing can write to them.
    argnums : int or tuple of int
        The arguments to differentiate with respect to.
    inputs, outputs : Layout
        Of the differentiated arguments and of the result.
    x, y : array
        The point and the value there, as samples are taken.
    first : array
        The value there as the function gave it when it was called first.
    precision : float
        Machine epsilon of the values that samples have.
    evaluations : int
        Calls of the function so far.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], argnums: Argnums) -> None:
        if not callable(function):
            raise ArgumentError(f"f must be a function, not {function!r}")
        self.function = function
        self.name = plain_name(function)
        self.names = parameter_names(function, len(args))
        self.args = tuple(copied(a) for a in args)
        self.argnums = checked_argnums(argnums, self.names, self.name)
        self.inputs = self._inputs()
        self.x: Vector = self.inputs.flatten(self.primals)
        self.evaluations = 0
        self.raised: Exception | None = None
        self.outputs = Layout(self.inputs.root)
        self.y: Vector = np.empty(0)
        self.first = self.y
        self.precision = 0.0
        self._sampled = self.inputs
        self._writes = True

    @property
    def numbers(self) -> tuple[int, ...]:
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)

    @property
    def primals(self) -> Any:
        """The differentiated argument, or a tuple of them if `argnums` is one."""
        chosen = tuple(self.args[n] for n in self.numbers)
        return chosen if isinstance(self.argnums, tuple) else chosen[0]

    def _inputs(self) -> Layout:
        if isinstance(self.argnums, tuple):
            labels = [self.names[n] for n in self.numbers]
            return Layout.of_arguments([self.args[n] for n in self.numbers], labels)
        return Layout.of_argument(self.args[self.argnums], self.names[self.argnums])

    def arguments(self, x: NDArray[Any], layout: Layout | None = None, copy: bool = True) -> list[Any]:
        """All arguments, the differentiated ones taken from `x` and the others copied if `copy`."""
        args = [copied(a) for a in self.args] if copy else list(self.args)
        tree = (layout or self.inputs).build(x)
        for n, value in zip(self.numbers, tree if isinstance(self.argnums, tuple) else (tree,), strict=True):
            args[n] = value
        return args

    @property
    def rest(self) -> list[Any]:
        """The passive arguments, in order; copies."""
        return [copied(a) for n, a in enumerate(self.args) if n not in self.numbers]

    def open(self) -> list[str]:
        """Evaluate the function at the point for the first time; returns the arguments that it wrote to.

        Raises whatever the function raises.
        """
        args = self.arguments(self.x)
        self.evaluations += 1
        value = self.function(*args)
        self.outputs = Layout.of_result(value)
        self.first = self.y = np.array(self.outputs.flatten(value))
        self.precision = float(np.finfo(self.outputs.dtype).eps)
        changed = written(args, self.arguments(self.x))
        self._writes = bool(changed)
        self._sample_in_double()
        return [self.names[n] for n in changed]

    def repeat(self) -> Vector:
        """The value at the point once more, as the function's own argument types give it."""
        self.evaluations += 1
        return np.array(self.outputs.flatten(self.function(*self.arguments(self.x))))

    def __call__(self, x: Vector) -> Vector:
        """The value at another point, in double precision if it can be; NaN where the function raises."""
        self.evaluations += 1
        try:
            value = self.function(*self.arguments(x, self._sampled, copy=self._writes))
            return self.outputs.flatten(value)
        except DualadError:
            raise
        except Exception as error:
            self.raised = error
            return np.full(self.outputs.size, np.nan)

    def _sample_in_double(self) -> None:
        """Take samples in double precision where the arguments are single and the function takes both."""
        promoted = self.inputs.promoted()
        if promoted != self.inputs:
            try:
                value = self.function(*self.arguments(self.x, promoted))
            except Exception:
                return
            self._sampled = promoted
            self.y = np.array(self.outputs.flatten(value))
            self.precision = float(np.finfo(Layout.of_result(value).dtype).eps)


def copied(value: Any) -> Any:
    """A copy of an argument's arrays, in the memory order they have."""
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if isinstance(value, tuple):
        items = [copied(item) for item in value]
        return type(value)._make(items) if hasattr(value, "_fields") else tuple(items)  # type: ignore[attr-defined]
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def written(args: Sequence[Any], originals: Sequence[Any]) -> list[int]:
    """Positions of the arguments that differ from their originals."""
    return [n for n, (a, b) in enumerate(zip(args, originals, strict=True)) if not _same(a, b)]


def _same(value: Any, original: Any) -> bool:
    if isinstance(value, np.ndarray):
        return np.array_equal(value, original, equal_nan=value.dtype.kind in "fc")
    if isinstance(value, tuple | list):
        return len(value) == len(original) and all(map(_same, value, original))
    return True


def plain_name(function: Any) -> str:
    """What a function is called in messages."""
    name = getattr(function, "__name__", None) or getattr(type(function), "__name__", "f")
    return str(name)


def parameter_names(function: Any, count: int) -> list[str]:
    """Names of the first `count` arguments."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in kinds][:count]
    return names + [f"args[{i}]" for i in range(len(names), count)]


def checked_argnums(argnums: Any, names: Sequence[str], name: str) -> Positions:
    """`argnums` as positions among the given arguments; raises ArgumentError if they do not fit these."""
    numbers, count = numbered(argnums, names), len(names)
    for number in numbers:
        if not -count <= number < count:
            raise ArgumentError(
                f"argnums={argnums!r} does not fit: {name!r} was given {count} argument{'s' * (count != 1)}"
            )
    resolved = tuple(n % count for n in numbers)
    if not resolved or len(set(resolved)) != len(resolved):
        raise ArgumentError(f"argnums must name each argument once, not {argnums!r}")
    return resolved if isinstance(argnums, tuple) else resolved[0]
