"""``jvp`` and ``vjp``: forms, further arguments, duality."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.same import assert_same


class Pair(NamedTuple):
    low: float
    high: np.ndarray


@njit
def bend(x, n, s):
    y = np.empty(n)
    for i in range(n):
        y[i] = s * x[i] * x[(i + 1) % x.size]
    return y


@njit
def several(a, x):
    return a * x[0], Pair(x[1] * x[1], np.array([a, x[0] * x[1]]))


X = np.array([2.0, 3.0, 5.0])
BEND = np.array([[6.0, 4.0, 0.0], [0.0, 10.0, 6.0]])  # Jacobian of bend(X, 2, 2.0) by x


def test_jvp_is_the_jacobian_times_a_direction():
    v = np.array([1.0, -1.0, 0.5])
    assert_same(da.jvp(bend)(X, v, 2, 2.0), (np.array([12.0, 30.0]), BEND @ v))


def test_vjp_is_the_transposed_jacobian_times_a_cotangent():
    w = np.array([1.0, -2.0])
    assert_same(da.vjp(bend)(X, w, 2, 2.0), (np.array([12.0, 30.0]), w @ BEND))


def test_scalars():
    assert_same(da.jvp(lambda x: x**3)(2.0, 10.0), (8.0, 120.0))
    assert_same(da.vjp(lambda x: x**3)(2.0, 10.0), (8.0, 120.0))


VALUE = (4.0, Pair(9.0, np.array([2.0, 6.0])))


def test_tuple_of_primals_is_the_leading_arguments():
    x = np.array([2.0, 3.0])
    got = da.jvp(several)((2.0, x), (1.0, np.array([10.0, 100.0])))
    assert_same(got, (VALUE, (22.0, Pair(600.0, np.array([1.0, 230.0])))))
    got = da.vjp(several)((2.0, x), (1.0, Pair(10.0, np.array([100.0, 1000.0]))))
    assert_same(got, (VALUE, (102.0, np.array([3002.0, 2060.0]))))


def test_argnums_choose_the_primals():
    x = np.array([2.0, 3.0])
    assert_same(da.jvp(several, 1)(x, np.array([1.0, 0.0]), 2.0)[1], (2.0, Pair(0.0, np.array([0.0, 3.0]))))
    assert_same(da.vjp(several, -1)(x, (1.0, Pair(0.0, np.zeros(2))), 2.0)[1], np.array([2.0, 0.0]))
    got = da.vjp(several, (1, 0))((x, 2.0), (1.0, Pair(0.0, np.zeros(2))))
    assert_same(got[1], (np.array([2.0, 0.0]), 2.0))
    assert_same(da.jvp(bend, (2,))((2.0,), (1.0,), X, 2)[1], np.array([6.0, 15.0]))


def test_a_tuple_argument_as_single_primal():
    got = da.jvp(lambda p: p[0] * p[1], 0)((2.0, 3.0), (1.0, 10.0))
    assert_same(got, (6.0, 23.0))
    assert_same(da.vjp(lambda p: p[0] * p[1], 0)((2.0, 3.0), 1.0), (6.0, (3.0, 2.0)))


def test_directions_of_integers_and_of_other_precision():
    assert_same(da.jvp(lambda x: x * x)(3.0, 1), (9.0, 6.0))
    assert_same(da.vjp(lambda x: x * x)(3.0, 1), (9.0, 6.0))
    got = da.jvp(lambda x: x * x)(np.float32(3.0), np.float32(1.0))
    assert_same(got, (9.0, 6.0))


def test_strided_directions():
    v = np.array([1.0, 9.0, -1.0, 9.0, 0.5, 9.0])[::2]
    assert_same(da.jvp(bend)(X, v, 2, 2.0)[1], BEND @ v)
    w = np.array([-2.0, 1.0])[::-1]
    assert_same(da.vjp(bend)(X, w, 2, 2.0)[1], w @ BEND)


@pytest.mark.parametrize("seed", range(5))
def test_duality(seed):
    """<w, J v> = <J^T w, v> for a random direction and cotangent."""
    rng = np.random.default_rng(seed)
    x, v, w = rng.normal(size=7), rng.normal(size=7), rng.normal(size=5)
    pushed = w @ da.jvp(bend)(x, v, 5, 1.5)[1]
    pulled = da.vjp(bend)(x, w, 5, 1.5)[1] @ v
    assert pushed == pytest.approx(pulled, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(("driver", "direction"), [(da.jvp, np.ones(2)), (da.vjp, np.ones(3))])
def test_shapes_must_agree(driver, direction):
    with pytest.raises(da.ArgumentError, match="wrong shape"):
        driver(bend)(X, direction, 2, 2.0)


@pytest.mark.parametrize(
    "direction", [1.0, np.ones((3, 1)), (np.ones(3),), np.ones(3, complex)], ids=range(4)
)
def test_forms_must_agree(direction):
    with pytest.raises(da.ArgumentError, match="must have the form of"):
        da.jvp(bend)(X, direction, 2, 2.0)
    with pytest.raises(da.ArgumentError, match="must have the form of"):
        da.vjp(bend)(X, direction, 2, 2.0)


def test_numbers_of_primals_must_agree():
    with pytest.raises(da.ArgumentError, match="needs 2 primals, not 1"):
        da.jvp(several, (0, 1))((2.0,), (1.0,))
    with pytest.raises(TypeError, match="not enough arguments"):
        da.vjp(several)(2.0)


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_zeros_absorb_infinities(mode):
    """Plain arithmetic comes first, and would give NaN; what is run again writes into a copy of its own."""

    @njit
    def f(x, work):
        work[0] += 1.0  # of the argument or of what an earlier run has left, if it were not a copy
        safe = np.where(x > 0, np.log(x), 0.0)
        return np.sum(x * x * x) * work[0] + np.sum(safe)

    x, work = np.array([0.0, 2.0]), np.zeros(1)
    value, slope = da.jvp(f)(x, np.ones(2), work)
    assert (value, slope) == (8.0 + np.log(2.0), 12.0 + 0.5)
    product = da.hvp(f, mode=mode)(x, np.ones(2), work)
    np.testing.assert_allclose(product, [0.0, 12.0 - 0.25], rtol=1e-14)
    assert work[0] == 0.0


def test_what_is_not_a_number_stays_so():
    value, slope = da.jvp(lambda x: x * np.nan)(1.0, 1.0)
    assert np.isnan(value)
    assert np.isnan(slope)
