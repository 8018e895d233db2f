"""Results, as tables and as JSON."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from rich import box
from rich.console import Console
from rich.table import Table

# Ways that are no peers'; "tape" is dualad's mode of that name, where another engine is its own choice.
OWN = ("primal", "by hand", "dualad", "tape")


@dataclass(frozen=True)
class Comparison:
    """Seconds per call of several ways to do one thing, "primal" among them."""

    title: str
    seconds: dict[str, float]

    def ratio(self, name: str, base: str = "primal") -> float:
        """Time of one over time of another."""
        return self.seconds[name] / self.seconds[base]


@dataclass(frozen=True)
class Aim:
    """A measured number and what it should not exceed."""

    what: str
    measured: float
    most: float
    unit: str

    @property
    def met(self) -> bool:
        return self.measured <= self.most


@dataclass(frozen=True)
class Fact:
    """A measured number without an aim."""

    what: str
    measured: float
    unit: str


@dataclass
class Report:
    """All results of one run."""

    peers: dict[str, str | None]  # versions, by the names of the columns; None: not installed
    comparisons: list[Comparison] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    @classmethod
    def collect(cls, peers: dict[str, ModuleType | None], results: Iterable) -> Report:
        """Sort results by their kind."""
        report = cls({_name(key, peer): peer and peer.version() for key, peer in peers.items()})
        kinds = {Comparison: report.comparisons, Aim: report.aims, Fact: report.facts}
        for result in results:
            kinds[type(result)].append(result)
        return report

    def tables(self) -> list[tuple[str, list[str], list[list[str]]]]:
        """Title, header and rows of each table."""
        columns = [*OWN, *self.peers]
        header = ["", *columns, "dualad / by hand"]
        compared = [
            [
                c.title,
                *(_cell(c, name, self.peers.get(name, "")) for name in columns),
                f"{c.ratio('dualad', 'by hand'):.2f}×",
            ]
            for c in self.comparisons
        ]
        aims = [
            [a.what, quantity(a.measured, a.unit), quantity(a.most, a.unit), _verdict(a)] for a in self.aims
        ]
        facts = [[f.what, quantity(f.measured, f.unit)] for f in self.facts]
        return [
            ("Run time per call, and its ratio to the primal's", header, compared),
            ("Aims", ["", "measured", "at most", ""], aims),
            ("Further measurements", ["", "measured"], facts),
        ]

    def show(self, console: Console) -> None:
        """Print: with lines on a terminal, plain otherwise."""
        for title, header, rows in self.tables():
            if not rows:
                continue
            if console.is_terminal:
                console.print(_rich_table(title, header, rows))
            else:
                print("\n".join(plain_table(title, header, rows)), end="\n\n", file=console.file)
        print(self.footnote(), file=console.file)

    def footnote(self) -> str:
        missing = [name for name, found in self.peers.items() if found is None]
        found = [f"{name} {v}" for name, v in self.peers.items() if v is not None]
        lines = [f"{machine()}; peers: {', '.join(found) or 'none'}"]
        if missing:
            lines.append(f"not installed: {', '.join(missing)}")
        return "\n".join(lines)

    def save(self, path: Path) -> None:
        """Write everything as JSON, times in seconds."""
        record = asdict(self) | {"machine": machine()}
        for kept, aim in zip(record["aims"], self.aims, strict=True):
            kept["met"] = aim.met
        path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def quantity(value: float, unit: str) -> str:
    """A number with its unit, to three digits."""
    if unit == "s" and value < 0.1:
        for scale, name in ((1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
            if value >= scale:
                return f"{_three_digits(value / scale)} {name}"
    return f"{_three_digits(value)}{'' if unit == '×' else ' '}{unit}"


def machine() -> str:
    """Versions that matter and the kind of processor."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy"))
    return f"Python {platform.python_version()}, {versions}, {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")


def plain_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table in which only spaces separate the columns."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()

    return [title, line(header), *map(line, rows)]


def _rich_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for position, name in enumerate(header):
        table.add_column(name, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _cell(comparison: Comparison, name: str, installed: str | None) -> str:
    if name not in comparison.seconds:
        return "not installed" if installed is None else "–"
    time = quantity(comparison.seconds[name], "s")
    return time if name == "primal" else f"{time} {_three_digits(comparison.ratio(name))}×"


def _verdict(aim: Aim) -> str:
    return "met" if aim.met else "missed"


def _three_digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _name(key: str, peer: ModuleType | None) -> str:
    return key if peer is None else peer.NAME


def console() -> Console:
    """Standard output."""
    return Console(file=sys.stdout)
