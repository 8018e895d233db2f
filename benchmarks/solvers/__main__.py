"""``python -m benchmarks.solvers``: SciPy's solvers with exact derivatives and with differences.

Solves published problems with `dualad.scipy` and with SciPy, prints a table (evaluations, time after
compilation, digits of the answer) and saves a picture. docs/scipy.md shows a run: ``--page docs/scipy.md``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads for matrices of a few rows only wait

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from ..report import machine, plain_table
from ..suite.report import insert
from .picture import draw
from .study import HEADER, Row, measured


def summary(rows: Sequence[Row]) -> str:
    """Means over all problems."""
    pairs = [(row.differences, row.exact) for row in rows]
    work = math.prod(a.values / (b.values + b.derivatives) for a, b in pairs) ** (1 / len(rows))
    time = math.prod(a.seconds / b.seconds for a, b in pairs) ** (1 / len(rows))
    means = f"geometric means: {work:.1f} times fewer evaluations, {time:.1f} times less time"
    return f"{len(rows)} problems; {means}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.solvers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="time per problem (default 0.5)")
    parser.add_argument(
        "--only", nargs="*", default=(), metavar="WORD", help="problems or solvers with a word"
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the table into this file")
    parser.add_argument(
        "--out", type=Path, default=Path("benchmark-output"), metavar="FOLDER", help="for the picture"
    )
    options = parser.parse_args(arguments)
    rows = list(measured(options.seconds, options.only))
    if not rows:
        parser.error(f"no problem has one of these words: {' '.join(options.only)}")
    cells = [row.cells() for row in rows]
    print(
        "\n".join(plain_table("SciPy's solvers with differences and with exact derivatives", HEADER, cells))
    )
    print(f"\n{summary(rows)}\n{machine()}")
    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / "solvers.png"
    draw(rows, picture)
    print(f"picture: {picture}")
    if options.page:
        aligned = ["---", "---", *["---:"] * (len(HEADER) - 2)]
        lines = [f"| {' | '.join(line)} |" for line in (HEADER, aligned, *cells)]
        insert(options.page, [*lines, "", f"{summary(rows)}.", "", machine()])


if __name__ == "__main__":
    main()
