"""Derivatives by hand and the peers' formulas are those of the problems; the report shows its rows."""

import json

import numpy as np
import pytest

from benchmarks.suite import __main__ as command
from benchmarks.suite import by_hand, formulas, report, tools, worker, workloads

SMALL = {
    "llsq": [{"n": 9, "m": 4}, {"n": 2, "m": 1}],
    "lse": [{"n": 7}, {"n": 1}],
    "ode": [{"n": 5, "s": 3}, {"n": 1, "s": 1}],
    "gmm": [{"d": 3, "k": 2, "n": 4}, {"d": 1, "k": 1, "n": 2}],
    "lstm": [{"layers": 2, "c": 5, "bits": 3}, {"layers": 1, "c": 2, "bits": 1}],
}
NAMES = ("problem", "size", "scale", "tool", "seconds", "primal", "first")
ROWS = [
    dict(zip(NAMES, values, strict=True))
    for values in (
        ("lse", "n = 2", 2, "dualad", 4e-6, 2e-6, 1.5),
        ("lse", "n = 2", 2, "JAX", 5e-6, 2e-6, 0.1),
        ("saddle", "ff", 1, "dualad", 1e-3, None, 3.0),
    )
]


def cases():
    return [(problem, size) for problem, sizes in SMALL.items() for size in sizes]


def made(problem, size):
    make = getattr(workloads, f"_{problem}")
    return workloads.Workload(problem, "", 1, lambda: make(**size))


@pytest.mark.battery
@pytest.mark.parametrize(("problem", "size"), cases())
def test_gradients_by_hand(problem, size):
    workload = made(problem, size)
    arguments = workload.make()
    expected, found = workload.call(*arguments), by_hand.GRADIENTS[problem](*arguments)
    if not isinstance(found, tuple):
        expected, found = (expected,), (found,)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("problem", "size"), [case for case in cases() if case[0] in formulas.OBJECTIVES])
def test_formulas_differ_by_a_constant(problem, size):
    workload = made(problem, size)
    arguments = workload.make()
    (parameters, c), rest = formulas.constants(problem, arguments), arguments

    def difference(shift):
        moved = tuple(part + shift * np.arange(part.size).reshape(part.shape) for part in parameters)
        value = workload.primal.py_func(*moved, *rest[len(moved) :])
        value = value[-1] if problem == "ode" else value
        return value - formulas.OBJECTIVES[problem](np, moved, c)

    np.testing.assert_allclose(difference(0.0), difference(0.05), rtol=1e-10, atol=1e-11)


def test_every_problem_has_workloads():
    found = {workload.problem for workload in workloads.workloads(quick=True)}
    assert len(found) == 12
    for workload in workloads.workloads(quick=True):
        assert all(part is not None for part in workload.make())


def test_a_worker_measures(monkeypatch):
    [workload] = [w for w in workloads.workloads(quick=True) if w.problem == "hello"]
    monkeypatch.setattr(worker, "workloads", lambda quick: [workload])
    [row] = worker.measure("dualad", 0.0, quick=True)
    assert row["seconds"] > 0
    assert row["primal"] > 0
    assert row["first"] > row["seconds"]
    assert list(worker.measure("by hand", 0.0, quick=True)) == []


def test_table_and_readme(tmp_path):
    lines = report.table(ROWS)
    assert lines[2] == "| lse n = 2 | 2.00 µs | 2.00× | 2.50× | 1.50 s |"
    assert lines[3] == "| saddle ff |  | 1.00 ms | – | 3.00 s |"
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nafter\n")
    report.insert(readme, ["new"])
    report.insert(readme, ["newer"])
    assert readme.read_text() == f"before\n{report.MARKS[0]}\nnewer\n{report.MARKS[1]}\nafter\n"
    other = tmp_path / "other.md"
    other.write_text("")
    with pytest.raises(ValueError, match="has no lines"):
        report.insert(other, ["new"])


def test_means_need_all_gradients():
    rows = [
        {"problem": problem, "tool": "dualad", "seconds": seconds, "primal": 1.0}
        for problem in report.GRADIENTS
        for seconds in (1.0, 2.0, 9.0)
    ]
    assert report.means(rows) == [("dualad", pytest.approx(2.0))]
    assert report.means(rows[3:]) == []


def test_shown_again_from_json(tmp_path, capsys):
    file = tmp_path / "suite.json"
    file.write_text(json.dumps({"machine": "a machine", "rows": ROWS}))
    command.main(["--from", str(file)])
    assert "a machine" in capsys.readouterr().out


def test_pictures(tmp_path):
    assert [path.stat().st_size > 1000 for path in report.pictures(ROWS, tmp_path)] == [True] * 3


def test_own_tools_are_installed():
    assert {"dualad", "by hand"} <= set(tools.installed())
