"""Derivatives under check: dualad's own in every mode, and those a user supplies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .function.layout import ShapeMismatchError, Vector, gather
from .function.subject import Subject, written

__all__ = ["Candidate", "Product", "Supplied", "contracted", "dot"]


class Candidate(Protocol):
    """A derivative of one order from one source.

    Attributes
    ----------
    mode : str
        The source, as reports name it.
    order : int
        The order.
    calls : int
        Calls so far.
    dtype : dtype or None
        The type of its numbers, once called.
    writes : set of str
        Arguments it has written to.
    """

    mode: str
    order: int
    calls: int
    dtype: np.dtype[Any] | None
    writes: set[str]

    def full(self, x: Vector) -> NDArray[Any]:
        """All entries at `x`: an axis for the result, and one per order for the arguments."""

    def along(self, x: Vector, weights: Vector, directions: Sequence[Vector]) -> float:
        """The derivative at `x` contracted with weights of the results and with directions."""


class Supplied:
    """A Jacobian, gradient or Hessian by a function of the user's, called like the function itself."""

    def __init__(self, subject: Subject, function: Callable[..., Any], order: int, mode: str) -> None:
        self.subject, self.function = subject, function
        self.order, self.mode = order, mode
        self.calls = 0
        self.dtype: np.dtype[Any] | None = None
        self.writes: set[str] = set()

    def full(self, x: Vector) -> NDArray[Any]:
        return self._gathered(self._called(x))

    def along(self, x: Vector, weights: Vector, directions: Sequence[Vector]) -> float:
        value = self._called(x)
        if hasattr(value, "toarray") and value.shape == (weights.size, x.size):
            return contracted(value.tocsr(), weights, directions)  # may be too large as a full array
        return contracted(self._gathered(value), weights, directions)

    def _called(self, x: Vector) -> Any:
        subject = self.subject
        args, originals = subject.arguments(x), subject.arguments(x)
        self.calls += 1
        value = self.function(*args)
        self.writes.update(subject.names[n] for n in written(args, originals))
        self.dtype = _dtype(value)
        return value

    def _gathered(self, value: Any) -> NDArray[Any]:
        subject = self.subject
        return gather(value, [subject.outputs, *[subject.inputs] * self.order], f"{self.mode}'s result")


class Product:
    """A Hessian times a vector, computed by a function of the user's: ``(x, p, *further arguments)``."""

    order = 2

    def __init__(self, subject: Subject, function: Callable[..., Any], mode: str = "hvp") -> None:
        self.subject, self.function, self.mode = subject, function, mode
        self.calls = 0
        self.dtype: np.dtype[Any] | None = None
        self.writes: set[str] = set()

    def full(self, x: Vector) -> NDArray[Any]:
        size = x.size
        columns = [self._times(x, direction) for direction in np.eye(size)]
        return np.array(columns).reshape(1, size, size).swapaxes(1, 2)

    def along(self, x: Vector, weights: Vector, directions: Sequence[Vector]) -> float:
        return float(weights[0]) * dot(directions[0], self._times(x, directions[1]))

    def _times(self, x: Vector, direction: Vector) -> NDArray[Any]:
        subject = self.subject
        inputs = subject.inputs
        taken = [inputs.build(x), inputs.build(direction), *subject.rest]
        originals = (inputs.build(x), inputs.build(direction), *subject.rest)
        self.calls += 1
        value = self.function(*taken)
        names = ["x", "p", *(subject.names[n] for n in range(len(subject.args)) if n not in subject.numbers)]
        self.writes.update(names[n] for n in written(taken, originals))
        self.dtype = _dtype(value)
        return gather(value, [inputs], f"{self.mode}'s result")


def contracted(tensor: Any, weights: Vector, directions: Sequence[Vector]) -> float:
    """A full derivative times weights on its first axis and directions on the others."""
    for direction in reversed(directions):
        used = np.flatnonzero(direction)
        tensor = tensor[..., used] @ direction[used]
    return dot(weights, tensor)


def dot(weights: Vector, values: NDArray[Any]) -> float:
    """A sum of the values that have weights; the others may be NaN."""
    used = np.flatnonzero(weights)
    return float(weights[used] @ values[used])


def _dtype(value: Any) -> np.dtype[Any] | None:
    """The narrowest float type in a tree."""
    if isinstance(value, tuple | list):
        found = [d for d in map(_dtype, value) if d is not None]
        return min(found, key=lambda d: d.itemsize, default=None)
    try:
        dtype = value.dtype if hasattr(value, "toarray") else np.asarray(value).dtype
    except (TypeError, ValueError) as error:
        raise ShapeMismatchError(
            f"a derivative must be made of numbers, not {type(value).__name__}"
        ) from error
    return dtype if dtype.kind == "f" else None
