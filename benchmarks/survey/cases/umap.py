"""Dimension reduction: distances, and the gradients that the authors wrote by hand for some of them."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case

X, Y = [0.31, 1.22, 0.74, 2.05, 0.56], [0.92, 0.43, 1.51, 1.11, 0.87]
D = "umap.distances"


def vectors(*rest):
    return lambda: (np.array(X), np.array(Y), *rest)


def weights():
    return np.array([1.1, 0.7, 1.9, 0.4, 1.3])


def precision():
    return np.diag(weights()) + 0.1


def filled(function):
    """The four numbers that it computes of the six that it returns."""

    @njit
    def first(x, y):
        distance, gradient = function(x, y)
        return distance, gradient[:4].copy()

    return first


PLAIN = (
    "euclidean",
    "manhattan",
    "canberra",
    "bray_curtis",
    "cosine",
    "correlation",
    "hellinger",
    "hyperboloid_grad",
    "cosine_grad",
    "correlation_grad",
    "hellinger_grad",
    "bray_curtis_grad",
    "softmax_hellinger",
    "symmetric_kl",
    "symmetric_kl_grad",
)
CASES = (
    *(Case(f"{D}:{name}", vectors(), (0, 1)) for name in PLAIN),
    Case(f"{D}:standardised_euclidean", lambda: (np.array(X), np.array(Y), weights()), (0, 1, 2)),
    Case(f"{D}:minkowski", vectors(2.7), (0, 1, 2)),
    Case(f"{D}:minkowski_grad", vectors(2.7), (0, 1, 2)),
    Case(f"{D}:weighted_minkowski", lambda: (np.array(X), np.array(Y), weights(), 3.1), (0, 1, 2, 3)),
    Case(f"{D}:mahalanobis_f64", lambda: (np.array(X), np.array(Y), precision()), (0, 1, 2)),
    Case(f"{D}:mahalanobis_grad", lambda: (np.array(X), np.array(Y), precision()), (0, 1, 2)),
    Case(f"{D}:haversine", lambda: (np.array([0.4, 1.1]), np.array([-0.2, 0.7])), (0, 1)),
    Case(f"{D}:haversine_grad", lambda: (np.array([0.4, 1.1]), np.array([-0.2, 0.7])), (0, 1)),
    Case(f"{D}:poincare", lambda: (np.array([0.4, 0.1, 0.2]), np.array([-0.2, 0.7, 0.1])), (0, 1)),
    Case(
        f"{D}:spherical_gaussian_energy_grad",
        lambda: (np.array([0.3, 0.8, 1.2]), np.array([-0.4, 0.2, 0.7])),
        (0, 1),
    ),
    Case(
        f"{D}:diagonal_gaussian_energy_grad",
        lambda: (np.array([0.3, 0.8, 1.2, 0.9]), np.array([-0.4, 0.2, 0.7, 1.4])),
        (0, 1),
        filled,
    ),
    Case(
        f"{D}:gaussian_energy_grad",
        lambda: (np.array([0.3, 0.8, 1.2, 0.9, 0.2]), np.array([-0.4, 0.2, 0.7, 1.4, 0.1])),
        (0, 1),
    ),
    Case(f"{D}:approx_log_Gamma", lambda: (3.7,)),
    Case(f"{D}:log_beta", lambda: (3.7, 2.2), (0, 1)),
    Case(
        "umap.sparse:sparse_hellinger",
        lambda: (
            np.array([0, 2, 3, 5]),
            np.array([0.3, 1.2, 0.7, 2.0]),
            np.array([0, 1, 3, 5]),
            np.array([0.9, 0.4, 1.5, 1.1]),
        ),
        (1, 3),
    ),
)
