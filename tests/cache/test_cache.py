"""Drivers kept on disk, seen from processes of their own: what is loaded, and what must not be."""

import json
import subprocess
import sys
from shutil import copytree

import pytest

from tests.cache.processes import PACKAGE, python

# One function for each thing that a driver depends on.
MODEL = """
import numpy as np
from numba import njit
import settings

SCALE, ARRAY, PAIR = 2.0, np.array([1.0, 2.0]), (1.0, (2.0, 3.0))

@njit
def helped(x):
    return 2.0 * x * x

def scaled(factor):
    @njit
    def inner(x):
        return factor * x * x
    return inner

closure = scaled(2.0)

def unchanged(x): return x * x
def constant(x): return 2.0 * x * x
def helper(x): return helped(x)
def in_closure(x): return closure(x)
def default(x, factor=2.0): return factor * x * x
def global_number(x): return SCALE * x * x
def global_array(x): return ARRAY[1] * x * x
def global_tuple(x): return PAIR[1][0] * x * x
def of_module(x): return settings.SCALE * x * x
"""
CHANGED = (
    MODEL.replace("return 2.0 * x * x", "return 3.0 * x * x")
    .replace("SCALE, ARRAY, PAIR = 2.0, np.array([1.0, 2.0]), (1.0, (2.0, 3.0))",
             "SCALE, ARRAY, PAIR = 3.0, np.array([1.0, 3.0]), (1.0, (3.0, 3.0))")
    .replace("scaled(2.0)", "scaled(3.0)")
    .replace("factor=2.0", "factor=3.0")
)  # fmt: skip
RUN = """
import json
import dualad as da, model
names = [name for name in ("unchanged", "constant", "helper", "in_closure", "default", "global_number",
         "global_array", "global_tuple", "of_module")]
results, loaded = {}, {}
for name in names:
    before = da.cache_info().loaded
    results[name] = da.DRIVER(1.0)
    loaded[name] = da.cache_info().loaded - before
info = da.cache_info()
print(json.dumps([results, loaded, info.stored, info.refused]))
"""
ONE = "import dualad as da\nprint(da.derivative(lambda x: x * x)(1.5), da.cache_info().{0})"


@pytest.mark.parametrize(
    "driver",
    ["derivative(getattr(model, name))", "grad(getattr(model, name), mode='adjoint')"],
    ids=["duals", "adjoint"],
)
def test_what_changed_is_compiled_again(tmp_path, environment, driver):
    run = RUN.replace("DRIVER", driver)
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "settings.py").write_text("SCALE = 2.0\n")
    results, loaded, stored, refused = json.loads(python(run, environment))
    assert set(results.values()) == {2.0, 4.0}
    assert (sum(loaded.values()), stored, refused) == (0, len(results), {})

    again, loaded, stored, _ = json.loads(python(run, environment))
    assert again == results
    assert set(loaded.values()) == {1}
    assert stored == 0

    (tmp_path / "model.py").write_text(CHANGED)
    (tmp_path / "settings.py").write_text("SCALE = 3.0\n")
    results, loaded, _, _ = json.loads(python(run, environment))
    assert results.pop("unchanged") == 2.0
    assert set(results.values()) == {6.0}
    assert loaded.pop("unchanged") == 1
    assert set(loaded.values()) == {0}


def test_another_version_is_another_driver(tmp_path, environment):
    assert python(ONE.format("stored"), environment) == "3.0 1\n"
    for library in ("numba", "scipy"):
        newer = f"import dualad, {library}\n{library}.__version__ = '99.0'\n"
        assert python(newer + ONE.format("loaded"), environment) == "3.0 0\n"
    assert python(ONE.format("loaded"), environment) == "3.0 1\n"
    copytree(PACKAGE, tmp_path / "dualad")
    with (tmp_path / "dualad" / "rules" / "trigonometric.py").open("a") as file:
        file.write("# changed\n")
    assert python(ONE.format("loaded"), environment) == "3.0 0\n"


def test_switched_off(tmp_path, environment):
    assert python(ONE.format("stored"), environment | {"DUALAD_CACHE": "0"}) == "3.0 0\n"
    assert not (tmp_path / "cache").exists()


