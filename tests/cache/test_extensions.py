"""What others have taught Numba: what of it has a part in a fingerprint, what keeps callers from the disk."""

import os
import pathlib
import time
from types import SimpleNamespace

import numpy as np
import pytest
from numba import types
from numba.extending import overload, overload_method

import dualad as da
from dualad.cache import drivers, identity
from dualad.cache.fingerprint import Fingerprint, UnknownError

OBJECT, TABLE = SimpleNamespace(factor=2.0), {"factor": 2.0}
COUNT = 0


class Settings:
    factor = 2.0


def digest(function):
    found = Fingerprint()
    found.value("name", function)
    return found.digest()


def caller_of(typed):
    """A function that calls one with this ``@overload``."""

    def taught(x):
        pass

    overload(taught)(typed)
    return lambda x: taught(x) * x


def test_a_recursive_helper_of_an_overload_ends():
    def depth(t):
        return 1 if t is None else depth(None)

    def typed(x):
        n = depth(x)
        return lambda x: x * n

    assert digest(caller_of(typed)) == digest(caller_of(typed))


def test_what_a_function_cannot_reach_has_no_part_in_it():
    def plain(x):
        return len(np.ones(3)) * x.sum() + np.sin(x[0])

    before = digest(plain)

    def opaque(x):
        n = float(open("factor.txt").read())  # noqa: SIM115
        return lambda x: n * x

    caller_of(opaque)
    assert digest(plain) == before


def test_what_a_function_reaches_has_a_part_in_it():
    def factor(number):
        def typed(x):
            return lambda x: number * x

        return typed

    assert digest(caller_of(factor(2.0))) == digest(caller_of(factor(2.0)))
    assert digest(caller_of(factor(2.0))) != digest(caller_of(factor(3.0)))


def test_a_class_that_an_overload_reads_is_told_by_content(monkeypatch):
    def typed(x):
        factor = Numbers.factor
        return lambda x: factor * x

    class Numbers(tuple):
        factor = 2.0

    class Others(tuple):
        factor = 3.0

    Numbers.__module__ = Others.__module__ = "somewhere"
    Numbers.__qualname__ = Others.__qualname__ = "Numbers"
    caller = caller_of(typed)
    one = digest(caller)
    Numbers = Others
    assert digest(caller) != one


def reads_file(x):
    n = float(open("factor.txt").read())  # noqa: SIM115
    return lambda x: n * x


def reads_path(x):
    n = float(pathlib.Path("factor.txt").read_text())
    return lambda x: n * x


def reads_environment(x):
    n = float(os.environ["FACTOR"])
    return lambda x: n * x


def asks_environment(x):
    n = float(os.getenv("FACTOR", "2"))
    return lambda x: n * x


def reads_time(x):
    n = time.time()
    return lambda x: n * x


def loads_array(x):
    n = np.load("factor.npy")[0]
    return lambda x: n * x


def reads_text(x):
    n = np.loadtxt("factor.txt")[0]
    return lambda x: n * x


def draws(x):
    n = np.random.rand()  # noqa: NPY002
    return lambda x: n * x


def imports(x):
    import json

    n = json.load(open("factor.json"))  # noqa: SIM115
    return lambda x: n * x


def counts(x):
    global COUNT
    COUNT += 1
    n = COUNT
    return lambda x: n * x


def hashes(x):
    n = hash("text")
    return lambda x: n * x


def looks_up_globals(x):
    n = globals()["NUMBER"]
    return lambda x: n * x


def reads_object(x):
    n = OBJECT.factor
    return lambda x: n * x


def reads_table(x):
    n = TABLE["factor"]
    return lambda x: n * x


def reads_class(x):
    n = Settings.factor
    return lambda x: n * x


def reads_through_helper(x):
    return reads_file(x)


@pytest.mark.parametrize(
    "typed",
    [
        reads_file, reads_path, reads_environment, asks_environment, reads_time, loads_array, reads_text,
        draws, imports, counts, hashes, looks_up_globals, reads_object, reads_table, reads_class,
        reads_through_helper,
    ],
    ids=lambda typed: typed.__name__,
)  # fmt: skip
def test_an_overload_that_may_depend_on_anything(typed):
    with pytest.raises(UnknownError):
        digest(caller_of(typed))


def usual(x):
    """What overloads do."""
    if not isinstance(x, types.Float) and getattr(x, "ndim", 0) > 1:
        raise TypeError(f"not for {x}")
    names = tuple(sorted(("a", "b"), key=len))
    size = len(names) + int(np.prod(np.array([1, 2])))
    zero = np.dtype("f8").type(0)

    def implementation(x):
        return x * size + zero

    return implementation


def test_an_overload_as_they_are_written():
    assert digest(caller_of(usual)) == digest(caller_of(usual))


def test_an_overload_of_a_known_function_that_cannot_be_told(tmp_path, monkeypatch):
    """What was made with it is not stored, and everything else is."""
    monkeypatch.setenv("DUALAD_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("DUALAD_CACHE", "1")
    drivers.refusals.clear()
    opaque = {"factor": 3.0}

    @overload(np.linalg.tensorinv)
    def told(x):
        return lambda x: 2.0 * x

    @overload(np.linalg.multi_dot)
    def untold(x):
        factor = opaque["factor"]
        return lambda x: factor * x

    @overload_method(types.Array, "known_to_one_only")
    def method(array):
        factor = opaque["factor"]
        return lambda array: factor

    def of_told(x):
        return np.linalg.tensorinv(1.0) * x

    def of_untold(x):
        return np.linalg.multi_dot(1.0) * x

    def of_method(x):
        return np.ones(2).known_to_one_only() * x

    assert [da.derivative(f)(1.0) for f in (of_told, of_untold, of_method)] == [2.0, 3.0, 3.0]
    assert da.cache_info().files == 1
    for f, count in ((lambda x: x * len(np.ones(3)), 2), (lambda x: np.linalg.tensorinv(2.0) * x, 3)):
        assert da.derivative(f)(1.0) > 2.0
        assert da.cache_info().files == count
    refused = da.cache_info().refused
    assert sorted(refused) == ["derivative_of_method", "derivative_of_untold"]
    assert all("opaque is a dict" in reason for reason in refused.values())


def test_an_overload_of_a_known_function_is_told_by_content():
    """Numba's own implementations may call it, so it has a part in every driver."""
    number = 2.0
    driver = da.derivative(lambda x: x)
    before = identity.of(driver).digest()

    @overload(np.linalg.tensorsolve)
    def typed(x):
        factor = number
        return lambda x: factor * x

    first = identity.of(driver).digest()
    assert first != before
    assert identity.of(driver).digest() == first
    number = 3.0
    assert identity.of(driver).digest() != first
