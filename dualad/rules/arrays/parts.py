"""Parts of arrays: rules that are a primal only, as the mode differentiates its code."""

from __future__ import annotations

import numpy as np

from .table import array_rule

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


@array_rule(np.trim_zeros, note="which elements are left out depends on values only")
def trim_zeros(filt, trim="fb"):
    """Numba's code compares numbers with strings."""
    where = trim.lower()
    first, last = 0, filt.size
    if "f" in where:
        while first < filt.size and filt[first] == 0:
            first += 1
    if "b" in where:
        while last > 0 and filt[last - 1] == 0:
            last -= 1
    return filt[first:last]
