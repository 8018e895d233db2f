"""First derivatives by a complex step: free of cancellation, for functions that are analytic as written.

Martins, Sturdza and Alonso, The complex-step derivative approximation, ACM Trans. Math. Softw. 29 (2003) 245.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..function.layout import Vector
from ..function.subject import Subject
from .noise import EPS

__all__ = ["ComplexStep"]

STEP = 2.0**-100


class ComplexStep:
    """The function under check on complex numbers, in Python.

    A compiled function is run as the Python function it was made from, unless it calls compiled ones.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.function = getattr(subject.function, "py_func", subject.function)
        self.possible = self.function is subject.function or not _calls_compiled(self.function)
        self.evaluations = 0

    def derivative(self, direction: Vector) -> tuple[Vector, Vector] | None:
        """The derivative along a direction and its error, or None if the function takes no complex numbers.

        Whether the function is analytic, the caller must find out by comparison: ``abs`` is not.
        """
        if not self.possible:
            return None
        subject = self.subject
        self.evaluations += 1
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error")  # NumPy warns where it drops an imaginary part
                arguments = subject.arguments(subject.x + 1j * STEP * direction, subject.inputs.promoted())
                value = subject.outputs.flatten(self.function(*arguments))
        except Exception:
            self.possible = False
            return None
        real = np.real(value)
        if value.dtype.kind != "c" or not np.allclose(real, subject.y, rtol=1e-6, atol=0, equal_nan=True):
            self.possible = value.dtype.kind == "c"
            return None
        slope = np.imag(value) / STEP
        error = 64 * EPS * np.abs(slope) + 8 * EPS * np.abs(subject.y)
        return slope, error


def _calls_compiled(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    names = code.co_names if code else ()
    cells = [c.cell_contents for c in function.__closure__ or ()] if code else []
    known = getattr(function, "__globals__", {})
    return any(hasattr(v, "py_func") for v in [*cells, *(known.get(n) for n in names)])
