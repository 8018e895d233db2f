"""``jacobian`` and ``value_and_jacobian``: shapes output + input, chunks, modes."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.same import assert_same

every_mode = pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "tape"])


class Pair(NamedTuple):
    low: float
    high: np.ndarray


@njit
def quadratic(x):
    """y[i] = sum over j of (i + 2 j + 1) x[j]**2, so dy[i]/dx[j] = 2 (i + 2 j + 1) x[j]."""
    y = np.zeros(3)
    for i in range(3):
        for j in range(x.size):
            y[i] += (i + 2 * j + 1) * x[j] ** 2
    return y


def quadratic_jacobian(x):
    i, j = np.meshgrid(np.arange(3), np.arange(x.size), indexing="ij")
    return 2.0 * (i + 2 * j + 1) * x[j]


@njit
def outer(a, b):
    """y[i, j] = a[i] b[j]: an output of two dimensions."""
    y = np.empty((a.size, b.size))
    for i in range(a.size):
        for j in range(b.size):
            y[i, j] = a[i] * b[j]
    return y


@every_mode
@pytest.mark.parametrize("n", [1, 5, 8, 17])
def test_vector_by_vector(n, mode):
    x = np.linspace(-1.0, 2.0, n)
    value, jacobian = da.value_and_jacobian(quadratic, mode=mode)(x)
    assert_same(value, quadratic(x))
    assert_same(jacobian, quadratic_jacobian(x))
    assert_same(da.jacobian(quadratic, mode=mode)(x), jacobian, rtol=0)


@pytest.mark.parametrize("chunk", range(1, 9))
def test_chunk_sizes(chunk):
    x = np.linspace(-1.0, 2.0, 7)
    assert_same(da.jacobian(quadratic, mode="forward", chunk=chunk)(x), quadratic_jacobian(x))


@every_mode
def test_shape_is_that_of_output_then_input(mode):
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])
    by_a, by_b = da.jacobian(outer, (0, 1), mode=mode)(a, b)
    assert_same(by_a, np.einsum("ik,j->ijk", np.eye(2), b))
    assert_same(by_b, np.einsum("i,jk->ijk", a, np.eye(3)))
    assert_same(da.jacobian(outer, 1, mode=mode)(a, b), by_b)


@every_mode
def test_matrix_by_matrix(mode):
    x = np.arange(6.0).reshape(2, 3)
    assert_same(da.jacobian(lambda x: x.T, mode=mode)(x), np.einsum("il,jk->ijkl", np.eye(3), np.eye(2)))


@every_mode
def test_scalar_by_scalar_is_a_float(mode):
    assert_same(da.jacobian(lambda x: x**3, mode=mode)(2.0), 12.0)
    assert_same(da.value_and_jacobian(lambda x: x**3, mode=mode)(2.0), (8.0, 12.0))


@every_mode
def test_tuples_of_outputs_by_tuples_of_inputs(mode):
    def f(p, y):
        return p.low * y, (np.array([p.high[0] * y, p.high[1]]), 2.0)

    got = da.jacobian(f, (0, 1), mode=mode)(Pair(2.0, np.array([3.0, 4.0])), 5.0)
    by_first = (Pair(5.0, np.zeros(2)), 2.0)
    by_second = (Pair(np.zeros(2), np.array([[5.0, 0.0], [0.0, 1.0]])), np.array([3.0, 0.0]))
    by_third = (Pair(0.0, np.zeros(2)), 0.0)
    assert_same(got, (by_first, (by_second, by_third)))


@every_mode
def test_named_tuple_of_outputs(mode):
    got = da.jacobian(lambda x: Pair(x[0] * x[1], x), mode=mode)(np.array([2.0, 3.0]))
    assert_same(got, Pair(np.array([3.0, 2.0]), np.eye(2)))


@every_mode
@pytest.mark.parametrize(("outputs", "inputs"), [(0, 3), (3, 0), (0, 0)])
def test_empty_arrays(outputs, inputs, mode):
    def f(x, n):
        y = np.zeros(n)
        for i in range(n):
            for j in range(x.size):
                y[i] += x[j]
        return y

    got = da.jacobian(f, mode=mode)(np.ones(inputs), outputs)
    assert_same(got, np.ones((outputs, inputs)))


@every_mode
def test_passive_outputs_have_zero_jacobians(mode):
    got = da.jacobian(lambda x: (x[0], 3.0, np.ones(2)), mode=mode)(np.array([1.0, 2.0]))
    assert_same(got, (np.array([1.0, 0.0]), np.zeros(2), np.zeros((2, 2))))


@every_mode
def test_single_precision_stays(mode):
    got = da.jacobian(lambda x: np.array([x[0] * x[1], x[1]]), mode=mode)(np.float32([2.0, 3.0]))
    assert_same(got, np.float32([[3.0, 2.0], [0.0, 1.0]]))


@every_mode
def test_layouts(mode):
    def f(x):
        return np.array([x[0, 1] * x[1, 0], x[1, 1]])

    base = np.arange(1.0, 5.0).reshape(2, 2)
    want = da.jacobian(f, mode=mode)(base)
    assert_same(want, np.array([[[0.0, 3.0], [2.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]))
    for x in (np.asfortranarray(base), np.repeat(base, 2, axis=1)[:, ::2]):
        assert_same(da.jacobian(f, mode=mode)(x), want)


@every_mode
def test_integer_results_are_refused(mode):
    with pytest.raises(da.OutputError, match="returns floats"):
        da.jacobian(lambda x: int(x), mode=mode)(2.0)
