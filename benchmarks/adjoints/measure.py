"""Times of a case: primal, adjoint by hand, compiled adjoint, and what the latter costs to make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numba import njit, typeof

from dualad.adjoints.engine import adjoint, whole
from dualad.adjoints.errors import NotTransformable

from ..timing import interleaved
from . import compilation
from .cases import HAND, PRIMAL, Case

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

ADJOINT = "adjoint"
WARM_CALLS = 50
RELATIVE, ABSOLUTE = 1e-9, 1e-11


@dataclass(frozen=True)
class Measured:
    """A row of the table; `refused` says why there is no adjoint.

    Attributes
    ----------
    seconds : dict
        Per call, of PRIMAL, HAND and ADJOINT.
    generated : float
        Seconds to write the adjoint.
    compiled : dict
        Seconds to compile, of PRIMAL and ADJOINT: the first time and the least.
    pages : float or None
        Pages of memory that a warm call of the adjoint takes from the system; None where it does not say.
    """

    title: str
    aim: float | None
    base: str
    seconds: dict[str, float]
    generated: float
    compiled: dict[str, tuple[float, float]]
    refused: str = ""
    pages: float | None = None

    def ratio(self, name: str, base: str) -> float | None:
        """Time of one over time of another."""
        return self.seconds[name] / self.seconds[base] if name in self.seconds else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is; None without an aim."""
        ratio = self.ratio(ADJOINT, self.base)
        return None if self.aim is None else ratio is not None and ratio <= self.aim


def measured(case: Case, seconds: float) -> Measured:
    """Measure a case; its adjoint is checked against the one by hand first."""
    compilation.times({"": lambda: (_warm_up, [typeof(1.0)])})  # Numba's own preparations are nobody's
    arguments = case.make(**case.size)
    seeds = case.seeds(*arguments)
    types = [typeof(argument) for argument in arguments]
    makers: dict[str, Callable[[], tuple[Any, Sequence[Any]]]] = {
        PRIMAL: lambda: (case.function.py_func, types)
    }
    calls = {PRIMAL: partial(case.function, *arguments), HAND: by_hand(case, arguments, seeds)}
    refused, generated = "", 0.0
    transformed = partial(adjoint, case.function.py_func, types, case.argnums, whole, unit=True)
    try:
        generated, made = compilation.once(transformed)
    except NotTransformable as refusal:
        refused = str(refusal)
    else:
        given = seeds[: len(made.seeds)]
        makers[ADJOINT] = lambda: (transformed().function, [*types, *map(typeof, given)])
    compiled = compilation.times(makers)
    if not refused:
        calls[ADJOINT] = partial(njit(made.function), *arguments, *given)
        check(calls[HAND](), calls[ADJOINT]()[1])
    found = interleaved(calls, seconds * len(calls))
    pages = None if refused else taken_pages(calls[ADJOINT])
    return Measured(case.title, case.aim, case.base, found, generated, compiled, refused, pages)


def taken_pages(call: Callable[[], Any]) -> float | None:
    """Pages that a warm call takes from the system."""
    if resource is None:
        return None
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(WARM_CALLS):
        call()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / WARM_CALLS


def by_hand(case: Case, arguments: tuple[Any, ...], seeds: tuple[Any, ...]) -> Any:
    """A call of the adjoint by hand."""
    return partial(case.hand, *arguments, *(seeds if len(seeds) > 1 else ()))


def check(hand: Any, found: tuple[Any, ...]) -> None:
    """Raise if gradients differ; `hand` may have a value before them."""
    expected = hand if isinstance(hand, tuple) else (hand,)
    for one, other in zip(found, expected[len(expected) - len(found) :], strict=True):
        scale = np.max(np.abs(other), initial=0.0)
        np.testing.assert_allclose(one, other, rtol=RELATIVE, atol=ABSOLUTE * scale)


def _warm_up(x):
    return x
