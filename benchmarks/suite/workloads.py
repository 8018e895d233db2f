"""Inputs of the twelve problems, made here, of the shapes that GradBench uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..gradbench.protocol import functions

# What GradBench calls the objective and its derivative, by problem.
NAMES = {
    "hello": ("square", "double"),
    "kmeans": ("cost", "dir"),
    **dict.fromkeys(("llsq", "lse", "det", "ode"), ("primal", "gradient")),
    **dict.fromkeys(("gmm", "lstm", "ba", "ht"), ("objective", "jacobian")),
}
MODES = ("ff", "fr", "rf", "rr")


@dataclass(frozen=True)
class Workload:
    """One problem at one size."""

    problem: str
    size: str
    scale: int  # a number that grows with the work
    make: Callable[[], tuple[Any, ...]]
    derivative: str = ""  # of particle and saddle: the modes, they have no plain objective

    @property
    def primal(self) -> Callable[..., Any] | None:
        return None if self.derivative else functions(self.problem)[NAMES[self.problem][0]].call

    @property
    def call(self) -> Callable[..., Any]:
        """The derivative by dualad."""
        name = self.derivative or NAMES[self.problem][1]
        return functions(self.problem)[name].call

    @property
    def title(self) -> str:
        return f"{self.problem} {self.size or self.derivative}"


def workloads(quick: bool = False) -> Iterator[Workload]:
    """All problems; only the smallest size of each if `quick`."""
    for problem, sizes in SIZES.items():
        for size in sizes[:1] if quick else sizes:
            shape = ", ".join(f"{name} = {value:,}" for name, value in size.items())
            scale = int(np.prod(list(size.values()), dtype=np.int64))
            make = partial(globals()[f"_{problem}"], **size)
            yield Workload(problem, shape, scale, make)
    for modes in MODES:
        yield Workload("particle", "", 1, lambda: (np.zeros(1),), modes)
        yield Workload("saddle", "", 1, lambda: (np.ones(2),), modes)


SIZES: dict[str, list[dict[str, int]]] = {
    "hello": [{}],
    "llsq": [{"n": 64, "m": 128}, {"n": 1024, "m": 128}, {"n": 4096, "m": 128}],
    "lse": [{"n": 2500}, {"n": 10_000}, {"n": 160_000}],
    "det": [{"n": 5}, {"n": 7}, {"n": 8}],
    "ode": [{"n": 100, "s": 10}, {"n": 1000, "s": 10}, {"n": 1000, "s": 100}],
    "gmm": [{"d": 2, "k": 5, "n": 1000}, {"d": 10, "k": 5, "n": 1000}, {"d": 10, "k": 25, "n": 1000}],
    "lstm": [{"layers": 2, "c": 128}, {"layers": 2, "c": 1024}, {"layers": 4, "c": 1024}],
    "kmeans": [{"k": 10, "n": 1000, "d": 8}, {"k": 100, "n": 1000, "d": 8}, {"k": 100, "n": 1000, "d": 16}],
    "ba": [{"n": 5, "m": 100, "p": 500}, {"n": 49, "m": 7776, "p": 31_843}],
    "ht": [{"vertices": 544, "p": 100}, {"vertices": 544, "p": 1600}],
}


def _rng() -> np.random.Generator:
    return np.random.default_rng(31337)


def _hello():
    return (3.0,)


def _llsq(n, m):
    return _rng().random(m), n


def _lse(n):
    return (_rng().random(n),)


def _det(n):
    return (_rng().random((n, n)),)


def _ode(n, s):
    return _rng().random(n), s


def _gmm(d, k, n):
    rng = _rng()
    normal = rng.normal
    points = normal(size=(n, d))
    lower = normal(size=(k, d * (d - 1) // 2))
    return normal(size=k), rng.random((k, d)), normal(size=(k, d)), lower, points, 0, 1.0


def _lstm(layers, c, bits=14):
    rng = _rng()
    sequence = rng.integers(0, 2, (c, bits)).astype(float)
    return rng.random((2 * layers, 4 * bits)), rng.random((3, bits)), rng.random((2 * layers, bits)), sequence


def _kmeans(k, n, d):
    points = _rng().random((n, d))
    return points[-k:].copy(), points


def _ba(n, m, p):
    rng = _rng()
    numbers = np.arange(p)
    observations = np.stack([numbers % n, numbers % m], axis=1)
    cameras = np.tile(rng.random(11), (n, 1))
    return cameras, np.tile(rng.random(3) + 3.0, (m, 1)), np.full(p, 0.7), observations, np.zeros((p, 2))


def _ht(vertices, p, bones=22):
    rng = _rng()
    parents = np.array([-1, 0, *(1 if bone % 4 == 2 else bone - 1 for bone in range(2, bones))])
    weights = np.zeros((vertices, bones))
    for weight in weights:  # a vertex follows a few bones
        weight[rng.choice(bones, 4, replace=False)] = rng.dirichlet(np.ones(4))
    base = np.column_stack([rng.normal(size=(vertices, 3)), np.ones(vertices)])
    matrices = np.tile(np.eye(4), (2, bones, 1, 1)) + 0.1 * rng.normal(size=(2, bones, 4, 4))
    triangles = rng.integers(0, vertices, (2 * vertices, 3))
    correspondences = rng.integers(0, vertices, p)
    model = parents, *matrices, base, weights, False
    return rng.normal(size=26), np.empty((0, 2)), model, triangles, correspondences, rng.normal(size=(p, 3))
