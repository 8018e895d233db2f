"""Why a function has no compiled adjoint."""

from __future__ import annotations

import ast
from typing import Any

from ..errors import DualadError


class NotTransformable(Exception):
    """A construct that the transformation cannot handle; the function then runs on the operation tape.

    Attributes
    ----------
    reason : str
        The construct, as a noun phrase for the message.
    line : int
        Its line in the file, 0 if it has none.
    file : str
        The file of the function that holds it.
    """

    def __init__(self, reason: str, at: Any = None) -> None:
        """Take the line and file from `at`, a node of the syntax tree or a statement of the program."""
        super().__init__(reason)
        self.reason = reason
        self.line: int = getattr(at, "lineno", getattr(at, "line", 0))
        self.file: str = getattr(at, "file", "")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else self.reason


class MalformedError(DualadError):
    """A pass left a program that violates an invariant of the IR: a bug in dualad."""


class UndefinedError(NotTransformable):
    """A variable is read that may be undefined, or may have values of different types.

    Attributes
    ----------
    variable : str
        Its name.
    """

    def __init__(self, at: ast.Name) -> None:
        super().__init__(
            f"{at.id!r}, which may be undefined on some path to this line, or have different types", at
        )
        self.variable = at.id