def test_fresh_home(tmp_path, environment):
    del environment["DUALAD_CACHE_DIR"]
    environment.pop("XDG_CACHE_HOME", None)
    environment["HOME"] = str(tmp_path / "home")
    assert python(ONE.format("stored"), environment) == "3.0 1\n"
    assert python(ONE.format("loaded"), environment) == "3.0 1\n"
    [file] = (tmp_path / "home").rglob("*.driver")
    file.write_bytes(file.read_bytes()[:-100])
    assert python(ONE.format("loaded"), environment) == "3.0 0\n"
    assert python(ONE.format("loaded"), environment) == "3.0 1\n"


def test_where_nothing_can_be_written(tmp_path, environment):
    """Root may write to folders that are read-only, but not into a file in the place of one."""
    (tmp_path / "file").write_text("")
    environment["DUALAD_CACHE_DIR"] = str(tmp_path / "file" / "cache")
    assert python(ONE.format("stored"), environment) == "3.0 0\n"
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    assert python(ONE.format("loaded"), environment | {"DUALAD_CACHE_DIR": str(locked)}) == "3.0 0\n"


def test_full_disk(tmp_path, environment):
    """A write that fails half-way leaves nothing behind."""
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    assert python(limit + ONE.format("stored"), environment) == "3.0 0\n"
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.battery
def test_eight_processes_at_once(tmp_path, environment):
    command = [sys.executable, "-c", ONE.format("enabled")]
    runs = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    assert [run.communicate()[0] for run in runs] == 8 * ["3.0 True\n"]
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert python(ONE.format("loaded"), environment) == "3.0 1\n"


MANY = """
import warnings
import numpy as np, dualad as da
from numba import njit
from scipy.special import gammaln

@njit
def helper(x, y):
    return np.arctan2(x, y) if x > y else x * y

@njit
def f(x):
    work = np.zeros(x.size)
    for i in range(1, x.size):
        work[i] = helper(x[i], x[i - 1]) + np.exp(work[i - 1])
    return work.sum()

def array(x):
    a = x.reshape(2, 2)
    return np.linalg.solve(a @ a.T + np.eye(2), x[:2]) * np.sort(x)[2:]

def special(x):
    return gammaln(x[0]) * x[1]

warnings.simplefilter("ignore", da.TapeWarning)  # both engines of reverse mode are wanted
x, v = np.array([0.3, 1.2, 0.7, 2.0]), np.array([1.0, 0.0, -1.0, 0.5])
print(da.grad(f)(x).tolist(), da.grad(f, mode="forward")(x).tolist(), da.value_and_grad(f)(x)[0])
print(da.hessian(f)(x).tolist(), da.hvp(f)(x, v).tolist(), da.hvp(f, mode="forward")(x, v).tolist())
print(da.jvp(f)(x, v), da.vjp(array)(x, v[:2])[1].tolist(), da.jacobian(array)(x).tolist())
print(da.jacobian(array, mode="reverse")(x).tolist(), da.grad(special)(x).tolist())
print(da.derivative(lambda t: t**3, order=3)(2.0), da.grad(da.grad(lambda t: t**3))(2.0))
try:
    da.vjp(array)(x, v)
except da.ArgumentError as error:
    print(error)
"""


@pytest.mark.battery
def test_every_driver_is_loaded(tmp_path, environment):
    (tmp_path / "many.py").write_text(MANY)
    first = python("import many", environment)
    tail = (
        "import sys\ninfo = da.cache_info()\nprint(info.loaded, info.stored, info.refused, file=sys.stderr)"
    )
    command = [sys.executable, "-c", "from many import *\n" + tail]
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert second.stdout == first
    assert second.stderr == "14 0 {}\n"


NAMESAKES = """
import dualad as da
from numba import njit

def made(factor):
    @njit
    def namesake(x):
        for _ in range(2):
            x = x * factor
        return x
    return njit(lambda x: namesake(namesake(x)))

print([da.derivative(made(factor))(1.0) for factor in ({})], da.cache_info().loaded)
"""


def test_functions_of_one_name_are_kept_apart(environment):
    """Machine code from the disk meets code compiled just now under the same name."""
    assert python(NAMESAKES.format("2.0,"), environment) == "[16.0] 0\n"
    assert python(NAMESAKES.format("5.0, 2.0, 3.0"), environment) == "[625.0, 16.0, 81.0] 1\n"
    assert python(NAMESAKES.format("3.0, 2.0, 5.0, 1.0"), environment) == "[81.0, 16.0, 625.0, 1.0] 3\n"
