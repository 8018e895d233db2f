"""``python -m benchmarks.survey``: derivatives of functions of other people's packages, unmodified.

``make survey`` installs the packages first. The exit status is 1 if a derivative is wrong or a process
crashed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pkgutil import iter_modules

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..report import machine, plain_table
from . import cases, report
from .examine import Row
from .runner import chosen, run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.survey", description=__doc__)
    parser.add_argument("groups", nargs="*", default=groups(), help="packages (default: all)")
    parser.add_argument("-k", dest="part", default="", help="only functions whose names contain this")
    parser.add_argument("--seconds", type=float, default=0.1, help="to measure each function (default 0.1)")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds for one function (default 180)")
    parser.add_argument("--workers", type=int, default=2, help="packages at the same time (default 2)")
    parser.add_argument("--out", type=Path, default=Path("benchmark-output"), help="folder for the results")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the survey as a page of the docs")
    options = parser.parse_args(arguments)
    rows = followed(options)
    options.out.mkdir(parents=True, exist_ok=True)
    record = {"machine": machine(), "packages": versions(rows), "rows": [asdict(row) for row in rows]}
    (options.out / "survey.json").write_text(json.dumps(record, indent=1) + "\n")
    show(rows)
    if options.page:
        options.page.write_text(report.page(rows, f"{machine()}; {', '.join(record['packages'])}"))
    return 1 if report.faults(rows) else 0


def groups() -> list[str]:
    return sorted(module.name for module in iter_modules(cases.__path__))


def followed(options: argparse.Namespace) -> list[Row]:
    """All rows, each printed as it comes, with a bar below on a terminal."""
    total = sum(len(chosen(group, options.part)) for group in options.groups)
    columns = TextColumn("functions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("", total=total)

        def told(row: Row) -> None:
            style = {"right": "", "refused": "yellow", "unclear": "yellow"}.get(row.verdict, "red")
            ratio = f" {row.ratio:.2f}×" if row.ratio is not None else ""
            text = f"{row.verdict:9} {row.engine:8}{ratio:>8} {row.case} {report.why(row)}"
            bar.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
            bar.advance(task)

        return run(options.groups, options.seconds, options.limit, options.workers, told, options.part)


def show(rows: Sequence[Row]) -> None:
    tables = [("Functions by package", report.SUMMARY, report.summary(rows))]
    for engine, title in (("adjoint", "Not by a compiled adjoint"), ("tape", "Not on the tape")):
        header = ("functions", "reason", "for example")
        tables.append((title, header, report.classes(rows, engine)))
    if report.faults(rows):
        tables.append(("FAULTS", report.HEADER, [report.cells(row) for row in report.faults(rows)]))
    for title, header, lines in tables:
        if lines:
            print("\n".join(plain_table(title, header, lines)), end="\n\n")
    print(machine())


def versions(rows: Sequence[Row]) -> list[str]:
    """The packages with their versions."""
    found = []
    for name in sorted({row.package for row in rows}):
        try:
            found.append(f"{name} {version(DISTRIBUTIONS.get(name, name))}")
        except PackageNotFoundError:
            found.append(f"{name} (not installed)")
    return found


# Where the distribution has another name than the package.
DISTRIBUTIONS = {"umap": "umap-learn", "pde": "py-pde"}

if __name__ == "__main__":
    sys.exit(main())
