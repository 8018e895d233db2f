"""One picture of all fits: data with the fitted model above, residuals below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dualad.nist.datasets import Array
from dualad.nist.study import Row

COLUMNS = 6
_DOTS: dict[str, Any] = {"s": 7.0, "color": "0.55", "linewidths": 0.0}
_CURVE: dict[str, Any] = {"color": "tab:red", "linewidth": 1.1}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the fits from start 2 and save them.

    Parameters
    ----------
    rows : sequence of Row
        Fits; those from start 1 are left out, as they end in the same place or are no fits.
    path : Path
        File to write, PNG by its name.
    """
    shown = [row for row in rows if row.start == 2]
    columns = min(COLUMNS, len(shown))
    lines = -(-len(shown) // columns)
    width, height = 3.2 * columns + 0.3, 2.8 * lines + 0.4
    # A canvas of its own, not pyplot: no global state and no window system.
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    edges = {"left": 0.6 / width, "right": 1 - 0.1 / width, "bottom": 0.3 / height, "top": 1 - 0.3 / height}
    grid = figure.add_gridspec(lines, columns, wspace=0.22, hspace=0.22, **edges)
    for place, row in enumerate(shown):
        cell = grid[divmod(place, columns)].subgridspec(2, 1, height_ratios=(2.6, 1.0), hspace=0.06)
        _panel(row, figure.add_subplot(cell[0]), figure.add_subplot(cell[1]))
    figure.savefig(path, dpi=100)


def _panel(row: Row, fit: Axes, rest: Axes) -> None:
    x = row.problem.data.x if row.problem.data.x.ndim == 1 else row.problem.data.x[:, 0]
    residuals = row.problem.response - row.problem.predict(row.fit.parameters)
    fit.scatter(x, row.problem.response, **_DOTS)
    for abscissa, curve in _curves(row):
        fit.plot(abscissa, curve, **_CURVE)
    rest.axhline(0.0, **_CURVE)
    rest.scatter(x, residuals, **_DOTS)
    fit.set_title(f"{row.problem.data.name}   {row.exact.parameters:.1f} digits", fontsize=9, pad=3)
    fit.tick_params(labelbottom=False, labelsize=7)
    rest.tick_params(labelsize=7)
    rest.yaxis.set_major_formatter("{x:.3g}")  # an offset text such as 1e-13 would sit on the panel above
    rest.margins(y=0.12)
    rest.set_xlim(fit.get_xlim())


def _curves(row: Row) -> list[tuple[Array, Array]]:
    """Smooth curves of the fitted model; for two predictors one per value of the second."""
    x, b = row.problem.data.x, row.fit.parameters
    if x.ndim == 1:
        fine = np.linspace(x.min(), x.max(), 500)
        return [(fine, row.problem.residuals(b, fine, np.zeros_like(fine)))]
    fine = np.linspace(x[:, 0].min(), x[:, 0].max(), 100)
    zeros = np.zeros_like(fine)
    grids = (np.column_stack([fine, np.full_like(fine, level)]) for level in np.unique(x[:, 1]))
    return [(fine, row.problem.residuals(b, grid, zeros)) for grid in grids]
