"""Why a function is not transformed."""

from __future__ import annotations

import ast


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

    def __init__(self, reason: str, node: ast.AST | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line, self.file = reason, getattr(node, "lineno", 0), ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else self.reason
