"""Sides of conditions that constants exclude: Numba types them, so they tell what kind a number has."""

import numpy as np
import pytest
from numba import njit

import dualad as da


@njit
def first_above(x):
    d = 0
    for t in range(1, 5):
        if d == 0 and x * t > 2.0:
            d = t
    return d


@njit
def assigned(x, option):
    d = first_above(x)
    if option == 0:
        d = d * 0.5
    return x * 3**-d


@njit
def updated(x, option):
    d = first_above(x)
    if option == 1:
        pass
    else:
        d += 0.5
    return x * 3**-d


@njit
def chosen(x, option):
    d = first_above(x) if option == 1 else 0.5
    return x * 3**-d


@njit
def returned(x, option):
    if option == 0:
        return 0.5
    return first_above(x)


@njit
def paired(x, option):
    if option == 0:
        return 0.5, 1.0
    return first_above(x), first_above(x)


@njit
def unknown(x, option):
    d = first_above(x)
    if option == 0:
        d = np.floor(x)
    return x * 3**-d


@njit
def whole(x, option=None, order=2):
    """What Numba decides itself, or what is an integer on both sides, changes nothing."""
    d = first_above(x)
    if option is not None:
        d = 0.5
    if order == 1:
        d = 2 * d + 1
        for k in range(3):
            d += k
    n = 1 if order == 1 else 2
    return x * 2**d + n


@njit
def everything(x):
    a, b = paired(x, 1)
    s = assigned(x, 1) + updated(x, 1) + chosen(x, 1)
    return s + x * 3 ** -returned(x, 1) + x * 3**-a + x * 3**b


def test_kinds_are_those_of_both_sides():
    value, slope = da.value_and_grad(everything, mode="adjoint")(0.7)
    assert value == everything(0.7)
    np.testing.assert_allclose(slope, 5 / 27 + 27, rtol=1e-14)


@pytest.mark.parametrize("result", [returned, paired])
def test_results_are_floats_where_numba_has_floats(result):
    @njit
    def f(x):
        return result(x, 1)

    assert np.array_equal(da.vjp(f)(0.7, f(0.7))[0], f(0.7))
    assert type(da.vjp(f)(0.7, f(0.7))[0]) is type(f(0.7))


def test_what_cannot_be_told_is_refused():
    @njit
    def f(x):
        return unknown(x, 1)

    with pytest.raises(da.UnsupportedError, match=r"test_excluded.py:\d+: a number whose type"):
        da.adjoint_source(f, 0.7)


def test_integers_stay():
    @njit
    def f(x):
        return whole(x)

    assert "np.float64" not in da.adjoint_source(f, 0.7)
    assert da.value_and_grad(f, mode="adjoint")(0.7) == (f(0.7), 8.0)
