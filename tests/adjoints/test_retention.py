"""What an iteration keeps for the reverse sweep: as little as will do, under all switches."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

import dualad as da
from dualad.adjoints.plan.storage import cut
from tests.adjoints.oracle import check

x = np.array([0.6, -1.1, 1.9, 1.9, -0.4])


# -- smallest cuts ------------------------------------------------------------------------------------


@st.composite
def graphs(draw):
    """What each of a few numbers is computed from, the lost ones, the wanted ones, those that may be kept."""
    size = draw(st.integers(1, 7))
    below = {n: draw(st.sets(st.integers(0, n - 1))) if n else set() for n in range(size)}
    lost = {n for n in range(size) if draw(st.booleans())}
    below = {n: [] if n in lost else sorted(sources) for n, sources in below.items()}
    wanted = draw(st.lists(st.integers(0, size - 1), min_size=1, unique=True))
    return below, lost, wanted, {n for n in range(size) if draw(st.booleans())}


def separates(kept, below, lost, wanted):
    """Whether what is wanted can be computed from what is kept."""
    work, seen = list(wanted), set()
    while work:
        value = work.pop()
        if value in kept or value in seen:
            continue
        if value in lost:
            return False
        seen.add(value)
        work += below[value]
    return True


@given(graphs())
def test_the_cut_is_the_smallest(graph):
    below, lost, wanted, keepable = graph
    found = cut(wanted, below.__getitem__, lost.__contains__, keepable.__contains__)
    assert found <= lost | keepable
    assert separates(found, below, lost, wanted)
    for size in range(len(found)):
        for smaller in itertools.combinations(sorted(lost | keepable), size):
            assert not separates(set(smaller), below, lost, wanted)


# -- what is kept -------------------------------------------------------------------------------------


def kept(function, *args):
    """By loop, what an iteration keeps."""
    return [loop.kept for loop in da.explain(njit(function), *args).loops]


def sums(x, steps):
    """The reverse sweep reads a sum of what the iterations overwrite."""
    y, z = x.copy(), x.copy()
    for _ in range(steps):
        for i in range(1, y.size):
            inner = y[i] + z[i - 1] + x[i]
            z[i] = np.tanh(inner * inner)
        for i in range(y.size):
            y[i] = 0.1 * np.sin(z[i])
    return np.sum(y)


def several(x, steps):
    """It reads the parts as well as their difference."""
    y = x.copy()
    for _ in range(steps):
        for i in range(1, y.size):
            step = y[i] - x[i]
            y[i] = np.tanh(step * step * y[i])
    return np.sum(y)


def branched(x, steps):
    """What is kept may be computed on one side only."""
    y = x.copy()
    for _ in range(steps):
        for i in range(y.size):
            a, b = y[i], y[i - 1]
            y[i] = np.sin((a + b) * (a + b)) if i % 2 else 0.5 * a
    return np.sum(y)


def indices(x, n):
    """Integers that iterations change are kept if they are read themselves."""
    order = np.arange(x.size)
    s = 0.0
    for _ in range(n):
        for i in range(x.size):
            s = np.sin(s + x[order[i]] * x[order[i]])
        for i in range(x.size):
            order[i] = (order[i] + 1) % x.size
    return s


def outer(x, n):
    """Of an outer loop what its iterations keep once, not what those inside would keep every time."""
    y = x.copy()
    s = 0.0
    for i in range(1, n):
        a = y[i] + y[i - 1]
        for j in range(x.size):
            s = np.sin(s) * (a * x[j])
        y[i] = 0.1 * s
    return s


def test_a_sum_is_kept_instead_of_its_parts():
    [inner] = [names for names in kept(sums, x, 3) if "inner" in names]
    assert len(inner) == 1


def test_nothing_is_kept_twice():
    assert max(map(len, kept(several, x, 3))) == 1


def test_an_outer_loop_keeps_what_inner_ones_share():
    loops = [k for k in kept(outer, x, 3) if k]
    assert ("a",) in loops


def test_derivatives_from_what_is_kept():
    for function in (sums, several, branched, indices, outer):
        for steps in (0, 1, 3):
            check(function, (x, steps), [0])


# -- arrays that are kept for a rule ----------------------------------------------------------------


def rebound(x, w, n):
    """An iteration stores to the array that it makes, not to the one of the iteration before."""
    h = x.copy()
    for _ in range(n):
        h = np.tanh(w @ h)
    return np.sum(h * h)


def changed_afterwards(x, w, n):
    h = x.copy()
    for _ in range(n):
        h = np.tanh(w @ h)
    h[0] = h[1] * x[0]
    return np.sum(h * (w @ h))


def changed_before_it_goes(x, w, n):
    """What is read is changed before the next one is bound."""
    h = x.copy()
    s = 0.0
    for _ in range(n):
        before = h
        h = np.tanh(w @ before)
        before[0] = 0.5 * x[1]
        s += np.sum(before * h)
    return s


def changed_on_one_way(x, w, n):
    h = x.copy()
    for i in range(n):
        y = w @ h
        if i == 1:
            h[1] = y[0]
        else:
            h = np.sin(y)
    return np.sum(h)


def changed_in_a_view(x, w, n):
    h = x.copy()
    for _ in range(n):
        y = w @ h[:]
        part = h[1:]
        part[0] = np.sin(y[0])
        h = np.cos(y) + h
    return np.sum(h)


def changed_two_trips_later(x, w, n):
    """An array goes through two names before it is stored to."""
    old, new = x.copy(), x.copy()
    s = 0.0
    for _ in range(n):
        made = np.tanh(w @ new)
        old[0] = made[1]
        s += np.sum(old * made)
        old, new = new, made
    return s


def made_inside(x, w, n):
    """Those of an inner loop are made anew in its iterations, and the last one goes on."""
    h = x.copy()
    for _ in range(n):
        for _ in range(2):
            h = np.sin(w @ h)
        h = w @ h + x
    return np.sum(h)


def test_arrays_that_loops_bind():
    w = np.random.default_rng(3).normal(size=(5, 5))
    for function in (
        rebound,
        changed_afterwards,
        changed_before_it_goes,
        changed_on_one_way,
        changed_in_a_view,
        changed_two_trips_later,
        made_inside,
    ):
        for n in (0, 1, 2, 4):
            check(function, (x, w, n), [0, 1])


def test_only_what_changes_is_copied():
    w = np.eye(5)
    assert "kept.append(np.ascontiguousarray(h))" in da.adjoint_source(njit(rebound), x, w, 3)
    assert "h_1_kept.append(np.ascontiguousarray(h).copy())" in da.adjoint_source(
        njit(changed_afterwards), x, w, 3
    )
