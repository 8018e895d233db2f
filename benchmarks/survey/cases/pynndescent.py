"""Nearest neighbours: distances of dense and sparse vectors, optimal transport."""

from __future__ import annotations

import numpy as np

from ..case import Case

X, Y = [0.31, 1.22, 0.74, 2.05, 0.56], [0.92, 0.43, 1.51, 1.11, 0.87]
D, S, T = "pynndescent.distances", "pynndescent.sparse", "pynndescent.optimal_transport"


def vectors(*rest):
    return lambda: (np.array(X), np.array(Y), *rest)


def cost():
    return np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0))) ** 1.3


def sparse(*rest):
    return lambda: (
        np.array([0, 2, 3, 5], dtype=np.int32),
        np.array([0.3, 1.2, 0.7, 2.0]),
        np.array([0, 1, 3, 5], dtype=np.int32),
        np.array([0.9, 0.4, 1.5, 1.1]),
        *rest,
    )


CASES = (
    *(
        Case(f"{D}:{name}", vectors(), (0, 1))
        for name in (
            "tsss",
            "true_angular",
            "correlation",
            "hellinger",
            "jensen_shannon_divergence",
            "symmetric_kl_divergence",
            "spearmanr",
            "proxy_wasserstein_1d",
            "circular_kantorovich",
        )
    ),
    Case(f"{D}:wasserstein_1d", vectors(2.3), (0, 1, 2)),
    Case(f"{D}:kantorovich", lambda: (np.array(X), np.array(Y), cost()), (0, 1, 2)),
    Case(f"{D}:sinkhorn", lambda: (np.array(X), np.array(Y), cost(), 1.0), (0, 1, 2)),
    Case(
        f"{T}:sinkhorn_distance", lambda: (np.array(X) / 4.88, np.array(Y) / 4.84, cost(), 1.0), (0, 1, 2, 3)
    ),
    Case(f"{S}:sparse_euclidean", sparse(), (1, 3)),
    Case(f"{S}:sparse_minkowski", sparse(2.4), (1, 3, 4)),
    Case(f"{S}:sparse_correlation", sparse(7), (1, 3)),
    Case(f"{S}:sparse_wasserstein_1d", sparse(1.6), (1, 3, 4)),
    Case(f"{S}:sparse_jensen_shannon_divergence", sparse(), (1, 3)),
    Case(f"{S}:sparse_bray_curtis", sparse(), (1, 3)),
)
