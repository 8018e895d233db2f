from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
from scipy import sparse

from dualad import ArgumentError, OutputError
from dualad.check.function.layout import Layout, ShapeMismatchError, gather

Pair = namedtuple("Pair", ["a", "b"])


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        np.float32(2.5),
        np.arange(3.0),
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros(0),
        np.array(2.0),
        (1.0, np.arange(2.0)),
        Pair(np.float64(1.0), (2.0, np.ones((1, 2), np.float32))),
    ],
)
def test_building_gives_back_what_was_flattened(value):
    layout = Layout.of_argument(value, "x")
    built = layout.build(layout.flatten(value))
    assert type(built) is type(value)
    assert repr(built) == repr(value)
    if isinstance(value, np.ndarray):
        assert built.flags.f_contiguous == value.flags.f_contiguous
        assert built is not value


def test_numbers_are_named_by_the_way_to_them():
    layout = Layout.of_arguments([Pair(1.0, np.zeros((1, 2))), np.zeros(2)], ["p", "x"])
    assert [layout.name(i) for i in range(layout.size)] == ["p.a", "p.b[0, 0]", "p.b[0, 1]", "x[0]", "x[1]"]
    assert layout.place(2)[1] == (0, 1)


def test_complex_numbers_are_not_rounded_to_the_type_of_the_argument():
    layout = Layout.of_argument(np.zeros(2, np.float32), "x")
    assert layout.build(np.array([1.0, 2.0j])).dtype == np.complex128


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1, "which is int"),
        (True, "which is bool"),
        ([1.0], "numpy.array"),
        (np.arange(2), "array of int64"),
        ("a", "str"),
    ],
)
def test_arguments_that_are_not_floats_are_refused(value, message):
    with pytest.raises(ArgumentError, match=message):
        Layout.of_argument((1.0, value), "x")


def test_results_that_are_not_numbers_are_refused():
    with pytest.raises(OutputError, match="complex"):
        Layout.of_result(1j)
    with pytest.raises(OutputError, match="None"):
        Layout.of_result((1.0, None))


def test_results_of_another_form_are_refused():
    with pytest.raises(OutputError, match=r"shape \(3,\) here, and \(2,\) elsewhere"):
        Layout.of_result(np.zeros(2)).flatten(np.zeros(3))
    with pytest.raises(OutputError, match="tuple of 2"):
        Layout.of_result((1.0, 2.0)).flatten(1.0)


def test_derivatives_of_tuples_are_gathered():
    out = Layout.of_result((1.0, np.zeros(2)))
    inputs = Layout.of_arguments([2.0, np.zeros(3)], ["a", "b"])
    jacobian = ((1.0, np.arange(3.0)), (np.full(2, 7.0), np.arange(6.0).reshape(2, 3)))
    assert gather(jacobian, [out, inputs]).tolist() == [[1, 0, 1, 2], [7, 0, 1, 2], [7, 3, 4, 5]]


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 12), (6, 4), (1, 2, 3, 4)])
def test_flattened_derivatives_are_gathered(shape):
    out, inputs = Layout.of_result(np.zeros(2)), Layout.of_argument(np.zeros((3, 4)), "x")
    if shape == (6, 4):
        with pytest.raises(ShapeMismatchError, match=r"must have shape \(2, 3, 4\), not \(6, 4\)"):
            gather(np.zeros(shape), [out, inputs])
    else:
        assert gather(np.arange(24.0).reshape(shape), [out, inputs]).ravel().tolist() == list(range(24))


def test_sparse_jacobians_are_gathered():
    out, inputs = Layout.of_result(np.zeros(2)), Layout.of_argument(np.zeros(2), "x")
    assert gather(sparse.eye_array(2), [out, inputs]).tolist() == [[1, 0], [0, 1]]


def test_a_transposed_jacobian_is_recognised():
    out, inputs = Layout.of_result(np.zeros(2)), Layout.of_argument(np.zeros(3), "x")
    with pytest.raises(ShapeMismatchError, match="looks transposed") as caught:
        gather(np.zeros((3, 2)), [out, inputs])
    assert caught.value.transposed
    with pytest.raises(ShapeMismatchError, match="real numbers"):
        gather(np.zeros((2, 3), complex), [out, inputs])
    with pytest.raises(ShapeMismatchError, match="tuple of 2"):
        gather(1.0, [Layout.of_result((1.0, 2.0)), inputs])
