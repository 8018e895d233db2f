"""``a.sort()`` of arrays that hold active values.

Numba orders floats by a comparison of its own, with NaNs last, and everything else by ``<``. Active values
are put into the order that the floats have, equal ones as ``np.argsort`` puts them, as in compiled adjoints.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from ...types.active import Active
from .conversions import values


def sort(owner: Any, kind: str = "quicksort") -> None:
    """Sort in place; this name is called instead of the method, of whatever owner."""
    raise NotImplementedError("compiled code only")


@overload(sort, prefer_literal=True)
def _sort(owner: Any, kind: str = "quicksort") -> Any:
    if not (isinstance(owner, types.Array) and isinstance(owner.dtype, Active)):

        def by_method(owner: Any, kind: str = "quicksort") -> None:
            owner.sort()

        return by_method

    name: Any = getattr(kind, "literal_value", "quicksort")
    if owner.ndim == 1:

        def of_vector(owner: Any, kind: str = "quicksort") -> None:
            order, unordered = np.argsort(values(owner), kind=name), owner.copy()
            for i in range(owner.size):
                owner[i] = unordered[order[i]]

        return of_vector

    def of_rows(owner: Any, kind: str = "quicksort") -> None:
        for at in np.ndindex(owner.shape[:-1]):
            sort(owner[at], name)

    return of_rows
