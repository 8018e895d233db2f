"""Why a function is not transformed."""

from __future__ import annotations

import ast
from typing import Any

from ..errors import DualadError


class Untransformable(Exception):
    """A construct that the transformation does not take; the operation tape does.

    Attributes
    ----------
    reason : str
        What it is, for a message.
    line : int
        Its line in the file, 0 if it has none.
    file : str
        The file of the function that holds it.
    """

    def __init__(self, reason: str, at: Any = None) -> None:
        """Of `at`, a node of the syntax tree or a statement of the program, the place is taken."""
        super().__init__(reason)
        self.reason = reason
        self.line: int = getattr(at, "lineno", getattr(at, "line", 0))
        self.file: str = getattr(at, "file", "")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else self.reason


class MalformedError(DualadError):
    """A pass of the transformation left a program that breaks a rule: a mistake of dualad's."""


class UndefinedError(Untransformable):
    """A variable is read that may have no value, or values of different types.

    Attributes
    ----------
    variable : str
        Its name.
    """

    def __init__(self, at: ast.Name) -> None:
        super().__init__(f"{at.id!r}, which may be undefined on some path here or changes its type", at)
        self.variable = at.id
