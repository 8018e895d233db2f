"""The runner on a worker that crashes, hangs and prints, and the examination of one tiny function."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from numba import njit

import dualad as da
from benchmarks.survey import __main__ as command
from benchmarks.survey import examine, report, runner
from benchmarks.survey.case import Case, load
from benchmarks.survey.examine import Row

# Stands for the worker: what it does with a case is in the name of the case.
WORKER = """
import json, os, sys, time
from survey_fake import CASES
for n in map(int, sys.argv[3:]):
    print(json.dumps({"begin": n}), flush=True)
    name = CASES[n].name
    if "hangs" in name:
        time.sleep(60)
    if "crashes" in name:
        print("it fell over", file=sys.stderr, flush=True)
        os._exit(11)
    row = {"case": name, "package": "fake", "verdict": "right", "engine": "adjoint"}
    print(json.dumps({"end": n, "row": row}), flush=True)
"""
NAMES = ("fake:first", "fake:crashes", "fake:second", "fake:hangs", "fake:third")


@njit
def product(x, n):
    return x[0] * x[1] ** n


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A package of cases and a worker for them."""
    (tmp_path / "survey_fake.py").write_text(
        "from types import SimpleNamespace\n"
        f"CASES = [SimpleNamespace(name=n, package='fake') for n in {NAMES}]\n"
    )
    (tmp_path / "survey_worker.py").write_text(WORKER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(runner, "WORKER", "survey_worker")
    monkeypatch.setattr(runner, "load", lambda group: __import__("survey_fake").CASES)
    yield
    sys.modules.pop("survey_fake", None)


def test_crash_and_hang_are_rows(fake):
    told = []
    rows = runner.run(["survey_fake"], 0.0, 1.0, 1, told.append)
    assert [row.case for row in rows] == list(NAMES)
    assert [row.verdict for row in rows] == ["right", "CRASHED", "right", "timed out", "right"]
    assert "it fell over" in rows[1].notes[0]
    assert told == rows


def test_part_of_a_name_chooses(fake):
    assert runner.chosen("survey_fake", "rs") == [0]


def test_worker_that_cannot_start_is_a_row_for_each_case(fake, monkeypatch):
    monkeypatch.setattr(runner, "WORKER", "no_such_worker")
    rows = runner.run(["survey_fake"], 0.0, 5.0, 1, lambda row: None, "s")
    assert {row.verdict for row in rows} == {"not run"}
    assert not report.faults(rows)


@pytest.fixture(scope="module")
def case():
    return Case(f"{__name__}:product", lambda: (np.array([1.3, 0.7]), 3), (0,), lambda _: product)


@pytest.fixture
def found(case, monkeypatch):
    monkeypatch.setattr(Case, "function", lambda self: product)
    return examine.examine(case, 0.0)


def test_right_function(found):
    assert (found.verdict, found.engine, found.notes) == ("right", "adjoint", [])
    assert found.ratio > 0
    assert found.compiled > 0
    assert found.modes == {"adjoint": "", "tape": "", "forward": ""}


@pytest.mark.parametrize(
    ("value", "gradient", "said"),
    [(1.0, 2.0, "differ"), (1.0 + 1e-15, 1.0, "value"), (1.0, np.nan, "derivative is")],
)
def test_wrong_number_is_found(case, monkeypatch, value, gradient, said):
    """Of one mode, in the value or the derivative; the others are written by hand."""

    def vjp(f, argnums, *, mode):
        def call(primals, bar, n):
            (x,) = primals
            g = bar * np.array([x[1] ** n, n * x[0] * x[1] ** (n - 1)])
            return (f(x, n), (g,)) if mode == "adjoint" else (f(x, n) * value, (g * gradient,))

        return call

    def jvp(f, argnums):
        return lambda p, v, n: (f(*p, n), v[0] @ vjp(f, argnums, mode="adjoint")(p, 1.0, n)[1][0])

    monkeypatch.setattr(Case, "function", lambda self: product)
    monkeypatch.setattr(da, "vjp", vjp)
    monkeypatch.setattr(da, "jvp", jvp)
    row = examine.examine(case, 0.0)
    assert row.verdict == "WRONG"
    assert said in row.notes[0]
    assert report.faults([row]) == [row]


def test_error_inside_and_refusal(case, monkeypatch):
    monkeypatch.setattr(Case, "function", lambda self: product)

    def raises(error):
        def driver(*arguments, **options):
            raise error

        return driver

    monkeypatch.setattr(
        da, "vjp", raises(da.UnsupportedError("'f' has no compiled adjoint: `try:` (a.py:3)"))
    )
    monkeypatch.setattr(da, "jvp", raises(da.UnsupportedError("nothing")))
    row = examine.examine(case, 0.0)
    assert row.verdict == "refused"
    assert not report.faults([row])
    assert report.classes([row], "adjoint") == [["1", "`try:`", row.case]]
    monkeypatch.setattr(da, "jvp", raises(KeyError("inside")))
    assert examine.examine(case, 0.0).verdict == "WRONG"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("'f' has no compiled adjoint: a/b.py:40: `with objmode():`", "`with objmode():`"),
        ("'f' has no compiled adjoint: b.py:4: the arguments of 'g', which", "the arguments, which"),
        (
            "cannot differentiate 'g' (a/b.py, line 4), made by @vectorize: make it",
            "made by @vectorize: make it",
        ),
        (
            "vjp needs floats, but 'f' returns a tuple (int64)",
            "vjp needs floats, but it returns something else",
        ),
    ],
)
def test_classes_of_refusals(reason, kind):
    assert report.reason_class(reason) == kind


def test_messages_name_files_in_their_packages():
    error = da.UnsupportedError("in /home/me/lib/site-packages/a/b.py:3: no")
    assert examine.one_line(error) == "in a/b.py:3: no"


def test_import_that_fails_is_a_row():
    row = examine.examine(Case("no_such_package.inside:f", tuple), 0.0)
    assert (row.verdict, row.package) == ("not run", "no_such_package")
    assert "no_such_package" in row.notes[0]


def test_every_group_has_cases():
    """Without its package installed: nothing is imported before a case runs."""
    counts = {group: len(load(group)) for group in command.groups()}
    assert len(counts) >= 8
    assert min(counts.values()) > 0
    assert sum(counts.values()) >= 60


def test_page_and_exit_status(tmp_path, monkeypatch, capsys):
    right = Row("a.b:f", "a", engine="adjoint", modes={"adjoint": ""}, ratio=2.5, seconds=1e-6, compiled=0.5)
    refused = replace(right, case="a.b:g", verdict="refused", engine="", modes={"adjoint": "why"}, ratio=None)
    monkeypatch.setattr(command, "followed", lambda options: [right, refused])
    page = tmp_path / "page.md"
    assert command.main(["--out", str(tmp_path), "--page", str(page)]) == 0
    assert "| a | 2 | 1 | 1 | 0 | 0 | 1 | 0 |" in page.read_text()
    assert "| 1 | why | a.b:g |" in page.read_text()
    assert "a.b:g" in capsys.readouterr().out
    wrong = replace(right, verdict="WRONG", notes=["adjoint: no"])
    monkeypatch.setattr(command, "followed", lambda options: [right, wrong])
    assert command.main(["--out", str(tmp_path)]) == 1
    assert "FAULTS" in capsys.readouterr().out
