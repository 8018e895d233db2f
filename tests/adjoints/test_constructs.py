"""Constructs of Python that are transformed, each in a function that a user might write."""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
import pytest
from numba import njit

from dualad.adjoints.engine import SWITCHES

from .agreement import agrees

BOTH = (frozenset(), SWITCHES)
x = np.array([0.7, 1.3, -0.4, 0.9, 1.6])
m = np.array([[0.4, 1.2, -0.3], [0.8, -0.6, 1.1]])
Point = namedtuple("Point", "position mass")
TABLE = np.array([0.3, -1.2, 0.8, 2.0, 0.1])
WEIGHT = 1.7
cases = []


def case(*args):
    def enter(f):
        cases.append(pytest.param(f, args, id=f"{f.__name__}"))
        return f

    return enter


@njit
def scaled(v, by=2.0, shift=0.5):
    return by * v + shift


@case(x)
def defaults(x):
    return scaled(x[0]) * scaled(x[1], shift=x[2]) + scaled(x[3], x[4])


@njit
def with_default_array(x, w=TABLE):
    return np.sum(x * w)


@case(x)
def default_array(x):
    return with_default_array(x) + with_default_array(x, x)


@case(x, 0.8)
@case(x, 9.0)
def return_inside_loops(x, limit):
    s = 0.0
    for i in range(x.size):
        for j in range(i + 1):
            s += x[i] * x[j]
            if s > limit:
                return s * x[j]
    return np.sin(s)


@case(x, 2.1)
def return_inside_while(x, limit):
    i = 0
    s = 1.0
    while True:
        s = s * 1.3 + x[i % x.size]
        i += 1
        if s > limit:
            return s * s
        if i > 40:
            return -1.0


@case(x)
def returns_a_tuple_from_a_loop(x):
    for i in range(x.size):
        if x[i] < 0:
            return x[i] * x[0], i
    return 0.0, -1


@case(x)
def strided_slices(x):
    y = x[::2] * x[4:1:-1]
    y[::-1] += x[1:4]
    return np.sum(y * x[:3])


@case(x)
def stores_into_strided_slices(x):
    y = np.zeros(7)
    y[1::2] = x[:3]
    y[-1] = x[4]
    y[:2] = x[3]
    return np.sum(y * y * np.arange(7))


@case(x)
def negative_steps(x):
    z = x[::-1]
    return np.sum(z * TABLE) + z[0] ** 2


@case(x)
def newaxis(x):
    d = x[:, None] - x[None, :]
    e = x[:, np.newaxis] * d
    return np.sum(d * d * e + e)


@case(m)
def ellipsis(m):
    return np.sum(m[..., 0] * m[0, ..., 1]) + m[1, ...][2]


@case(x)
def list_literals(x):
    weights = [1.0, x[0], 2.5]
    s = 0.0
    for w in weights:
        s += w * x[1]
    return s * weights[1] + len(weights)


@case(x, m)
def comprehensions(x, m):
    squares = [v * v for v in x]
    s = np.array([x[i] * i for i in range(3)]) * x[1]
    t = sum([row[0] * row[1] for row in m]) + max([v + 1.0 for v in x])
    for v in squares:
        t += v * x[0]
    return s, t * squares[1] + len(squares) * squares[-1], np.array([i + 1 for i in range(x.size)])


@case(x)
def values_of_arrays(x):
    s = 0.0
    for v in x:
        s += v * v * v
    return s


@case(m)
def rows_of_arrays(m):
    s = 0.0
    for row in m:
        for v in row:
            s += v * row[0]
        s *= row[1]
    return s


@case(m)
def unpacked_rows(m):
    s = 0.0
    for a, b, c in m:
        s += a * b / c
    first, second = m
    return s + np.sum(first * second)


@case(x)
def enumerated(x):
    s = 0.0
    for i, v in enumerate(x):
        s += i * v * x[i - 1]
    for i, v in enumerate(x[1:], 3):
        s += i * v
    return s


@case(x, m)
def zipped(x, m):
    s = 0.0
    for a, b, row in zip(x, x[::-1], m):
        s += a * b * row[2]
    for i, (a, b) in enumerate(zip(x[1:], x)):
        s += (a - b) ** 2 * i
    return s


