"""Rotations: recursions of Wigner's functions, which fill work arrays."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case


def normalised(kernel):
    @njit
    def values(f):
        g = f.copy()
        kernel(g, 1, 5)
        return g

    return values


def started(kernel):
    @njit
    def values(h):
        g = h.copy()
        kernel(g)
        return g

    return values


CASES = (
    Case("spherical.recursions.wigner3j:normalize", lambda: (np.cos(np.arange(7.0)),), (0,), normalised),
    Case("spherical.recursions.wignerH:_step_1", lambda: (np.cos(np.arange(9.0)),), (0,), started),
)
