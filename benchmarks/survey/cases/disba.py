"""Seismology: dispersion curves of surface waves, by root finding, and their eigenfunctions."""

from __future__ import annotations

import numpy as np

from ..case import Case


def earth():
    """Thickness, velocities of P and S waves, density."""
    return np.array([[2.0, 3.0, 10.0], [3.8, 5.2, 6.6], [2.1, 3.0, 3.8], [2.2, 2.5, 2.8]])


def periods(*rest):
    return lambda: (np.array([2.0, 3.5, 5.0]), *earth(), *rest)


S = "disba._cps._surf96"
CASES = (
    Case(f"{S}:dltar1", lambda: (1.1, 2.9, *earth(), 1), (0, 1, 2, 4, 5)),
    Case(f"{S}:dltar4", lambda: (1.1, 2.9, *earth(), 1, np.zeros((5, 5))), (0, 1, 2, 3, 4, 5)),
    Case(f"{S}:surf96", periods(0, 0, 1, 0.005, 0.025), (1, 3, 4)),
    Case(f"{S}:surf96", periods(0, 0, 2, 0.005, 0.025), (1, 2, 3, 4)),
    Case("disba._cps._swegn96:swegn96", lambda: (3.5, *earth(), 0, 2, 0.005), (1, 2, 3, 4)),
)
