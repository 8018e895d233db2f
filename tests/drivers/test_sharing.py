"""Arguments that share memory: as the function has it, or refused by name."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
from numba import njit

import dualad as da

Pair = namedtuple("Pair", "first second")


@njit
def stores(x, w, v):
    """The third argument tells what was stored into the second, if they share memory."""
    w[0] = x[0] * x[0]
    return v[0] * x[1]


@njit
def stores_into_a_part(x, pair):
    pair.first[0] = x[0]
    return pair.second[0] * x[1]


@njit
def adds(x, y):
    y += x
    return y[0] * x[1]


@njit
def reads(x, y):
    return x[0] * y[1]


X, W = np.array([3.0, 5.0]), np.zeros(8)
GRADIENT = {mode: da.grad(stores, mode=mode) for mode in ("adjoint", "tape", "forward")}
# Of the second and third argument: of one array, of views that overlap or lie between each other.
TOGETHER = {
    "the same": (W, W),
    "overlapping": (W[:4], W[3:]),
    "backwards": (W[::-1], W[7:]),
    "every third of every second": (W[::2], W[::3]),
}
APART = {
    "halves": (W[:4], W[4:]),
    "odd and even": (W[::2], W[1::2]),
    "columns": (W.reshape(4, 2)[:, 0], W.reshape(4, 2)[:, 1]),
    "nothing": (W, W[:0]),
}


@pytest.mark.parametrize("mode", GRADIENT)
@pytest.mark.parametrize("name", TOGETHER)
def test_what_a_store_would_reach_in_another_argument_is_refused(mode, name):
    with pytest.raises(da.ArgumentError, match=r"'w' and 'v' of 'stores' share memory.* into 'w'"):
        GRADIENT[mode](X, *TOGETHER[name])
    assert not W.any()


@pytest.mark.parametrize("mode", GRADIENT)
@pytest.mark.parametrize("name", [name for name in APART if name != "nothing"])
def test_views_of_one_array_without_common_elements_are_taken(mode, name):
    w, v = APART[name]
    np.testing.assert_array_equal(GRADIENT[mode](X, w, v + 2.0), [0.0, 2.0])
    np.testing.assert_array_equal(GRADIENT[mode](X, w, v), [0.0, 0.0])


def test_an_array_without_elements_shares_nothing():
    @njit
    def f(x, w, v):
        w[0] = x[0]
        return w[0] * x[1] + v.size

    np.testing.assert_array_equal(da.grad(f)(X, *APART["nothing"]), [5.0, 3.0])


def test_the_differentiated_argument_is_among_those_compared():
    with pytest.raises(da.ArgumentError, match="'x' and 'w' of 'stores'"):
        GRADIENT["adjoint"](X, X, W)
    with pytest.raises(da.ArgumentError, match="'x' and 'y' of 'adds'"):
        da.grad(adds, (0, 1))(X, X)


def test_parts_of_one_argument_are_compared():
    gradient = da.grad(stores_into_a_part)
    with pytest.raises(da.ArgumentError, match=r"'pair\.first' and 'pair\.second'"):
        gradient(X, Pair(W, W))
    np.testing.assert_array_equal(gradient(X, Pair(W, W + 2.0)), [0.0, 2.0])


@pytest.mark.parametrize("mode", ["adjoint", "tape", "forward"])
def test_what_is_only_read_may_be_given_twice(mode):
    """Derivatives by two arguments are those by each alone, though both are one array."""
    first, second = da.grad(reads, (0, 1), mode=mode)(X, X)
    np.testing.assert_array_equal(first, [5.0, 0.0])
    np.testing.assert_array_equal(second, [0.0, 3.0])


DRIVERS = {
    "value_and_grad": lambda w, v: da.value_and_grad(stores)(X, w, v),
    "jacobian": lambda w, v: da.jacobian(stores)(X, w, v),
    "hessian": lambda w, v: da.hessian(stores)(X, w, v),
    "jvp": lambda w, v: da.jvp(stores)(X, X, w, v),
    "vjp": lambda w, v: da.vjp(stores)(X, 1.0, w, v),
    "hvp": lambda w, v: da.hvp(stores)(X, X, w, v),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_refuses(name):
    DRIVERS[name](W, W.copy())
    with pytest.raises(da.ArgumentError, match="'w' and 'v' of 'stores' share memory"):
        DRIVERS[name](W, W)


def test_derivatives_in_compiled_functions_refuse():
    gradient = GRADIENT["adjoint"]

    @njit
    def caller(x, w, v):
        return gradient(x, w, v)

    np.testing.assert_array_equal(caller(X, W, W + 2.0), [0.0, 2.0])
    with pytest.raises(da.ArgumentError, match="'w' and 'v' of 'stores' share memory"):
        caller(X, W, W)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.filterwarnings("ignore::dualad.TapeWarning")
def test_derivatives_in_differentiated_functions_refuse(mode):
    gradient = GRADIENT["adjoint"]

    def caller(x):
        both = 2.0 * x
        return gradient(x, both, both)[1]

    with pytest.raises(da.ArgumentError, match="'w' and 'v' of 'stores' share memory"):
        da.grad(caller, mode=mode)(X)
