"""kmeans: the cost of a clustering, and Newton's direction for its centroids."""

from __future__ import annotations

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def cost(centroids, points):
    """Sum of the squared distances of the points, shape (n, d), to the nearest of the centroids, (k, d)."""
    total = 0.0
    for i in range(points.shape[0]):
        closest = np.inf
        for j in range(centroids.shape[0]):
            distance = 0.0
            for axis in range(points.shape[1]):
                distance += (points[i, axis] - centroids[j, axis]) ** 2
            closest = min(closest, distance)
        total += closest
    return total


gradient_along = da.jvp(da.grad(cost))


def direction(centroids, points):
    """Gradient over the diagonal of the Hessian.

    The Hessian has nothing beside its diagonal: times a vector of ones it is its diagonal.
    """
    gradient, diagonal = gradient_along(centroids, np.ones_like(centroids), points)
    return gradient / diagonal


def read(data):
    return np.array(data["centroids"], dtype=float), np.array(data["points"], dtype=float)


FUNCTIONS = {
    "cost": Function(cost, read),
    "dir": Function(direction, read),
}
