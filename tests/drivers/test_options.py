"""Strings, truth values, None and optional arguments: passive, handed on to helpers, and compared."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest
from numba import njit

import dualad as da
from tests.grid import assert_everywhere

x = np.array([0.5, -1.5, 2.0])
w = np.array([1.0, 2.0, 3.0])
Options = namedtuple("Options", "kind scale")


@njit
def loss(x, kind="square"):
    s = 0.0
    for v in x:
        if kind == "huber":
            s += 0.5 * v * v if abs(v) < 1.0 else abs(v) - 0.5
        elif kind != "square":
            s += np.sin(v)
        else:
            s += v * v
    return s


@njit
def term(v, kind, w=None):
    if w is not None:
        v = v * w
    return v**3 if kind in ("cubic", "third") else v


@njit
def of_helpers(x, kind, w=None):
    s = 0.0
    for i in range(x.size):
        s += term(x[i], kind) * term(x[i], "linear", w)
    return s


@njit
def of_characters(x, kind):
    s = 1.0 if kind.startswith("a") else 2.0
    for i in range(len(kind)):
        s *= x[i] if kind[i] == "a" else x[i] ** 2
    for letter in kind:
        if letter == "b" and kind + "!" != letter:
            s += x[0] ** 2
    return s * len(kind)


@njit
def of_variables(x, kind):
    chosen = kind
    if x[0] > 0.0:
        chosen = "big"
    name = "even" if x.size % 2 == 0 else "odd"
    s = 1.0 if kind else 2.0
    for i in range(3):
        name = "next" if i == 1 else name
    return s * (np.sum(x * x) if chosen == "big" or name == kind else np.sum(x**3))


@njit
def power(v, n, kind):
    if n == 0:
        return v
    return v * power(v, n - 1, kind) if kind == "up" else v + power(v, n - 1, kind)


@njit
def of_recursion(x, kind):
    return power(x[0], 3, kind) + x[1] * x[2]


@njit
def of_tuples(x, options, more):
    s = np.sum(x * x) if options.kind == "a" else np.sum(x**3) * options.scale
    return s if more[0] == "a" else s * s + more[1]


@njit
def of_flags(x, up, down=False):
    if up and not down:
        return np.sum(x * x)
    return np.sum(x**3) * down


@njit
def optional(x, w=None, power=2, flag=False):
    if w is None:
        w = np.ones(x.size)
    s = np.sum(w * x**power)
    return s * x[0] if flag else s


@njit
def checked(x, kind):
    if kind == "a":
        return np.sum(x * x)
    raise ValueError("there is no kind " + kind, len(kind))


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (loss, ()),
        (loss, ("huber",)),
        (loss, ("other",)),
        (of_helpers, ("third",)),
        (of_helpers, ("linear", 2.0)),
        (of_helpers, ("cubic", None)),
        (of_characters, ("aba",)),
        (of_variables, ("small",)),
        (of_variables, ("",)),
        (of_recursion, ("up",)),
        (of_recursion, ("down",)),
        (of_tuples, (Options("a", 2), ("a", 1.5))),
        (of_tuples, (Options("b", 2.0), ("b", 1))),
        (of_flags, (True,)),
        (of_flags, (np.bool_(True), True)),
        (optional, ()),
        (optional, (None, 3)),
        (optional, (w, 3, True)),
        (checked, ("a",)),
    ],
    ids=lambda thing: thing.__name__ if hasattr(thing, "py_func") else None,
)
def test_options(f, args):
    assert_everywhere(f, x, *args)
    if f is of_variables:
        assert_everywhere(f, -x, *args)


@pytest.mark.parametrize("mode", ["forward", "adjoint", "tape"])
def test_exceptions_tell_of_options(mode):
    with pytest.raises(ValueError, match="there is no kind b") as caught:
        da.grad(checked, mode=mode)(x, "b")
    assert caught.value.args == ("there is no kind b", 1)


def test_what_may_be_none_in_compiled_code_runs_on_the_tape():
    @njit
    def scaled(x, w):
        w = 1.0 if w is None else w
        return np.sum(x * x) * w

    gradient = da.grad(scaled)

    @njit
    def call(x, given):
        w = None
        if given:
            w = 2.0
        return gradient(x, w)

    with pytest.warns(da.TapeWarning, match="the argument 'w', which may be None or float64"):
        np.testing.assert_array_equal(call(x, True), 4.0 * x)
    np.testing.assert_array_equal(call(x, False), 2.0 * x)


def test_the_adjoint_compares_strings_as_the_function_does():
    assert "kind == 'huber'" in da.adjoint_source(loss, x, "huber")
