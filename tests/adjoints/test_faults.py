"""What adjoints by source transformation are known to get wrong, one test for each.

The first part is what a prototype got wrong; the others were found by reading, and by the fuzzer. Every
function is run as the plain Python it is emitted as, under every combination of switches.
"""

from __future__ import annotations

import math
from types import FunctionType

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad.adjoints.errors import NotTransformable
from tests.adjoints.oracle import check
from tests.written import function_from

x = np.array([0.6, 1.1, 1.9])
y = np.array([0.3, -0.4, 0.8])
A = np.arange(1.0, 10.0).reshape(3, 3) / 7


def refused(function, *args, match):
    with pytest.raises(NotTransformable, match=match):
        check(function, args)


# -- a prototype's faults -----------------------------------------------------------------------------


@pytest.mark.parametrize("at", [-1.0, 0.5, 1.5, 3.0])
def test_merges_of_nested_branches(at):
    def f(x, at):
        u = x[0]
        v = x[1]
        if at > 0:
            u = u * v
            if at > 1:
                v = math.sin(u)
                if at > 2:
                    u = v * x[2]
            else:
                u = u + v
        elif x[2] > 1:
            v = u * x[2]
        return u * v

    check(f, (x, at))


@pytest.mark.parametrize("iterations", [0, 1, 2, 3])
def test_arrays_that_are_swapped(iterations):
    def f(x, iterations):
        u, v = x.copy(), np.zeros(x.size)
        for _ in range(iterations):
            for i in range(x.size):
                v[i] = math.sin(u[i]) * u[i - 1]
            u, v = v, u
        return u * v

    check(f, (x, iterations))


def test_tapes_are_popped_in_reverse_order():
    def f(x):
        s = 1.0
        for i in range(x.size):
            for j in range(i + 1):
                s = math.exp(-s * x[j])
            for j in range(2):
                s = math.sin(s * x[j])
            t = s
            while t > 0.3:
                t = 0.5 * math.tanh(t + 0.1 * x[i])
            s += t
        return s

    check(f, (x,))


def test_a_tuple_has_a_seed_for_every_part():
    def f(x, c):
        w = np.sin(x) * c
        return w, (c * x[0], 0.5, x), w[1], 3

    check(f, (x, 0.7))


@pytest.mark.parametrize("size", [1, 3])
def test_broadcasting_is_decided_by_extents(size):
    def f(x, o):
        w = x * o + np.sin(o)
        w[:] = o
        w += x * o
        return w

    check(f, (x, np.full(size, 0.4)))


def test_extents_that_are_broadcast_along_one_axis_only():
    def f(A, x):
        square = np.zeros((x.size, x.size))
        square[0, 0] = x[0] * x[0]
        return A[::-1] * A + square

    check(f, (A[:1], x[:1]))
    check(f, (A, x))


def test_a_broadcast_that_fails():
    def f(x, o):
        return np.sum(x * o)

    check(f, (x, np.ones(2)))


@pytest.mark.parametrize("iterations", [0, 1, 2])
def test_loads_of_a_loop_without_trips(iterations):
    def f(x, iterations):
        s = 0.0
        for _ in range(iterations):
            s = math.sin(s + x[0])
        return s + x[0] * math.exp(x[0])

    check(f, (x, iterations))


def test_loads_of_an_empty_array_in_a_loop_without_trips():
    def f(x, c):
        s = c
        for i in range(x.size):
            for j in range(x.size):
                s += x[0] * x[i] * x[j]
        return s

    check(f, (np.zeros(0), 0.3))


@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_work_arrays_that_no_inner_trip_fills(iterations):
    def f(x, iterations):
        w = np.zeros(3)
        s = 0.0
        for i in range(x.size):
            for j in range(iterations):
                w[j] = x[i] * (j + 1)
            for j in range(3):
                s += math.sin(w[j])
        return s

    check(f, (x, iterations))


def test_the_same_array_passed_twice():
    def f(a, b):
        for i in range(a.size):
            a[i] = math.sin(a[i]) * b[i]
        return np.sum(a * b)

    check(f, (x, x))


