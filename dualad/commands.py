"""Commands of the `dualad` command line."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dualad.nist import names
from dualad.nist.report import run

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def describe() -> None:
    """Exact derivatives of Numba @njit functions."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the picture.", file_okay=False)] = Path("demo-output"),
    datasets: Annotated[
        list[str] | None,
        typer.Option("--datasets", "-d", help="A NIST set, or several separated by commas; may be repeated."),
    ] = None,
) -> None:
    """Fit NIST's 27 nonlinear regression problems with exact Jacobians; compare with certified results."""
    run(_chosen(datasets), out, Console(highlight=False))


@app.command()
def info() -> None:
    """Print the versions of what derivatives depend on."""
    for package in ("dualad", "numba", "llvmlite", "numpy", "scipy"):
        print(f"{package:<9} {version(package)}")
    print(f"{'python':<9} {platform.python_version()} ({platform.system()} {platform.machine()})")


def _chosen(datasets: list[str] | None) -> list[str]:
    if not datasets:
        return names()
    spelling = {name.lower(): name for name in names()}
    asked = [name.strip() for entry in datasets for name in entry.split(",")]
    unknown = [name for name in asked if name.lower() not in spelling]
    if unknown:
        message = f"unknown {', '.join(unknown)}; known are {', '.join(names())}"
        raise typer.BadParameter(message, param_hint="--datasets")
    return list(dict.fromkeys(spelling[name.lower()] for name in asked))
