"""The objectives once more, for whole NumPy arrays of any kind, and derivatives by complex steps."""

from itertools import pairwise

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, wishart


def complex_step(function, x, h=1e-40):
    """Jacobian of an analytic function by the array x: shape of the result, then of x."""
    columns = []
    for position in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[position] += 1j * h
        columns.append(np.imag(function(moved)) / h)
    columns = np.array(columns)
    return np.moveaxis(columns, 0, -1).reshape(columns.shape[1:] + x.shape)


def ode(x, steps):
    def slope(y):
        return x * np.concatenate(([1.0], y[:-1]))

    y, h = np.zeros_like(x), 2.0 / steps
    for _ in range(steps):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def lstm(main, extra, state, sequence):
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    width = sequence.shape[1]
    hidden, cell = list(state[0::2]), list(state[1::2])
    losses = []
    for before, after in pairwise(sequence):
        signal = before * extra[0]
        for k in range(len(hidden)):
            f, i, o, c = main[2 * k].reshape(4, width)
            bf, bi, bo, bc = main[2 * k + 1].reshape(4, width)
            kept = cell[k] * sigmoid(signal * f + bf)
            cell[k] = kept + sigmoid(hidden[k] * i + bi) * np.tanh(hidden[k] * c + bc)
            hidden[k] = sigmoid(signal * o + bo) * np.tanh(cell[k])
            signal = hidden[k]
        predicted = signal * extra[1] + extra[2]
        losses.append(after * (predicted - np.log(2 + np.exp(predicted).sum())))
    return -np.mean(losses)


def gmm(alpha, mu, q, lower, x, m, gamma):
    """By SciPy's distributions; real numbers only."""
    d = x.shape[1]
    weights = alpha - logsumexp(alpha)
    logs, prior = [], 0.0
    for j in range(alpha.size):
        root = np.diag(np.exp(q[j]))
        root[np.triu_indices(d, 1)[::-1]] = lower[j]
        precision = root.T @ root
        logs.append(weights[j] + multivariate_normal.logpdf(x, mu[j], np.linalg.inv(precision)))
        prior += wishart.logpdf(precision, d + m + 1, np.eye(d) / gamma**2)
    return logsumexp(logs, axis=0).sum() + prior


def rotation(axis):
    """Matrix of a rotation, Rodrigues' formula with the matrix of the cross product; analytic."""
    angle = np.sqrt((axis**2).sum())
    a, b, c = axis / angle
    cross = np.array([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def turned(axis, angle):
    """Matrix of a rotation about a coordinate axis."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out = np.eye(3, dtype=np.result_type(angle))
    out[i, i] = out[j, j] = np.cos(angle)
    out[j, i], out[i, j] = np.sin(angle), -np.sin(angle)
    return out


def bundle(cameras, points, weights, observations, features):
    """All errors in one vector, reprojections first."""
    errors = []
    for (camera, point), weight, feature in zip(observations, weights, features, strict=True):
        c = cameras[camera]
        x, y, z = rotation(c[:3]) @ (points[point] - c[3:6])
        image = np.array([x, y]) / z
        square = (image**2).sum()
        image = c[6] * (1 + c[9] * square + c[10] * square**2) * image + c[7:9]
        errors.append(weight * (image - feature))
    return np.concatenate([np.ravel(errors), 1 - weights**2])


def hand(theta, us, model, triangles, correspondences, points):
    """The hand's errors, shape (points, 3)."""
    parents, relatives, inverses, base, weights, mirrored = model
    bones = parents.size
    angles = np.zeros((bones, 3), theta.dtype)
    for finger in range(5):
        first = theta[6 + 4 * finger : 10 + 4 * finger]
        angles[2 + 4 * finger] = first[0], first[1], 0
        angles[3 + 4 * finger, 0], angles[4 + 4 * finger, 0] = first[2:]
    absolutes = []
    vertices = np.zeros((base.shape[0], 3), theta.dtype)
    for bone in range(bones):
        turn = np.eye(4, dtype=theta.dtype)
        x, z, y = (turned(axis, angle) for axis, angle in zip((0, 2, 1), angles[bone], strict=True))
        turn[:3, :3] = z @ y @ x
        relative = relatives[bone] @ turn
        absolutes.append(relative if parents[bone] < 0 else absolutes[parents[bone]] @ relative)
        posed = base @ (absolutes[bone] @ inverses[bone]).T
        vertices = vertices + weights[:, bone, None] * posed[:, :3]
    if mirrored:
        vertices = vertices * np.array([-1, 1, 1])
    vertices = vertices @ rotation(theta[:3]).T + theta[3:6]
    if us.size == 0:
        return points - vertices[correspondences]
    corners = vertices[triangles[correspondences]]
    shares = np.column_stack([us, 1 - us.sum(axis=1)])
    return points - (shares[:, :, None] * corners).sum(axis=1)
