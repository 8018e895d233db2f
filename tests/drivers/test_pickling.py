"""Derivatives go to other processes and come back: with pickle and cloudpickle, from modules and scripts."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest

import dualad as da
from dualad import check, errors
from tests.same import assert_same

ROOT = str(Path(da.__file__).parents[1])
MODULE = """
from typing import NamedTuple
import numpy as np
from numba import njit
import dualad as da

SCALE = 2.0
X = np.array([1.0, 2.0])

class Point(NamedTuple):
    x: float
    y: float

@njit
def helper(x):
    return SCALE * x ** 3

@njit
def f(x):
    s = 0.0
    for v in x:
        s += helper(v)
    return s * x[0]

def plain(x, n=3):
    s = 0.0
    for i in range(n):
        s += x ** i
    return s

@njit("float64(float64)")
def declared(x):
    return x * x

def scaled(factor):
    @njit
    def inner(x):
        return factor * helper(x)
    return inner

@njit
def point(x):
    return Point(x, x * x)

@njit(error_model="numpy")
def ratio(a, x):
    return x / a

@njit
def pair(x):
    return helper(x), 1

slope = da.grad(helper)

@njit
def descend(x):
    return x - 0.01 * slope(x)

CALLS = {
    "derivative": (da.derivative(helper, order=2), (2.0,), 24.0),
    "grad": (slope, (2.0,), 24.0),
    "grad, adjoint": (da.grad(f, mode="adjoint"), (X,), np.array([24.0, 24.0])),
    "grad, tape": (da.grad(f, mode="tape"), (X,), np.array([24.0, 24.0])),
    "grad of a plain function": (da.grad(plain), (1.0, 4), 6.0),
    "grad of a declared function": (da.grad(declared), (3.0,), 6.0),
    "grad of a closure": (da.grad(scaled(5.0), mode="adjoint"), (3.0,), 270.0),
    "grad of a lambda": (da.grad(lambda x: x ** 4, mode="adjoint"), (3.0,), 108.0),
    "grad of a grad": (da.grad(da.grad(helper)), (3.0,), 36.0),
    "options": (da.grad(ratio, argnums=-1, mode="forward", chunk=3), (0.0, 2.0), np.inf),
    "value_and_grad": (da.value_and_grad(pair, has_aux=True), (2.0,), ((16.0, 1), 24.0)),
    "jacobian": (da.jacobian(descend), (2.0,), 0.76),
    "jacobian of a named tuple": (da.jacobian(point), (2.0,), Point(1.0, 4.0)),
    "value_and_jacobian": (da.value_and_jacobian(helper, mode="reverse"), (2.0,), (16.0, 24.0)),
    "hessian": (da.hessian(helper, chunk=1), (2.0,), 24.0),
    "hvp": (da.hvp(helper), (2.0, 0.5), 12.0),
    "jvp": (da.jvp(helper), (2.0, 0.5), (16.0, 12.0)),
    "vjp": (da.vjp(helper), (2.0, 3.0), (16.0, 72.0)),
    "function that calls a derivative": (descend, (2.0,), 1.76),
}
"""
# The other process answers with what it got, and with what it was given.
WORKER = """
import pickle, sys, warnings
import dualad as da
warnings.simplefilter("error", da.TapeWarning)
calls = pickle.loads(sys.stdin.buffer.read())
results = [function(*args) for function, args in calls]
back = [pickle.loads(pickle.dumps(function)) is function for function, _ in calls]
sys.stdout.buffer.write(pickle.dumps((results, back, da.cache_info().loaded, [f for f, _ in calls])))
"""


def python(script, data=b"", path=(), cwd=None, **environment):
    """The output of a process."""
    result = subprocess.run(
        [sys.executable, "-P", "-c", script] if isinstance(script, str) else [sys.executable, "-P", *script],
        input=data,
        capture_output=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*map(str, path), ROOT])} | environment,
        timeout=600,  # a pool that hangs is a failure
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The module, which processes find in its folder."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "pickled_model.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        import pickled_model

        yield pickled_model
    del sys.modules["pickled_model"]


def test_all_drivers_in_other_processes(model):
    """Each is the same object if it comes again, and what one process compiled the next one loads."""
    folder = Path(model.__file__).parent
    cache = {"DUALAD_CACHE": "1", "DUALAD_CACHE_DIR": str(folder / "cache")}
    for pickler in (pickle, cloudpickle):
        data = pickler.dumps([(function, args) for function, args, _ in model.CALLS.values()])
        results, again, loaded, returned = pickle.loads(python(WORKER, data, [folder], **cache))
        for result, (function, _, right), there in zip(results, model.CALLS.values(), returned, strict=True):
            assert_same(result, right)
            assert there is function
        assert all(again)
    assert loaded == len(model.CALLS) - 1  # one is the user's own


def test_sources_are_sent_along(model, tmp_path):
    """A function that is sent whole has its compiled adjoint where its file is not."""
    file = tmp_path / "not_there.py"
    file.write_text(MODULE + "\n\ncalls = {}\n")
    scope = {"__name__": "not_there"}
    exec(compile(file.read_text(), str(file), "exec"), scope)
    names = ["grad, adjoint", "grad of a closure", "grad of a lambda"]
    data = pickle.dumps([scope["CALLS"][name][:2] for name in names])
    file.unlink()
    results, _, _, _ = pickle.loads(python(WORKER, data))
    for name, result in zip(names, results, strict=True):
        assert_same(result, scope["CALLS"][name][2])


def test_a_derivative_that_cannot_be_made(model):
    """Unpickling goes well, and a call says what is missing; sent on, it can be made where all is there."""
    function, _, _ = model.CALLS["grad of a plain function"]
    script = """
