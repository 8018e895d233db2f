"""NumPy functions in Python that is read in place, as a user's helper would be.

The order of operations is Numba's, so that values are those of plain code. What depends on the rank or the
axis is decided while a definition is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Annotations would be read along; the functions below are typed by what they are called with.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"


def nonzero(a):
    """Positions by axis."""
    count = 0
    for v in a.flat:
        if v != 0:
            count += 1
    k = 0
    if a.ndim == 1:
        positions = np.empty(count, np.int64)
        for i in range(a.size):
            if a[i] != 0:
                positions[k] = i
                k += 1
        return (positions,)
    rows, columns = np.empty(count, np.int64), np.empty(count, np.int64)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] != 0:
                rows[k], columns[k] = i, j
                k += 1
    return rows, columns


DEFINED: dict[Any, Callable[..., Any]] = {}
