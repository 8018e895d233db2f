"""Divisions in functions whose error model is not that of the program that they are read into.

Numba compiles a whole program in one error model. In "python" a division of numbers by zero raises an
exception, in "numpy" it has a result.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ...catalogue import stated
from ...rules.table import Op as Rule
from .nodes import FLOATS, Const, Operand, Raise

if TYPE_CHECKING:
    from .builder import Builder


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
    from .builder import UNREACHABLE

    build.emit(Raise(ZeroDivisionError, (message,)))
    return {UNREACHABLE: True}
