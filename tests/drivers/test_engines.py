"""Which engine of reverse mode answers, what is said of it, and that both give the same."""

import importlib.util
import linecache
import warnings
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numba import njit, prange
from numba.extending import overload

import dualad as da
from dualad.adjoints import engine
from dualad.drivers.engines import adjoint as compiled
from tests.same import assert_same

ENGINES = ("adjoint", "tape")
X = np.array([0.3, 0.5, 0.7, 1.1])
Pair = namedtuple("Pair", "first second")

pytestmark = pytest.mark.usefixtures("no_engine_preferred")


@njit
def rosenbrock(x):
    s = 0.0
    for i in range(x.size - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@njit
def recurrence(x, n):
    """Every sine is needed backwards."""
    y = x[0]
    for _ in range(n):
        y = np.sin(y) * x[1]
    return y


@njit
def several(x, a):
    y = np.empty(x.size)
    for i in range(x.size):
        y[i] = np.exp(x[i]) * a
    return y, Pair(a * x[0], x[1:] * x[:-1])


@njit
def with_auxiliary(x, n):
    return rosenbrock(x), (n, x)


@njit
def refused(x):
    found = [x[0] * x[1], x[2]]
    found.sort()
    return found[0] ** 2 * found[1]


CALLS = {
    "grad": lambda mode: da.grad(recurrence, mode=mode)(X, 7),
    "grad, tuple": lambda mode: da.grad(rosenbrock, (0,), mode=mode)(X),
    "value_and_grad": lambda mode: da.value_and_grad(rosenbrock, mode=mode)(X),
    "auxiliary": lambda mode: da.value_and_grad(with_auxiliary, has_aux=True, mode=mode)(X, 3),
    "jacobian": lambda mode: da.jacobian(several, (0, 1), mode=mode)(X, 2.0),
    "value_and_jacobian": lambda mode: da.value_and_jacobian(several, mode=mode)(X, 2.0),
    "jacobian of a scalar": lambda mode: da.jacobian(recurrence, mode=mode)(X, 7),
    "hessian": lambda mode: da.hessian(recurrence, mode=mode)(X, 7),
    "hvp": lambda mode: da.hvp(rosenbrock, mode=mode)(X, X[::-1].copy()),
    "vjp": lambda mode: da.vjp(several, mode=mode)(X, (X, Pair(2.0, X[1:].copy())), 2.0),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_driver_has_both_engines(name):
    by_adjoint, by_tape = (CALLS[name](mode) for mode in ENGINES)
    assert_same(by_adjoint, by_tape, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("outer", ENGINES)
@pytest.mark.parametrize("inner", ENGINES)
def test_derivatives_of_derivatives(outer, inner):
    gradient = da.grad(rosenbrock, mode=inner)

    @njit
    def length(x):
        return np.sum(gradient(x) ** 2)

    want = 2.0 * da.hessian(rosenbrock, mode="forward")(X) @ gradient(X)
    np.testing.assert_allclose(da.grad(length, mode=outer)(X), want, rtol=1e-12)


# -- what is refused ------------------------------------------------------------------------------


def line_of(text):
    lines = Path(__file__).read_text().splitlines()
    return next(n for n, one in enumerate(lines, 1) if text in one)


@pytest.mark.parametrize("mode", ["auto", "reverse"])
def test_the_tape_says_why_once(mode):
    gradient = da.grad(njit(refused.py_func), mode=mode)
    said = rf"'refused' is differentiated on the tape.*test_engines.py:{line_of('found.sort(')}: .*sort"
    with pytest.warns(da.TapeWarning, match=said):
        first = gradient(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(gradient(X), first)
        gradient(X.astype(np.float32))
    np.testing.assert_allclose(first, da.grad(refused, mode="forward")(X))


def test_warnings_may_be_errors():
    gradient = da.grad(njit(refused.py_func))
    with warnings.catch_warnings():
        warnings.simplefilter("error", da.TapeWarning)
        with pytest.raises(da.TapeWarning):
            gradient(X)


def test_an_engine_asked_for_by_name():
    with pytest.raises(da.UnsupportedError, match=r"'refused' has no compiled adjoint: .*sort"):
        da.grad(refused, mode="adjoint")(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        da.grad(njit(refused.py_func), mode="tape")(X)


def test_an_engine_by_the_environment(monkeypatch):
    monkeypatch.setenv("DUALAD_REVERSE", "tape")
    monkeypatch.setattr(compiled.CompiledAdjoint, "resolve", None)
    assert_same(da.grad(rosenbrock)(X), da.grad(rosenbrock, mode="forward")(X))
    monkeypatch.setenv("DUALAD_REVERSE", "type")
    with pytest.raises(da.ArgumentError, match="DUALAD_REVERSE must be 'adjoint' or 'tape', not 'type'"):
        da.grad(rosenbrock)(X)


def test_a_mistake_of_ours_costs_nobody_the_derivative(monkeypatch):
    def broken(*args, **kwargs):
        raise AssertionError("a value is not defined")

    monkeypatch.setattr(engine, "adjoint", broken)
    gradient = da.grad(njit(rosenbrock.py_func))
    with (
        pytest.warns(da.FaultWarning, match=r"a mistake in the transformation .*a value is not defined"),
        pytest.warns(da.TapeWarning),
    ):
        assert_same(gradient(X), da.grad(rosenbrock, mode="tape")(X))


def test_an_adjoint_that_does_not_compile_costs_nobody_the_derivative(monkeypatch):
    def broken(x):
        return x.nothing

    def made(*args, whole=engine.adjoint, **given):
        return replace(whole(*args, **given), function=broken)

    monkeypatch.setattr(engine, "adjoint", made)
    gradient = da.grad(njit(rosenbrock.py_func))
    with (
        pytest.warns(da.FaultWarning, match=r"its adjoint does not compile .*nothing.*please report it"),
        pytest.warns(da.TapeWarning),
    ):
        assert_same(gradient(X), da.grad(rosenbrock, mode="tape")(X))


def imported(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_source_that_is_not_that_of_the_code(tmp_path):
    file = tmp_path / "model.py"
    file.write_text("def f(x):\n    return x[0] * 2.0\n")
    model = imported(file)
    file.write_text("def f(x):\n    return x[0] * 3.0\n")
    linecache.checkcache(str(file))
    with pytest.warns(da.TapeWarning, match="the file was edited after 'f' was loaded"):
        np.testing.assert_array_equal(da.grad(model.f)(X), [2.0, 0.0, 0.0, 0.0])


def test_lambdas_on_one_line():
    double, triple = (lambda x: 2.0 * x[0]), (lambda x: 3.0 * x[0])
    for function, slope in ((double, 2.0), (triple, 3.0)):
        np.testing.assert_array_equal(da.grad(function, mode="adjoint")(X), [slope, 0.0, 0.0, 0.0])


def test_declared_types_that_convert():
    """An integer becomes a float, so that its division is another."""

    @njit("float64(float64, float64)")
    def halved(x, n):
        return x * (n // 2 + n / 2)

    @njit("float64(float64, int64)")
    def same(x, n):
        return x * (n // 2 + n / 2)

    @njit
    def both(x, n):
        return halved(x[0], n) - 3.0 * same(x[1], n)

    for mode in ("forward", *ENGINES):
        value, got = da.value_and_grad(both, mode=mode)(X, 3)
        assert value == both(X, 3)
        np.testing.assert_array_equal(got[:2], [2.5, -7.5])


def overloaded(x):
    """What Python would do; compiled code does what the overload says."""
    raise AssertionError


@overload(overloaded)
def _overloaded(x):
    return lambda x: 3.0 * x * x


def test_functions_with_overloads_are_those():
    gradient = da.grad(lambda x: overloaded(x[0]) * x[1], mode="adjoint")
    np.testing.assert_allclose(gradient(X), [6.0 * X[0] * X[1], 3.0 * X[0] ** 2, 0.0, 0.0], rtol=1e-15)


def test_a_stopped_gradient_is_no_identity():
    def stopped(x):
        return x[0] * da.stop_gradient(x[0])

    with pytest.raises(da.UnsupportedError, match="a call of 'stop_gradient'"):
        da.grad(stopped, mode="adjoint")(X)
    np.testing.assert_array_equal(da.grad(stopped)(X), [X[0], 0.0, 0.0, 0.0])


# -- what is said of it ---------------------------------------------------------------------------


def test_loops_are_explained():
    explained = da.explain(rosenbrock, X)
    assert explained.engine == "adjoint"
    [loop] = explained.loops
    assert loop.file == __file__
    assert loop.line == line_of("for i in range(x.size - 1)")
    assert loop.plan.startswith("fused")
    assert (loop.bytes_per_iteration, loop.kept, loop.reason) == (0, (), "")
    assert "test_engines.py" in str(explained)

    [loop] = da.explain(recurrence, X, 3).loops
    assert loop.plan.startswith("taped")
    assert loop.bytes_per_iteration == 8 * len(loop.kept) > 0
    assert "carried from iteration to iteration" in loop.reason
    assert f"{loop.bytes_per_iteration} bytes per iteration" in str(da.explain(recurrence, X, 3))


def test_every_plan_is_explained():
    @njit
    def largest(x):
        top = x[0]
        for i in range(x.size):
            if x[i] > top:
                top = x[i]
        return top

    @njit
    def rewritten(A, x, n):
        a, v = A.copy(), x
        for _ in range(n):
            v = np.tanh(a @ v)
            for i in range(x.size):
                w = a[i, 0]
                a[i, 0] = np.sqrt(w * w) * w * v[i] + np.log(w * w) * w * v[i]
        return np.sum(v)

    text = str(da.explain(largest, X))
    assert "0 bytes per iteration\n    select: the reverse sweep visits" in text
    explained = da.explain(rewritten, np.outer(X, X), X, 2)
    [outer] = [loop for loop in explained.loops if loop.copies]
    assert outer.line == line_of("v = np.tanh(a @ v)") - 1
    assert "and copies per iteration: " in str(explained)
    assert "a copy of a (A_n0 x A_n1)" in str(explained)
    notes = [note.partition(":")[0] for loop in explained.loops for note in loop.notes]
    assert {"optimistic", "forward order"} <= set(notes)


def test_refusals_are_explained():
    explained = da.explain(refused, X)
    assert (explained.engine, explained.loops, explained.source) == ("tape", (), "")
    assert f"test_engines.py:{line_of('found.sort(')}" in str(explained)
    with pytest.raises(da.UnsupportedError, match="sort"):
        da.adjoint_source(refused, X)
    with pytest.raises(da.ArgumentError, match="argnums"):
        da.explain(refused, X, argnums=1)


def test_source_is_what_runs():
    source = da.adjoint_source(rosenbrock, X)
    assert source.startswith("def rosenbrock_adjoint(x, seed")
    assert source == da.explain(rosenbrock, X).source


def test_tracebacks_show_the_adjoint():
    @njit(boundscheck=True)
    def beyond(x, n):
        s = 1.0
        for i in range(n):
            s = np.sin(s) * x[i]
        return s

    gradient = da.grad(beyond, mode="adjoint")
    gradient(X, 4)
    with pytest.raises(IndexError):
        gradient(X, 9)
    np.testing.assert_allclose(gradient(X, 4), da.grad(beyond, mode="forward")(X, 4))


def test_parallel_loops_run_serially():
    @njit(parallel=True)
    def parallel(x):
        s = 0.0
        for i in prange(x.size):
            s += np.sin(x[i]) * x[i]
        return s

    np.testing.assert_allclose(da.grad(parallel, mode="adjoint")(X), np.sin(X) + X * np.cos(X), rtol=1e-14)
