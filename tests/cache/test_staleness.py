"""What changes between two processes changes the derivative: none from the disk is out of date."""

import json

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
from numba.extending import overload

def scale(x): pass

@overload(scale)
def typed(x):
    return lambda x: {factor} * x * x
"""
READER = """
from pathlib import Path
from numba.extending import overload

def scale(x): pass

@overload(scale)
def typed(x):
    factor = float((Path(__file__).parent / "factor.txt").read_text())
    return lambda x: factor * x * x
"""
TEACHER = """
from numba.extending import overload
import numpy as np

@overload(np.block)
def of_numpy(x):
    return lambda x: {factor} * x
"""
PAIRS = """
from collections import namedtuple
Pair = namedtuple("Pair", {fields})
"""
# What is imported teaches Numba something: each is imported after what came before has been compiled.
RUN = """
import json
import dualad as da
import numpy as np

results, loaded = {}, {}

def run(name, f, *args):
    before = da.cache_info().loaded
    results[name] = da.derivative(f)(1.0, *args)
    loaded[name] = da.cache_info().loaded - before

import profile
@lambda f: run("helper", f)
def helper(x): return profile.helper(x)

import sched
run("itself", sched.itself)

import pairs
run("fields", lambda x, pair: pair.a * x * x, pairs.Pair(2.0, 3.0))

import tabnanny
@lambda f: run("overload", f)
def overload(x): return tabnanny.scale(x)

import reader
@lambda f: run("reading", f)
def reading(x): return reader.scale(x)

import teacher
@lambda f: run("of_numpy", f)
def of_numpy(x): return np.block(1.0) * x * x

assert all("python3" not in module.__file__ for module in (profile, sched, tabnanny))
print(json.dumps([results, loaded, da.cache_info().refused]))
"""


def write(folder, factor, fields):
    texts = {
        "profile": PROFILE, "sched": SCHED, "tabnanny": TABNANNY, "reader": READER, "teacher": TEACHER,
        "pairs": PAIRS,
    }  # fmt: skip
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text.format(factor=factor, fields=fields))
    (folder / "factor.txt").write_text(factor)
    (folder / "run.py").write_text(RUN)


def test_changed_between_two_processes(tmp_path, environment):
    write(tmp_path, "2.0", "'a b'")
    first, loaded, refused = json.loads(python("import run", environment))
    assert first == dict.fromkeys(loaded, 4.0)
    again, loaded, _ = json.loads(python("import run", environment))
    assert again == first
    assert loaded == dict.fromkeys(loaded, 1) | {"reading": 0}
    assert list(refused) == ["derivative_reading"]
    assert "Path is used while Numba compiles" in refused["derivative_reading"]

    write(tmp_path, "3.0", "'b a'")
    changed, loaded, _ = json.loads(python("import run", environment))
    assert changed == dict.fromkeys(loaded, 6.0)
    assert loaded == dict.fromkeys(loaded, 0)
