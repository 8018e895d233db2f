"""The interface of the reader that handlers of functions use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..ir.builder import Builder


class Context(Protocol):
    """Where a call is read.

    Attributes
    ----------
    build : Builder
        Takes the statements that compute the result.
    """

    build: Builder

    def inline(self, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What a Python function returns for these trees, its statements among those of the caller."""
