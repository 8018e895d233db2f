"""The report on tiny inputs, without the mixture, which is slow to compile; no test looks at a time."""

import json
from io import StringIO
from itertools import chain
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmarks import runtime, startup
from benchmarks.problems import rosen
from benchmarks.report import Aim, Comparison, Fact, Report, plain_table, quantity
from benchmarks.timing import interleaved

PEER = SimpleNamespace(NAME="Peer", version=lambda: "1.0", rosen=lambda x: lambda: rosen.by_hand(x))


PEERS = {"peer": PEER, "absent": None}
SETTINGS = runtime.Settings(seconds=0.0, sizes=(4,), loop=5, matrix=3, mixture=None, peers=PEERS)


@pytest.fixture(scope="module")
def report():
    """Some comparisons, with aims and a fact."""
    parts = (runtime.reverse_rosen, runtime.forward_rosen, runtime.python_scalar)
    return Report.collect(PEERS, chain.from_iterable(part(SETTINGS) for part in parts))


def assert_compared(report, count):
    assert len(report.comparisons) == count
    for comparison in report.comparisons:
        assert {"primal", "by hand", "dualad"} <= set(comparison.seconds)
        assert all(seconds > 0 for seconds in comparison.seconds.values())
    assert "Peer" in report.comparisons[0].seconds


def test_problems_are_compared(report):
    assert_compared(report, 4)
    assert {aim.most for aim in report.aims} == {2.0, 5.0}
    assert report.facts


@pytest.mark.battery
def test_every_problem_is_compared():
    report = Report.collect(PEERS, runtime.measure(SETTINGS))
    assert_compared(report, 10)
    assert {aim.most for aim in report.aims} == {1.3, 2.0, 3.0, 5.0, 10.0}


def test_plain_output(report):
    file = StringIO()
    report.show(Console(file=file))
    text = file.getvalue()
    assert "not installed: absent" in text
    assert "Peer 1.0" in text
    assert all(aim.what in text for aim in report.aims)
    assert "─" not in text


def test_terminal_output(report):
    file = StringIO()
    report.show(Console(file=file, force_terminal=True, width=250))
    assert "─" in file.getvalue()


def test_json(report, tmp_path):
    report.save(tmp_path / "report.json")
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["peers"] == {"Peer": "1.0", "absent": None}
    assert len(record["comparisons"]) == len(report.comparisons)
    assert all(isinstance(aim["met"], bool) for aim in record["aims"])


def test_start_up_figures(monkeypatch):
    compiled = ("primal", "reverse", "cached", "forward", "scalar", "derivative")
    answers = {task: {"first": 1.0, "next": 0.5} for task in compiled}
    answers |= {"imports": {"numba": 0.4, "dualad": 0.1}, "memory": {"bytes": 80.0}}
    assert set(answers) == set(startup.TASKS)
    monkeypatch.setattr(startup, "fresh", lambda task, folder=None: answers[task])
    results = list(startup.measure(2))
    aims = [result for result in results if isinstance(result, Aim)]
    expected = [(0.1, 0.3), (1.0, 2.5), (1.0, 2.5), (1.0, 0.5), (1.0, 2.5)]
    assert [(aim.measured, aim.most) for aim in aims] == expected
    assert Fact("import numba", 0.4, "s") in results
    assert list(startup.measure(0)) == []


def test_a_fresh_process_answers():
    assert set(startup.fresh("imports")) == {"numba", "dualad"}


def test_interleaved_calls_all_in_turn():
    seen = []
    times = interleaved({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")}, 0.0)
    assert list(times) == ["a", "b"]
    assert seen.count("a") > 1
    assert seen.count("b") > 1


def test_ratios_and_quantities():
    comparison = Comparison("x", {"primal": 2.0, "by hand": 4.0, "dualad": 6.0})
    assert comparison.ratio("dualad") == 3.0
    assert comparison.ratio("dualad", "by hand") == 1.5
    assert quantity(1.5e-6, "s") == "1.50 µs"
    assert quantity(0.25, "s") == "0.25 s"
    assert quantity(1234.5, "×") == "1,234×"
    assert plain_table("t", ["", "b"], [["aa", "1"]]) == ["t", "    b", "aa  1"]