@pytest.mark.parametrize("n", [0, 2, 3, 5])
def test_loads_stay_below_their_guard(n):
    def f(x, n):
        s = 0.0
        for i in range(n):
            if i < x.size and x[i] > 1.0:
                s += x[i] * x[i]
            if 0 <= n - 3 < x.size and x[n - 3] > 0:
                s += math.sin(x[n - 3])
        return s

    check(f, (x, n))


@pytest.mark.parametrize("position", [2, 10**9])
def test_loads_stay_below_an_exception(position):
    def f(x, position):
        s = 0.0
        for i in range(x.size):
            if position >= x.size:
                raise IndexError("too far")
            s += x[position] * x[i]
        return s

    check(f, (x, position))
    made = check(f, (x, 0))
    assert all("if 0 <" not in adjoint.source for adjoint in made.values())


def test_names_of_the_emitted_code():
    def f(x, tape, seed):
        np_, x_b, max, iterations, tape_row, iteration = (
            x[0],
            x[1] * seed,
            x[2] * tape,
            x[0] * x[1],
            x[2],
            x[0],
        )
        range_, abs, itape, tape_end, tape_limit, grown = iterations * x_b, max * 2, 1, x[0], x[1], x[2]
        s_b = tape_limit * grown
        for i in reversed(range(x.size)):
            s_b = math.sin(s_b * x[i] + itape)
            while s_b > 0.1:
                s_b = s_b * 0.5 - 0.05 * tape_row
        weighted = s_b * math.sqrt(x_b * x_b + 1.0)
        return weighted * max + range_ * abs * np_ + tape_end * iteration

    check(f, (x, 0.7, 1.3))


def test_names_of_builtins():
    def f(range, math, len):
        s = 1.0
        for entry in range:
            s = np.sin(s * entry + math) + len
        return s

    check(f, (x, 0.3, 0.4))


# -- plans of loops -----------------------------------------------------------------------------------


def test_what_a_late_loop_reads_is_stored_into_after_it():
    def f(x):
        s = 0.0
        for i in range(x.size):
            s += math.sin(x[i]) * x[i]
        for i in range(x.size):
            x[i] = 0.5
        return s + np.sum(x)

    check(f, (x,))


def test_trips_that_store_into_each_others_elements():
    def f(x):
        out = np.zeros((x.size, x.size))
        for i in range(x.size):
            for j in range(x.size):
                out[i, j] = x[i] * x[j] * x[j]
                out[j, i] = math.sin(x[i]) * x[j]
        return out

    check(f, (x,))


def test_trips_that_store_into_each_others_elements_as_indices_wrap():
    def f(x):
        out = np.zeros(x.size)
        for i in range(-1, x.size):
            out[i] = x[i] * x[i] * (i + 2)
        return out

    check(f, (x,))


def test_which_of_two_exceptions():
    def f(x):
        s = 0.0
        for i in range(x.size):
            if x[i] > 1.0:
                raise ValueError("x")
            s += x[i] * x[i]
        if x[0] > 0.1:
            raise KeyError("y")
        return s

    check(f, (x,))
    check(f, (0.01 * x,))


def test_a_late_loop_of_which_nothing_is_differentiated():
    def f(x, k):
        work = np.empty(3)
        for i in range(3):
            work[i] = 0.5 * k
        return work, x[0] * k

    check(f, (x, 2))


# -- evaluation as Python's ---------------------------------------------------------------------------


def test_and_or_give_an_operand():
    def f(x):
        a = x[0] or 1.0
        b = x[1] and x[2]
        return a * b + (x[0] > 0 and x[2]) + (x[0] < 0 or x[1])

    check(f, (x,))
    check(f, (np.array([0.0, 1.5, 0.0]),))


def test_chained_comparisons_stop_early():
    def f(x):
        s = 0.0
        for i in range(5):
            if 0 <= i < x.size < 5 * x[i % 3]:
                s += x[i]
            if 0 < i < x.size != x[i - 1]:
                s += x[i] * x[i - 1]
        return s

    check(f, (x,))


