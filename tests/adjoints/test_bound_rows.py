"""A row that one iteration stores is bound to a name, which the next one reads."""

from __future__ import annotations

import numpy as np
import pytest

from dualad.adjoints.engine import SWITCHES
from dualad.adjoints.errors import NotTransformable
from tests.everywhere import holds_everywhere

from .agreement import agrees

x = np.array([0.7, 1.3])


def rows(x):
    m, last = np.zeros((3, 2)), x
    for t in range(3):
        m[t] = last * x
        last = m[t]
    return np.sum(m)


def elements(x):
    m, last = np.zeros((4, 2)), x
    for t in range(4):
        for j in range(2):
            m[t, j] = np.sin(last[j]) * x[1 - j] + last[1 - j]
        last = m[t]
    return np.sum(m) * last[0]


def columns(x):
    m, last = np.zeros((2, 4)), x
    for t in range(4):
        m[:, t] = np.sin(last) * x[0]
        last = m[:, t]
    return np.sum(m) * last[0]


def new_each_time(x):
    last, s = x, 0.0
    for _ in range(2):
        m = np.zeros((3, 2))
        for t in range(3):
            m[t] = last * x
            last = m[t]
        s += m.sum()
    return s * last[0]


def parts(x):
    m, last = np.zeros((3, 2)), x[:1]
    for t in range(3):
        m[t, 0] = last[0] * x[0]
        m[t, 1] = m[t, 0] * x[1]
        last = m[t][:1]
    return np.sum(m) * last[0]


@pytest.mark.parametrize("f", [rows, elements, columns, new_each_time, parts])
def test_adjoints(f):
    agrees(f, x, switches=(frozenset(), SWITCHES))


def test_in_all_modes():
    holds_everywhere(elements, x)


def from_the_end(x):
    m, last = np.zeros((3, 2)), x
    for t in range(-1, 3):  # the first row is the last one's
        m[t] = last * x
        last = m[t]
    return np.sum(m)


def always_the_first(x):
    m, last = np.zeros((3, 2)), x
    for t in range(3):
        m[t] = last * x
        last = m[0]
    return np.sum(m)


def stored_afterwards(x):
    m, last = np.zeros((3, 2)), x
    for t in range(3):
        m[t] = last * x
        last = m[t]
    m[2, 0] = 7 * x[1]
    return np.sum(m) * last[0]


def stored_again(x):
    m, last = np.zeros((3, 2)), x
    for _ in range(2):
        for t in range(3):
            m[t] = last * x
            last = m[t]
    return np.sum(m) * last[0]


def of_another_iteration(x):
    m, last = np.zeros((4, 2)), x
    for t in range(3):
        m[t] = last * x
        m[t + 1] = m[t] + 1.0
        last = m[t + 1]
    return np.sum(m)


@pytest.mark.parametrize(
    "f", [from_the_end, always_the_first, stored_afterwards, stored_again, of_another_iteration]
)
def test_rows_that_may_be_stored_to_again_are_refused(f):
    with pytest.raises(NotTransformable, match="second name"):
        agrees(f, x)
