"""``np.interp`` as it is differentiated.

At a point of the table Numba returns the ordinate there, whatever the query: differentiated, that would be
the slope 0. Here it is the slope of the piece on the right (of the last point, on the left), as in JAX. The
values are Numba's to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from ...registry import entering
from .table import STAND_INS

# mypy: disable-error-code="no-untyped-def"


def interpolated(x, xp, fp):
    """Piecewise linear between the points, for a vector of queries."""
    n = xp.size
    if n == 0:
        raise ValueError("array of sample points is empty")
    if n != fp.size:
        raise ValueError("fp and xp are not of the same size.")
    out = np.empty(x.size)
    for i in range(x.size):
        v = x[i]
        if n == 1:
            out[i] = fp[0]
        elif np.isnan(v):
            out[i] = v
        elif v > xp[n - 1]:
            out[i] = fp[n - 1]
        elif v < xp[0]:
            out[i] = fp[0]
        else:
            low, high = 0, n
            while low < high:
                middle = low + ((high - low) >> 1)
                if v >= xp[middle]:
                    low = middle + 1
                else:
                    high = middle
            j = low - 1
            k = min(j, n - 2)
            slope = np.divide(fp[k + 1] - fp[k], xp[k + 1] - xp[k])
            if j == n - 1 or xp[j] == v:
                # What is added is 0.0 and moves with the query; so written, -0.0 stays what it is.
                if slope >= 0 and slope < np.inf:
                    out[i] = -(-fp[j] - slope * (v - xp[j] + 0.0))
                elif slope < 0 and slope > -np.inf:
                    out[i] = -(-fp[j] - -slope * (xp[j] - v + 0.0))
                else:
                    out[i] = fp[j]
            else:
                out[i] = slope * (v - xp[j]) + fp[j]
                if np.isnan(out[i]):
                    out[i] = slope * (v - xp[j + 1]) + fp[j + 1]
                    if np.isnan(out[i]) and fp[j] == fp[j + 1]:
                        out[i] = fp[j]
    return out


_interpolated = njit(interpolated)


@entering(STAND_INS, np.interp)
def choose(x: Any, xp: Any, fp: Any) -> Any:
    """The implementation for arguments of these types."""
    if isinstance(x, types.Array | types.Sequence | types.BaseTuple):

        def of_array(x, xp, fp):
            queries = np.asarray(x)
            found = _interpolated(queries.ravel(), np.asarray(xp), np.asarray(fp))
            return found.reshape(queries.shape)

        return of_array

    def of_number(x, xp, fp):
        return _interpolated(np.array([x]), np.asarray(xp), np.asarray(fp))[0]

    return of_number