def squared(a):
    for i in range(a.size):
        a[i] = a[i] * a[i]
    return a


def first(a, b):
    return a


def test_array_expressions_beside_stores_into_their_operands():
    def added(x):
        w = x.copy()
        return w * 2.0 + squared(w)

    def passed(x):
        w = x.copy()
        return np.sum(first(w * 2.0, squared(w)))

    refused(added, x, match="operands change")
    refused(passed, x, match="operands change")

    def independent(x):
        w, v = x.copy(), x.copy()
        return w * 2.0 + squared(v)

    check(independent, (x,))


weights = np.array([1.0, 2.0, 3.0])


def weighed(t):
    return t * weights[0] * weights[2]


def test_a_local_variable_with_the_name_of_a_helpers_global():
    def f(x):
        s = 0
        for i in range(3):
            t = weighed(x[i])
            weights = t * 2.0
            s += weights * weights
        return s

    check(f, (x,))


def test_bounds_and_indices_that_change_inside_the_loop():
    def f(x, n):
        s = 1.0
        for i in range(n):
            n = n - 1
            i = (i * 2) % 3
            s = math.sin(s * x[i]) + n
        return s * i * n

    check(f, (x, 3))


@pytest.mark.parametrize(
    ("start", "stop", "step"), [(5, -1, -2), (0, 7, 3), (0, 0, 1), (3, 1, 1), (2, 5, -1)]
)
def test_ranges(start, stop, step):
    def f(x, start, stop, step):
        s = 1.0
        w = np.zeros(8)
        for i in range(start, stop, step):
            s = math.sin(s * x[i % 3])
            w[i] = s * i
        for i in range(5, 0, -2):
            w[i] += x[i % 3] * w[i - 1]
        return s, w

    check(f, (x, start, stop, step))


def test_a_loop_variable_after_its_loop():
    def f(x):
        i = 7
        for i in range(x.size):
            if x[i] > 1.0:
                break
        j = 5
        for j in range(0):  # noqa: B007
            pass
        return x[i] * j

    check(f, (x,))


# -- arrays -------------------------------------------------------------------------------------------


def test_negative_and_wrapped_indices():
    def f(x):
        w = np.zeros(4)
        for i in range(-2, 2):
            w[i] += x[i] * x[i - 1]
            w[-1 - i] = math.sin(w[i] * x[(i + 5) % 3])
        return w

    check(f, (x,))


def test_arrays_made_in_a_branch():
    for at in (0.0, 2.0):

        def f(x, at):
            if at > 1:
                w = np.zeros(x.size)
                w[0] = x[1] * x[1]
            else:
                w = x * at
            w[1] = w[0] * x[2]
            return w * w

        check(f, (x, at))


def test_arrays_that_may_be_one_another():
    """What each may be is found by going round, which once did not end."""

    def f(x, y, o, c):
        for item, second in zip(y, x):  # noqa: B905
            if second * second <= c:
                x = np.tanh(x[::-1] + o)
                if np.sum(x) < -0.7 - x[-1]:
                    c = 1.0 * o[-1]
                    x = -0.8 * x
                elif second * item < item * x[0]:
                    o = np.sin(o)
                    x[0] -= math.cos(c)
            elif x[0] >= max(item, o[-1]):
                for _ in range(2):
                    if c > 0.5:
                        continue
                    x[:] = np.sin(x * y)
                    for _ in range(2):
                        x = 0.5 * x
        return np.sum(x) * c

    refused(f, x, y, y[:1], 0.4, match="second name")


def test_arrays_that_go_by_two_names():
    def carried(x, c):
        b = x
        for _ in range(3):
            if c > 5:
                b = 0.5 * x
            b[1] = c * b[0]
        return x[1] * b[2]

    def chosen(x, y, c):
        b = x if c > 0 else y
        b[0] = b[1] * c
        return x[0] * y[0]

    def stored_after(x, y, c):
        b = x if c > 0 else y
        x[0] = x[1] * c
        return b[0] * b[1]

    def both(x, c):
        u, v = x.copy(), x.copy()
        for i in range(3):
            if i == 1:
                u = v
            u[0] = math.sin(u[1] * c)
            v[1] += u[0] * v[0]
        return u[0] * v[1]

    refused(carried, x, 0.4, match="second name")
    refused(both, x, 0.4, match="second name")
    for c in (0.4, -0.4):
        refused(chosen, x, y, c, match="second name")
        refused(stored_after, x, y, c, match="second name")