@case(x)
def loop_variable_afterwards(x):
    s = 0.0
    for i in range(x.size):
        s += x[i]
        if s > 1.5:
            break
    return s * x[i] + i


@case(x)
def loop_variable_after_all(x):
    for v in x:
        y = v * 2.0
    return v * y


@case(x, 1)
@case(x, 40)
def for_else(x, n):
    s = 0.0
    for i in range(x.size):
        if i > n:
            break
        s += x[i]
    else:
        s *= x[0] * 3.0
    return s


@case(x, 2.0)
@case(x, 50.0)
def while_else(x, limit):
    i = 0
    s = 1.0
    while i < 5:
        s += x[i] * s
        if s > limit:
            break
        i += 1
    else:
        s = s * s
    return s


@case(x)
def leaving_a_loop_over_a_tuple(x):
    s = 0.0
    for k in (2, 0, 3, 1):
        if k == 0:
            continue
        if x[k] > 1.0:
            break
        s += x[k] * k
    return s


@case(x)
def returning_from_a_loop_over_a_tuple(x):
    for v in (x[2], x[0], x[1]):
        if v > 0.5:
            return v * x[4]
    return 0.0


@case(x)
def else_of_a_loop_over_a_tuple(x):
    s = x[0]
    for k in (1, 2):
        s *= x[k]
    else:
        s += x[3]
    return s


@case(m)
def ndenumerate(m):
    s = 0.0
    for (i, j), v in np.ndenumerate(m):
        s += (i + 2 * j) * v * v
    return s


@case(m)
def ndindex(m):
    s = 0.0
    for i, j in np.ndindex(m.shape):
        s += m[i, j] * m[0, j]
    for i, j in np.ndindex(2, 2):
        s *= 1.0 + 0.1 * m[i, j]
    return s


@case((x, (0.5, 2)), Point(np.array([1.0, 2.0]), 0.4))
def tuples_in_and_out(pair, point):
    a, (b, n) = pair
    out = Point(point.position * b, point.mass * a[0])
    return out, (np.sum(a) * n, (a[1] * point.position[1],))


@case(x)
def named_tuples(x):
    p = Point(x[0], mass=x[1] * 2.0)
    q = Point(p.mass, p.position)
    return q.position * q[1] + p[0]


@njit
def total_of(*values):
    s = 0.0
    for v in values:
        s += v * v
    return s + len(values)


@njit
def first_and_rest(first, *rest):
    return first * rest[0] * len(rest)


@case(x)
def star_arguments(x):
    pair = (x[3], x[4])
    return first_and_rest(x[0], x[1], x[2]) + total_of(*pair) + first_and_rest(x[0], 0.5)


@case(x)
@case(-x)
def chained_comparison(x):
    s = 0.0
    for v in x:
        if 0.0 < v < 1.0 <= 2.0:
            s += v * v
        elif -1.0 <= v <= 0.0:
            s -= v
    return s


@case(x)
def inner_functions(x):
    scale = x[0]

    def f(v, power=2):
        return scale * v**power

    g = lambda v: f(v) + x[1]  # noqa: E731
    return g(x[2]) + f(x[3], 3)


def closed_over(weights, offset):
    @njit
    def f(x):
        return np.sum(weights * x) * offset

    return f


inner = closed_over(TABLE, WEIGHT)


@case(x)
def globals_and_closures(x):
    return inner(x) * TABLE[2] + WEIGHT * x[1] + math.pi


@case(x)
def masks_as_values(x):
    return np.sum(x[x > 0.0] ** 2)


@case(x)
def masks_kept(x):
    positive = x > 0.0
    y = x[positive]
    return np.sum(y * y) + y.size * y[0]


@case(x)
def stores_through_masks(x):
    y = x.copy()
    y[y < 0.0] = 2.0
    y[x > 1.0] = x[0]
    y[(x > 0.5) & (x < 1.0)] *= x[1]
    return np.sum(y * TABLE * y)


@case(x)
def fancy_loads(x):
    index = np.array([3, 0, 0, 4])
    return np.sum(x[index] * x[index[::-1]]) + np.sum(np.exp(x[index]))


@case(m)
def fancy_rows(m):
    index = np.array([1, 0, 1])
    return np.sum(m[index] ** 2 * m[0]) + np.sum(m[0, index] ** 2) + np.sum(m[:, index] * 1.5)


