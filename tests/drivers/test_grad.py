"""``grad`` and ``value_and_grad``: forms of arguments, selection, modes."""

from typing import NamedTuple

import numpy as np
import pytest
from numba import njit
from scipy.optimize import rosen, rosen_der

import dualad as da
from tests.same import assert_same

both_modes = pytest.mark.parametrize("mode", ["forward", "reverse", "tape"])


class Parameters(NamedTuple):
    scale: float
    shift: np.ndarray


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@njit
def squares(x):
    """Weights by position, so that no two elements can be mistaken for one another."""
    s = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            s += (10 * i + j + 1) * x[i, j] ** 2
    return s


def weights(shape):
    return np.array([[10.0 * i + j + 1 for j in range(shape[1])] for i in range(shape[0])]).reshape(shape)


@njit
def mixed(x, n, flag, rows, w, t, y):
    """Passive arguments of every kind between two active ones."""
    s = 0.0
    for i in range(n):
        s += x[rows[i]] * w[i] * t[1]
    if flag:
        s *= y
    return s + t[0]


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 7, 8, 9, 40])
@pytest.mark.parametrize("mode", ["auto", "forward", "reverse", "tape"])
def test_rosenbrock_as_published(mode, n):
    x = np.linspace(-1.5, 2.0, n)
    value, gradient = da.value_and_grad(rosenbrock, mode=mode)(x)
    assert value == pytest.approx(rosen(x), rel=1e-14)
    assert_same(gradient, rosen_der(x), rtol=1e-13, atol=1e-11)
    assert_same(da.grad(rosenbrock, mode=mode)(x), gradient, rtol=0)


@pytest.mark.parametrize("chunk", range(1, 12))
def test_chunk_sizes(chunk):
    x = np.linspace(-1.5, 2.0, 10)
    assert_same(da.grad(rosenbrock, mode="forward", chunk=chunk)(x), rosen_der(x), rtol=1e-13, atol=1e-11)


# -- forms ----------------------------------------------------------------------------------------


@both_modes
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "layout",
    [
        lambda x: x,
        np.asfortranarray,
        lambda x: np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3],
        lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    ],
    ids=["C", "F", "strided", "negative strides"],
)
def test_array_layouts(layout, dtype, mode):
    x = layout(np.arange(1.0, 7.0).reshape(2, 3).astype(dtype))
    got = da.grad(squares, mode=mode)(x)
    assert_same(got, (2 * weights((2, 3)) * x).astype(dtype), rtol=np.finfo(dtype).eps)


@both_modes
def test_read_only_array(mode):
    x = np.ones((2, 2))
    x.flags.writeable = False
    assert_same(da.grad(squares, mode=mode)(x), 2 * weights((2, 2)))


@both_modes
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_empty_array(shape, mode):
    value, gradient = da.value_and_grad(squares, mode=mode)(np.ones(shape))
    assert value == 0.0
    assert_same(gradient, np.ones(shape))


@both_modes
def test_array_without_dimensions(mode):
    got = da.grad(lambda x: x[()] ** 3, mode=mode)(np.array(2.0))
    assert_same(got, np.array(12.0))


@both_modes
def test_scalars(mode):
    assert_same(da.grad(lambda x: x**3, mode=mode)(2.0), 12.0)
    assert_same(da.grad(lambda x: x**3, mode=mode)(np.float64(2.0)), 12.0)


@both_modes
def test_single_precision_scalar_is_worked_in_single_precision(mode):
    third = np.float32(1) / np.float32(3)
    got = da.jacobian(lambda x: np.array([x * x]), mode=mode)(third)
    assert_same(got, np.array([2 * third], np.float32), rtol=0)


@both_modes
def test_tuple(mode):
    got = da.grad(lambda p: p[0] * p[1][0] + p[1][1] * p[2][0], mode=mode)(
        (2.0, np.array([3.0, 4.0]), (5.0,))
    )
    assert_same(got, (3.0, np.array([2.0, 5.0]), (4.0,)))


@both_modes
def test_named_tuple(mode):
    def f(p):
        return p.scale**2 * p.shift[1]

    got = da.grad(f, mode=mode)(Parameters(3.0, np.array([1.0, 2.0])))
    assert_same(got, Parameters(12.0, np.array([0.0, 9.0])))


@both_modes
def test_mixed_precisions_in_a_tuple(mode):
    got = da.grad(lambda p: p[0][0] * p[1][0], mode=mode)((np.float32([3.0]), np.array([4.0])))
    assert_same(got, (np.float32([4.0]), np.array([3.0])))


