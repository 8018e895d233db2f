"""What `dualad demo` prints: a table of all fits, and what they fall short of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from statistics import geometric_mean

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dualad.nist.models import Problem
from dualad.nist.picture import draw
from dualad.nist.study import REPEATS, Row, Score, compare, compile_problem

# What a fit is expected to reach; anything below is listed under the table.
PARAMETER_DIGITS = 8.0
DEVIATION_DIGITS = 6.0

_LEVELS = {"lower": "low", "average": "mid", "higher": "high"}
_MOST_NAMED = 8
_EXACT_COLUMNS = ("exact\nb", "\nσ", "\nRSS", "\nsolver", "\nsteps", "\nms")
_DIFFERENCE_COLUMNS = ("2-point\nb", "\nσ", "\nms")


def run(names: Sequence[str], folder: Path, console: Console) -> list[Row]:
    """Fit the named problems, print the table and the summary, and save the picture.

    Parameters
    ----------
    names : sequence of str
        NIST sets to fit.
    folder : Path
        Where the picture goes; made if missing.
    console : rich.console.Console
        Where to print.

    Returns
    -------
    list of Row
        Two per set.
    """
    rows, compilation = _fit_all(names, console)
    console.print(table(rows))
    for line in summary(rows):
        console.print(line)
    console.print(
        f"Times: least of {REPEATS} runs of the whole fit, polishing included, without compilation. "
        f"Compiling models and Jacobians took {compilation:.1f} s.",
        style="dim",
    )
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / "nist-fits.png"
    with console.status("Drawing fits and residuals"):
        draw(rows, picture)
    console.print(f"Fits and residuals: {picture}", soft_wrap=True)
    return rows


def _fit_all(names: Sequence[str], console: Console) -> tuple[list[Row], float]:
    rows: list[Row] = []
    compilation = 0.0
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:
            progress.update(task, description=f"{name:<9} compiling")
            prepared, seconds = compile_problem(name)
            compilation += seconds
            progress.update(task, description=f"{name:<9} fitting  ")
            rows.extend(compare(prepared))
            progress.advance(task)
            if not console.is_terminal:  # no bar there, so say where we are in lines
                console.print(f"{progress.tasks[task].completed:.0f}/{len(names)} {name}")
    return rows, compilation


def table(rows: Sequence[Row]) -> Table:
    """Table of digits of agreement, iterations and times.

    Parameters
    ----------
    rows : sequence of Row
        Fits to show.

    Returns
    -------
    rich.table.Table
    """
    result = Table(
        title="NIST StRD nonlinear regression: digits of agreement with certified values",
        caption="b, σ: worst parameter and standard deviation, RSS: residual sum of squares",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    for heading in ("set", "level"):
        result.add_column(f"\n{heading}", no_wrap=True)
    for heading in ("\nstart", *_EXACT_COLUMNS, *_DIFFERENCE_COLUMNS):
        result.add_column(heading, justify="right", no_wrap=True, min_width=5)
    for row in rows:
        data = row.problem.data
        result.add_row(
            data.name if row.start == 1 else "",
            _LEVELS[data.difficulty] if row.start == 1 else "",
            str(row.start),
            *_digits(row.exact),
            f"{row.exact.rss:.1f}",
            row.fit.solver,
            str(row.fit.iterations),
            f"{1e3 * row.exact.seconds:.1f}",
            *_digits(row.differences),
            f"{1e3 * row.differences.seconds:.1f}",
        )
    return result


def _digits(score: Score) -> tuple[str, str]:
    return _marked(score.parameters, PARAMETER_DIGITS), _marked(score.deviations, DEVIATION_DIGITS)


def _marked(digits: float, expected: float) -> str:
    return f"{digits:.1f}" if digits >= expected else f"[red]{digits:.1f}[/red]"


def summary(rows: Sequence[Row]) -> list[str]:
    """Lines that say how many fits reach what is expected, and which do not, worst first.

    Parameters
    ----------
    rows : sequence of Row
        Fits to sum up.

    Returns
    -------
    list of str
    """
    lines = [
        _tally(rows, f"{kind} derivatives, {what}", attrgetter(path), expected)
        for kind, prefix in (("Exact", "exact"), ("2-point", "differences"))
        for what, path, expected in (
            ("parameters", f"{prefix}.parameters", PARAMETER_DIGITS),
            ("standard deviations", f"{prefix}.deviations", DEVIATION_DIGITS),
        )
    ]
    stuck = [_label(row) for row in rows if not row.fit.converged]
    if stuck:
        lines.append(f"Not converged with exact derivatives: {', '.join(stuck)}.")
    for row in rows:
        if row.start == 2 and (limit := rounding_digits(row.problem)) < DEVIATION_DIGITS:
            lines.append(
                f"{row.problem.data.name}: residuals are so small against the response that its rounding to "
                f"float64 leaves about {limit:.1f} digits in RSS and σ, whatever the derivatives."
            )
    ratio = geometric_mean(row.differences.seconds / row.exact.seconds for row in rows)
    lines.append(f"Time with differences over time with exact derivatives, geometric mean: {ratio:.2f}.")
    return lines


def rounding_digits(problem: Problem) -> float:
    """Digits of the residuals that survive the rounding of model and response to float64.

    Parameters
    ----------
    problem : Problem
        What is fitted.

    Returns
    -------
    float
        ``-log10(eps |y| / s)`` with the response's root mean square and the certified residual standard
        deviation.
    """
    size = np.sqrt(np.mean(problem.response**2))
    return float(-np.log10(np.finfo(np.float64).eps * size / problem.data.residual_deviation))


def _tally(rows: Sequence[Row], title: str, digits: Callable[[Row], float], expected: float) -> str:
    short = sorted((row for row in rows if digits(row) < expected), key=digits)
    line = f"{title}: {len(rows) - len(short)} of {len(rows)} fits reach {expected:.0f} digits"
    if not short:
        return f"{line}."
    named = ", ".join(f"{_label(row)} {digits(row):.1f}" for row in short[:_MOST_NAMED])
    return f"{line}; below: {named}{', …' if len(short) > _MOST_NAMED else ''}."


def _label(row: Row) -> str:
    return f"{row.problem.data.name}/{row.start}"
