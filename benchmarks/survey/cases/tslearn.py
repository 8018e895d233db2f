"""Time series: soft dynamic time warping and its gradient by hand, Fréchet distance, ARIMA."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case


def series(n, phase):
    t = np.arange(float(n))
    return np.stack((np.sin(0.7 * t + phase), np.cos(0.4 * t + phase) * 0.1 * t), axis=1)


def alignment(kernel):
    """Soft-DTW with its work array."""

    @njit
    def value(d, gamma):
        r = np.zeros((d.shape[0] + 2, d.shape[1] + 2))
        kernel(d, r, gamma)
        return r[-2, -2]

    return value


def costs(kernel):
    @njit
    def values(d, gamma):
        r = np.zeros((d.shape[0], d.shape[1] + 2, d.shape[2] + 2))
        kernel(d, r, gamma)
        return r[:, -2, -2]

    return values


def distances():
    return np.abs(np.subtract.outer(np.sin(np.arange(6.0)), np.cos(np.arange(5.0)))) + 0.1


M = "tslearn.metrics"
CASES = (
    Case(
        f"{M}._soft_dtw:_njit_accumulated_matrix",
        lambda: (series(6, 0.1), series(5, 0.7), np.ones((6, 5), dtype=np.bool_), 0.8),
        (0, 1, 3),
    ),
    Case(
        f"{M}._soft_dtw:_njit_accumulated_matrix_from_distance_matrix",
        lambda: (distances(), np.ones((6, 5), dtype=np.bool_), 0.8),
        (0, 2),
    ),
    Case(f"{M}.soft_dtw_fast:_njit_soft_dtw", lambda: (distances(), 0.8), (0, 1), alignment),
    Case(
        f"{M}.soft_dtw_fast:_njit_soft_dtw_batch",
        lambda: (np.stack((distances(), distances().T[:5, ::-1].repeat(2, 0)[:6].repeat(1, 1)[:, :5])), 0.8),
        (0, 1),
        costs,
    ),
    Case(f"{M}.soft_dtw_fast:_njit_softmin3", lambda: (0.7, 0.4, 1.1, 0.8), (0, 1, 2, 3)),
    Case(
        f"{M}._dtw:_njit_accumulated_matrix",
        lambda: (series(6, 0.1), series(5, 0.7), np.ones((6, 5), dtype=np.bool_)),
        (0, 1),
    ),
    Case(
        f"{M}._frechet:_njit_accumulated_matrix",
        lambda: (series(6, 0.1), series(5, 0.7), np.ones((6, 5), dtype=np.bool_)),
        (0, 1),
    ),
    Case(f"{M}.dtw_variants:_njit_subsequence_cost_matrix", lambda: (series(3, 0.1), series(7, 0.7)), (0, 1)),
    Case(f"{M}.cycc:normalized_cc", lambda: (series(6, 0.1), series(6, 0.7)), (0, 1)),
    Case(
        "tslearn.forecasting._arima:_loss",
        lambda: (
            np.stack((series(9, 0.2), series(9, 1.1))),
            np.array([0.1, -0.2]),
            np.array([[0.4, 0.2], [-0.1, 0.3]]),
            np.array([[0.3, -0.2]]),
        ),
        (1, 2, 3),
    ),
)
