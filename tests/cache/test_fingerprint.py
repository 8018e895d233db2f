"""What is told apart, and what is refused."""

import ctypes
from collections import namedtuple
from enum import IntEnum
from math import sin

import numpy as np
import pytest
from numba import njit, vectorize

import dualad as da
from dualad.cache import drivers, fingerprint
from dualad.nist.models import MODELS, residuals_of

Pair = namedtuple("Pair", "a b")
NUMBER = 2.0


class Colour(IntEnum):
    RED = 1


def digest(value):
    found = fingerprint.Fingerprint()
    found.value("name", value)
    return found.digest()


def test_values_are_told_apart():
    values = [
        None, True, 1, 1.0, -0.0, 0.0, 1j, "1", b"1", (1,), ((1,),), (1, 2), Pair(1, 2),
        np.float32(1), np.float64(1), np.ones(2), np.ones(2, np.int64), np.ones((2, 1)), np.ones(3)[::2],
        np.dtype("f4"), Colour.RED, Colour, sin, np.sin, np.cos, len, range(3), float, ValueError, int,
    ]  # fmt: skip
    assert len({digest(value) for value in values}) == len(values)
    assert digest(np.ones(2)) == digest(np.ones(2))
    assert digest(Pair(1, 2)) == digest(Pair(1, 2))


def test_words_do_not_run_together():
    one, other = fingerprint.Fingerprint(), fingerprint.Fingerprint()
    one.put("ab", "c")
    other.put("a", "bc")
    assert one.digest() != other.digest()


@vectorize
def squares(x):
    return x * x


@pytest.mark.parametrize(
    "value",
    [object(), [1.0], {"a": 1}, np.array([None]), ctypes.CDLL(None).abs, squares, "x".join],
    ids=["object", "list", "dict", "objects", "pointer", "ufunc", "method"],
)
def test_what_is_not_understood_is_refused(value):
    with pytest.raises(fingerprint.UnknownError, match="name is a"):
        digest(value)


@njit
def recursive(x, n):
    return x if n == 0 else NUMBER * recursive(x, n - 1)


def test_recursion_ends():
    assert digest(recursive) == digest(recursive)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DUALAD_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("DUALAD_CACHE", "1")
    drivers.refusals.clear()
    return tmp_path


def test_a_frozen_global_is_not_stored(cache, monkeypatch):
    """Numba keeps the helper that it compiled with the old value."""

    @njit
    def helper(x):
        return NUMBER * x

    def first(x):
        return helper(x)

    def second(x):
        return helper(x)

    assert da.derivative(first)(1.0) == 2.0
    assert da.cache_info().files == 1
    monkeypatch.setitem(globals(), "NUMBER", 3.0)
    assert da.derivative(second)(1.0) == 2.0
    assert da.cache_info().files == 1
    assert "helper has changed" not in da.cache_info().refused["derivative_second"]
    assert "has changed since it was compiled" in da.cache_info().refused["derivative_second"]


def test_clearing(cache):
    assert da.derivative(lambda x: x * x)(3.0) == 6.0
    info = da.cache_info()
    assert (info.folder, info.files, info.enabled) == (cache, 1, True)
    assert info.bytes > 1000
    assert da.clear_cache() == 1
    assert da.cache_info().files == 0
    assert list(cache.iterdir()) == []


def test_functions_as_arguments_are_not_stored(cache):
    def applied(x, function):
        return function(x)

    assert da.grad(applied)(3.0, njit(lambda x: x * x)) == 6.0
    assert da.cache_info().files == 0
    assert "an argument is of type" in da.cache_info().refused["grad_applied"]


def test_recursive_functions_are_not_stored(cache):
    """Numba calls them through pointers that it fills in when it compiles, not when it loads."""
    assert da.derivative(lambda x: recursive(x, 2))(1.0) == 4.0
    assert da.cache_info().files == 0
    assert da.cache_info().refused["derivative_lambda"] == "it calls a recursive function"


def test_closures_of_one_maker_are_told_apart():
    """In a package whose version is known too, where a name is enough for what can be imported."""
    one, other = (residuals_of(MODELS[name]) for name in ("BoxBOD", "Bennett5"))
    assert one.py_func.__qualname__ == other.py_func.__qualname__
    assert digest(one) != digest(other)
