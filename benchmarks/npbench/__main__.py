"""``python -m benchmarks.npbench CHECKOUT``: gradients of the Numba kernels of NPBench, unmodified.

CHECKOUT is a clone of https://github.com/spcl/npbench. Each kernel is differentiated with respect to all
its float arguments, through the sum of all floats that it makes: by its compiled adjoint, or on the tape if
it has none, and in forward mode. The two are compared with each other and with differences along a random
direction. Prints a table, and writes it with a picture to --out. The exit status is 1 if a derivative is
wrong or a process crashed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from ..report import machine, plain_table, quantity
from ..survey.__main__ import followed
from ..survey.examine import Row
from ..survey.report import faults, why
from .cases import CHECKOUT, PRESET

HEADER = (
    "kernel",
    "verdict",
    "engine",
    "function",
    "gradient / function",
    "first call",
    "of the function",
    "why",
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.npbench", description=__doc__)
    parser.add_argument("checkout", type=Path, help="a clone of github.com/spcl/npbench")
    parser.add_argument("-k", dest="part", default="", help="only kernels whose names contain this")
    parser.add_argument("--preset", default="S", choices=("S", "M", "L", "paper"), help="sizes (default S)")
    parser.add_argument("--seconds", type=float, default=0.5, help="to measure each kernel (default 0.5)")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one kernel (default 300)")
    parser.add_argument("--out", type=Path, default=Path("benchmark-output"), help="folder for the results")
    options = parser.parse_args(arguments)
    if not (options.checkout / "bench_info").is_dir():
        parser.error(f"{options.checkout} is not a checkout of NPBench: it has no folder bench_info")
    os.environ.update({CHECKOUT: str(options.checkout.resolve()), PRESET: options.preset})
    options.groups, options.workers = ["benchmarks.npbench.cases"], 1
    rows = followed(options)
    options.out.mkdir(parents=True, exist_ok=True)
    record = {"machine": machine(), "preset": options.preset, "rows": [asdict(row) for row in rows]}
    (options.out / "npbench.json").write_text(json.dumps(record, indent=1) + "\n")
    print("\n".join(plain_table(f"NPBench, preset {options.preset}", HEADER, list(map(cells, rows)))))
    print(summary(rows), machine(), sep="\n")
    draw(rows, options.out / "npbench.png")
    return 1 if faults(rows) else 0


def cells(row: Row) -> list[str]:
    def told(value: float | None, unit: str) -> str:
        return "" if value is None else quantity(value, unit)

    return [
        kernel(row),
        row.verdict,
        row.engine,
        told(row.seconds, "s"),
        told(row.ratio, "×"),
        told(row.compiled, "s"),
        told(row.primal_compiled, "s"),
        why(row)[:100],
    ]


def kernel(row: Row) -> str:
    return row.case.removeprefix("npbench.").partition(":")[0]


def summary(rows: Sequence[Row]) -> str:
    right = [row for row in rows if row.verdict in ("right", "unclear")]
    adjoint = sum(row.engine == "adjoint" for row in right)
    ratios = [row.ratio for row in right if row.ratio is not None]
    middle = f"; median {median(ratios):.2f}× their function" if ratios else ""
    return f"{len(rows)} kernels, {len(right)} right, {adjoint} by compiled adjoint{middle}"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Ratios as bars, the slowest on top."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = sorted((row.ratio, kernel(row), row.engine) for row in rows if row.ratio is not None)
    if not shown:
        return
    figure, axes = pyplot.subplots(figsize=(7, 0.22 * len(shown) + 1), layout="constrained")
    colors = {"adjoint": "tab:blue", "tape": "tab:orange", "forward": "tab:gray"}
    for engine, color in colors.items():
        bars = [(name, ratio) for ratio, name, by in shown if by == engine]
        if bars:
            axes.barh(*zip(*bars, strict=True), color=color, label=engine)
    axes.set_xscale("log")
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set_xlabel("time of value and gradient / time of the function")
    axes.legend()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