@case(x)
def fancy_stores(x):
    y = np.zeros(6)
    index = np.array([3, 0, 3, 5])
    y[index] = x[:4]
    y[np.array([1, 2])] = x[4]
    return np.sum(y * y * np.arange(6.0))


@case(x, m)
def where(x, m):
    y = np.where(x > 0.0, x * x, -x)
    z = np.where(m > 0.0, m, 0.0)
    return np.sum(y) + np.sum(z * z)


@case(x, m)
def where_positions(x, m):
    (index,) = np.where(x > 0.0)
    rows, columns = np.where(m > 0.0)
    s = 0.0
    for i in index:
        s += x[i] ** 3
    for k in range(rows.size):
        s += m[rows[k], columns[k]] ** 2
    return s + np.sum(x[np.nonzero(x < 0.0)[0]])


@case(m)
def flat_iteration(m):
    s = 0.0
    for v in m.flat:
        s += v**3
    for v in np.nditer(m):
        s += v.item() * 2.0
    return s + m.flat[4] ** 2


@case(m.T)
def flat_iteration_in_other_orders(m):
    s = 1.0
    for v in m.flat:
        s = s * 0.5 + v
    return s


@case(x)
def rebinding_to_a_part(x):
    s = 0.0
    while x.size > 1:
        s = s * 0.5 + x[0] * x[1]
        x = x[1:]
    return s


@case(x)
def rebinding_once(x):
    x = x[1:]
    x = x * x[0]
    return np.sum(x)


@case(x)
def updates_by_overlapping_views(x):
    y = x.copy()
    y[1:] += y[:-1]
    return np.sum(y * TABLE)


@case(x)
def stores_of_overlapping_views(x):
    y = x.copy()
    y[1:] = y[:-1]
    y[:2] = y[3:]
    return np.sum(y * TABLE)


@case(x)
def updates_of_parts(x):
    y = np.outer(x, x)
    y[1:, 2] *= x[0]
    y[0] -= x
    y[:, 1:3] /= 2.0 + x[1]
    y[2, 2] **= 2
    return np.sum(y * y)


@case(x, 3)
def conditional_expressions(x, n):
    y = x if n > 2 else x * 2.0
    return np.sum(y) + (x[0] if x[1] > 0 else x[2] * x[3])


@case(x)
def early_return_of_helpers(x):
    s = 0.0
    for v in x:
        s += clipped(v, 0.0, 1.0) * v
    return s


@njit
def clipped(v, low, high):
    if v < low:
        return low
    if v > high:
        return high
    return v


@case(x)
def in_place_helper(x):
    y = np.zeros(x.size)
    fill(y, x)
    fill(y[1:], x)
    return np.sum(y * y)


@njit
def fill(target, source):
    for i in range(target.size):
        target[i] += source[i] * (i + 1)


@case(2.3, 3)
def scalars(a, n):
    total = 0
    for i in range(n):
        total += i * a
    return total * a ** (n - 1) + float(n) + int(a) + abs(-a)


@case(x)
def nested_continue_and_break(x):
    s = 0.0
    for i in range(x.size):
        if x[i] < 0:
            continue
        for j in range(x.size):
            if j == i:
                continue
            if j > 3:
                break
            s += x[i] * x[j]
        if s > 6.0:
            break
    return s


@case(x)
def used_on_one_side_in_an_inner_loop(x):
    """Its adjoint must not be made zero by iterations that take the other side."""
    s = 0.0
    for i in range(x.size):
        v = x[i]
        for j in range(x.size):
            if j == i:
                continue
            s += v * x[j]
    return s


@case(x)
def returned_twice(x):
    """Values that are equal are computed once: the seeds are those of what is left."""
    a = x[0]
    return a * a, (x[0], x[1]), x[0] * x[0]


@case(x)
def swapping(x):
    a, b = x[0], x[1]
    u, v = x * 2.0, x * x
    for _ in range(3):
        a, b = b, a * b
        u, v = v, u
    return a * b + u[0] * v[1]


@case(x)
def raising(x):
    if x.size < 2:
        raise ValueError("too short")
    for v in x:
        if v > 9.0:
            raise ValueError("too large", 9)
    return x[0] * x[1]


@pytest.mark.parametrize(("f", "args"), cases)
def test_as_numba_computes_it(f, args):
    agrees(f, *args, switches=BOTH)
