"""What is told apart, and what is refused."""

import ctypes
import functools
import math
from collections import namedtuple
from enum import IntEnum
from math import sin

import numpy as np
import pytest
from numba import njit, typeof, vectorize

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


class Silent:
    """What a class may do to hide what its objects hold."""

    def __repr__(self):
        return "silent"

    __str__ = __repr__
    __eq__ = lambda self, other: True  # noqa: E731
    __hash__ = lambda self: 0  # noqa: E731


class SilentFloat(Silent, float):
    pass


class SilentInt(Silent, int):
    pass


class SilentText(Silent, str):
    pass


class SilentBytes(Silent, bytes):
    pass


class SilentComplex(Silent, complex):
    pass


class SilentTuple(Silent, tuple):
    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


class SilentSet(Silent, frozenset):
    def __iter__(self):
        return iter(())


class SilentDouble(np.float64):
    __repr__ = Silent.__repr__


class SilentArray(np.ndarray):
    __repr__ = Silent.__repr__


class SilentPair(Silent, Pair):
    pass


class SlottedFloat(float):
    __slots__ = ("unit",)


class SilentEnum(IntEnum):
    ONE = 1
    TWO = 2

    def __repr__(self):
        return "silent"


def with_attribute(value, unit):
    value.unit = unit
    return value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SilentFloat(1), SilentFloat(2)),
        (SilentFloat(0.0), SilentFloat(-0.0)),
        (SilentFloat(1), 1.0),
        (SilentInt(1), SilentInt(2)),
        (SilentText("a"), SilentText("b")),
        (SilentBytes(b"a"), SilentBytes(b"b")),
        (SilentComplex(1), SilentComplex(2)),
        (SilentTuple((1.0,)), SilentTuple((2.0,))),
        (SilentPair(1, 2), SilentPair(2, 1)),
        (SilentSet({1}), SilentSet({2})),
        (frozenset({SilentInt(1)}), frozenset({SilentInt(2)})),
        (SilentDouble(1), SilentDouble(2)),
        (np.zeros(1).view(SilentArray), np.ones(1).view(SilentArray)),
        (SilentEnum.ONE, SilentEnum.TWO),
        ((SilentInt(1),), (SilentInt(2),)),
        (slice(SilentInt(1)), slice(SilentInt(2))),
        (with_attribute(SilentFloat(1), "m"), with_attribute(SilentFloat(1), "s")),
        (with_attribute(SlottedFloat(1), "m"), with_attribute(SlottedFloat(1), "s")),
        (with_attribute(np.ones(1).view(SilentArray), 1), with_attribute(np.ones(1).view(SilentArray), 2)),
        (np.dtype("f8", metadata={"unit": "m"}), np.dtype("f8", metadata={"unit": "s"})),
        (np.dtype([("a", "f8")]), np.dtype([("b", "f8")])),
    ],
    ids=str,
)  # fmt: skip
def test_values_are_told_by_what_they_hold(one, other):
    assert digest(one) == digest(one)
    assert digest(one) != digest(other)


def test_the_order_of_a_set_does_not_count():
    words = [f"word {number}" for number in range(20)]
    assert digest(frozenset(words)) == digest(frozenset(reversed(words)))


def wrapping(default):
    def inner(x, factor=default):
        return factor * x

    @functools.wraps(inner)
    def outer(*args):
        return inner(*args)

    return outer


def test_defaults_of_the_function_and_of_the_one_it_shows():
    def plain(default):
        def f(x, factor=default, *, power=default):
            return x

        return f

    assert digest(plain(1.0)) != digest(plain(2.0))
    assert digest(wrapping(1.0)) != digest(wrapping(2.0))


def test_a_partial_that_looks_like_a_function_is_refused():
    for known in (np.sin, math.pow, len):
        with pytest.raises(fingerprint.UnknownError, match="name is a partial"):
            digest(functools.update_wrapper(functools.partial(known, 1.0), known))


def test_types_of_arguments_are_told_by_their_classes():
    """The type of a named tuple does not name its fields, nor that of an enum its members."""

    def digest_of(value):
        found = fingerprint.Fingerprint()
        found.argument(typeof(value))
        return found.digest()

    def point(fields, **options):
        return namedtuple("Point", fields, module="somewhere", **options)(1.0, 2.0)

    assert digest_of(point("x y")) == digest_of(point("x y"))
    assert digest_of(point("x y")) != digest_of(point("y x"))
    one, other = (IntEnum("Kind", names, module="somewhere")(1) for names in ("A B", "B A"))
    assert digest_of(one) != digest_of(other)


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


def depth(x):
    return 1 if x is None else depth(None)


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def test_recursion_ends():
    for function in (recursive, depth, njit(depth), even, odd):
        assert digest(function) == digest(function)


def test_a_long_chain_of_helpers_ends():
    """However many call each other: there may be more than Python has frames."""

    def chained(last):
        function = last
        for _ in range(2000):
            function = (lambda inner: lambda x: inner(x))(function)
        return function

    one, other = (lambda x: 2.0 * x), (lambda x: 3.0 * x)
    assert digest(chained(one)) == digest(chained(one))
    assert digest(chained(one)) != digest(chained(other))


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
