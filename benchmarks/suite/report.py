"""Tables and pictures of what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..report import quantity
from .tools import TOOLS

MARKS = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
# Where GradBench's comparison of gradients takes its mean.
GRADIENTS = ("gmm", "lstm", "lse", "llsq", "det", "ode")
Rows = Sequence[dict[str, Any]]


def table(rows: Rows) -> list[str]:
    """Lines of Markdown: a line per problem and size, a column per tool."""
    tools = [tool for tool in TOOLS if any(row["tool"] == tool for row in rows)]
    header = ["problem", "primal", *tools, "first call of dualad"]
    lines = [_line(header), _line(["---", *["---:"] * (len(header) - 1)])]
    for key in dict.fromkeys((row["problem"], row["size"]) for row in rows):
        found = {row["tool"]: row for row in rows if (row["problem"], row["size"]) == key}
        own = found.get("dualad") or next(iter(found.values()))
        primal = "" if own["primal"] is None else quantity(own["primal"], "s")
        cells = [_cell(found.get(tool)) for tool in tools]
        first = quantity(found["dualad"]["first"], "s") if "dualad" in found else ""
        lines.append(_line([" ".join(filter(None, key)), primal, *cells, first]))
    lines.append("")
    lines += [
        f"{tool}: geometric mean over {', '.join(GRADIENTS)} {mean:.2f}×." for tool, mean in means(rows)
    ]
    return lines


def means(rows: Rows) -> list[tuple[str, float]]:
    """Tools that take part in all gradients, and the geometric mean of their medians over sizes."""
    out = []
    for tool in TOOLS:
        ratios = []
        for problem in GRADIENTS:
            found = sorted(
                row["seconds"] / row["primal"]
                for row in rows
                if (row["tool"], row["problem"]) == (tool, problem)
            )
            if found:
                ratios.append(found[len(found) // 2])
        if len(ratios) == len(GRADIENTS):
            out.append((tool, math.exp(sum(map(math.log, ratios)) / len(ratios))))
    return out


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    if row["primal"] is None:
        return quantity(row["seconds"], "s")
    return f"{row['seconds'] / row['primal']:.2f}×"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def insert(readme: Path, lines: Sequence[str]) -> None:
    """Put a table between the marks in a file."""
    before, _, rest = readme.read_text().partition(MARKS[0])
    _, found, after = rest.partition(MARKS[1])
    if not found:
        raise ValueError(f"{readme} has no lines {MARKS[0]} and {MARKS[1]}")
    readme.write_text("\n".join([before + MARKS[0], *lines, MARKS[1] + after]))


def pictures(rows: Rows, folder: Path) -> list[Path]:
    """Ratios per problem, cost and tape as the size grows."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    problems = [p for p in dict.fromkeys(row["problem"] for row in rows) if p not in ("particle", "saddle")]
    for name, value, label in (
        ("ratio", lambda row: row["seconds"] / row["primal"], "time / primal"),
        ("cost", lambda row: row["seconds"], "seconds"),
        ("tape", lambda row: row.get("tape"), "bytes of tape"),
    ):
        figure, grid = pyplot.subplots(
            2, -(-len(problems) // 2), figsize=(16, 7), layout="constrained", squeeze=False
        )
        for axes, problem in zip(grid.flat, problems, strict=False):
            for tool in TOOLS:
                chosen = [r for r in rows if (r["problem"], r["tool"]) == (problem, tool)]
                points = sorted((r["scale"], value(r)) for r in chosen if value(r))
                if points:
                    axes.loglog(*zip(*points, strict=True), "o-", label=tool)
            axes.set(title=problem, xlabel="size", ylabel=label)
            if axes.has_data():
                axes.legend(fontsize="x-small")
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=100)
        pyplot.close(figure)
    return paths
