"""Arguments chosen by name, and what to pass instead of what compiled code cannot take."""

from __future__ import annotations

import functools
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from numba import njit, typed, types

import dualad as da
from tests.grid import MODES
from tests.marks import in_battery

x = np.array([0.5, -1.5, 2.0])
w = np.array([1.0, 2.0, 3.0])


@njit
def model(x, w, b):
    return np.sum(w * w * x) * b


@dataclass
class Parameters:
    w: np.ndarray
    b: float


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("names", "numbers"), [("w", 1), (("b",), (2,)), (("b", "w", 0), (2, 1, 0))])
def test_names_stand_for_positions(names, numbers, mode):
    for driver in (da.grad, da.value_and_grad, da.jacobian, da.hessian):
        got, want = (driver(model, chosen, mode=mode)(x, w, 2.0) for chosen in (names, numbers))
        np.testing.assert_equal(got, want)


def test_names_in_every_driver():
    s = np.sum(w * w * x)
    assert da.derivative(model, "b")(x, w, 2.0) == s
    assert da.jvp(model, "b")(2.0, 3.0, x, w) == (2.0 * s, 3.0 * s)
    value, (slope, _) = da.vjp(model, ("b", "w"))((2.0, w), 3.0, x)
    assert (value, slope) == (2.0 * s, 3.0 * s)
    np.testing.assert_allclose(da.hvp(model, "w")(w, w, x, 2.0), 4.0 * x * w)
    assert da.check_derivatives(model, x, w, 2.0, argnums=("b", "w")).ok
    assert da.adjoint_source(model, x, w, 2.0, argnums="w") == da.adjoint_source(model, x, w, 2.0, argnums=1)
    assert da.explain(model, x, w, 2.0, argnums="w").engine == "adjoint"


def test_names_of_partials_are_those_of_the_free_arguments():
    given = functools.partial(model, b=2.0)
    np.testing.assert_allclose(da.grad(given, "w")(x, w), 4.0 * x * w)
    np.testing.assert_allclose(da.jvp(given, "w")(w, w, x)[1], 4.0 * np.sum(x * w * w))
    with pytest.raises(da.ArgumentError, match=r"argnums='b': there is no argument 'b' in \(x, w\)"):
        da.grad(given, "b")


@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        ("q", r"argnums='q': there is no argument 'q' in \(x, w, b\)"),
        (("w", "q"), r"argnums=\('w', 'q'\): there is no argument 'q'"),
        (("w", 1), "argnums must name each argument once"),
        (1.5, "argnums must be an int, the name of an argument, or a tuple of these, not 1.5"),
        ([0, 1], "argnums must be an int, the name of an argument, or a tuple of these"),
    ],
)
def test_refused_names(argnums, message):
    with pytest.raises(da.ArgumentError, match=message):
        da.grad(model, argnums)
    with pytest.raises(da.ArgumentError, match=message):
        da.check_derivatives(model, x, w, 2.0, argnums=argnums)


def test_the_name_of_further_arguments_is_none():
    with pytest.raises(da.ArgumentError, match=r"there is no argument 'rest' in \(x\)"):
        da.grad(lambda x, *rest: x, "rest")


@pytest.mark.parametrize("mode", ["adjoint", in_battery("forward"), in_battery("tape")])
def test_nested_trees(mode):
    Layer = namedtuple("Layer", "w b kind")
    Net = namedtuple("Net", "layers scale")

    @njit
    def loss(net, x):
        first, second = net.layers
        h = np.tanh(first.w @ x + first.b) if first.kind == "tanh" else first.w @ x + first.b
        return np.sum((second.w @ h + second.b) ** 2) * net.scale[0]

    def layer(n, m, kind):
        return Layer(np.cos(np.arange(n * m, dtype=float)).reshape(n, m), np.ones(n), kind)

    net = Net((layer(2, 3, "tanh"), layer(1, 2, "linear")), (0.5,))
    got = da.grad(loss, "net", mode=mode)(net, x)
    assert da.check_derivatives(loss, net, x, argnums=1).ok
    assert (got.layers[0].kind, got.layers[1].kind) == (None, None)
    for number, old in enumerate(net.layers):
        for field in ("w", "b"):
            direction = np.sin(1.0 + np.arange(getattr(old, field).size)).reshape(getattr(old, field).shape)

            def moved(h, number=number, field=field, old=old, direction=direction):
                layers = list(net.layers)
                layers[number] = old._replace(**{field: getattr(old, field) + h * direction})
                return loss(net._replace(layers=tuple(layers)), x)

            h = 1e-3
            slope = (8 * (moved(h) - moved(-h)) - moved(2 * h) + moved(-2 * h)) / (12 * h)
            found = np.sum(getattr(got.layers[number], field) * direction)
            np.testing.assert_allclose(found, slope, rtol=1e-8)
    np.testing.assert_allclose(got.scale[0], loss(net, x) / 0.5)


@pytest.mark.parametrize("given", [{"w": w, "b": 2.0}, Parameters(w, 2.0)], ids=["dict", "dataclass"])
def test_dictionaries_and_dataclasses_become_named_tuples(given):
    def f(p, x):
        return np.sum(p.w * x) * p.b

    with pytest.raises(da.ArgumentError, match=r"argument 'p' .*P = collections.namedtuple\('P', 'w b'\)"):
        da.grad(f)(given, x)
    with pytest.raises(da.ArgumentError, match=r"argument 'p' .*P = collections.namedtuple\('P', 'w b'\)"):
        da.grad(f, 1)(given, x)
    P = namedtuple("P", "w b")
    slope = da.grad(f)(P(**(given if isinstance(given, dict) else vars(given))), x)._asdict()
    np.testing.assert_allclose(slope["w"], 2.0 * x)
    np.testing.assert_allclose(slope["b"], np.sum(w * x))


def typed_dict():
    d = typed.Dict.empty(types.unicode_type, types.float64)
    d["w"] = 2.0
    return d


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPendingDeprecationWarning")
@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (typed_dict(), "is a dictionary of float64, .*: pass a named tuple of its values"),
        ([1.0, 2.0], r"is a list of float64, .*: pass an array or a tuple \(np.array\(x\), tuple\(x\)\)"),
        (typed.List([1.0, 2.0]), "is a list of float64, .*: pass an array or a tuple"),
        ({1: 2.0}, "is of type dict, which compiled code cannot take: pass numbers, arrays, or tuples"),
    ],
    ids=["typed.Dict", "list", "typed.List", "dict of integers"],
)
def test_containers_are_refused_with_a_way_out(argument, message):
    with pytest.raises(da.ArgumentError, match=message):
        da.grad(lambda p: 1.0)(argument)


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPendingDeprecationWarning")
@pytest.mark.parametrize("mode", MODES)
def test_containers_are_passive_arguments(mode):
    @njit
    def f(x, d, items, plain):
        s = d["w"] * x[0] ** 2 if "w" in d else 0.0
        for item in items:
            s += item * x[1] ** 2
        return s * plain[1] + len(items)

    args = typed_dict(), typed.List([1.0, 2.0]), [3.0, 4.0]
    np.testing.assert_allclose(da.grad(f, mode=mode)(x, *args), [8.0, -36.0, 0.0])
