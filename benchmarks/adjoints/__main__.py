"""``python -m benchmarks.adjoints``: compiled adjoints beside adjoints written by hand."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..report import console, machine, plain_table, quantity
from .cases import CASES, HAND, PRIMAL
from .measure import ADJOINT, Measured, measured

HEADER = (
    "",
    "primal",
    "adjoint/primal",
    "hand/primal",
    "adjoint/hand",
    "aim",
    "",
    "compile",
    "first",
    "written in",
    "pages",
)
FIRST, LEAST = 0, 1  # of the times to compile
MEAN_AIM, COMPILE_AIM, WRITE_AIM = 1.25, 4.0, 0.05


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adjoints", description=__doc__)
    parser.add_argument("cases", nargs="*", help="parts of titles (default: all)")
    parser.add_argument("--seconds", type=float, default=0.5, help="time per function (default 0.5)")
    parser.add_argument("--out", type=Path, default=Path("benchmark-output"), help="folder for the results")
    options = parser.parse_args(arguments)
    chosen = [c for c in CASES if not options.cases or any(part in c.title for part in options.cases)]
    rows = []
    for case in chosen:
        print(f"measuring {case.title}", file=sys.stderr)
        rows.append(measured(case, options.seconds))
    show(rows, console())
    options.out.mkdir(parents=True, exist_ok=True)
    record = {"machine": machine(), "mean": mean(rows), "rows": [asdict(row) for row in rows]}
    (options.out / "adjoints.json").write_text(json.dumps(record, indent=1) + "\n")


def mean(rows: Sequence[Measured]) -> float | None:
    """Geometric mean of adjoint over hand, of the cases that are to be compared with hand."""
    ratios = [row.ratio(ADJOINT, HAND) for row in rows if row.base == HAND]
    if not ratios or None in ratios:
        return None
    return math.exp(sum(math.log(ratio) for ratio in ratios if ratio) / len(ratios))


def cells(row: Measured) -> list[str]:
    """A row of the table."""
    if row.refused:
        return [
            row.title,
            quantity(row.seconds[PRIMAL], "s"),
            "",
            "",
            "",
            "",
            f"refused: {row.refused}",
            "",
            "",
            "",
            "",
        ]
    aim = "" if row.aim is None else f"{row.aim}× {'primal' if row.base == PRIMAL else 'hand'}"
    met = {None: "", True: "met", False: "missed"}[row.met]
    compiled = row.compiled[ADJOINT][LEAST] / row.compiled[PRIMAL][LEAST]
    pairs = ((ADJOINT, PRIMAL), (HAND, PRIMAL), (ADJOINT, HAND))
    ratios = [quantity(row.ratio(*pair) or math.nan, "×") for pair in pairs]
    cost = [
        f"{quantity(compiled, '×')} ({quantity(row.compiled[ADJOINT][LEAST], 's')})",
        quantity(row.compiled[ADJOINT][FIRST], "s"),
        quantity(row.generated, "s"),
        "" if row.pages is None else f"{row.pages:.1f}",
    ]
    return [row.title, quantity(row.seconds[PRIMAL], "s"), *ratios, aim, met, *cost]


def show(rows: Sequence[Measured], to: Console) -> None:
    """Print the table: with lines on a terminal, plain otherwise."""
    lines = [cells(row) for row in rows]
    if to.is_terminal:
        table = Table(*HEADER)
        for one in lines:
            table.add_row(*one)
        to.print(table)
    else:
        print("\n".join(plain_table("Compiled adjoints", HEADER, lines)), file=to.file)
    found = mean(rows)
    made = [row for row in rows if not row.refused]
    notes = []
    if found is not None:
        notes.append(f"geometric mean of adjoint/hand {quantity(found, '×')} (at most {MEAN_AIM}×)")
    if made:
        slowest = max(row.compiled[ADJOINT][LEAST] / row.compiled[PRIMAL][LEAST] for row in made)
        longest = max(row.generated for row in made)
        notes.append(f"compile time over the primal's {quantity(slowest, '×')} (at most {COMPILE_AIM}×)")
        notes.append(f"longest to write {quantity(longest, 's')} (at most {quantity(WRITE_AIM, 's')})")
    print("; ".join([*notes, machine()]), file=to.file)


if __name__ == "__main__":
    # One thread, which NumPy's libraries are told before they start.
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if os.environ.get("OMP_NUM_THREADS") != "1":
        os.execve(sys.executable, [sys.executable, "-m", __package__, *sys.argv[1:]], os.environ | single)
    main()
