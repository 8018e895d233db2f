"""Adjoints by hand give the engine's gradients; the table shows what was measured."""

import json
import warnings

import pytest
from numba import njit, typeof, types
from rich.console import Console

import dualad as da
from benchmarks.adjoints import __main__ as command
from benchmarks.adjoints import cases, compilation, measure
from dualad.adjoints.engine import adjoint, whole
from dualad.adjoints.errors import NotTransformable

# The one that compiles most; its function in loops and other functions of arrays stay.
LONGEST = "GMM in arrays"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.title, marks=[pytest.mark.battery] if case.title == LONGEST else [])
        for case in cases.CASES
    ],
)
def test_adjoints_by_hand(case):
    """The emitted text is run as Python, not compiled; what has none so far goes by the tape."""
    arguments = case.make(**case.small)
    seeds = case.seeds(*arguments)
    try:
        made = adjoint(case.function.py_func, [typeof(a) for a in arguments], case.argnums, whole)
        gradients = made.function(*arguments, *seeds)[1]
    except NotTransformable:
        count = len(case.argnums)
        primals, cotangent = arguments[:count], seeds if len(seeds) > 1 else seeds[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", da.TapeWarning)
            gradients = da.vjp(case.function, tuple(case.argnums))(primals, cotangent, *arguments[count:])[1]
    measure.check(measure.by_hand(case, arguments, seeds)(), gradients)


def test_wrong_gradients_are_seen():
    with pytest.raises(AssertionError):
        measure.check((1.0, 2.0), (2.0 + 1e-8,))
    measure.check((1.0, 2.0), (2.0,))


def test_a_row(tmp_path, capsys):
    command.main(["branches", "--seconds", "0", "--out", str(tmp_path)])
    assert "branches" in capsys.readouterr().out
    [row] = json.loads((tmp_path / "adjoints.json").read_text())["rows"]
    assert set(row["seconds"]) == {"primal", "by hand", "adjoint"}
    assert 0 < row["generated"] < 5


def test_aims_and_means():
    def row(seconds, base=cases.HAND, aim=1.3):
        times = {"primal": 1.0, "by hand": 2.0, "adjoint": seconds}
        return measure.Measured("one", aim, base, times, 0.1, {"primal": (3.0, 1.0), "adjoint": (9.0, 2.0)})

    rows = [row(2.0), row(8.0), row(3.0, cases.PRIMAL)]
    assert [one.met for one in rows] == [True, False, False]
    assert row(2.0, aim=None).met is None
    assert command.mean(rows) == pytest.approx(2.0)
    refused = measure.Measured("two", 1.3, cases.HAND, {"primal": 1.0}, 0.0, {}, "because")
    assert command.mean([*rows, refused]) is None
    assert not refused.met
    assert "refused: because" in command.cells(refused)
    to = Console(force_terminal=True, width=200)
    with to.capture() as shown:
        command.show([*rows, refused], to)
    assert "missed" in shown.get()
    assert "2.00×" in shown.get()  # the least of the times to compile


@njit
def halved(x):
    return 0.5 * x


@njit
def descending(x):
    return descending(halved(x)) + 1.0 if x > 1.0 else halved(x)


def test_helpers_are_compiled_again():
    halved(1.0)
    fresh = compilation.anew(descending.py_func)
    helper = fresh.py_func.__globals__["halved"]
    assert fresh is not descending
    assert fresh.py_func.__globals__["descending"] is fresh
    assert helper is not halved
    assert not helper.signatures
    assert fresh(8.0) == 3.5
    assert helper.signatures


def test_times_to_compile():
    times = compilation.times({"one": lambda: (descending.py_func, [types.float64])})
    first, least = times["one"]
    assert 0 < least <= first