def test_arrays_that_go_by_one_name_at_a_time():
    def f(x, y, c):
        u, v = (x, y) if c > 0 else (y, x)
        for i in range(3):
            u[i] = math.sin(u[i - 1] * v[i])
            u, v = v, u
            if i == 1:
                w = u * v
                u = w
        w = u
        w[0] *= c
        return w, v[0]

    def read(x, c):
        b = x if c > 0 else x[::-1]
        return b[0] * x[0] + np.sum(b * x)

    for c in (0.4, -0.4):
        check(f, (x, y, c))
        check(read, (x, c))


def test_arrays_carried_and_swapped_under_conditions():
    def f(x):
        u, v = x.copy(), np.sin(x)
        for i in range(4):
            if u[0] > v[1]:
                u, v = v, u
            u[i % 3] = math.sin(v[i - 1]) * u[0]
            w = u
            u = v
            v = w
        return u, v

    check(f, (x,))


def test_views_of_views():
    def f(A):
        w = A.copy()
        part = w[1:][:, ::-1]
        row = part[0][1:]
        row[0] = w[0, 0] * w[1, 1]
        part.T[0] = np.sin(row[1])
        flat = w.reshape(9)[::2]
        flat[1] *= w[2, 2]
        return w

    check(f, (A,))


def test_a_view_outlives_a_rebinding():
    def f(A):
        w = A.copy()
        v = w[1]
        w = w * 2.0
        v[0] = w[0, 0] * w[1, 1]
        w[1] = v * v
        return w, v

    check(f, (A,))


def test_arguments_that_are_returned():
    def same(x):
        return x, x

    def stored(x, c):
        x[0] = x[1] * c
        return x, x[::-1]

    def either(x, y, c):
        return x if c > 0 else y

    check(same, (x,))
    check(stored, (x, 0.3))
    check(either, (x, y, 0.3))
    check(either, (x, y, -0.3))


def test_aliases_in_tuples():
    def f(x, y):
        pair = (x, y.copy())
        pair[0][0] = y[1]
        u, v = pair
        u[1] = u[0] * v[2]
        triple = (u, v, u)
        triple[2][2] *= triple[0][1]
        return pair[0] * pair[1]

    check(f, (x, y))


def test_stores_that_read_where_they_store():
    def f(x, order):
        w = x.copy()
        for i in range(order.size):
            w[i] += math.sin(w[i]) * w[order[i]]
            w[i] = w[order[i]] * w[i]
            w[order[i]] -= w[i] * w[i - 1]
        w[0], w[2] = w[2], w[0]
        return w

    check(f, (x, np.array([0, 2, 2])))


def test_sums_that_are_read_inside_the_loop():
    def f(x):
        s = 0.0
        total = 0.0
        for i in range(x.size):
            s += x[i] * x[i]
            total += s * x[i]
        best = 0.0
        for i in range(x.size):
            best += x[i]
            if best > 1.0:
                total += x[i]
        return total * s

    check(f, (x,))


def test_an_accumulated_slot_that_is_also_read():
    def f(x):
        h = np.zeros(2)
        for i in range(x.size):
            h[i % 2] += x[i] * x[i]
            h[1] += h[0] * x[i]
        return h

    check(f, (x,))


def test_kept_contents_are_taken_once():
    def f(x):
        u = x.copy()
        s = np.dot(u, u)
        for _ in range(3):
            s = s * math.sin(np.dot(u, u) + np.dot(u, x))
            u[0] = s * u[0]
        return s + u[0]

    check(f, (x,))


