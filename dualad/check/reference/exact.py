"""Derivatives from the same function evaluated again with many digits, where differences lose nothing.

The function's Python code runs on mpmath numbers by the meaning that the op table gives to each operation. A
central difference with a step of 2**-80 then has an error near 2**-160. It is independent of the table's
partials, which are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..function.layout import Vector
from ..function.subject import Subject
from .noise import EPS
from .operands import ImpureError, Run
from .substitution import rebuilt

__all__ = ["Exact"]

STEP_BITS = 80
DIGITS = 40  # and as many more as differences of the order take
LONGEST = 20_000  # operations of one evaluation; a second or less
LARGEST = 2_000  # inputs
OTHER = 1e-3  # relative difference of values that may be more than lost digits


class Exact:
    """The function under check on numbers of many digits.

    Attributes
    ----------
    reason : str
        Why it can't be evaluated so; empty if it can.
    operations : int
        Of one evaluation.
    value : array
        The value at the point, rounded.
    evaluations : int
        So far.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.reason = ""
        self.operations = 0
        self.evaluations = 0
        self.value: Vector = np.full(subject.outputs.size, np.nan)
        self._mp: Any = None
        try:
            self._open()
        except ImpureError as error:
            self.reason = str(error)

    @property
    def possible(self) -> bool:
        return not self.reason

    def _open(self) -> None:
        if find_spec("mpmath") is None:
            raise ImpureError("mpmath is not installed")
        if self.subject.inputs.size > LARGEST:
            raise ImpureError(f"it has more than {LARGEST} inputs")
        import mpmath

        self._mp = mpmath.mp.clone()
        self._mp.dps = DIGITS
        self._function = rebuilt(self.subject.function)
        values, run = self._at(self._point(Run(self._mp, LONGEST)))
        if np.any(values != self._at(self._point(Run(self._mp, LONGEST)))[0]):
            raise ImpureError("it is not deterministic")
        self.operations = run.operations
        self.value = values.astype(np.float64)
        other = np.any(np.abs(self.value - self.subject.y) > OTHER * np.abs(self.subject.y))
        if other and self._is_on_the_edge(run):
            raise ImpureError("rounding errors decide which branch it takes")

    def _is_on_the_edge(self, run: Run) -> bool:
        """Whether decisions fall otherwise a few ulps away, as that of ``int(10 * x)`` at 1.7."""
        for sign in (1, -1):
            near = Run(self._mp, 4 * LONGEST)
            point = self._point(near)
            for number in point:
                number.value *= 1 + sign * 4 * EPS
            self._at(point)
            if near.trace != run.trace:
                return True
        return False

    def derivative(self, directions: Sequence[Vector]) -> tuple[Vector, Vector, bool]:
        """The derivative along `directions`, its error, and whether all samples took the same way.

        Raises
        ------
        ImpureError
            If the function cannot be evaluated somewhere near the point.
        """
        order = len(directions)
        mp = self._mp
        mp.dps = DIGITS + 25 * order
        step = mp.ldexp(1, -STEP_BITS)
        total: NDArray[Any] = np.full(self.subject.outputs.size, mp.mpf(0), dtype=object)
        traces, largest = [], np.zeros(self.subject.outputs.size)
        for signs in product((1, -1), repeat=order):
            run = Run(mp, 4 * LONGEST)
            shift = np.sum([s * d for s, d in zip(signs, directions, strict=True)], axis=0)
            point = self._point(run)
            for number, component in zip(point, shift, strict=True):
                number.value += step * mp.mpf(float(component))
            values, _ = self._at(point)
            total = total + int(np.prod(signs)) * values
            traces.append(run.trace)
            largest = np.fmax(largest, np.array([float(abs(v)) for v in values]))
        slopes = np.array([float(v / (2 * step) ** order) for v in total])
        left = largest * float(mp.mpf(10) ** (2 - mp.dps) / step**order)
        return slopes, 4 * EPS * np.abs(slopes) + left, all(trace == traces[0] for trace in traces)

    def _point(self, run: Run) -> NDArray[Any]:
        numbers = np.empty(self.subject.x.size, dtype=object)
        numbers[:] = [run.number(v) for v in self.subject.x]
        return numbers

    def _at(self, point: NDArray[Any]) -> tuple[NDArray[Any], Run]:
        """The outputs at a point, as mpmath numbers."""
        run: Run = point[0].run if point.size else Run(self._mp, LONGEST)
        self.evaluations += 1
        try:
            value = self._function(*self.subject.arguments(point))
            flat = self.subject.outputs.flatten(value)
            exact = [run.mp.mpf(run.exact(v)) for v in flat]
        except ImpureError:
            raise
        except Exception as error:  # whatever a user's code says to numbers that are not floats
            raise ImpureError(f"{type(error).__name__}: {error}") from error
        result = np.empty(len(exact), dtype=object)
        result[:] = exact
        return result, run
