"""``python -m benchmarks.suite.worker TOOL SECONDS [quick]``: measure one tool, in lines of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from time import perf_counter

from ..runtime import tape_bytes
from ..timing import interleaved
from .tools import TOOLS
from .workloads import workloads

TAPED = ("llsq", "lse", "det", "ode", "gmm", "lstm")


def measure(tool: str, seconds: float, quick: bool) -> Iterator[dict]:
    """Least seconds per call beside the primal's; seconds of the first call; bytes of dualad's tape."""
    for workload in workloads(quick):
        arguments = workload.make()
        call = TOOLS[tool](workload, arguments)
        if call is None:
            continue
        begin = perf_counter()
        call()
        first = perf_counter() - begin
        calls = {tool: call}
        if workload.primal is not None:
            calls["primal"] = partial(workload.primal, *arguments)
        found = interleaved(calls, seconds * len(calls))
        row = {
            "problem": workload.problem,
            "size": workload.size or workload.derivative,
            "scale": workload.scale,
            "tool": tool,
            "seconds": found[tool],
            "primal": found.get("primal"),
            "first": first,
        }
        if tool == "tape" and workload.problem in TAPED:
            row["tape"] = tape_bytes(workload.call, arguments)
        yield row


if __name__ == "__main__":
    name, time, *rest = sys.argv[1:]
    for row in measure(name, float(time), bool(rest)):
        print(json.dumps(row), flush=True)
