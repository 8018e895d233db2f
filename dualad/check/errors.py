"""Exception of a failed check."""

from __future__ import annotations

from typing import Any

from ..errors import DualadError

__all__ = ["WrongDerivativeError"]


class WrongDerivativeError(DualadError, AssertionError):
    """A derivative is wrong, or could not be checked; the message is the report.

    Attributes
    ----------
    report : Report
        The report of the check.
    """

    def __init__(self, report: Any) -> None:
        super().__init__(str(report))
        self.report = report
