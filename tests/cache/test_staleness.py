"""What changes between two processes changes the derivative: none is taken from the disk that is out of date."""

import json

import pytest

from tests.cache.processes import python

# Modules that are named like those of the standard library, and shadow them.
PROFILE = """
from numba import njit
@njit
def helper(x):
    return {factor} * x * x
"""
SCHED = """
def itself(x):
    return {factor} * x * x
"""
TABNANNY = """
from pathlib import Path
from numba.extending import overload

def scale(x): pass

@overload(scale)
def typed(x):
    return lambda x: {factor} * x * x
"""
READER = """
from collections import namedtuple
from pathlib import Path
from numba.extending import overload
import numpy as np

def scale(x): pass

@overload(scale)
def typed(x):
    factor = float((Path(__file__).parent / "factor.txt").read_text())
    return lambda x: factor * x * x

@overload(np.block)
def of_numpy(x):
    return lambda x: {factor} * x

Pair = namedtuple("Pair", {fields})
"""
RUN = """
import json, warnings
import dualad as da
import numpy as np, profile, sched, tabnanny, reader
assert all("python3" not in module.__file__ for module in (profile, sched, tabnanny))

def helper(x): return profile.helper(x)
def overload(x): return tabnanny.scale(x)
def reading(x): return reader.scale(x)
def of_numpy(x): return np.block(1.0) * x * x
def fields(x, pair): return pair.a * x * x

functions = [(helper, ()), (sched.itself, ()), (overload, ()), (reading, ()), (of_numpy, ()),
             (fields, (reader.Pair(2.0, 3.0),))]
results, loaded = {}, {}
for f, args in functions:
    before = da.cache_info().loaded
    results[f.__name__] = da.derivative(f)(1.0, *args)
    loaded[f.__name__] = da.cache_info().loaded - before
print(json.dumps([results, loaded, da.cache_info().refused]))
"""


def write(folder, factor, fields):
    for name, text in (("profile", PROFILE), ("sched", SCHED), ("tabnanny", TABNANNY), ("reader", READER)):
        (folder / f"{name}.py").write_text(text.format(factor=factor, fields=fields))
    (folder / "factor.txt").write_text(factor)
    (folder / "run.py").write_text(RUN)


def test_changed_between_two_processes(tmp_path, environment):
    write(tmp_path, "2.0", "'a b'")
    first, loaded, refused = json.loads(python("import run", environment))
    assert set(first.values()) == {4.0}
    assert "read_text" in refused["derivative_reading"] or "Path" in refused["derivative_reading"]
    assert list(refused) == ["derivative_reading"]

    again, loaded, _ = json.loads(python("import run", environment))
    assert again == first
    assert loaded.pop("reading") == 0
    assert set(loaded.values()) == {1}

    write(tmp_path, "3.0", "'b a'")
    changed, loaded, _ = json.loads(python("import run", environment))
    assert set(changed.values()) == {6.0}
    assert set(loaded.values()) == {0}
