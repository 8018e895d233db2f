"""Commands of the `dualad` command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dualad.check import Report
from dualad.check.checker import check as run_check
from dualad.check.function import points
from dualad.check.function.targets import loaded
from dualad.check.options import Options
from dualad.environment import facts
from dualad.errors import DualadError
from dualad.pages.numpy_functions import page
from dualad.pages.ops import sheet
from dualad.rules import ops as listed_ops

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

WRONG, UNUSABLE = 1, 2


@app.callback()
def describe() -> None:
    """Exact derivatives of Numba @njit functions."""


@app.command()
def check(
    function: Annotated[str, typer.Argument(help="Function to check, as package.module:function.")],
    at: Annotated[
        list[str] | None, typer.Option(help='An argument: "x=[1.0, 2.0]"; may be repeated.')
    ] = None,
    at_random: Annotated[
        list[str] | None,
        typer.Option(help='A random argument: "x=normal(5)", "x=uniform(2, 3, low=-1)"; may be repeated.'),
    ] = None,
    args: Annotated[Path | None, typer.Option(help="A JSON or .npz file with arguments by name.")] = None,
    argnums: Annotated[
        str | None,
        typer.Option(
            help="Arguments to differentiate with respect to, by name or number: x,y. [default: the first]"
        ),
    ] = None,
    order: Annotated[int | None, typer.Option(min=1, help="Check derivatives up to this order.")] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option(help="forward, reverse, or a pair: reverse-over-reverse; may be repeated."),
    ] = None,
    jac: Annotated[
        str | None, typer.Option(help="A gradient or Jacobian to check instead of dualad's.")
    ] = None,
    hess: Annotated[str | None, typer.Option(help="A Hessian to check.")] = None,
    hvp: Annotated[str | None, typer.Option(help="A Hessian-vector product (x, p, ...) to check.")] = None,
    rtol: Annotated[float | None, typer.Option(help="Relative error allowed.")] = None,
    directions: Annotated[str | None, typer.Option(help="full, random, or the number of directions.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random arguments and directions.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the report to a JSON file; - prints it instead.")
    ] = None,
) -> None:
    """Check derivatives of a function. Exit status 0: right, 1: wrong, 2: the request cannot be met."""
    with _usage_errors():
        subject = loaded(function)
        given = _given(args, at or [], at_random or [], seed)
        known = points.parameters(subject)
        numbers = points.positions(argnums.split(","), known) if argnums else (0,)
        taken = tuple(points.arranged(given, known, numbers))
        options = Options.checked(
            mode, range(1, order + 1) if order else None, _loaded(jac), _loaded(hess), _loaded(hvp), rtol,
            _directions(directions), seed,
        )  # fmt: skip
        with _progress() as advance:
            report = run_check(
                subject, taken, numbers if "," in (argnums or "") else numbers[0], options, advance
            )
    _write(report, json_file)
    if report.raised:
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(0 if report.ok else WRONG)


@app.command()
def ops(
    name: Annotated[str | None, typer.Argument(help="One op or function: pow, math.hypot, np.clip.")] = None,
) -> None:
    """List the scalar operations, or describe one, with its conventions at kinks."""
    if name is None:
        print(listed_ops())
        return
    with _usage_errors():
        print(sheet(name))


@app.command()
def adjoints() -> None:
    """Print the page docs/adjoints.md: the constructs of Python that have compiled adjoints."""
    from dualad.pages.constructs import page

    print(page(), end="")


@app.command()
def numpy() -> None:
    """Print the page docs/numpy.md: each NumPy function that Numba compiles, and whether it is supported."""
    print(page(), end="")


@app.command()
def info() -> None:
    """Print what derivatives depend on: versions, cache, threads, ops."""
    pairs = facts()
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        print(f"{name:<{width}} {value}")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the picture.", file_okay=False)] = Path("demo-output"),
    datasets: Annotated[
        list[str] | None,
        typer.Option("--datasets", "-d", help="A NIST set, or several separated by commas; may be repeated."),
    ] = None,
) -> None:
    """Fit NIST's 27 nonlinear regression problems with exact Jacobians; compare with certified results."""
    if find_spec("matplotlib") is None:
        _refuse("matplotlib not installed; run: pip install 'dualad[demo]'")
    from dualad.nist import report

    report.run(_chosen(datasets), out, Console(highlight=False))


def _chosen(datasets: list[str] | None) -> list[str]:
    from dualad.nist import names

    if not datasets:
        return names()
    spelling = {name.lower(): name for name in names()}
    asked = [name.strip() for entry in datasets for name in entry.split(",")]
    unknown = [name for name in asked if name.lower() not in spelling]
    if unknown:
        message = f"unknown {', '.join(unknown)}; known are {', '.join(names())}"
        raise typer.BadParameter(message, param_hint="--datasets")
    return list(dict.fromkeys(spelling[name.lower()] for name in asked))


# -- of check ---------------------------------------------------------------------------------------


def _given(file: Path | None, at: list[str], at_random: list[str], seed: int) -> dict[str, Any]:
    """Arguments by name; what is said on the command line replaces what a file says."""
    rng = np.random.default_rng(seed)
    given = {} if file is None else points.from_file(file)
    given.update(points.literal(text) for text in at)
    given.update(points.random(text, rng) for text in at_random)
    return given


def _loaded(target: str | None) -> Any:
    return None if target is None else loaded(target)


def _directions(text: str | None) -> Any:
    return int(text) if text is not None and text.isdecimal() else text


def _write(report: Report, file: Path | None) -> None:
    as_json = json.dumps(report.as_dict(), indent=2) + "\n"
    if file == Path("-"):
        sys.stdout.write(as_json)
        return
    if file is not None:
        try:
            file.write_text(as_json, encoding="utf-8")
        except OSError as error:
            _refuse(f"cannot write {file}: {error.strerror}")
    first, _, rest = str(report).partition("\n")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(first, style="green" if report.ok else "bold red")
    if rest:
        console.print(rest)


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = TextColumn("references"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("")
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def _usage_errors() -> Iterator[None]:
    """An invalid request ends the command with a line on stderr."""
    try:
        yield
    except DualadError as error:
        _refuse(str(error))
    except SystemExit:  # its status would pass for ours
        _refuse("the code to check ends the program")


def _refuse(message: str) -> None:
    print(f"dualad: {message}", file=sys.stderr)
    raise typer.Exit(UNUSABLE)
