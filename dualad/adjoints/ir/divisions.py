"""Divisions in functions whose error model is not that of the program that they are read into.

Numba compiles a whole program in one error model. In "python" a division of numbers by zero raises an
exception, in "numpy" it has a result.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from ...catalogue import stated
from ...rules.table import Op as Rule
from .nodes import FLOATS, UNREACHABLE, Const, Operand, Raise


class Builder(Protocol):
    """What appends statements.

    Attributes
    ----------
    model, reads : str
        The error models of the program, and of the function that is read.
    """

    model: str
    reads: str

    def of_model(self, model: str) -> AbstractContextManager[None]:
        """Read a function of another error model meanwhile."""

    def op(self, function: Any, *args: Operand) -> Operand:
        """A scalar operation."""

    def branch(
        self,
        condition: Operand,
        then: Callable[[], dict[str, Any]],
        orelse: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """Both sides of a condition, and what their variables are afterwards."""

    def emit(self, statement: Any) -> Any:
        """Append a statement."""


def divided(build: Builder, rule: Rule, function: Any, x: Operand, y: Operand) -> Operand:
    """A division by the error model of the function that is read."""
    raises, floats = build.reads == "python", x.kind in FLOATS or y.kind in FLOATS
    with build.of_model(build.model):
        if isinstance(y, Const) and y.value != 0:
            return build.op(function, x, y)
        if not raises and rule.written is not None:
            return build.op(rule.written, x, y)
        is_zero = build.op(operator.eq, y, Const(0))
        if raises:
            build.branch(is_zero, lambda: _raised(build, stated(function).raises[not floats]), lambda: {})
            return build.op(function, x, y)

        def at_zero() -> dict[str, Any]:
            if not floats:
                return {"quotient": Const(0)}
            return {"quotient": build.op(np.true_divide if function is operator.floordiv else np.fmod, x, y)}

        found: Operand = build.branch(is_zero, at_zero, lambda: {"quotient": build.op(function, x, y)})[
            "quotient"
        ]
        return found


def _raised(build: Builder, message: str) -> dict[str, Any]:
    build.emit(Raise(ZeroDivisionError, (Const(message),)))
    return {UNREACHABLE: True}
