"""The findings of a check: numbers with their references, and further tests."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..reference.kinks import Kink

__all__ = ["Comparison", "DotProduct", "Entry", "Findings", "Slope"]


@dataclass(frozen=True)
class Entry:
    """One number of a derivative and its reference.

    Attributes
    ----------
    label : str
        Its name in mathematical notation: ``df[1]/dx[0]``.
    index : tuple of int
        Its index in the derivative: of the result, then of each argument. Empty for scalars, and for a
        derivative along a random direction.
    value, reference : float
        The checked number and its reference.
    reference_error : float
        The estimated error of the reference.
    absolute, relative : float
        Errors of the value; the relative one is relative to the larger of the two.
    """

    label: str
    index: tuple[int, ...]
    value: float
    reference: float
    reference_error: float

    @property
    def absolute(self) -> float:
        return 0.0 if self.value == self.reference else abs(self.value - self.reference)

    @property
    def relative(self) -> float:
        if self.absolute == 0.0:
            return 0.0
        largest = max(abs(self.value), abs(self.reference))
        return self.absolute / largest if math.isfinite(largest) else math.inf

    def __str__(self) -> str:
        return (
            f"{self.label} = {self.value:.10g}, reference {self.reference:.10g} ± {self.reference_error:.1g}"
        )


@dataclass(frozen=True)
class Comparison:
    """One derivative, of one order, from one source, against its references.

    Attributes
    ----------
    order : int
        1 for gradients and Jacobians, 2 for Hessians, ...
    mode : str
        Where the derivative comes from: ``"forward"``, ``"reverse"``, ``"jac"``, ``"hess"``, ``"hvp"``.
    ok : bool
        No entry is wrong.
    entries : int
        Numbers compared: all of the derivative, or one per random direction.
    wrong : tuple of Entry
        The wrong ones, the worst first; at most ten.
    wrong_count : int
        Number of wrong entries.
    unresolved : int
        Number of entries that the references can neither confirm to `rtol` nor refute.
    worst_absolute, worst_relative : Entry or None
        The largest errors among entries that are resolved; None if there are no entries.
    methods : dict of str to int
        Number of entries per kind of reference.
    directions : int or None
        Number of random directions; None if every entry was compared.
    hints : tuple of str
        What the errors look like.
    failure : str
        Why the derivative could not be evaluated or has the wrong form; empty if it could.
    calls : int
        Calls of the derivative.
    """

    order: int
    mode: str
    ok: bool
    entries: int = 0
    wrong: tuple[Entry, ...] = ()
    wrong_count: int = 0
    unresolved: int = 0
    worst_absolute: Entry | None = None
    worst_relative: Entry | None = None
    methods: dict[str, int] = field(default_factory=dict)
    directions: int | None = None
    hints: tuple[str, ...] = ()
    failure: str = ""
    calls: int = 0


@dataclass(frozen=True)
class DotProduct:
    """Two contractions with the same vectors that must agree to rounding: w·(Jv) and (Jᵀw)·v, v·Hw and w·Hv.

    Attributes
    ----------
    order : int
        Of the derivative.
    modes : str
        What is compared.
    mismatch : float
        Relative difference.
    ok : bool
        Whether it is rounding.
    """

    order: int
    modes: str
    mismatch: float
    ok: bool


@dataclass(frozen=True)
class Slope:
    """How fast the remainder of Taylor's series vanishes along a random direction.

    Attributes
    ----------
    order : int
        Of the highest derivative in the series.
    mode : str
        Where the derivatives come from.
    slope : float or None
        The exponent of the step: `order` + 1 or more if the derivatives are right. None if nothing is left
        above rounding.
    """

    order: int
    mode: str
    slope: float | None


@dataclass(frozen=True)
class Findings:
    """All findings of one check; :class:`~dualad.check.reports.report.Report` describes the attributes."""

    function: str
    point: str
    comparisons: tuple[Comparison, ...] = ()
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    kinks: tuple[Kink, ...] = ()
    dot_products: tuple[DotProduct, ...] = ()
    slopes: tuple[Slope, ...] = ()
    rtol: float = 0.0
    noise: float = 0.0
    raised: bool = False
    evaluations: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        entries = all(comparison.ok for comparison in self.comparisons)
        return entries and not self.failures and all(product.ok for product in self.dot_products)
