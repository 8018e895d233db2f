"""Dualad's own derivatives as candidates of a check, by any chain of modes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..drivers import api
from ..errors import ArgumentError
from .candidates import dot
from .function.layout import Layout, Vector, gather
from .function.subject import Subject

__all__ = ["Engine", "chain"]

FORWARD, REVERSE = "forward", "reverse"


def chain(mode: str, order: int) -> tuple[str, ...]:
    """The modes of the derivatives of a mode's name, the innermost last.

    ``"forward"`` is forward throughout and ``"reverse"`` forward over reverse, as in ``da.hessian``; a pair
    such as ``"reverse-over-reverse"`` names the outer ones and the innermost.

    Examples
    --------
    >>> chain("reverse", 2), chain("reverse-over-forward", 3)
    (('forward', 'reverse'), ('reverse', 'reverse', 'forward'))
    """
    outer, _, inner = mode.rpartition("-over-")
    if inner not in (FORWARD, REVERSE) or outer not in ("", FORWARD, REVERSE):
        raise ArgumentError(
            f"modes are 'forward', 'reverse' or a pair such as 'reverse-over-reverse', not {mode!r}"
        )
    return (outer or FORWARD,) * (order - 1) + (inner,)


class Engine:
    """A derivative by dualad: full ones by grad, jacobian and hessian, contractions by jvp, vjp and hvp."""

    def __init__(self, subject: Subject, mode: str, order: int) -> None:
        self.subject, self.mode, self.order = subject, mode, order
        self.modes = chain(mode, order)
        self.calls = 0
        self.dtype: np.dtype[Any] | None = None
        self.writes: set[str] = set()

    def full(self, x: Vector) -> NDArray[Any]:
        subject = self.subject
        self.calls += 1
        value = self._driver(*subject.arguments(x))
        return gather(value, [subject.outputs, *[subject.inputs] * self.order], f"{self.mode}'s result")

    @cached_property
    def _driver(self) -> Callable[..., Any]:
        function, argnums = self.subject.function, self.subject.argnums
        scalar = self.subject.outputs.is_scalar
        if scalar and self.order == 2 and self.modes[0] == FORWARD:
            return api.hessian(function, argnums, mode=self.modes[1])
        first = api.grad if scalar else api.jacobian
        driver = first(function, argnums, mode=self.modes[-1])
        for mode in reversed(self.modes[:-1]):
            driver = api.jacobian(driver, argnums, mode=mode)
        return driver

    def along(self, x: Vector, weights: Vector, directions: Sequence[Vector]) -> float:
        subject = self.subject
        self.calls += 1
        x_tree = subject.inputs.build(x)
        if subject.outputs.is_scalar and self.modes == (FORWARD, REVERSE):
            product = self._product(x_tree, subject.inputs.build(directions[1]), *subject.rest)
            return float(weights[0]) * dot(directions[0], subject.inputs.flatten(product))
        return self._contracted(x_tree, weights, list(directions))

    @cached_property
    def _product(self) -> Callable[..., Any]:
        return api.hvp(self.subject.function, self.subject.argnums, mode=REVERSE)

    @cached_property
    def _steps(self) -> list[Callable[..., Any]]:
        """One driver per order, the innermost first; each differentiates the one before it."""
        subject = self.subject
        drivers: list[Callable[..., Any]] = []
        for mode in reversed(self.modes):
            make = api.jvp if mode == FORWARD else api.vjp
            drivers.append(make(drivers[-1], 0) if drivers else make(subject.function, subject.argnums))
        return drivers

    def _contracted(self, x: Any, weights: Vector, directions: list[Vector]) -> float:
        """Apply the drivers one over the other, each to a direction or, in reverse, to a cotangent.

        A forward step takes one direction and leaves the form of what it differentiates; a reverse step takes
        weights of that form and leaves that of the arguments, to be multiplied by the last direction.
        """
        inputs, outputs = self.subject.inputs, self.subject.outputs
        taken: list[Any] = []  # what the drivers so far were given, the last one first
        form = outputs
        result: Any = None
        path: tuple[int, ...] = ()  # where in the result of a driver its derivative is
        for driver, mode in zip(self._steps, reversed(self.modes), strict=True):
            if mode == FORWARD:
                given, path = inputs.build(directions.pop()), (1, *path)
            else:
                vector = weights if form is outputs else directions.pop()
                given = _padded(result, form.build(vector), path)
                form, path = inputs, (1,)
            taken.insert(0, given)
            result = driver(x, *taken, *self.subject.rest)
        for position in path:
            result = result[position]
        remaining = directions.pop() if form is inputs else weights
        return dot(remaining, form.flatten(result))


def _padded(result: Any, cotangent: Any, path: tuple[int, ...]) -> Any:
    """A cotangent of a driver's whole result that is zero but for what lies on `path`."""
    if not path:
        return cotangent
    items = [_zeros(item) for item in result]
    items[path[0]] = _padded(result[path[0]], cotangent, path[1:])
    return tuple(items)


def _zeros(tree: Any) -> Any:
    layout = Layout.of_result(tree)
    return layout.build(np.zeros(layout.size))
