"""A function that raises in many ways. Not in a test module: pytest rewrites the asserts of those."""

import numpy as np
from numba import njit


@njit(boundscheck=True)
def leaving(x, way):
    """A tape, work arrays and views of them are there when it raises."""
    w = np.zeros(x.size)
    rows = [x, w]
    s = 0.0
    for i in range(x.size):
        part = w[i:]
        s = s * 0.999 + np.sin(x[i]) * s + x[i]
        part[0] = s * s
        if way == 1 and i == 1_500:
            raise ValueError("asked to")
        if way == 2:
            s /= 1_500 - i
    v = w * x
    if way == 3:
        s += v[x.size + int(s * 0.0)]
    if way == 4:
        s += np.zeros(1 << 50)[0]
    if way == 5:
        s += (v + w[1:])[0]
    if way == 6:
        assert s < 0.0
    if way == 7:
        s += x.reshape(7, 7)[0, 0]
    return s + v[0] + rows[1][0]


@njit
def solve(x):
    work = np.outer(x, x)
    return np.linalg.solve(work, work * x)[0, 0]


@njit
def inv(x):
    return np.linalg.inv(np.outer(x, x))[0, 0]


@njit
def cholesky(x):
    return np.linalg.cholesky(-np.outer(x, x))[0, 0]


@njit
def eigh(x):
    return np.linalg.eigh(np.outer(x, x) / np.sqrt(-x[0]))[1][0, 0]


EXITS = {
    1: ValueError,
    2: ZeroDivisionError,
    3: IndexError,
    4: MemoryError,
    5: ValueError,
    6: AssertionError,
    7: ValueError,
}
