"""Loops over generators, each beside a function that has the generator's loop itself."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

import dualad as da

x = np.array([1.0, 2.0, 3.0])
SCALE = 3.0
cases = []


def beside(plain):
    """Enter a function with what it should give."""

    def enter(f):
        cases.append(pytest.param(njit(f), njit(plain), id=f.__name__))
        return f

    return enter


@njit
def cubes(x, k=2.0):
    for i in range(x.size):
        c = x[i] ** 3 * k * SCALE
        yield c


@njit
def multiples(a):
    k = 1
    while True:
        yield a * k
        k += 1


@njit
def pairs(x):
    for i in range(x.size):
        if x[i] > 2.5:
            return
        for j in range(i + 1):
            yield i, x[i] * x[j]


@njit
def counted(x):
    once, stopped = 0.0, 1.0
    for v in x:
        once += v * stopped
        stopped = once
        yield once


def counted_loop(x):
    s = once = 0.0
    stopped = 1.0
    for v in x:
        once += v * stopped
        stopped = once
        if once > 2.5:
            break
        s += once * once
    return s


@beside(counted_loop)
def with_variables_of_like_names(x):
    s = 0.0
    for v in counted(x):
        if v > 2.5:
            break
        s += v * v
    return s


@njit
def squares(x):
    for c in cubes(x, k=0.5):
        yield c * c


def loop(x):
    s = 0.0
    for i in range(x.size):
        s += (x[i] ** 3 * 2.0 * SCALE) ** 2
    return s


@beside(loop)
def simple(x):
    s = 0.0
    for c in cubes(x):
        s += c * c
    return s


def left_loop(x):
    s, k = 0.0, 1
    while True:
        v = x[0] * k
        k += 1
        if v > x[2] * 2.0:
            break
        if 1.5 < v < 2.5:
            continue
        s += v * v * x[1]
    return s + v


@beside(left_loop)
def left(x):
    s, c = 0.0, 2.0
    for v in multiples(x[0]):
        if v > x[2] * c:
            break
        if 1.5 < v < 2.5:
            continue
        s += v * v * x[1]
    return s + v


def ended_loop(x):
    s = 0.0
    for i in range(x.size):
        if x[i] > 2.5:
            break
        for j in range(i + 1):
            s += x[i] * x[j] * (i + 1)
    return s


@beside(ended_loop)
def ended(x):
    s = 0.0
    for i, v in pairs(x):
        for k in range(3):
            if k == 2:
                break
            s += v * k * (i + 1)
    return s


def nested_loop(x):
    s = 0.0
    for i in range(x.size):
        c = (x[i] ** 3 * 0.5 * SCALE) ** 2
        for j in range(x.size):
            d = x[j] ** 3 * 1.0 * SCALE
            s += c * d
            if d > 30.0:
                break
    return s


@beside(nested_loop)
def nested(x):
    s = 0.0
    for c in squares(x):
        for d in cubes(x, 1.0):
            s += c * d
            if d > 30.0:
                break
    return s


def returned_loop(x):
    k = 1
    while True:
        v = x[1] * k
        k += 1
        if v > 5.0:
            return v * x[0]


@beside(returned_loop)
def returned(x):
    for v in multiples(x[1]):
        if v > 5.0:
            return v * x[0]
    return 0.0


c_cubes = 5.0  # what a variable of the generator would be called


def scaled_loop(x):
    s = 0.0
    for i in range(x.size):
        s += x[i] ** 3 * 2.0 * SCALE * 5.0
    return s


@beside(scaled_loop)
def with_a_global_of_a_like_name(x):
    s = 0.0
    for c in cubes(x):
        s += c * c_cubes
    return s


@pytest.mark.parametrize(("f", "plain"), cases)
def test_as_without_generator(f, plain):
    value, slope = da.value_and_grad(f)(x)  # forward mode and the tape refuse generators
    assert value == f(x) == plain(x)
    np.testing.assert_allclose(slope, da.grad(plain, mode="forward")(x), rtol=1e-12)
    np.testing.assert_allclose(da.hessian(f)(x), da.hessian(plain)(x), rtol=1e-12)


def test_inside_compiled_code():
    f, plain = cases[1].values
    gradient = da.grad(f)

    @njit
    def length(x):
        return np.sum(gradient(x) ** 2)

    slope = da.grad(plain)(x)
    assert length(x) == pytest.approx(slope @ slope, rel=1e-12)
    np.testing.assert_allclose(da.grad(length)(x), 2.0 * da.hessian(plain)(x) @ slope, rtol=1e-12)