def test_empty_arrays_and_arrays_without_axes():
    def f(x):
        s = 1.0
        for value in x:
            s *= value
        return s + np.sum(x), x * x

    def g(z):
        w = np.zeros(())
        w[()] = z[()] * z[()]
        return w[()] * z[()]

    check(f, (np.zeros(0),))
    check(g, (np.array(1.5),))


# -- leaving early ------------------------------------------------------------------------------------


def search(a, t):
    for i in range(a.size):
        for j in range(i):
            if a[i] * a[j] > t:
                return a[i] * t, a
        if a[i] > 4 * t:
            continue
        if a[i] < 0:
            break
        t = t * a[i]
    return t * t, a


@pytest.mark.parametrize("t", [-1.0, 0.1, 0.6, 1.5, 5.0])
def test_returns_inside_loops(t):
    def f(x, t):
        s = 0.0
        for k in range(3):
            found, a = search(x, t * k + 0.1)
            s += found * a[k]
        return s

    check(f, (x, t))


def test_results_that_are_defined_on_one_way_only():
    def f(x, c):
        for i in range(x.size):
            if x[i] * c > 1.5:
                return np.sin(x[:2] * c), i * c
        return x * c, c

    for c in (0.1, 1.0, 3.0):
        check(f, (x, c))


def test_extents_of_arguments_that_nothing_else_reads():
    def f(x, c):
        for _ in range(3):
            if c < math.sin(x[0]):
                x[0] = math.sin(x[0] * c)
            else:
                c = 0.5 * c
        return 0.5, 2 * c

    check(f, (x, 0.4))


def test_adjoints_of_arrays_at_the_end_of_a_while_loop():
    def f(A, c):
        i = 0
        while i < 3:
            i += 1
            A = np.sin(A)
            if c < A[0, 0]:
                A = -0.8 * A
                c += 0.5 * c
            else:
                c = 0.5
        return c, A

    check(f, (A, 0.4))


def bump(a):
    a[0] = math.sin(a[0] + a[1])
    return a[0]


def test_conditions_of_while_loops_that_store():
    def f(x):
        s = x[2]
        i = 0
        while i < 3 and bump(x) > 0.2:
            s = math.sin(s * x[0])
            i += 1
        while math.tanh(np.sum(x)) * s > 0.3:
            s = 0.5 * s * math.cos(x[0])
        return s * x[0]

    check(f, (x,))


def test_exceptions_and_the_call_after():
    @njit
    def f(x, limit):
        s = 0.0
        for i in range(x.size):
            for j in range(i):
                s += math.sin(s * x[i] * x[j])
            if x[i] > limit:
                raise ValueError("too far")
        return s

    gradient = da.grad(f, mode="adjoint")
    expected = da.grad(f, mode="tape")(x, 5.0)
    for _ in range(3):
        with pytest.raises(ValueError, match="too far"):
            gradient(x, 1.5)
        np.testing.assert_allclose(gradient(x, 5.0), expected, rtol=1e-13)


