"""Which things a fingerprint names only, without looking into them."""

import os
import sys
import sysconfig
from types import ModuleType

import numba
import numpy as np
import pytest
from numba.core import types

from dualad.cache import origins

LIBRARY = sysconfig.get_path("stdlib")
NAMES = sorted(sys.stdlib_module_names)
IMPORTABLE = [name for name in NAMES if name not in sys.builtin_module_names]


def function_in(file, module):
    scope = {"__name__": module}
    exec(compile("def made(x): return x\nclass Made: pass", file, "exec"), scope)
    return scope["made"]


def test_a_function_in_a_file_named_like_the_library():
    """Beside a script, in a package, installed, relative: it is its user's, whatever its name."""
    for name in NAMES:
        for folder in (
            "/home/me",
            f"/home/me/{name}",
            f"{LIBRARY}/site-packages",
            "/opt/lib/python3.11",
            ".",
        ):
            function = function_in(os.path.join(folder, f"{name}.py"), name)
            assert not origins.is_known(function), (name, folder)
        assert origins.is_known(function_in(os.path.join(LIBRARY, f"{name}.py"), name)), name
        assert origins.is_known(function_in(os.path.join(LIBRARY, name, "inner.py"), name)), name


def test_a_file_put_into_the_library_is_not_of_it():
    assert not origins.is_known(function_in(os.path.join(LIBRARY, "put_there.py"), "put_there"))


@pytest.mark.parametrize("package", ["numpy", "numba", "dualad"])
def test_a_function_that_claims_to_be_of_a_package(package):
    assert not origins.is_known(function_in("/home/me/model.py", package))
    assert not origins.is_known(function_in("<string>", package))


def test_classes_of_modules_named_like_the_library(monkeypatch):
    for name in IMPORTABLE:
        module = ModuleType(name)
        module.__file__ = f"/home/me/{name}.py"
        exec("class Made: pass\nclass Number(float): pass", module.__dict__)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, module)
            assert not origins.is_known(module.Made), name
            assert not origins.is_known(module.Number(1.0)), name


def test_an_object_is_not_known_by_its_class():
    assert origins.is_known(np.float64)
    assert not origins.is_known(np.float64(1.0))
    assert not origins.is_known(types.float64)


def test_what_is_of_the_library_and_the_packages():
    for value in (os.path.join, np.sin, np.linalg.norm, len, sum, np.random.rand, numba.prange, types.Array):
        assert origins.is_known(value), value
