"""Lists that grow, shrink and are read, each in a function that a user might write."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.adjoints.engine import SWITCHES, adjoint, whole
from tests.everywhere import holds_everywhere

from .agreement import agrees

BOTH = (frozenset(), SWITCHES)
x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])
cases, everywhere = [], []


def case(f):
    cases.append(f)
    return f


def grid(f):
    everywhere.append(f)
    return case(f)


@grid
def squares(x):
    found = []
    for i in range(x.size):
        found.append(x[i] * x[i])
    s = 0.0
    for i in range(len(found)):
        s += found[i] * found[i]
    return s


@grid
def filtered(x):
    kept = [0.0]
    for v in x:
        if v > 0:
            kept.append(v * kept[-1] + v)
    return kept[-1] + kept[1]


@case
def pairs(x):
    found = []
    for i in range(x.size):
        for j in range(x.size):
            found.append(x[i] * x[j])
    return np.array(found).sum() * len(found)


@grid
def triangle(x):
    found = []
    for i in range(x.size):
        for j in range(i):
            found.append(x[i] * x[j] * x[j])
    return np.array(found).sum() * len(found)


@grid
def trajectory(x):
    path = [x[0]]
    while len(path) < 8:
        path.append(path[-1] * x[1] + x[2])
    s = 0.0
    while path:
        s = s * x[3] + path.pop()
    return s


@grid
def states(x):
    path = [x.copy()]
    y = x
    for _i in range(3):
        y = np.sin(y) * x
        path.append(y)
    s = path[-1][2] * path[2][1] + len(path)
    for row in path:
        s += row[0] * row[1] + row.sum()
    return s


@case
def states_until(x):
    path = [x * 1.0]
    while path[-1].sum() < 100:
        y = np.empty(x.size)
        for i in range(x.size):
            y[i] = path[-1][i] * (1.5 + i)
        path.append(y)
    return path[-1][0] * path[-2][1]


@case
def rows_of_different_lengths(x):
    rows = []
    for i in range(x.size + 1):
        if i != 2:
            rows.append(x[:i] * x[i - 1])
    s = 0.0
    for k, row in enumerate(rows):
        s += np.prod(row) * k
    return s


@case
def rows_of_a_comprehension(x):
    rows = [x * k for k in range(3)]
    return rows[2].sum() * rows[1][0]


@case
def methods(x):
    a = [x[0], x[1]]
    a.extend([x[2], x[3] * x[0]])
    a.extend(x)
    a += [x[2] * x[2]]
    b = [1.0]
    b.extend(a)
    last, second = a.pop(), a.pop(1)
    a.insert(0, x[4] * 2)
    del a[2]
    a.reverse()
    a[0] = x[1] * a[3]
    a[1] *= x[2]
    a[-1] += 2.0
    return last * second + sum(a) * a[2] + max(a) * min(b) + b[3]


@case
def cleared(x):
    a = [x[0], x[1]]
    s = a[0] * a[1]
    for v in x:
        a.clear()
        a.append(v * v)
        a.append(v + s)
        s += a[0] * a[1]
    return s


@grid
def comprehensions(x):
    pairs = [v * w for v in x for w in x if v < w]
    return sum([v * v for v in x if v > 0]) + np.array(pairs).sum() * len(pairs)


@case
def nested_comprehensions(x):
    a = np.array([[x[i] * x[j] for j in range(3)] for i in range(2)])
    b = [[v, v * v] for v in x]
    c = [[x[0]] * 3 for _ in range(2)]
    c[0][1] = x[1] * b[0][0]
    n = x.size
    d = [[x[i] * x[j] for j in range(n)] for i in range(n)]
    return a[1, 2] * b[3][1] * c[0][1] * c[1][2] + sum(d[1]) + np.array(d)[1, 2]


@case
def repeated(x):
    a = [0.0] * x.size
    for i in range(x.size):
        a[i] = x[i] * x[i - 1]
    b = a + [x[0]]  # noqa: RUF005
    c = b[1:3]
    return sum(a) + b[-1] * c[1]


@grid
def tuples(x):
    found = []
    for i in range(x.size):
        found.append((i, x[i] * x[i]))
    s = 0.0
    for i, v in found:
        s += i * v
    i, v = found[2]
    return s * v


@case
def conversions(x):
    a, s = list(x), 0.0
    for i in list(range(3)):
        s += a[i] * a[i]
    for i, v in enumerate(a):
        s += i * v
    for v, w in zip(a, a[1:]):  # noqa: B905, RUF007
        s += v * w
    return s


@njit
def put(found, v):
    if v > 0:
        found.append(v * v)
    else:
        found.append(-v)


@njit
def positives(x):
    found = []
    for v in x:
        if v > 0:
            found.append(v)
    return found


@grid
def helpers(x):
    found = [0.0]
    for v in x:
        put(found, v)
    other = found
    other.append(x[0] * x[1])
    return sum(found) * sum(positives(x))


@case
def integers(x):
    places = []
    for i in range(x.size):
        if x[i] > 0.8:
            places.append(i)
    s = 0.0
    for i in places:
        s += x[i] * x[i]
    return s if 3 in places else 0.0


@case
def integers_and_floats(x):
    found = [0]
    for v in x:
        found.append(v)
    return sum(found)


@grid
def stack(x):
    waiting, s = [0], 0.0
    while len(waiting) > 0:
        i = waiting.pop()
        s += x[i] * x[i]
        if 2 * i + 1 < x.size:
            waiting.append(2 * i + 1)
        if 2 * i + 2 < x.size:
            waiting.append(2 * i + 2)
    return s


@grid
def rows(x):
    s = 0.0
    for i in range(x.size):
        row = []
        for j in range(i + 1):
            row.append(x[j] * x[i])
        s += sum(row) * row[0]
    return s


@case
def weights(x):
    w, s = [0.1, 0.2, 0.3, 0.4, 0.5], 0.0
    for i in range(x.size):
        s += w[i] * x[i] * x[i]
    return s


@case
def left_early(x):
    found = [1.0]
    for i in range(10**9):
        if i >= x.size:
            break
        found.append(found[-1] * x[i])
    return sum(found)


@case
def on_one_side(x):
    if x[0] > 5.0:
        raise ValueError("large")
    found = []
    for v in x:
        found.append(v * v)
        if len(found) > 2:
            found.append(v)
    return found[-1] * found[3]


@case
def grows_after_a_branch(x):
    if x[0] > 0.0:
        found = [x[0]]
        while len(found) < 3:
            found.append(found[-1] * x[1])
    else:
        raise ValueError("negative")
    while len(found) < 20:
        found.append(found[-1] * x[3])
    return found[-1] * found[2]


@pytest.mark.parametrize("f", cases, ids=lambda f: f.__name__)
def test_adjoints_as_python(f):
    agrees(f, x, switches=BOTH)


@pytest.mark.parametrize("f", everywhere, ids=lambda f: f.__name__)
def test_compiled_in_all_modes_and_nested(f):
    holds_everywhere(f, x)


def test_lists_in_single_precision():
    def total(x):
        found = []
        for v in x:
            found.append(v * v)
        return found[0] * found[1]

    given = x.astype(np.float32)
    value, slope = da.value_and_grad(total, mode="adjoint")(given)
    assert value == njit(total)(given)
    want = da.grad(total, mode="forward")(given)
    np.testing.assert_allclose(slope, want, rtol=1e-6)


def reads(x, i):
    found = [x[0], x[1] * x[1]]
    found.append(x[2])
    return found[i]


def stores(x, i):
    found = [x[0], x[1]]
    found[i] = x[2]
    return found[0]


def pops(x, i):
    found = [x[0]]
    for _ in range(i):
        found.append(found.pop() * 2.0)
        found.pop()
    return x[0]


def pops_at(x, i):
    found = [x[0], x[1]]
    found.pop(i)
    return found[0]


@pytest.mark.parametrize("f", [reads, stores, pops, pops_at])
def test_errors_are_those_of_the_function(f):
    primal = njit(f)
    with pytest.raises(IndexError) as expected:
        primal(x, 7)
    for mode in ("forward", "adjoint", "tape"):
        with pytest.raises(IndexError, match=str(expected.value)):
            da.grad(primal, mode=mode)(x, 7)


def test_room_is_made_once_where_it_can_be():
    """A loop over a range appends into an array that is long enough from the start."""
    made = adjoint(pairs, [njit(pairs).typeof_pyval(x)], (0,), whole)
    assert "with_room" not in made.source
    made = adjoint(triangle, [njit(triangle).typeof_pyval(x)], (0,), whole)
    assert made.source.count("with_room") == 1
