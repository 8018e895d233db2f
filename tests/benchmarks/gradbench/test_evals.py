"""Every eval against formulas of its own in NumPy, and GradBench's published results, at several sizes."""

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from benchmarks.gradbench import ba, gmm, ht
from benchmarks.gradbench.protocol import functions
from tests.benchmarks.gradbench import references

RNG = np.random.default_rng(5)
close = np.testing.assert_allclose


def answered(module, function, **data):
    """What the tool answers to GradBench's input, through JSON."""
    found = functions(module)[function]
    arguments = found.read(json.loads(json.dumps(data)))
    return json.loads(json.dumps(found.write(found.call(*arguments))))


@pytest.mark.parametrize(("n", "m"), [(2, 1), (9, 4), (40, 17)])
def test_llsq(n, m):
    x = RNG.random(m)
    t = np.linspace(-1, 1, n)
    powers = np.vander(t, m, increasing=True)
    residual = powers @ x - np.sign(t)
    data = {"x": x.tolist(), "n": n}
    close(answered("llsq", "primal", **data), residual @ residual / 2, rtol=1e-13)
    close(answered("llsq", "gradient", **data), powers.T @ residual, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("n", [1, 10, 1000])
def test_lse(n):
    x = RNG.normal(size=n) * 100
    close(answered("lse", "primal", x=x.tolist()), logsumexp(x), rtol=1e-14)
    close(answered("lse", "gradient", x=x.tolist()), softmax(x), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_det(n):
    a = RNG.normal(size=(n, n))
    data = {"A": a.ravel().tolist(), "ell": n}
    expected = np.linalg.det(a)
    close(answered("det", "primal", **data), expected, rtol=1e-12)
    close(answered("det", "gradient", **data), (expected * np.linalg.inv(a).T).ravel(), rtol=1e-11)


@pytest.mark.parametrize(("n", "steps"), [(1, 1), (4, 3), (9, 5)])
def test_ode(n, steps):
    x = RNG.random(n) + 0.5
    data = {"x": x.tolist(), "s": steps}
    found = answered("ode", "primal", **data)
    close(found, references.ode(x, steps), rtol=1e-13)
    # The solution is a polynomial; up to order four the method is exact.
    orders = np.arange(1, min(n, 4) + 1)
    exact = np.cumprod(2.0 * x[:4] / orders)
    close(found[:4], exact, rtol=1e-13)
    gradient = references.complex_step(lambda z: references.ode(z, steps)[-1], x)
    close(answered("ode", "gradient", **data), gradient, rtol=1e-12)


@pytest.mark.parametrize(("n", "k", "d"), [(3, 1, 1), (40, 5, 3)])
def test_kmeans(n, k, d):
    points = RNG.random((n, d))
    centroids = points[-k:] + 0.01
    distances = ((points[:, None] - centroids) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    means = np.array([points[nearest == j].mean(axis=0) for j in range(k)])
    data = {"points": points.tolist(), "centroids": centroids.tolist()}
    close(answered("kmeans", "cost", **data), distances.min(axis=1).sum(), rtol=1e-13)
    close(answered("kmeans", "dir", **data), centroids - means, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("layers", "count", "width"), [(1, 2, 1), (2, 6, 3)])
def test_lstm(layers, count, width):
    main, extra = RNG.random((2 * layers, 4 * width)), RNG.random((3, width))
    state = RNG.random((2 * layers, width))
    sequence = RNG.integers(0, 2, (count, width)).astype(float)
    data = {"main_params": main, "extra_params": extra, "state": state, "sequence": sequence}
    data = {name: value.tolist() for name, value in data.items()}
    close(answered("lstm", "objective", **data), references.lstm(main, extra, state, sequence), rtol=1e-13)
    by_main = references.complex_step(lambda z: references.lstm(z, extra, state, sequence), main)
    by_extra = references.complex_step(lambda z: references.lstm(main, z, state, sequence), extra)
    expected = np.concatenate([by_main.ravel(), by_extra.ravel()])
    close(answered("lstm", "jacobian", **data), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize(("n", "d", "k", "m", "gamma"), [(3, 1, 1, 0, 1.0), (7, 4, 3, 2, 0.7)])
def test_gmm(n, d, k, m, gamma):
    shapes = {"alpha": (k,), "mu": (k, d), "q": (k, d), "l": (k, d * (d - 1) // 2), "x": (n, d)}
    arrays = {name: RNG.normal(size=shape) for name, shape in shapes.items()}
    data = {name: array.tolist() for name, array in arrays.items()}
    data |= {"d": d, "k": k, "n": n, "m": m, "gamma": gamma}
    point = [*arrays.values()]
    close(answered("gmm", "objective", **data), references.gmm(*point, m, gamma), rtol=1e-12)
    gradient = answered("gmm", "jacobian", **data)
    assert list(gradient) == ["alpha", "mu", "q", "l"]
    direction = [RNG.normal(size=part.shape) for part in point[:4]]
    slope = sum(np.vdot(gradient[name], part) for name, part in zip(gradient, direction, strict=True))

    def along(t):
        moved = [part + t * step for part, step in zip(point, direction, strict=False)]
        return references.gmm(*moved, point[4], m, gamma)

    close(slope, (along(1e-5) - along(-1e-5)) / 2e-5, rtol=1e-7)
    # All entries, against differences of the objective itself.
    for name, entries in arrays.items():
        for position in np.ndindex(entries.shape if name != "x" else ()):
            step = np.zeros_like(entries)
            step[position] = 1e-6
            up, down = ({**arrays, name: entries + sign * step} for sign in (1, -1))
            if name != "x":
                change = gmm.log_posterior(*up.values(), m, gamma) - gmm.log_posterior(
                    *down.values(), m, gamma
                )
                close(np.array(gradient[name])[position], change / 2e-6, rtol=1e-5, atol=1e-6)


def dense(matrix, columns):
    rows, indices, values = matrix
    out = np.zeros((rows.size - 1, columns))
    for row, (begin, end) in enumerate(pairwise(rows)):
        np.add.at(out[row], indices[begin:end], values[begin:end])
    return out


@pytest.mark.battery
@pytest.mark.parametrize(("n", "m", "p"), [(1, 1, 1), (2, 3, 5)])
def test_ba(n, m, p):
    cameras, points, weights = RNG.random((n, 11)), RNG.random((m, 3)) + 3.0, RNG.random(p)
    observations, features = np.stack([np.arange(p) % n, np.arange(p) % m], 1), RNG.random((p, 2))
    others = observations, features
    found = np.concatenate([part.ravel() for part in ba.objective(cameras, points, weights, *others)])
    close(found, references.bundle(cameras, points, weights, *others), rtol=1e-12, atol=1e-13)
    parts = [cameras, points, weights]

    def by(number):
        def errors(part):
            return references.bundle(*parts[:number], part, *parts[number + 1 :], *others)

        return references.complex_step(errors, parts[number]).reshape(3 * p, -1)

    expected = np.hstack([by(number) for number in range(3)])
    close(
        dense(ba.jacobian(cameras, points, weights, *others), expected.shape[1]),
        expected,
        rtol=1e-11,
        atol=1e-12,
    )


@pytest.mark.battery
def test_ba_without_rotation():
    """Where the angle is zero the rotation is still differentiated: it is the cross product."""
    camera = np.array([0.0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
    rows = ba.reprojection_rows(np.concatenate((camera, [1.0, 2.0, 4.0, 1.0])), np.zeros(2))
    close(rows[0][:3], [-2 / 16, 1 + 1 / 16, -2 / 4], rtol=1e-14)


@pytest.mark.battery
def test_ba_answers_the_ends():
    data = {"n": 2, "m": 3, "p": 20, "cam": [0.1 * i + 0.1 for i in range(11)], "x": [1, 2, 3], "w": 0.5}
    objective = answered("ba", "objective", **data, feat=[0.1, 0.2])
    assert objective["w_err"] == {"element": 0.75, "repeated": 20}
    assert objective["reproj_error"]["repeated"] == 20
    jacobian = answered("ba", "jacobian", **data, feat=[0.1, 0.2])
    assert {len(part) for part in jacobian.values()} == {31}
    assert (jacobian["rows"][-1], jacobian["cols"][-1], jacobian["vals"][-1]) == (620, 50, -1.0)


def hand(points, vertices, mirrored, complicated):
    """A made-up hand of 22 bones."""
    bones = 22
    parents = np.array([-1, 0, *(1 if bone % 4 == 2 else bone - 1 for bone in range(2, bones))])
    model = (
        parents, RNG.normal(size=(bones, 4, 4)) / 2, RNG.normal(size=(bones, 4, 4)) / 2,
        np.column_stack([RNG.normal(size=(vertices, 3)), np.ones(vertices)]),
        np.where(RNG.random((vertices, bones)) < 0.2, RNG.random((vertices, bones)), 0.0), mirrored,
    )  # fmt: skip
    triangles = RNG.integers(0, vertices, (vertices, 3))
    us = RNG.random((points, 2)) if complicated else np.empty((0, 2))
    theta = RNG.normal(size=26)
    return theta, us, model, triangles, RNG.integers(0, vertices, points), RNG.normal(size=(points, 3))


@pytest.mark.battery
@pytest.mark.parametrize(("points", "vertices", "mirrored"), [(1, 3, False), (7, 11, True)])
@pytest.mark.parametrize("complicated", [False, True])
def test_ht(points, vertices, mirrored, complicated):
    arguments = hand(points, vertices, mirrored, complicated)
    theta, us, *others = arguments
    close(ht.objective(*arguments), references.hand(*arguments).ravel(), rtol=1e-11, atol=1e-11)
    by_theta = references.complex_step(lambda z: references.hand(z, us, *others), theta).reshape(
        3 * points, -1
    )
    columns = [by_theta]
    if complicated:
        by_us = references.complex_step(lambda z: references.hand(theta.astype(complex), z, *others), us)
        columns.insert(0, np.einsum("paqu->pau", by_us).reshape(3 * points, 2))
    close(ht.jacobian(*arguments), np.hstack(columns), rtol=1e-10, atol=1e-10)


@pytest.mark.battery
@pytest.mark.parametrize("modes", ["ff", "fr", "rf", "rr"])
def test_nested(modes):
    """The results that GradBench expects."""
    close(answered("particle", modes, w=0.0), 0.2071918746486116, rtol=1e-9)
    close(answered("saddle", modes, start=[1.0, 1.0]), np.full(4, 8.246324826140356e-06), rtol=1e-9)
