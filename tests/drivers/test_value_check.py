"""The value of a compiled adjoint is compared with the function's at the first call."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from numba import njit

import dualad as da
from dualad import settings
from dualad.adjoints.ir.builder import Builder
from tests.same import assert_same

x = np.array([1.5, 0.5, 2.0])


@pytest.fixture(autouse=True)
def unset(monkeypatch, no_engine_preferred):
    monkeypatch.setattr(settings, "_chosen", None)
    monkeypatch.delenv(settings.VARIABLE, raising=False)


@pytest.fixture
def broken(monkeypatch):
    """A transformation that forgets what is subtracted."""
    right = Builder.op

    def wrong(self, function, *args, **given):
        return (
            args[0] if getattr(function, "__name__", "") == "sub" else right(self, function, *args, **given)
        )

    monkeypatch.setattr(Builder, "op", wrong)


def made():
    @njit
    def f(x, shift=0.25):
        return x[0] * x[1] - shift * x[2]

    return f


GRADIENT = [0.5, 1.5, -0.25]


def test_a_wrong_value_is_reported_and_the_tape_takes_over(broken):
    f = made()
    f(x)
    g = da.grad(f, mode="reverse")
    with pytest.warns(da.FaultWarning, match=r"compiled adjoint of 'f' .* instead of .*report this"):
        first = g(x)
    np.testing.assert_array_equal(first, GRADIENT)
    np.testing.assert_array_equal(g(x), GRADIENT)
    np.testing.assert_array_equal(da.value_and_grad(f)(x)[1], GRADIENT)
    assert da.explain(f, x).engine == "tape"
    with pytest.raises(da.UnsupportedError, match="its value differs from the function's"):
        da.grad(f, mode="adjoint")(x)


def test_products_are_checked(broken):
    f = made()
    f(x)
    with pytest.warns(da.FaultWarning):
        value, pulled = da.vjp(f)(x, 1.0)
    assert value == f(x)
    np.testing.assert_array_equal(pulled, GRADIENT)


def test_several_primals_are_checked(broken):
    da.set_value_check("always")

    @njit
    def f(x, a, b):
        return x[0] - a * b

    with pytest.warns(da.FaultWarning):
        assert da.vjp(f)((x, 2.0), 1.0, 3.0)[0] == f(x, 2.0, 3.0)


def test_variadic_functions_are_not_in_the_way():
    da.set_value_check("always")

    @njit
    def f(x, *shifts):
        return x[0] - shifts[0] * shifts[1]

    np.testing.assert_array_equal(da.grad(f, mode="reverse")(x, 2.0, 3.0), [1.0, 0.0, 0.0])


def test_what_numba_has_not_compiled_is_checked_if_asked_for(broken):
    g = da.grad(made(), mode="reverse")
    assert not np.array_equal(g(x), GRADIENT)  # nobody compared
    da.set_value_check("always")
    g = da.grad(made(), mode="reverse")
    with pytest.warns(da.FaultWarning):
        np.testing.assert_array_equal(g(x), GRADIENT)


def test_it_can_be_switched_off(broken, monkeypatch):
    f = made()
    f(x)
    monkeypatch.setenv(settings.VARIABLE, "never")
    assert not np.array_equal(da.grad(f, mode="reverse")(x), GRADIENT)


def test_the_warning_as_an_error_leaves_the_tape(broken):
    f = made()
    f(x)
    g = da.grad(f, mode="reverse")
    with pytest.raises(da.FaultWarning):  # as warnings are errors here
        g(x)
    np.testing.assert_array_equal(g(x), GRADIENT)


def test_the_function_is_run_on_copies_and_once():
    runs = []

    def f(x, w):
        w[0] += x[0]
        return w[0] * x[1]

    class Counted:
        def __init__(self, dispatcher):
            self.dispatcher = dispatcher

        def __getattr__(self, name):
            return getattr(self.dispatcher, name)

        def __call__(self, *args):
            runs.append(args)
            return self.dispatcher(*args)

    compiled = njit(f)
    w = np.zeros(1)
    compiled(x, w.copy())
    g = da.grad(compiled, mode="adjoint")
    g.differentiated.original = Counted(compiled)
    for _ in range(3):
        np.testing.assert_array_equal(g(x, w), [2 * 0.5 * 0 + 0.5, 1.5, 0.0])
    assert len(runs) == 1
    np.testing.assert_array_equal(w, [0.0])


def test_an_exception_of_both_is_no_difference():
    @njit
    def f(x):
        if x[0] > 0:
            raise ValueError("positive")
        return x[1] - x[2]

    f(-x)
    g = da.grad(f, mode="adjoint")
    with pytest.raises(ValueError, match="positive"):
        g(x)
    np.testing.assert_array_equal(g(-x), [0.0, 1.0, -1.0])


def test_a_mistake_in_the_transformation_is_loud(monkeypatch):
    def fails(*args, **given):
        raise AssertionError("a mistake")

    monkeypatch.setattr(Builder, "op", fails)
    with pytest.raises(da.FaultWarning, match="please report it"):
        da.grad(made(), mode="reverse")(x)


@pytest.mark.parametrize("word", ["sometimes", "", None, True])
def test_the_setting_is_one_of_three_words(word, monkeypatch):
    with pytest.raises(da.ArgumentError, match="always"):
        da.set_value_check(word)
    monkeypatch.setenv(settings.VARIABLE, "perhaps")
    with pytest.raises(da.ArgumentError, match=settings.VARIABLE):
        da.value_check()


def test_what_failed_is_not_left_in_the_disk_cache(tmp_path):
    (tmp_path / "use.py").write_text(
        "import json, sys, warnings, numpy as np, dualad as da\n"
        "from numba import njit\n"
        "from dualad.adjoints.ir.builder import Builder\n"
        "right = Builder.op\n"
        "def wrong(self, function, *args, **given):\n"
        "    forget = getattr(function, '__name__', '') == 'sub'\n"
        "    return args[0] if forget else right(self, function, *args, **given)\n"
        "if sys.argv[1] == 'broken':\n"
        "    Builder.op = wrong\n"
        "@njit\n"
        "def f(x):\n"
        "    return x[0] * x[1] - x[2]\n"
        "x = np.array([1.5, 0.5, 2.0])\n"
        "f(x)\n"
        "with warnings.catch_warnings(record=True) as seen:\n"
        "    warnings.simplefilter('always')\n"
        "    gradient = da.grad(f, mode='reverse')(x).tolist()\n"
        "print(json.dumps([gradient, [w.category.__name__ for w in seen], da.cache_info().loaded]))\n"
    )
    given = os.environ | {"DUALAD_CACHE_DIR": str(tmp_path / "cache"), "DUALAD_CACHE": "1"}

    def run(how):
        command = [sys.executable, "use.py", how]
        done = subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    assert run("broken") == [[0.5, 1.5, -1.0], ["FaultWarning"], 0]
    assert run("right") == [[0.5, 1.5, -1.0], [], 1]


def test_results_in_single_precision():
    @njit
    def f(x):
        return x * x

    x = np.array([0.5, 2.0], dtype=np.float32)
    f(x)
    value, slope = da.vjp(f, mode="adjoint")(x, np.ones(2, dtype=np.float32))
    assert_same(value, f(x))
    assert_same(slope, 2 * x)


@njit(fastmath=True)
def total_of_quotients(x):
    s = 0.0
    for i in range(x.size):
        s += x[i] / 3.0 * 7.0 + x[i] * 0.1
    return s


@njit
def helped(x):
    return total_of_quotients(x) * x[0]


def test_sums_of_a_helper_with_fastmath_may_be_in_another_order(recwarn):
    """Of the helper LLVM may vectorise the sum, which it may not in code that it is read into."""
    numbers = np.random.default_rng(1).normal(size=1003)
    helped(numbers)
    gradient = da.grad(helped, mode="reverse")(numbers)
    assert not [w for w in recwarn if issubclass(w.category, da.FaultWarning)]
    assert da.explain(helped, numbers).engine == "adjoint"
    assert gradient[1] == pytest.approx(numbers[0] * (7.0 / 3.0 + 0.1), rel=1e-12)


@njit
def reciprocal(x):
    return 1.0 / x


@njit(fastmath=True, error_model="numpy")
def caller(x):
    return reciprocal(x) + 1.0


@pytest.mark.parametrize("when", ["compiled", "always"])
def test_a_function_compiled_for_a_caller_with_other_options(when, recwarn):
    """Numba compiles it with the caller's: then it divides by 0, which it does not by itself."""
    caller(2.0)
    assert reciprocal(0.0) == np.inf
    da.set_value_check(when)
    with pytest.raises(ZeroDivisionError):
        da.grad(reciprocal, mode="adjoint")(0.0)
    assert not [w for w in recwarn if issubclass(w.category, da.FaultWarning)]


def test_a_function_from_numbas_cache(tmp_path):
    """Of how it was compiled nothing is known then."""
    (tmp_path / "model.py").write_text(
        "from numba import njit\n@njit(cache=True)\ndef f(x):\n    return 1.0 / x[0] + x[1] * x[1]\n"
    )
    (tmp_path / "use.py").write_text(
        "import numpy as np\nimport dualad as da\nfrom model import f\n"
        "x = np.array([2.0, 3.0])\nf(x)\n"
        "print(da.grad(f, mode='adjoint')(x).tolist(), sum(f.stats.cache_hits.values()))\n"
    )
    given = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    said = [
        subprocess.run(
            [sys.executable, "-W", "error", "use.py"],
            cwd=tmp_path, env=given, capture_output=True, text=True, check=True,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip
    assert said == ["[-0.25, 6.0] 0\n", "[-0.25, 6.0] 1\n"]
