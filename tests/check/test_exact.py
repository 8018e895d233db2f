"""Functions evaluated again with many digits: the same value, exact slopes, or a reason why not."""

from __future__ import annotations

import functools
import math
import random
import time

import numpy as np
import pytest
from numba import njit, prange

import dualad as da
from dualad.check.function.subject import Subject
from dualad.check.reference.exact import Exact

SCALE = [2.0, (3.0, math.exp)]
X = np.array([0.3, 1.7, 0.9])


@njit
def helper(x):
    return math.sin(x) if x > 0.5 else x**3


@njit(parallel=True)
def compiled(x):
    s = 0.0
    for i in prange(x.size):
        s += helper(x[i])
    return s


def buffers(x):
    y = np.zeros_like(x)
    y[1:] = x[:-1] * 2
    y[0] += np.exp(x[-1])
    z = np.full(x.size, x[0])
    z *= y
    return z @ np.ones(3) + np.array([x[1], 1.0])[0]


def closure(power):
    table = {"f": lambda v: v**power}

    def function(x):
        return sum(table["f"](v) for v in x) + SCALE[0] * SCALE[1][1](SCALE[1][0] * x[0])

    return function


def conversions(x):
    n = int(x[1] * 11)
    return float(x[0]) * n + round(x[1]) * math.floor(x[2] + 5) + max(x[0], x[1], 0.1) + abs(-x[2]) % 0.5


def reductions(x):
    return np.array([np.sum(x), np.max(x), np.mean(x * x), np.dot(x, x[::-1]), np.prod(x), np.linalg.norm(x)])


FUNCTIONS = [
    np.sin,
    compiled,
    buffers,
    closure(2.5),
    conversions,
    lambda x: np.where(x > 0.5, np.log(x), x).sum(),
]


def exact(function, x=X):
    subject = Subject(function, (x,), 0)
    subject.open()
    return Exact(subject), subject


@pytest.mark.parametrize("function", FUNCTIONS)
def test_values_and_slopes(function):
    found, subject = exact(function)
    assert found.possible, found.reason
    assert found.value == pytest.approx(subject.y, rel=1e-14)
    for direction in np.eye(3):
        value, error, smooth = found.derivative([direction])
        step = 1e-6 * direction
        difference = (subject(X + step) - subject(X - step)) / 2e-6
        assert smooth
        assert value == pytest.approx(difference, rel=1e-7, abs=1e-7)
        assert np.all(error < 1e-14 * (1 + np.abs(value)))


def test_digits_do_not_run_out_at_high_orders():
    found, _ = exact(lambda x: np.exp(x[0]) * np.sin(x[1]))
    e0, e1 = np.eye(3)[:2]
    value, error, _ = found.derivative([e0, e0, e1, e1])
    assert value == pytest.approx([-math.exp(0.3) * math.sin(1.7)], rel=1e-15)
    assert error[0] < 1e-14


def test_kinks_are_noticed():
    found, _ = exact(lambda x: abs(x[0] - 0.3) + x[1])
    assert not found.derivative([np.array([1.0, 0.0, 0.0])])[2]
    assert found.derivative([np.array([0.0, 1.0, 0.0])])[2]


def numpy_random():
    return np.random.rand()  # noqa: NPY002


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (functools.partial(math.pow, 2.0), "it is not a Python function"),
        (lambda x: x[0] * random.random(), "it uses random"),
        (lambda x: x[0] * numpy_random(), "it uses random"),
        (lambda x: x[0] * RNG.normal(), "it is not deterministic"),
        (lambda x: x[0] + time.time(), "it uses time"),
        (lambda x: da.grad(compiled)(x)[0], "it uses derivatives itself"),
        (lambda x: np.linalg.det(np.diag(x)), "Error"),
        (lambda x: math.fsum(x), "floats only"),
        (lambda x: int(10 * x[1]) + x[0], "rounding errors decide which branch it takes"),
        (lambda x: [x[0] * i for i in range(30_000)][-1], "more than 20000 operations"),
    ],
)
def test_what_cannot_be_followed(function, reason):
    found, _ = exact(function, 0.5 if isinstance(function, functools.partial) else X)
    assert not found.possible
    assert reason in found.reason


def test_globals_are_not_written_to():
    memory = np.zeros(3)

    def function(x):
        memory[0] = 1.0
        SCALE.append(1)
        SCALE.pop()
        return x[0] * memory[0]

    found, _ = exact(function)
    memory[0] = 5.0
    found.derivative([np.eye(3)[0]])
    assert memory[0] == 5.0
