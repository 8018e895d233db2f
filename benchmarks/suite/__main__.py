"""``python -m benchmarks.suite``: measure GradBench's problems and write tables and pictures."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..report import machine
from . import report
from .tools import installed

ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suite", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.3, help="time per call measured (default 0.3)")
    parser.add_argument("--quick", action="store_true", help="the smallest size of each problem only")
    parser.add_argument("--tools", nargs="+", default=installed(), help="default: all that are installed")
    parser.add_argument("--out", type=Path, default=Path("benchmark-output"), help="folder for the results")
    parser.add_argument("--from", dest="known", type=Path, metavar="JSON", help="show these; measure nothing")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put the table into this file")
    options = parser.parse_args(arguments)
    if options.known:
        record = json.loads(options.known.read_text())
    else:
        rows = [row for tool in options.tools for row in measured(tool, options.seconds, options.quick)]
        record = {"machine": machine(), "rows": rows}
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "suite.json").write_text(json.dumps(record, indent=1) + "\n")
    lines = [*report.table(record["rows"]), "", record["machine"]]
    print("\n".join(lines))
    if options.readme:
        report.insert(options.readme, lines)
    if not options.known:
        (options.out / "suite.md").write_text("\n".join(lines) + "\n")
        for path in report.pictures(record["rows"], options.out):
            print(path)


def measured(tool: str, seconds: float, quick: bool) -> list[dict]:
    """What a process of its own measures of a tool; it compiles, and runs on one thread."""
    print(f"measuring {tool}", file=sys.stderr)
    command = [sys.executable, "-m", f"{__package__}.worker", tool, str(seconds), *["quick"] * quick]
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "XLA_FLAGS": flags}
    engine = "tape" if tool == "tape" else "adjoint"
    environment = os.environ | single | {"DUALAD_CACHE": "0", "DUALAD_REVERSE": engine}
    run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


if __name__ == "__main__":
    main()
