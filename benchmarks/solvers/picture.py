"""One picture of all problems: how much less work and time exact derivatives take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .study import Row

EXACT, DIFFERENCES = "tab:red", "0.45"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the rows and save them; PNG by the name of the file."""
    height = 0.24 * len(rows) + 1.2
    figure = Figure(figsize=(11.0, height), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3, sharey=True)
    _pairs(left, [(r.differences.values, r.exact.values + r.exact.derivatives) for r in rows])
    _pairs(middle, [(r.differences.seconds * 1e3, r.exact.seconds * 1e3) for r in rows])
    _pairs(right, [(r.differences.digits, r.exact.digits) for r in rows])
    left.set(title="evaluations", xscale="log")
    middle.set(title="milliseconds", xscale="log")
    right.set(title="digits of the answer")
    left.set_yticks(range(len(rows)), [f"{r.problem.name}, {r.problem.solver}" for r in rows], fontsize=7)
    left.invert_yaxis()
    left.margins(y=0.02)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper right", ncols=2, fontsize=8)
    figure.savefig(path, dpi=100)


def _pairs(axes: Axes, pairs: Sequence[tuple[float, float]]) -> None:
    places = range(len(pairs))
    differences, exact = zip(*pairs, strict=True)
    axes.hlines(places, differences, exact, color="0.8", linewidth=1.5, zorder=1)
    axes.scatter(differences, places, s=16, color=DIFFERENCES, label="SciPy's differences")
    axes.scatter(exact, places, s=16, color=EXACT, label="dualad.scipy")
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
