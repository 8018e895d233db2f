"""Instances of classes made by jitclass as passive arguments: attributes, properties, methods."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit, types
from numba.experimental import jitclass

import dualad as da
from tests.agreement import differences
from tests.grid import MODES, assert_everywhere

x = np.array([0.5, -1.5, 2.0])


@jitclass([("k", types.float64), ("n", types.int64), ("w", types.float64[:]), ("cubic", types.boolean)])
class Spring:
    def __init__(self, k, n, w, cubic):
        self.k, self.n, self.w, self.cubic = k, n, w, cubic

    @property
    def double(self):
        return self.k * 2.0

    @staticmethod
    def cube(v):
        return v**3

    def energy(self, x, scale=0.5):
        return scale * self.k * np.sum(x * x)

    def weighted(self, x):
        s = 0.0
        for i in range(self.n):
            s += self.w[i] * self.one(x[i])
        return s

    def one(self, v):
        return self.cube(v) if self.cubic else v

    def sum(self, x):
        return self.k * np.sum(x)

    def stiffen(self, v):
        self.k += 1.0
        return v * self.k

    def refill(self, v):
        self.w[0] = v


@jitclass([("spring", Spring.class_type.instance_type), ("scale", types.float64)])
class Chain:
    def __init__(self, spring, scale):
        self.spring, self.scale = spring, scale

    def energy(self, x):
        return self.spring.weighted(x) * self.scale


def spring(w=None):
    return Spring(3.0, 2, np.array([1.0, 2.0]) if w is None else w, True)


@njit
def attributes(x, s):
    return np.sum(x * x) * s.k + x[s.n] * s.w[1] + np.sum(s.w) * x[0] + s.w.size * s.double


@njit
def methods(x, s):
    return s.energy(x) * s.weighted(x) + s.energy(scale=2.0, x=x[1:]) + s.cube(x[0])


@njit
def helper(x, s):
    return s.energy(x) * s.k


@njit
def of_helpers(x, s, chain):
    total = chain.energy(x) * chain.spring.energy(x)
    for i in range(2):
        total += helper(x[i:], s)
    return total


@njit
def chosen(x, pair, other):
    s = pair[0]
    if x[0] > 0.0:
        s = other
    return s.energy(x) * pair[1] + pair[0].sum(x) * x.sum()


@njit
def in_matrices(x, s):
    m = np.zeros((2, 2))
    m[0] = s.w * x[0]
    m[1] = s.w
    return np.sum(m @ m) * s.weighted(x)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (attributes, (spring(),)),
        (methods, (spring(),)),
        (of_helpers, (spring(), Chain(spring(), 2.0))),
        (chosen, ((spring(), 2.0), Spring(4.0, 1, np.ones(2), False))),
        (in_matrices, (spring(),)),
    ],
    ids=lambda thing: thing.__name__ if hasattr(thing, "py_func") else "",
)
def test_passive_instances(f, args):
    assert_everywhere(f, x, *args)


def test_methods_of_instances():
    s = spring()
    want = differences(njit(lambda x, s: s.energy(x)), x, s)
    for mode in MODES:
        np.testing.assert_allclose(da.grad(s.energy, mode=mode)(x), want, rtol=1e-9)


@pytest.mark.parametrize("mode", MODES)
def test_an_instance_may_change_between_calls(mode):
    s, gradient = spring(), da.grad(helper, mode=mode)
    np.testing.assert_allclose(gradient(x, s), 9.0 * x)
    s.k = 5.0
    np.testing.assert_allclose(gradient(x, s), 25.0 * x)
    assert s.k == 5.0


def stiffened(x, s):
    return s.stiffen(x[0])


def filled(x, s):
    s.refill(x[0])
    return s.w[0]


def assigned(x, s):
    s.k = 2.0
    return s.k * x[0]


def stored(x, s):
    w = s.w
    w[1] = 1.0
    return w[1] * x[0]


@pytest.mark.parametrize(
    ("f", "file_line"),
    [
        (stiffened, Spring.stiffen.__code__.co_firstlineno + 1),
        (filled, Spring.refill.__code__.co_firstlineno + 1),
        (assigned, assigned.__code__.co_firstlineno + 1),
        (stored, stored.__code__.co_firstlineno + 2),
    ],
)
@pytest.mark.parametrize("mode", ["forward", "tape", "auto"])
def test_changes_of_an_instance_are_refused(f, file_line, mode):
    s = spring()
    message = (
        rf"it stores into its argument 's' \(.*test_classes.py, line {file_line}\); derivatives store into a "
        r"copy instead, and an instance of 'Spring' cannot be copied: return what changes instead"
    )
    with pytest.raises(da.UnsupportedError, match=message):
        da.grad(f, mode=mode)(x, s)
    assert (s.k, s.w[0], s.w[1]) == (3.0, 1.0, 2.0)


@pytest.mark.parametrize(("f", "reason"), [(assigned, "`s.k`"), (stored, "a store into an array in 's'")])
def test_changes_have_no_compiled_adjoint(f, reason):
    with pytest.raises(da.UnsupportedError, match=reason):
        da.grad(f, mode="adjoint")(x, spring())


@pytest.mark.parametrize("mode", MODES)
def test_arrays_that_an_instance_shares(mode):
    @njit
    def shared(x, s, w):
        w[0] = 2.0
        return s.w[0] * x[1] * w[0]

    w = np.array([1.0, 2.0])
    with pytest.raises(da.ArgumentError, match=r"the arguments 's\.w' and 'w' of 'shared' share memory"):
        da.grad(shared, mode=mode)(x, spring(w), w)
    assert da.grad(shared, mode=mode)(x, spring(), w).tolist() == [0.0, 2.0, 0.0]
    assert w[0] == 1.0


@pytest.mark.parametrize("mode", ["forward", "tape", "auto"])
def test_instances_that_would_hold_differentiated_values_are_refused(mode):
    def f(x, w):
        return Spring(x[0], 1, w, True).energy(x)

    line = f.__code__.co_firstlineno + 1
    message = (
        rf"an instance of the jitclass 'Spring' that is made \(.*test_classes.py, line {line}\) from values "
        r"that depend on the differentiated arguments: .*; use a named tuple and functions of it"
    )
    with pytest.raises(da.UnsupportedError, match=message):
        da.grad(f, mode=mode)(x, np.ones(1))


@pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])
def test_instances_made_inside_of_passive_values(mode):
    def f(x, k):
        s = Spring(k, 2, np.array([1.0, 2.0]), True)
        return s.energy(x) + s.weighted(x) * s.k

    want = 3.0 * x + 9.0 * np.array([1.0, 2.0, 0.0]) * x**2
    np.testing.assert_allclose(da.grad(f, mode=mode)(x, 3.0), want)


@jitclass([("k", types.float64)])
class Power:
    def __init__(self, k):
        self.k = k

    def of(self, v):
        return v**self.k


def test_the_adjoint_of_instances_made_inside():
    @njit
    def f(x, k):
        return Power(k).of(x[2]) * x[0]

    assert_everywhere(f, x, 3.0)
    with pytest.raises(da.UnsupportedError, match="a differentiated value given to Power"):
        da.grad(f, 1, mode="adjoint")(x, 3.0)
