"""``python -m benchmarks.survey.worker GROUP SECONDS CASE...``: examine cases by number, in lines of JSON.

A line ``{"begin": n}`` goes before each case, so that whoever reads knows which one a crash belongs to.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from .case import load
from .examine import examine


def main(group: str, seconds: float, numbers: list[int]) -> None:
    # Packages print what they like: their standard output is not that of the results.
    results = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    cases = load(group)
    for n in numbers:
        print(json.dumps({"begin": n}), file=results, flush=True)
        row = examine(cases[n], seconds)
        print(json.dumps({"end": n, "row": asdict(row)}), file=results, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), [int(n) for n in sys.argv[3:]])
