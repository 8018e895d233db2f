"""The tool in a process of its own, as GradBench starts it, and single messages."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gradbench.function import Function
from benchmarks.gradbench.protocol import EVALS, Session, functions

ROOT = Path(__file__).parents[3]


def answer(session, **message):
    return json.loads(session.answer(json.dumps(message)))


def evaluate(session, function, input, module="hello"):
    return answer(session, id=3, kind="evaluate", module=module, function=function, input=input)


def test_a_session():
    messages = [
        {"id": 0, "kind": "start", "eval": "hello"},
        {"id": 1, "kind": "define", "module": "hello"},
        {"id": 2, "kind": "evaluate", "module": "hello", "function": "square", "input": 3.0},
        {"id": 3, "kind": "analysis", "of": 2, "valid": True},
        {"id": 4, "kind": "evaluate", "module": "hello", "function": "double", "input": 9},
        {"id": 5, "kind": "evaluate", "module": "hello", "function": "treble", "input": 9},
    ]
    text = "".join(json.dumps(message) + "\n" for message in messages)
    command = [sys.executable, "-m", "benchmarks.gradbench"]
    run = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True)
    start, define, square, analysis, double, treble = map(json.loads, run.stdout.splitlines())
    assert start == {"id": 0, "tool": "dualad"}
    assert define == {"id": 1, "success": True}
    assert (square["id"], square["success"], square["output"]) == (2, True, 9.0)
    assert analysis == {"id": 3}
    assert (double["id"], double["output"]) == (4, 18.0)
    assert not treble["success"]
    assert "square, double" in treble["error"]


def test_every_eval_is_defined():
    assert len(EVALS) == 12
    for eval_name in EVALS:
        assert len(functions(eval_name)) in (2, 4)
    assert not answer(Session(), id=1, kind="define", module="os")["success"]


def test_as_many_runs_as_asked(monkeypatch):
    calls = []
    counted = Function(lambda x: calls.append(x), lambda data: (data["x"],))
    monkeypatch.setattr("benchmarks.gradbench.hello.FUNCTIONS", {"count": counted})
    session = Session()
    got = evaluate(session, "count", {"x": 1.0, "min_runs": 5, "min_seconds": 0})
    assert [timing["name"] for timing in got["timings"]] == ["compile"] + 5 * ["evaluate"]
    got = evaluate(session, "count", {"x": 1.0, "min_runs": 1, "min_seconds": 0.01})
    assert {timing["name"] for timing in got["timings"]} == {"evaluate"}
    assert sum(timing["nanoseconds"] for timing in got["timings"]) >= 1e7
    assert len(calls) == 6 + len(got["timings"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no json", "JSONDecodeError"),
        ("[1]", "object with an id"),
        ('{"id": 7, "kind": "evaluate", "module": "llsq", "function": "primal", "input": {"n": 3}}', "'x'"),
        (
            '{"id": 7, "kind": "evaluate", "module": "hello", "function": "square", "input": "two"}',
            "ValueError",
        ),
        ('{"id": 7, "kind": "evaluate", "module": "hello", "function": "square", "input": Infinity}', "JSON"),
    ],
)
def test_errors_are_answers(line, words):
    session = Session()
    got = json.loads(session.answer(line))
    assert not got["success"]
    assert words in got["error"]
    assert evaluate(session, "square", 2.0)["output"] == 4.0


def test_arrays_and_tuples_are_lists():
    assert Function(abs, abs).write((np.arange(2.0), np.float64(3.0), 4)) == [[0.0, 1.0], 3.0, 4]
