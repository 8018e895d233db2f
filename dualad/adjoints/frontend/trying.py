"""``try``: what may raise in it is tested before, and the handler is a branch.

A statement is read up to its first test; behind it, where nothing is raised, it is read once more from its
start, that test passed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from ...catalogue import stated
from .. import runtime
from ..errors import NotTransformable
from ..ir.nodes import Block, Call, Const, Op, Operand, Raise, Routine, walk

# Of the runtime.
_CHECKS = (
    *runtime.POSITIONS,
    runtime.common_extent,
    runtime.common_length,
    runtime.advances,
)


class RaisesError(Exception):
    """What is read raises if a condition holds."""

    def __init__(self, condition: Operand) -> None:
        super().__init__(condition)
        self.condition = condition


@dataclass
class Trial:
    """A `try` that is being read.

    Attributes
    ----------
    depth : int
        How many loops it lies in.
    passed, seen : int
        How many tests of the current statement have been passed, and have been met.
    """

    depth: int
    passed: int = 0
    seen: int = 0

    def test(self, condition: Operand, depth: int) -> None:
        """Something raises if a condition holds."""
        if condition == Const(False):
            return
        if depth > self.depth:
            raise NotTransformable("what may raise an exception in a loop inside `try`")
        self.seen += 1
        if self.seen > self.passed:
            raise RaisesError(condition)


def divides(function: Any) -> bool:
    """Whether an operation raises an exception if its last operand is zero."""
    return bool(stated(function).raises) and function is not operator.pow


def is_safe(statement: Any, tested: set[Any], raises: bool) -> bool:
    """Whether a statement inside `try` raises nothing that has not been tested for."""
    if isinstance(statement, Call):
        return isinstance(statement.rule, Routine)
    if not isinstance(statement, Op):
        return not isinstance(statement, Raise)
    last = statement.args[-1] if statement.args else None
    if divides(statement.function):
        return not raises or statement.out in tested or (isinstance(last, Const) and last.value != 0)
    if stated(statement.function).raises:
        return not raises or (isinstance(last, Const) and last.value >= 0)
    return statement.function not in _CHECKS


def refuse_untested(statements: Sequence[Any], tested: set[Any], raises: bool) -> None:
    """Raise if statements may raise what a handler would catch; divisions do if `raises`."""
    for statement in walk(Block(statements=list(statements))):
        if not is_safe(statement, tested, raises):
            raise NotTransformable("code inside `try` that may raise an exception", statement)


def any_of(build: Any, conditions: Sequence[Operand]) -> Operand:
    """Whether one of the conditions holds."""
    join: Callable[[Operand, Operand], Operand] = lambda one, other: build.op(operator.or_, one, other)  # noqa: E731
    return reduce(join, conditions)