import pickle, sys
lost = pickle.loads(sys.stdin.buffer.read())
try:
    lost(1.0)
except Exception as error:
    sys.stdout.buffer.write(pickle.dumps((lost, repr(lost), error)))
"""
    returned, shown, error = pickle.loads(python(script, pickle.dumps(function)))
    assert returned is function
    assert type(error) is da.DualadError
    assert str(error).startswith(
        "the derivative 'grad_plain' cannot be made in this process: ModuleNotFoundError"
    )
    assert str(error) in shown


def test_copies_are_the_same(model):
    for function, _, _ in model.CALLS.values():
        assert copy.copy(function) is function
        assert copy.deepcopy([function]) == [function]
        assert pickle.loads(pickle.dumps(function)) is function
        assert cloudpickle.loads(cloudpickle.dumps(function)) is function


# -- pools ----------------------------------------------------------------------------------------

SCRIPT = """
import multiprocessing, sys, types, warnings
from concurrent.futures import ProcessPoolExecutor
import numpy as np
from numba import njit
import dualad as da

@njit
def f(x):
    s = 0.0
    for i in range(x.size):
        s += x[i] ** 3
    if s > 1e6:
        raise ValueError("too large")
    return s

@njit
def vector(x):
    return x * x

class Model:
    def __init__(self, factor):
        def scaled(x):
            return factor * x * x
        self.slope = da.derivative(scaled)

    def __call__(self, x):
        return self.slope(x)

g = da.grad(f, mode="adjoint")
wrong = da.grad(vector)
pairs = da.value_and_grad(f)

# A module that only this process has.
made = types.ModuleType("made_here")
exec("def plain(x):\\n    return x * x", vars(made))

def power(n):
    return lambda x: x ** n

def said(call):
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:60]}"

def main(kind):
    sys.modules["made_here"] = made
    lost = da.derivative(made.plain)
    x, large = np.array([1.0, 2.0]), np.full(2, 1e3)
    calls = [(g, x), (pairs, x), (Model(3.0), 2.0), (g, large), (wrong, x), (lost, 2.0), (g, x)]
    if kind == "loky":
        from joblib import Parallel, delayed, parallel_config
        def one(function, x):
            return said(lambda: function(x))
        with parallel_config("loky", n_jobs=2):
            answers = Parallel()(delayed(one)(function, x) for function, x in calls if function is not pairs)
            answers += Parallel()(delayed(da.derivative(power(n)))(2.0) for n in (2, 3))
    elif kind.startswith("pool"):
        with multiprocessing.get_context(kind.partition(" ")[2]).Pool(1) as pool:
            tasks = [pool.apply_async(function, (x,)) for function, x in calls]
            answers = [said(lambda: task.get(300)) for task in tasks]
    else:
        context = multiprocessing.get_context(kind.partition(" ")[2])
        with ProcessPoolExecutor(1, context) as pool:
            tasks = [pool.submit(function, x) for function, x in calls]
            answers = [said(lambda: task.result(300)) for task in tasks]
    for answer in answers:
        print(answer)

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1])
"""
ANSWERS = [
    "[ 3. 12.]",
    "(9.0, array([ 3., 12.]))",
    "12.0",
    "ValueError: too large",
    "OutputError: grad needs",
    "DualadError: the derivative 'derivative_plain' cannot be made in this pro",
    "[ 3. 12.]",
]


def answers(tmp_path, kind):
    (tmp_path / "script.py").write_text(SCRIPT)
    return python(["script.py", kind], cwd=tmp_path).decode().splitlines()


def check_answers(got, right):
    assert len(got) == len(right)
    for one, other in zip(got, right, strict=True):
        assert one.startswith(other)


@pytest.mark.parametrize(
    "kind",
    [
        "pool spawn",
        pytest.param("pool fork", marks=pytest.mark.battery),
        pytest.param("pool forkserver", marks=pytest.mark.battery),
        pytest.param("executor spawn", marks=pytest.mark.battery),
        pytest.param("executor forkserver", marks=pytest.mark.battery),
    ],
)
def test_pools_of_processes(tmp_path, kind):
    """Of a script, with a worker that fails in every way: each call is answered, the pool never hangs."""
    right = list(ANSWERS)
    if kind == "pool fork":  # which finds all of its parent
        right[5] = "4.0"
    check_answers(answers(tmp_path, kind), right)


def test_joblib(tmp_path):
    """Loky takes what is in the script by value, inner functions too."""
    check_answers(answers(tmp_path, "loky"), [ANSWERS[0], *ANSWERS[2:], "4.0", "12.0"])


# -- results and errors ---------------------------------------------------------------------------


def test_errors_come_back():
    """An exception that cannot be unpickled would leave a pool waiting."""
    report = check.check_derivatives(lambda x: x * x, 2.0, jac=lambda x: 3.0 * x)
    found = [kind("what is wrong") for kind in map(vars(errors).get, errors.__all__)]
    for error in [*found, check.WrongDerivativeError(report)]:
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is type(error)
        assert str(back) == str(error)
    assert str(back.report) == str(report)


def test_reports_come_back():
    results = [da.explain(lambda x: x * x, 2.0), da.cache_info(), da.ops()]
    for result in results:
        assert str(pickle.loads(pickle.dumps(result))) == str(result)
