"""The report of a check."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import WrongDerivativeError
from .findings import Entry, Findings
from .html import page
from .text import full, short

__all__ = ["Report"]


@dataclass(frozen=True)
class Report(Findings):
    """The result of :func:`dualad.check_derivatives`; prints as text, shows as a table in notebooks.

    Attributes
    ----------
    function : str
        Name of the function.
    point : str
        The differentiated arguments, in short.
    comparisons : tuple of Comparison
        One per order and mode.
    failures : tuple of str
        Failures other than wrong entries: the function raises, is not deterministic, is not finite.
    warnings : tuple of str
        Further information: arguments written to, noise, references that are not available.
    kinks : tuple of Kink
        Places at or near the point where the function is not smooth.
    dot_products, slopes : tuple
        Further tests along random directions.
    rtol : float
        Allowed relative error of a derivative.
    noise : float
        Relative rounding errors of the function's values, as measured.
    raised : bool
        The function itself raised at the point, so nothing was checked.
    evaluations : dict of str to int
        Calls of the function: plain, with complex numbers, with mpmath.
    """

    def raise_if_failed(self) -> Report:
        """Raise WrongDerivativeError, an AssertionError with this report as message, unless `ok`.

        Returns
        -------
        Report
            This one.
        """
        if not self.ok:
            raise WrongDerivativeError(self)
        return self

    def as_dict(self) -> dict[str, Any]:
        """The report as a dictionary for JSON; numbers that are not finite become strings."""
        plain: dict[str, Any] = _plain({"ok": self.ok, **asdict(self)})
        for comparison, entry in zip(plain["comparisons"], self.comparisons, strict=True):
            for name in ("worst_absolute", "worst_relative"):
                comparison[name] = _entry(getattr(entry, name))
            comparison["wrong"] = [_entry(e) for e in entry.wrong]
        return plain

    def __str__(self) -> str:
        return full(self)

    def __repr__(self) -> str:
        return short(self)

    def _repr_html_(self) -> str:
        return page(self)


def _entry(entry: Entry | None) -> Any:
    if entry is None:
        return None
    return _plain({**asdict(entry), "absolute": entry.absolute, "relative": entry.relative})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
