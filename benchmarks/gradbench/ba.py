"""ba: bundle adjustment, with a sparse Jacobian."""

from __future__ import annotations

from math import cos, sin, sqrt

import numpy as np
from numba import njit

import dualad as da

from .function import Function

CAMERA, POINT = 11, 3
ROW = CAMERA + POINT + 1  # entries other than zero in a row of the reprojection errors


@njit
def rotated(axis, v):
    """The vector v, rotated about an axis by as many radians as it is long (Rodrigues)."""
    square = axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2
    if square == 0.0:
        return (
            v[0] + axis[1] * v[2] - axis[2] * v[1],
            v[1] + axis[2] * v[0] - axis[0] * v[2],
            v[2] + axis[0] * v[1] - axis[1] * v[0],
        )
    angle = sqrt(square)
    a, b, c = axis[0] / angle, axis[1] / angle, axis[2] / angle
    cosine, sine = cos(angle), sin(angle)
    along = (a * v[0] + b * v[1] + c * v[2]) * (1.0 - cosine)
    return (
        v[0] * cosine + (b * v[2] - c * v[1]) * sine + a * along,
        v[1] * cosine + (c * v[0] - a * v[2]) * sine + b * along,
        v[2] * cosine + (a * v[1] - b * v[0]) * sine + c * along,
    )


@njit
def reprojection_error(camera, point, weight, feature):
    """Weighted distance of a point's image from where it was seen.

    A camera is a rotation (3), a centre (3), a focal length, a principal point (2), two coefficients of
    radial distortion.
    """
    moved = (point[0] - camera[3], point[1] - camera[4], point[2] - camera[5])
    x, y, z = rotated(camera[:3], moved)
    u, v = x / z, y / z
    square = u**2 + v**2
    scale = camera[6] * (1.0 + camera[9] * square + camera[10] * square**2)
    return weight * (u * scale + camera[7] - feature[0]), weight * (v * scale + camera[8] - feature[1])


@njit
def weight_error(weight):
    return 1.0 - weight**2


@njit
def objective(cameras, points, weights, observations, features):
    """All reprojection errors, shape (p, 2), and weight errors, (p,)."""
    p = weights.size
    reprojections, regularisations = np.empty((p, 2)), np.empty(p)
    for i in range(p):
        camera, point = cameras[observations[i, 0]], points[observations[i, 1]]
        reprojections[i, 0], reprojections[i, 1] = reprojection_error(camera, point, weights[i], features[i])
        regularisations[i] = weight_error(weights[i])
    return reprojections, regularisations


@njit
def error_by_row(row, feature):
    """The reprojection error by all that it depends on, as it lies in a row of the Jacobian."""
    return reprojection_error(row[:CAMERA], row[CAMERA : CAMERA + POINT], row[-1], feature)


reprojection_rows = da.jacobian(error_by_row)
weight_row = da.derivative(weight_error)


@njit
def jacobian(cameras, points, weights, observations, features):
    """The sparse Jacobian of the objective, by blocks: an error depends on one camera, point and weight.

    Returns the starts of its rows, and columns and values of its entries.
    """
    p = weights.size
    rows = np.empty(3 * p + 1, np.int64)
    columns, values = np.empty((2 * ROW + 1) * p, np.int64), np.empty((2 * ROW + 1) * p)
    first_point = CAMERA * cameras.shape[0]
    first_weight = first_point + POINT * points.shape[0]
    rows[0] = entry = 0
    at = np.empty(ROW)
    for i in range(p):
        camera, point = observations[i, 0], observations[i, 1]
        at[:CAMERA], at[CAMERA:-1], at[-1] = cameras[camera], points[point], weights[i]
        block = reprojection_rows(at, features[i])
        for row in range(2):
            for j in range(CAMERA):
                columns[entry + j] = CAMERA * camera + j
            for j in range(POINT):
                columns[entry + CAMERA + j] = first_point + POINT * point + j
            columns[entry + CAMERA + POINT] = first_weight + i
            for j in range(ROW):
                values[entry + j] = block[row][j]
            entry += ROW
            rows[2 * i + row + 1] = entry
    for i in range(p):
        columns[entry] = first_weight + i
        values[entry] = weight_row(weights[i])
        entry += 1
        rows[2 * p + i + 1] = entry
    return rows, columns, values


def read(data):
    """One camera, point, weight and feature are repeated; observation i joins camera and point number i."""
    n, m, p = (int(data[name]) for name in ("n", "m", "p"))
    cameras = np.tile(np.array(data["cam"], dtype=float), (n, 1))
    points = np.tile(np.array(data["x"], dtype=float), (m, 1))
    observations = np.stack([np.arange(p) % n, np.arange(p) % m], axis=1)
    features = np.tile(np.array(data["feat"], dtype=float), (p, 1))
    return cameras, points, np.full(p, float(data["w"])), observations, features


def repeated(errors):
    """GradBench wants the first elements and how often they are repeated."""
    reprojections, regularisations = errors
    count = len(regularisations)
    return {
        "reproj_error": {"elements": reprojections[0].tolist(), "repeated": count},
        "w_err": {"element": float(regularisations[0]), "repeated": count},
    }


def ends(matrix):
    """GradBench wants the first thirty entries and the last."""
    return {
        name: [*part[: 2 * ROW].tolist(), part[-1].item()]
        for name, part in zip(("rows", "cols", "vals"), matrix, strict=True)
    }


FUNCTIONS = {
    "objective": Function(objective, read, repeated),
    "jacobian": Function(jacobian, read, ends),
}
