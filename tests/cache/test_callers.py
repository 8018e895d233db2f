"""Users' functions in Numba's own cache follow the derivatives that are compiled into them."""

import json
from shutil import rmtree

from tests.cache.processes import python

HELPERS = """
from numba import njit
import dualad as da

@njit
def helper(x):
    return FACTOR * x * x

def f(x):
    return helper(x)

def other(x):
    return 5.0 * x * x

g = da.derivative(BOUND)
spare = da.derivative(other)
"""
CALLERS = """
import json
from shutil import rmtree
import numpy as np
from numba import cfunc, guvectorize, njit, vectorize
from helpers import g, spare

@njit(cache=True)
def caller(x):
    return g(x)

@njit(cache=True)
def outer(x):
    return caller(x) + 0.0 * spare(x)

@vectorize(["f8(f8)"], cache=True)
def elementwise(x):
    return g(x)

@guvectorize(["void(f8[:], f8[:])"], "(n)->(n)", cache=True)
def generalised(x, out):
    for i in range(x.size):
        out[i] = g(x[i])

@cfunc("f8(f8)", cache=True)
def address(x):
    return g(x)

x = 1.0
results = outer(x), caller(x), elementwise(x), generalised(np.ones(1))[0], address.ctypes(x)
hits = [sum(f.stats.cache_hits.values()) for f in (outer, caller)] + [address.cache_hits]
print(json.dumps([results, hits]))
"""


def test_functions_that_numba_keeps_follow_their_derivatives(tmp_path, environment):
    def write(factor, bound):
        text = HELPERS.replace("FACTOR", factor).replace("BOUND", bound)
        (tmp_path / "helpers.py").write_text(text)

    def run():
        return json.loads(python("import callers", environment))

    environment["DUALAD_CACHE"] = "0"  # it is Numba's cache that is looked at
    (tmp_path / "callers.py").write_text(CALLERS)
    write("2.0", "f")
    assert run() == [[4.0] * 5, [0, 0, 0]]
    assert run() == [[4.0] * 5, [1, 1, 1]]
    write("3.0", "f")
    assert run() == [[6.0] * 5, [0, 0, 0]]
    assert run() == [[6.0] * 5, [1, 1, 1]]
    write("3.0", "other")  # a derivative that was there before, under the name of another
    assert run() == [[10.0] * 5, [0, 0, 0]]


UNTOLD = """
from numba import njit
import os
from numba.extending import overload
import dualad as da

def scale(x): pass

@overload(scale)
def typed(x):
    factor = float(os.environ["FACTOR"])
    return lambda x: factor * x * x

g = da.derivative(lambda x: scale(x))

@njit(cache=True)
def caller(x):
    return g(x)

print(caller(1.0))
"""


def test_what_cannot_be_told_is_compiled_again(tmp_path, environment):
    (tmp_path / "untold.py").write_text(UNTOLD)
    for factor in ("2", "3"):
        result = python("import untold", environment | {"FACTOR": factor})
        assert float(result) == 2 * float(factor)


PASSIVE = """
from numba import njit
import dualad as da
from deeper import helper

@njit(cache=True)
def passive(n):
    return helper(n)

def f(x):
    return x * x * passive(2)

print(da.derivative(f)(1.0), da.cache_info().loaded, da.cache_info().refused)
"""


def test_what_numba_may_have_loaded_out_of_date_is_not_stored(tmp_path, environment):
    """A helper of a helper that Numba keeps: Numba itself does not see that it has changed."""
    deeper = "from numba import njit\n\n@njit\ndef helper(n):\n    return {} * n\n"
    (tmp_path / "passive.py").write_text(PASSIVE)
    (tmp_path / "deeper.py").write_text(deeper.format("1.0"))
    assert python("import passive", environment) == "4.0 0 {}\n"
    (tmp_path / "deeper.py").write_text(deeper.format("3.0"))
    stale = python("import passive", environment)
    assert stale.startswith("4.0 0 {'derivative_f'")
    assert "passive was compiled before dualad was imported, or loaded from Numba's cache" in stale
    rmtree(tmp_path / "__pycache__")
    assert python("import passive", environment) == "12.0 0 {}\n"