@both_modes
def test_argument_that_plays_no_part(mode):
    x = np.ones(3)
    assert_same(da.grad(lambda x: 1.0, mode=mode)(x), np.zeros(3))
    assert_same(da.grad(lambda x, y: y, (0, 1), mode=mode)(x, 2.0), (np.zeros(3), 1.0))


@both_modes
def test_arguments_are_left_as_they_were(mode):
    def f(x):
        x[0] *= 5.0
        return x[0] * x[1]

    x = np.array([2.0, 3.0])
    assert_same(da.grad(f, mode=mode)(x), np.array([15.0, 10.0]))
    assert_same(x, np.array([2.0, 3.0]))


# -- selection ------------------------------------------------------------------------------------

ARGUMENTS = (
    np.array([1.0, 2.0, 3.0]), 2, True, np.array([2, 0]), np.array([0.5, 4.0]), (7, 3.0), 2.0,
)  # fmt: skip
BY_X = np.array([24.0, 0.0, 3.0])
BY_W = np.array([18.0, 6.0])


@both_modes
@pytest.mark.parametrize(
    ("argnums", "exact"),
    [
        (0, BY_X),
        (-7, BY_X),
        (4, BY_W),
        (-1, 16.5),
        ((0,), (BY_X,)),
        ((0, 6), (BY_X, 16.5)),
        ((6, 0), (16.5, BY_X)),
        ((-1, 4, 0), (16.5, BY_W, BY_X)),
    ],
    ids=str,
)
def test_argnums_among_passive_arguments(argnums, exact, mode):
    value, gradient = da.value_and_grad(mixed, argnums, mode=mode)(*ARGUMENTS)
    assert value == 40.0
    assert_same(gradient, exact)


@both_modes
def test_passive_arguments_take_other_types(mode):
    gradient = da.grad(lambda x, k: x * k, mode=mode)
    assert [gradient(1.5, k) for k in (2, 2.5, True, np.int8(3), np.float32(0.5))] == [
        2.0,
        2.5,
        1.0,
        3.0,
        0.5,
    ]


# -- has_aux --------------------------------------------------------------------------------------


@both_modes
def test_auxiliary_result_is_handed_through(mode):
    def f(x, n):
        doubled = np.empty(n)
        for i in range(n):
            doubled[i] = 2.0 * x[i]
        return x[0] * x[1], (doubled, n, x[0])

    got = da.value_and_grad(f, has_aux=True, mode=mode)(np.array([2.0, 3.0]), 2)
    assert_same(got, ((6.0, (np.array([4.0, 6.0]), 2, 2.0)), np.array([3.0, 2.0])))


def test_auxiliary_result_must_be_there():
    with pytest.raises(da.OutputError, match=r"has_aux=True.*\(value, aux\)"):
        da.value_and_grad(rosenbrock, has_aux=True)(np.ones(2))


# -- refusals -------------------------------------------------------------------------------------


@both_modes
@pytest.mark.parametrize(
    "f", [lambda x: x, lambda x: (x[0], x[1]), lambda x: None, lambda x: 3], ids=range(4)
)
def test_result_must_be_one_float(f, mode):
    with pytest.raises(da.OutputError, match="one float"):
        da.grad(f, mode=mode)(np.ones(2))


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        (1, "pass floats"),
        (True, "pass floats"),
        (np.arange(3), "pass floats"),
        (np.complex64(1j), "pass complex128"),
        ([1j], "pass an array or a tuple"),
        ("text", "float arrays"),
        ((1.0, 2), "pass floats"),
    ],
)
def test_argument_must_be_made_of_floats(argument, hint):
    with pytest.raises(da.ArgumentError, match=f"argument 'z'.*{hint}"):
        da.grad(lambda z: 1.0)(argument)


@pytest.mark.parametrize("argnums", [2, -3, (0, 0), (0, -2), (), 0.5, "z", (0, "z"), True, None])
def test_argnums_must_fit(argnums):
    with pytest.raises(da.ArgumentError, match="argnums"):
        da.grad(lambda x, y: x, argnums)


def test_mode_and_chunk_are_checked():
    with pytest.raises(da.ArgumentError, match="mode must be one of auto, forward, reverse"):
        da.grad(rosenbrock, mode="backward")
    for chunk in (0, -1, 2.0, True):
        with pytest.raises(da.ArgumentError, match="chunk"):
            da.grad(rosenbrock, chunk=chunk)


@pytest.mark.parametrize("thing", [3.0, np.sin, len, "f", None])
def test_what_is_no_python_function(thing):
    with pytest.raises(da.DualadError, match="cannot differentiate"):
        da.grad(thing)