@pytest.mark.parametrize("divide", [lambda a, b: a / b, lambda a, b: a // b, lambda a, b: a % b])
def test_division_by_zero(divide):
    @njit
    def f(x, k):
        s = 0.0
        for i in range(x.size):
            s += x[i] * divide(3, k)
        return s

    divide = njit(divide)
    for mode in ("adjoint", "tape"):
        with pytest.raises(ZeroDivisionError):
            da.grad(f, mode=mode)(x, 0)
        np.testing.assert_array_equal(da.grad(f, mode=mode)(x, 2), np.full(3, float(divide(3, 2))))


# -- kinks and singular points ------------------------------------------------------------------------


KINKS = {
    "log of a product with zero": (lambda x: np.log(x[0] * x[1]), [0.0, 2.0]),
    "sqrt of a product with zero": (lambda x: np.sqrt(x[0] * x[1]) * x[1], [0.0, 2.0]),
    "division by zero": (lambda x: np.true_divide(x[1], x[0] * x[1]), [0.0, 2.0]),
    "sqrt that nothing depends on": (lambda x: 0.0 * np.sqrt(x[0]) + x[1], [0.0, 2.0]),
    "a branch beside a singular point": (lambda x: (np.log(x[0]) if x[0] > 0 else 0.0) * x[1], [0.0, 2.0]),
    "abs at zero": (lambda x: abs(x[0]) * x[1], [0.0, 2.0]),
    "ties of max and min": (lambda x: max(x[0], x[1]) * min(x[0], x[1]) * x[1], [2.0, 2.0]),
    "0 ** 2": (lambda x: x[0] ** 2 * x[1], [0.0, 2.0]),
    "0 ** 0.5": (lambda x: np.power(x[0] * x[1], 0.5), [0.0, 2.0]),
    "an infinite factor": (lambda x: x[0] * x[1] * x[0], [0.0, np.inf]),
    "acos at its end": (lambda x: np.arccos(x[0] * x[1]), [1.0, 1.0]),
    "atanh beside its end": (lambda x: np.arctanh(x[0] * x[1]), [0.0, 1.0]),
    "hypot at the origin": (lambda x: np.hypot(x[0], x[1]) * x[0], [0.0, 0.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_conventions(name):
    function, at = KINKS[name]
    check(function, (np.array(at),))


@pytest.mark.battery
@pytest.mark.parametrize("name", KINKS)
def test_conventions_in_every_mode(name):
    function, at = KINKS[name]
    gradients = {mode: da.grad(function, mode=mode)(np.array(at)) for mode in ("adjoint", "forward", "tape")}
    np.testing.assert_array_equal(gradients["adjoint"], gradients["forward"])
    np.testing.assert_array_equal(gradients["adjoint"], gradients["tape"])


# -- kinds and closures -------------------------------------------------------------------------------


def test_integers_that_become_floats():
    def f(x, k):
        s = 0
        n = 2
        for i in range(x.size):
            s += 0.5 * x[i] * n
            if x[i] > 1:
                n = x[i] * k
        t = 1 if k > 1 else x[0]
        return s * n * t

    check(f, (x, 1))
    check(f, (x, 2))


def test_booleans_are_numbers():
    def f(x, c):
        b = x[0] < c
        k = b + (x[1] > c) * 2
        return x[0] * k * b + x[1] * (b - 1) + x[2] * -b

    check(f, (x, 1.0))


def test_large_integers():
    @njit
    def f(x, k):
        s = 1.0
        for i in range(x.size):
            k = (k * 6364136223846793005 + 1442695040888963407) % 4611686018427387847
            s = math.sin(s * x[i] + (k % 1000) * 1e-3)
        return s

    value, gradient = da.value_and_grad(f, mode="adjoint")(x, 2**61 - 1)
    assert value == f(x, 2**61 - 1)
    np.testing.assert_allclose(gradient, da.grad(f, mode="tape")(x, 2**61 - 1), rtol=1e-13)


def scaled(a, t=0.7):
    a[0] *= t
    if a[0] > t:
        return a[0]
    return a[1] * t


def test_a_helper_that_is_read_twice():
    def f(x):
        w = x.copy()
        return scaled(w) * scaled(w, 1.3) + scaled(x) * w[0]

    check(f, (x,))


def test_closures_that_change_between_calls():
    def made(factor):
        def f(x):
            inner = lambda t: t * s * factor  # noqa: E731
            s = x[0]
            first = inner(x[1])
            s = x[2]
            return first * inner(x[1])

        return f

    check(made(2.0), (x,))
    check(made(3.0), (x,))


def test_the_memory_limit_of_tapes():
    @njit
    def f(x, iterations):
        s = x[0]
        for i in range(iterations):
            s = math.sin(s + x[i % 3])
        return s

    gradient = da.grad(f, mode="adjoint")
    before = da.tape_limit()
    da.set_tape_limit(1 << 20)
    try:
        with pytest.raises(MemoryError):
            gradient(x, 1_000_000)
        assert np.all(np.isfinite(gradient(x, 100)))
    finally:
        da.set_tape_limit(before)
    assert np.all(np.isfinite(gradient(x, 100_000)))


def test_inverted_booleans_are_booleans():
    """Not integers, which would be indices."""

    @njit
    def f(x, flag):
        s = np.sum(x[~(x > 1.0)] * x[0])
        if ~(x[1] > x[2]) and ~flag:
            s += x[1] * x[2]
        return s

    for flag in (False, True):
        expected, want = da.value_and_grad(f, mode="forward")(x, flag)
        value, gradient = da.value_and_grad(f, mode="adjoint")(x, flag)
        assert value == expected
        np.testing.assert_allclose(gradient, want, rtol=1e-14)


def test_a_matrix_in_columns_and_a_view_in_rows():
    """The adjoint of an array in Fortran's order is in that order, or a view of it could not be taken."""

    @njit
    def f(a):
        s = 0.0
        k = 1.0
        for value in a.T.reshape(6):
            k += 1.0
            s += k * value * value
        return s

    a = np.asfortranarray(np.arange(1.0, 7.0).reshape(2, 3))
    gradient = da.grad(f, mode="adjoint")(a)
    np.testing.assert_allclose(gradient, da.grad(f, mode="forward")(a), rtol=1e-15)
    assert gradient.flags.c_contiguous


def forgotten(x, y):
    """Nothing of what the inner loop computes gets anywhere: the element that it is made of is constant."""
    x[0] = 0.3
    c = 0.0
    for i in range(y.size):
        for _ in range(y.size):
            if c > 1.0:
                c = math.tanh(c)
            else:
                y += math.sin(math.sqrt(1.0 + math.tanh(x[0]) * math.tanh(x[0])))
            c = math.cos(0.3 * i)
    return np.sum(x * x)


def test_stretches_that_nobody_asks_for():
    check(forgotten, (np.array([0.4, 0.9]), np.array([0.2, 0.7])), [0, 1])


def returned_early(x, a, k):
    """On the last way no result is there yet, where arrays of either size are put together."""
    if a[0] > 0.0:
        if k > 3:
            return 0.5 * x[1:]
    else:
        if k > 2:
            return a * a
    return x * x


def returned_from_loops(x, a, k):
    if a[0] > 0.0:
        for i in range(k):
            if x[i] > 1.0:
                return 0.5 * x[1:]
    else:
        for i in range(k):
            if a[i] < -1.0:
                return a * a
    return x * x


@pytest.mark.parametrize("f", [returned_early, returned_from_loops])
@pytest.mark.parametrize("k", [0, 2, 4])
@pytest.mark.parametrize("first", [0.3, -0.7])
def test_results_of_several_shapes(f, k, first):
    x, a = np.array([0.4, 0.9, -0.2, 1.3, 0.8]), np.array([first, 0.2, -1.7, 0.4])
    check(f, (x, a, k), [0, 1])


@pytest.mark.parametrize("f", [returned_early, returned_from_loops])
def test_results_of_several_shapes_compiled(f):
    compiled = njit(f)
    total = njit(lambda x, a, k: np.sum(np.sin(compiled(x, a, k))))
    x = np.array([0.4, 0.9, -0.2, 1.3, 0.8])
    gradient = da.grad(total, mode="adjoint")(x, -x, 0)
    np.testing.assert_allclose(gradient, np.cos(x * x) * 2 * x, rtol=1e-14)


def halve(x):
    x *= 0.5
    return x[0] * x[1]


def updated_by_what_changes_it(x, k):
    """The element is read before the value is computed, the elements of a slice afterwards."""
    x[k] += np.cos(halve(x))
    x[0] *= halve(x)
    x[1:] -= halve(x)
    return np.sum(x * x)


def gathered_and_changed(x, k):
    order = np.array([2, 0])
    x[order] += halve(x)
    return np.sum(x * x)


def test_updates_by_what_changes_the_array():
    x = np.array([0.4, 0.9, -0.2])
    for k in (0, -1):
        check(updated_by_what_changes_it, (x, k), [0])
        names = {"halve": njit(halve), "np": np}
        compiled = njit(FunctionType(updated_by_what_changes_it.__code__, names))
        value, gradient = da.value_and_grad(compiled, mode="adjoint")(x, k)
        assert value == compiled(x.copy(), k)
        np.testing.assert_allclose(gradient, da.grad(compiled, mode="forward")(x, k), rtol=1e-14)
    with pytest.raises(NotTransformable, match="by an expression that changes it"):
        check(gathered_and_changed, (x, 0), [0])


def never_returned_early(x, n):
    """That it is not is known only once the loop is read."""
    s = x[0]
    for _ in range(n):
        if x[-1] <= s and abs(1.3) < abs(0.5):
            return s * x[1]
    return s


def test_conditions_that_turn_out_constant():
    check(never_returned_early, (np.array([0.4, 0.9, -0.2]), 3), [0])


@njit
def real_part(x):
    y = np.real(x)
    y[0] = 2 * x[1]
    return x[0] * x[1]


@pytest.mark.parametrize("mode", ["adjoint", "tape", "forward"])
def test_the_real_part_of_an_array_is_the_array(mode):
    x = np.array([3.0, 5.0])
    assert real_part(x.copy()) == 50.0
    value, gradient = da.value_and_grad(real_part, mode=mode)(x)
    assert value == 50.0
    assert gradient.tolist() == [0.0, 20.0]


# Loops that leave the adjoints they carry as they are, and so have no sweep of their own.


def scaled_by_one(x, n):
    c = x[0] * x[1]
    for _ in range(n):
        c = 1.0 * c
    return c * c


def moved_by_constants(x, n):
    d, e = x[0], x[1]
    for i in range(n):
        d = d + 0.5 * i
        e = 2.0 * i - e if n < 0 else e
    return d * d * e


def in_a_branch(x, n):
    c = x[0] * x[1]
    if c < 10.0 * n:
        for _ in range(n - n):
            c = 1.0 * c
    return c * c


def behind_another_condition(x, n):
    c = x[0]
    if min(x[0], x[1]) >= np.sum(np.tanh(x)):
        for _ in range(3):
            a = np.ones((n, n))
            c = c + a[0, 0]
    return c * x[1]


def nothing_comes_out(x, n):
    if min(x[0], x[0]) >= np.sum(np.tanh(x)):
        for _ in range(3):
            np.ones((n, n))


@pytest.mark.parametrize(
    "function", [scaled_by_one, moved_by_constants, in_a_branch, behind_another_condition, nothing_comes_out]
)
@pytest.mark.parametrize("n", [0, 1, 3])
def test_loops_that_hand_adjoints_on(function, n):
    check(function, (np.array([1.5, 0.7]), n), [0])


# -- divisions by zero --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_divisions_of_arrays_by_zero_do_not_raise(mode):
    """Those of numbers do, in the error model of Python."""

    def f(x, y):
        z = x.copy()
        z /= y
        return (x / y)[0] + z[0] + np.sum(x // 1.5) + np.sum(x % y)

    for y in (np.array([1.0, 0.0]), np.array([0.0, 1.0])):
        args = np.array([1.0, 2.0]), y
        value, gradients = da.value_and_grad(f, (0, 1), mode=mode)(*args)
        np.testing.assert_equal(value, njit(f)(*args))
        expected, references = da.value_and_grad(f, (0, 1), mode="forward")(*args)
        np.testing.assert_equal(value, expected)
        np.testing.assert_allclose(gradients, references, rtol=1e-14)


def test_more_branches_than_python_nests():
    lines = [f"    {'elif' if k else 'if'} x[0] < {k}.0:\n        s = x[1] * {k + 1}.0" for k in range(110)]
    chain = function_from("\n".join(["def f(x):", "    s = 0.0", *lines, "    return s\n"]), {})
    with pytest.raises(da.UnsupportedError, match="too many branches inside one another"):
        da.grad(chain, mode="adjoint")(y)
    np.testing.assert_array_equal(da.grad(chain, mode="tape")(np.array([2.5, 1.0, 0.0])), [0.0, 4.0, 0.0])
