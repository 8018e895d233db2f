"""Dictionaries and sets of few entries, each in a function that a user might write."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.adjoints.engine import SWITCHES
from tests.everywhere import holds_everywhere

from .agreement import agrees

x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])
cases = []


def case(f):
    cases.append(f)
    return f


@case
def reads(x):
    d = {0: 1.0, 1: 2.0, 2: 0.5}
    s = 0.0
    for i in range(3):
        if i in d:
            s += d[i] * x[i] * x[i]
    return s + len(d) + d.get(1, 0.0) + d.get(7, 4.0)


@case
def changes(x):
    d = {0: 1.0, 1: 2.0}
    d[3] = x[0] * x[1]
    d[1] += x[2]
    s = 0.0
    for k in d:
        s += d[k] * k
    for k, v in d.items():
        s += v * v * k
    for v in d.values():
        s += v
    for k in d:
        s += k
    if 3 in d:
        s += d.get(3, 0.0)
    t = d.pop(1)
    del d[0]
    return s * t + len(d) + d[3]


@case
def empty(x):
    d = {}
    d[0] = x[0]
    d[x.size] = x[1] * x[1]
    d[0] = x[2]
    e = dict()  # noqa: C408
    e[1] = 2.0
    return d[0] * d[5] * e[1]


@case
def accum(x):
    d = {0: 0.0, 1: 0.0}
    for i in range(x.size):
        d[i % 2] += x[i] * x[i]
    return d[0] * d[1]


@case
def strings(x):
    d = {"a": 1.0, "b": 2.0}
    s = 0.0
    for k in d:
        s += d[k] * x[0]
    return d["a"] * x[0] * s


@case
def pairs(x):
    d = {(0, 1): 1.0}
    d[(1, 2)] = x[0]
    return d[(1, 2)] * d[0, 1] * x[1]


@case
def arrays(x):
    d = {0: x}
    return d[0][1] * x[0]


@case
def sets(x):
    s = {1, 2}
    s.add(3)
    s.discard(1)
    s.remove(2)
    s.add(3)
    t = set([1, 2, 2])  # noqa: C405
    u = set()
    u.add(5)
    q = 0.0
    for i in range(x.size):
        if i in s or i in t:
            q += x[i] * x[i]
    return q if 2 not in s and 5 not in s and len(t) == 2 and len(u) == 1 else 0.0


@case
def caught(x):
    d = {0: 1.0}
    s = 0.0
    for i in range(2):
        try:
            s += d[i] * x[i]
        except Exception:
            s += x[2]
    return s * x[0]


@pytest.mark.parametrize("f", cases, ids=lambda f: f.__name__)
def test_adjoints_as_python(f):
    agrees(f, x, switches=(frozenset(), SWITCHES))


@pytest.mark.parametrize("f", [reads, sets, caught], ids=lambda f: f.__name__)
def test_compiled_in_all_modes_and_nested(f):
    holds_everywhere(f, x)


def test_second_derivatives_of_active_entries():
    """Only the compiled adjoint takes these: in the other modes dictionaries hold passive numbers."""
    second = da.hessian(accum)(x)
    a, b = x[0] ** 2 + x[2] ** 2 + x[4] ** 2, x[1] ** 2 + x[3] ** 2
    even = np.arange(5) % 2 == 0
    want = np.diag(np.where(even, 2 * b, 2 * a))
    want += np.where(np.not_equal.outer(even, even), 4 * np.outer(x, x), 0.0)
    np.testing.assert_allclose(second, want, rtol=1e-12, atol=1e-12)


def missing(x, i):
    d = {0: 1.0, 1: 2.0}
    return d[i] * x[0]


def updated(x, i):
    d = {0: 1.0}
    d[i] += x[0]
    return d[0]


@pytest.mark.parametrize(
    ("f", "mode"), [(missing, "forward"), (missing, "adjoint"), (missing, "tape"), (updated, "adjoint")]
)
def test_keys_that_are_not_there(f, mode):
    with pytest.raises(KeyError) as expected:
        njit(f)(x, 7)
    with pytest.raises(KeyError) as raised:
        da.grad(f, mode=mode)(x, 7)
    assert str(raised.value) == str(expected.value)
