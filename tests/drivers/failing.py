"""Functions that raise. Not in a test module: pytest rewrites the asserts of those."""

import numpy as np
from numba import njit


class RefusalError(Exception):
    """An exception of the user's own."""


@njit
def touchy(x, kind):
    """3 x**2, or an exception by the kind asked for."""
    work = np.zeros(100)
    for i in range(100):
        work[i] = x * i
    if kind == 1:
        raise ValueError("negative", 3)
    if kind == 2:
        raise RefusalError
    if kind == 3:
        assert work[1] == x + 1.0
    if kind == 4:
        return work[3] / (kind - 4.0)
    return work[3] * x


RAISED = {1: ValueError, 2: RefusalError, 3: AssertionError, 4: ZeroDivisionError}
