"""What is refused is named: the construct, and the file and line of the function that holds it."""

from __future__ import annotations

import numpy as np
import pytest
from numba import guvectorize, njit, typeof

from dualad.adjoints.engine import adjoint, whole
from dualad.adjoints.errors import NotTransformable
from dualad.catalogue.table import DISCRETE

x = np.array([0.7, 1.3, -0.4])
m = np.array([[0.4, 1.2], [0.8, -0.6]])
cases = []


def refused(reason, *args, line=1):
    """`line` of the function after its ``def``."""

    def enter(f):
        code = getattr(f, "py_func", f).__code__
        cases.append(pytest.param(f, args or (x,), reason, code.co_firstlineno + 1 + line, id=f.__name__))
        return f

    return enter


@refused("a list, an iterator or a function that a loop rebinds", line=2)
def a_list_bound_anew(x):
    pair = [0.5, 1.0]
    for i in range(3):
        pair = [x[i] * pair[1], pair[0]]
    return pair[0]


@refused("the method 'sort' of a list", line=2)
def ordered(x):
    found = [x[1], x[0]]
    found.sort()
    return found[0]


@refused("a list that changes, of items that are an array", line=3)
def matrices_in_a_list(x):
    found = []
    for i in range(3):
        found.append(np.outer(x, x) * i)
    return found[1][0, 0]


@refused("an array that changes after it was appended to a list", line=4)
def an_array_in_a_list_that_changes(x):
    rows, row = [], x.copy()
    for i in range(3):
        row[i] = row[0] * x[i]
        rows.append(row)
    return rows[0][1]


@refused("an array that changes after it was appended to a list", line=5)
def a_carried_array_in_a_list_that_changes(x):
    rows, row = [], x.copy()
    for i in range(3):
        row[0] += x[i]
        row = row.copy()
        rows.append(row)
    return rows[0][1]


@refused("an array that changes after it was appended to a list", line=4)
def an_item_that_changes(x):
    rows = []
    for i in range(3):
        rows.append(x * i)
    rows[1][0] = x[1]
    return rows[1][0]


@refused("the method 'pop' of a list of arrays", line=4)
def a_stack_of_arrays(x):
    rows = []
    for i in range(3):
        rows.append(x * i)
    return rows.pop()[0]


@refused("what may raise an exception in a loop inside `try`", line=4)
def raised_in_a_loop(x):
    s = 0.0
    try:
        for i in range(3):
            s += 1.0 / x[i]
    except Exception:
        s = 0.0
    return s


@njit
def checked(v):
    if v > 1.0:
        raise ValueError
    return v


@refused("code inside `try` that may raise an exception", line=-5)
def raised_in_a_helper(x):
    s = 0.0
    try:
        s = checked(x[0])
    except Exception:
        s = x[1]
    return s


@refused("a dictionary or set whose size changes in a loop", line=3)
def grows_by_key(x):
    found = {0: 1.0}
    for i in range(x.size):
        found[i] = x[i]
    return found[1]


@refused("a loop over a set, whose order is that of hashes", line=2)
def over_a_set(x):
    s = 0.0
    for i in {1, 2}:
        s += x[i]
    return s


@njit
def ends(x):
    yield x[0]
    yield x[-1]


@refused("the generator 'ends', with several `yield`", line=2)
def generator(x):
    s = 0.0
    for v in ends(x):
        s += v
    return s


@refused("the generator 'ends'", line=1)
def a_generator_in_a_call(x):
    return sum(ends(x))


@refused("a list that changes in a part of an expression", line=2)
def pops_perhaps(x):
    found = [x[0], x[1]]
    return found.pop() if x[2] > 0.0 else x[0]


@refused("`with np.errstate():`", line=2)
def context(x):
    y = x[0]
    with np.errstate():
        y *= 2.0
    return y


@refused("a dtype other than float64, float32, bool and integers")
def half_precision(x):
    return np.sum(np.zeros(3, np.float16) * x)


@refused("a reshape of an array that may not be contiguous", m)
def reshaped(m):
    return np.sum(m.T.reshape(4) * 2.0)


@refused("a store of an array of higher rank", x, m)
def too_large(x, m):
    x[:] = m
    return x[0]


@refused("an index that is a mask of several axes", m)
def mask_of_a_matrix(m):
    return np.sum(m[m > 0.0])


@refused("an index of several arrays, or of an array and None", m)
def two_index_arrays(m):
    return m[np.array([0, 1]), np.array([1, 0])][0]


@refused("a condition that is not a number")
def condition(x):
    return 1.0 if x else 2.0


@refused("an exception that is given something other than numbers and strings", line=2)
def raised(x):
    if x[0] > 5.0:
        raise ValueError(x)
    return x[1]


@refused("the name 'nowhere', which is not defined")
def undefined(x):
    return x[0] * nowhere  # noqa: F821


@refused("'y', which may be undefined on some path to this line, or have different types", line=5)
def half_defined(x):
    if x[0] > 0.0:  # noqa: SIM108
        y = (x[0], x[1])
    else:
        y = x[1]
    return y[0]


@guvectorize(["void(float64[:], float64[:])"], "(n)->(n)")
def doubled(v, out):
    out[:] = 2.0 * v


@refused("a call of 'doubled', made by @guvectorize", line=2)
def vectorized(x):
    out = np.empty_like(x)
    doubled(x, out)
    return out[0]


@refused(f"a random draw with a differentiated parameter: {DISCRETE}")
def drawn(x):
    return x[0] * np.random.poisson(x[0])  # noqa: NPY002


@refused("the attribute 'strides'")
def attribute(x):
    return x[0] * x.strides[0]


@refused("the attribute 'nonsense'")
def method(x):
    return x.nonsense()


@refused("an unpacking into a different number of names")
def unpacked(x):
    a, b = (x[0], x[1], x[2])
    return a * b


@refused("a function that calls itself on every path")
def endless(x):
    return endless_helper(x)


@njit
def endless_helper(x):
    return x[0] * endless_helper(x)


@refused("a store of a differentiated value into 'n', an array of integers", line=2)
def stored_into_integers(x):
    n = np.zeros(2, np.int64)
    n[0] = x[0]
    return n[0] * x[1]


@refused(
    "the array 'a', which a loop or a branch binds to a second name, is stored into through one name and "
    "used through the other",
    line=6,  # of the lines of the decorator too
)
def shared(x):
    a = x * 2.0
    b = a if x[0] > 0.0 else x * 3.0
    a[0] = 1.0
    return b[0] * a[1]


@refused("a result that is not made of numbers, arrays and tuples", line=0)
def returns_a_list(x):
    return [x[0] * x[1], 2.0]


@refused("a result that is not made of numbers, arrays and tuples", line=0)
def returns_a_list_in_a_tuple(x):
    return x[0], [x[i] for i in range(3)]


@refused("a result that is not made of numbers, arrays and tuples", line=0)
def returns_an_iterator(x):
    return enumerate(x)


@pytest.mark.parametrize(("f", "args", "reason", "line"), cases)
def test_message(f, args, reason, line):
    with pytest.raises(NotTransformable) as raised:
        adjoint(f, [typeof(arg) for arg in args], (0,), whole)
    assert raised.value.reason == reason
    if raised.value.line:
        assert str(raised.value) == f"{__file__}:{line}: {reason}"


def test_place_of_a_helper():
    def outer(x):
        return ordered(x)

    with pytest.raises(NotTransformable) as raised:
        adjoint(outer, [typeof(x)], (0,), whole)
    assert raised.value.line == ordered.__code__.co_firstlineno + 3
