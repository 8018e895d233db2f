"""The benchmark of NPBench's kernels, on a checkout with one kernel of our own."""

from __future__ import annotations

import json

import pytest

from benchmarks.npbench import __main__ as npbench
from benchmarks.npbench.cases import CHECKOUT, PRESET

DESCRIBED = {
    "short_name": "scaled", "relative_path": "own/scaled", "module_name": "scaled", "func_name": "kernel",
    "parameters": {"S": {"N": 3}}, "input_args": ["N", "a", "b"],
    "init": {"func_name": "initialize", "input_args": ["N"], "output_args": ["a", "b"]},
}  # fmt: skip
INITIALIZE = """\
import numpy as np

def initialize(N):
    return np.arange(1.0, N + 1.0), np.ones(N)
"""
KERNEL = """\
import numba

@numba.njit
def kernel(N, a, b):
    for i in range(N):
        b[i] = a[i] * a[i] * b[i]
    return a.size, a[0]
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    folder = tmp_path / "npbench" / "benchmarks" / "own" / "scaled"
    folder.mkdir(parents=True)
    (folder / "scaled.py").write_text(INITIALIZE)
    (folder / "scaled_numba_n.py").write_text(KERNEL)
    (tmp_path / "bench_info").mkdir()
    (tmp_path / "bench_info" / "scaled.json").write_text(json.dumps({"benchmark": DESCRIBED}))
    for name in (CHECKOUT, PRESET):
        monkeypatch.setenv(name, "")  # the benchmark sets them for its processes: restored after the test
    return tmp_path


def test_a_kernel_that_stores_into_its_argument(checkout, tmp_path, capsys):
    out = tmp_path / "out"
    assert npbench.main([str(checkout), "--seconds", "0", "--out", str(out)]) == 0
    assert "1 kernels, 1 right, 1 by compiled adjoint" in capsys.readouterr().out
    [row] = json.loads((out / "npbench.json").read_text())["rows"]
    assert row["verdict"] == "right"
    assert row["engine"] == "adjoint"
    assert row["ratio"] > 0
    assert (out / "npbench.png").stat().st_size > 0


def test_a_folder_that_is_no_checkout(tmp_path, capsys):
    with pytest.raises(SystemExit):
        npbench.main([str(tmp_path)])
    assert "is not a checkout of NPBench" in capsys.readouterr().err
