"""Motifs in time series: distance profiles, rolling moments, the matrix profile."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case


def series(n, phase=0.0):
    t = np.arange(float(n))
    return np.sin(0.9 * t + phase) + 0.4 * np.cos(2.3 * t)


def moments(n, m):
    windows = np.lib.stride_tricks.sliding_window_view(series(n, 0.8), m)
    return windows.mean(axis=1), windows.std(axis=1)


def profile_arguments():
    n, m = 18, 5
    query, text = series(m), series(n, 0.8)
    mean, deviation = moments(n, m)
    products = np.correlate(text, query, "valid")
    never = np.zeros(n - m + 1, dtype=np.bool_)
    return m, products, float(query.mean()), float(query.std()), mean, deviation, False, never


def mass_arguments():
    m, products, mu, sigma, mean, deviation, constant, never = profile_arguments()
    return series(m), series(18, 0.8), products, mu, sigma, mean, deviation, constant, never


def absolute(kernel):
    """Distances of the nearest neighbours, without those of their indices."""

    @njit
    def profile(a, b, p):
        n = a.size - 4 + 1
        finite = np.ones(n, dtype=np.bool_)
        diagonals = np.arange(-(n - 1), b.size - 4 + 1)
        return kernel(a, b, 4, finite, finite, p, diagonals, False, 1)[0]

    return profile


CASES = (
    Case("stumpy.core:_sliding_dot_product", lambda: (series(5), series(18, 0.8)), (0, 1)),
    Case("stumpy.core:_welford_nanvar", lambda: (series(18), 5, np.ones(14, dtype=np.bool_))),
    Case("stumpy.core:_rolling_nanstd_1d", lambda: (series(18), 5)),
    Case("stumpy.core:_p_norm_distance_profile", lambda: (series(5), series(18, 0.8), 2.3), (0, 1, 2)),
    Case(
        "stumpy.core:_calculate_squared_distance",
        lambda: (5, 0.8, 0.1, 0.7, 0.2, 0.9, False, False),
        (1, 2, 3, 4, 5),
    ),
    Case("stumpy.core:_calculate_squared_distance_profile", profile_arguments, (1, 2, 3, 4, 5)),
    Case("stumpy.core:calculate_distance_profile", profile_arguments, (1, 2, 3, 4, 5)),
    Case("stumpy.core:_mass", mass_arguments, (2, 3, 4, 5, 6)),
    Case("stumpy.aamp:_aamp", lambda: (series(14), series(14, 0.8), 2.0), (0, 1), absolute),
)
