"""ht: a model of a hand, posed and held against measured points."""

from __future__ import annotations

from math import cos, sin, sqrt

import numpy as np
from numba import njit

import dualad as da

from .function import Function

PARAMETERS = 26
SHARED = 2  # barycentric coordinates of a point, columns of the Jacobian that all points share


@njit
def product(a, b):
    """a @ b: for a few rows and columns loops are faster than BLAS."""
    out = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(b.shape[0]):
                out[i, j] += a[i, k] * b[k, j]
    return out


@njit
def rotation(axis):
    """Matrix of the rotation about an axis by as many radians as it is long."""
    angle = sqrt(axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2)
    out = np.eye(3)
    if angle < 1e-4:
        return out
    x, y, z = axis[0] / angle, axis[1] / angle, axis[2] / angle
    s, c = sin(angle), cos(angle)
    out[0, 0], out[0, 1], out[0, 2] = (
        x * x + (1 - x * x) * c,
        x * y * (1 - c) - z * s,
        x * z * (1 - c) + y * s,
    )
    out[1, 0], out[1, 1], out[1, 2] = (
        x * y * (1 - c) + z * s,
        y * y + (1 - y * y) * c,
        y * z * (1 - c) - x * s,
    )
    out[2, 0], out[2, 1], out[2, 2] = (
        x * z * (1 - c) - y * s,
        z * y * (1 - c) + x * s,
        z * z + (1 - z * z) * c,
    )
    return out


@njit
def bend(angles):
    """Homogeneous matrix of the rotations about x, y and z by angles 0, 2 and 1, in this order."""
    cx, sx = cos(angles[0]), sin(angles[0])
    cy, sy = cos(angles[2]), sin(angles[2])
    cz, sz = cos(angles[1]), sin(angles[1])
    out = np.eye(4)
    out[0, 0], out[0, 1], out[0, 2] = cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx
    out[1, 0], out[1, 1], out[1, 2] = sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx
    out[2, 0], out[2, 1], out[2, 2] = -sy, cy * sx, cy * cx
    return out


@njit
def bone_angles(theta, bones):
    """Three angles of each bone: of the five fingers three bones bend, the first of them two ways."""
    angles = np.zeros((bones, 3))
    parameter, bone = 6, 2
    for _ in range(5):
        for joint in range(3):
            angles[bone, 0] = theta[parameter]
            parameter += 1
            if joint == 0:
                angles[bone, 1] = theta[parameter]
                parameter += 1
            bone += 1
        bone += 1
    return angles


@njit
def skinned(theta, parents, relatives, inverses, base, weights, mirrored):
    """Vertices of the posed hand, shape (vertices, 3).

    `theta` has a rotation (3), a translation (3) and the angles of the fingers (20).
    """
    bones, vertices = parents.size, base.shape[0]
    angles = bone_angles(theta, bones)
    absolutes, transforms = np.empty((bones, 4, 4)), np.empty((bones, 4, 4))
    for bone in range(bones):
        relative = product(relatives[bone], bend(angles[bone]))
        if parents[bone] < 0:
            absolutes[bone] = relative
        else:
            absolutes[bone] = product(absolutes[parents[bone]], relative)
        transforms[bone] = product(absolutes[bone], inverses[bone])
    turn = rotation(theta[:3])
    if mirrored:
        turn[:, 0] *= -1.0
    out = np.empty((vertices, 3))
    for vertex in range(vertices):
        x, y, z = 0.0, 0.0, 0.0
        a, b, c, d = base[vertex]
        for bone in range(bones):
            weight = weights[vertex, bone]
            if weight != 0.0:
                t = transforms[bone]
                x += weight * (t[0, 0] * a + t[0, 1] * b + t[0, 2] * c + t[0, 3] * d)
                y += weight * (t[1, 0] * a + t[1, 1] * b + t[1, 2] * c + t[1, 3] * d)
                z += weight * (t[2, 0] * a + t[2, 1] * b + t[2, 2] * c + t[2, 3] * d)
        for i in range(3):
            out[vertex, i] = turn[i, 0] * x + turn[i, 1] * y + turn[i, 2] * z + theta[3 + i]
    return out


@njit
def simple(theta, model, correspondences, points):
    """What each measured point, shape (points, 3), is away from its vertex."""
    hand = skinned(theta, *model)
    out = np.empty(points.shape)
    for i in range(points.shape[0]):
        for axis in range(3):
            out[i, axis] = points[i, axis] - hand[correspondences[i], axis]
    return out


@njit
def complicated(theta, us, model, triangles, correspondences, points):
    """What each measured point is away from its place in a triangle, barycentric coordinates `us`."""
    hand = skinned(theta, *model)
    out = np.empty(points.shape)
    for i in range(points.shape[0]):
        first, second, third = triangles[correspondences[i]]
        u, v = us[i]
        for axis in range(3):
            place = u * hand[first, axis] + v * hand[second, axis] + (1.0 - u - v) * hand[third, axis]
            out[i, axis] = points[i, axis] - place
    return out


@njit
def shifted(parameters, us, *others):
    """The complicated objective when all coordinates shift alike: a row depends on those of one point only.

    So the columns of all points are compressed into two.
    """
    return complicated(parameters[SHARED:], us + parameters[:SHARED], *others)


# All columns in one pass: the hand is posed once.
simple_jacobian = da.jacobian(simple, chunk=PARAMETERS)
shifted_jacobian = da.jacobian(shifted, chunk=SHARED + PARAMETERS)


def objective(theta, us, model, triangles, correspondences, points):
    if us.size == 0:
        return simple(theta, model, correspondences, points).ravel()
    return complicated(theta, us, model, triangles, correspondences, points).ravel()


def jacobian(theta, us, model, triangles, correspondences, points):
    """Rows for the coordinates of all points; columns for the two of `us`, if there are any, then theta."""
    if us.size == 0:
        matrix = simple_jacobian(theta, model, correspondences, points)
    else:
        parameters = np.concatenate((np.zeros(SHARED), theta))
        matrix = shifted_jacobian(parameters, us, model, triangles, correspondences, points)
    return matrix.reshape(-1, matrix.shape[-1])


def read(data):
    hand = data["data"]
    model = hand["model"]
    floats = ("base_relatives", "inverse_base_absolutes", "base_positions", "weights")
    parents = np.array(model["parents"], dtype=np.int64)
    arrays = (np.array(model[name], dtype=float) for name in floats)
    return (
        np.array(data["theta"], dtype=float),
        np.array(data["us"], dtype=float).reshape(-1, 2),
        (parents, *arrays, bool(model["is_mirrored"])),
        np.array(model["triangles"], dtype=np.int64),
        np.array(hand["correspondences"], dtype=np.int64),
        np.array(hand["points"], dtype=float),
    )


FUNCTIONS = {
    "objective": Function(objective, read),
    "jacobian": Function(jacobian, read),
}
