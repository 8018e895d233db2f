"""Complexity of signals: fractal dimensions, fluctuations, regression."""

from __future__ import annotations

import numpy as np

from ..case import Case


def signal(n):
    t = np.arange(float(n))
    return np.sin(0.7 * t) + 0.3 * np.cos(2.9 * t)


CASES = (
    Case("antropy.fractal:_higuchi_fd", lambda: (signal(40), 5)),
    Case("antropy.fractal:_dfa", lambda: (signal(80),)),
    Case("antropy.utils:_linear_regression", lambda: (signal(9), signal(9) ** 2), (0, 1)),
)
