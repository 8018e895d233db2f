"""The rows of a survey as a table, and what they add up to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from ..report import quantity
from .examine import Row

HEADER = ("function", "verdict", "engine", "compile", "ratio", "why")
SUMMARY = ("package", "functions", "right", "adjoint", "tape", "forward only", "refused", "other")
# What fails the run: a derivative, not a package that cannot be installed or a case that takes long.
FAULTS = ("WRONG", "CRASHED")
RIGHT = ("right", "unclear")


def faults(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.verdict in FAULTS]


def cells(row: Row) -> list[str]:
    return [
        row.case,
        row.verdict,
        row.engine,
        "" if row.compiled is None else quantity(row.compiled, "s"),
        "" if row.ratio is None else quantity(row.ratio, "×"),
        why(row),
    ]


def why(row: Row) -> str:
    """Reason of a tape or refusal, or what is wrong; a refusal of several modes is given once."""
    if row.verdict in RIGHT and row.engine == "adjoint":
        return "; ".join(row.notes)
    return "; ".join(dict.fromkeys(note.partition(": ")[2] or note for note in row.notes))


def summary(rows: Sequence[Row]) -> list[list[str]]:
    """A line per package, and one for all."""
    lines = []
    ordered = sorted(rows, key=lambda row: row.package)
    for package, found in groupby(ordered, key=lambda row: row.package):
        lines.append([package, *_counts(list(found))])
    return [*lines, ["all", *_counts(ordered)]]


def _counts(rows: Sequence[Row]) -> list[str]:
    right = [row for row in rows if row.verdict in RIGHT]
    engines = Counter(row.engine for row in right)
    refused = sum(row.verdict == "refused" for row in rows)
    counts = [len(rows), len(right), *(engines[e] for e in ("adjoint", "tape", "forward")), refused]
    return [*map(str, counts), str(len(rows) - len(right) - refused)]


def classes(rows: Sequence[Row], engine: str) -> list[list[str]]:
    """Why functions run on the tape or in no mode, by class, the most frequent first.

    Parameters
    ----------
    engine : {"adjoint", "tape"}
        Which engine did not take them.
    """
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.modes.get(engine):
            found.setdefault(reason_class(row.modes[engine]), []).append(row.case)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [[str(len(names)), text, names[0]] for text, names in ordered]


def reason_class(reason: str) -> str:
    """A refusal without what it says of one function: its name, the line, the message of a compiler."""
    text = reason.rpartition("no compiled adjoint: ")[2]
    text = re.sub(r"^\S+:\d+: |\([^()]*(, line |:)\d+\)|; see NUMBA_FULL_TRACEBACKS=1", "", text)
    text = re.sub(r"^cannot differentiate '[^']*'[:, ]*", "", text)
    named = r"^(the declared types of variables|a call|the source|the arguments|the result) of '[^']*'"
    text = re.sub(named, r"\1", text)
    text = re.sub(r"but '[^']*' returns .*", "but it returns something else", text)
    return " ".join(text.split())[:120].strip(" ,;:")


def page(rows: Sequence[Row], machine: str) -> str:
    """The whole survey, as docs/survey.md shows it."""
    lines = [
        "# Functions of other people's packages",
        "",
        "`make survey` differentiates functions of these packages as they are, in every mode. A derivative",
        "is right if the value is the function's to the bit (to rounding where the package compiles with",
        "`fastmath` or `parallel`), if it agrees with differences of the compiled function, and if compiled",
        "adjoint, tape and forward mode agree. `make survey PAGE=docs/survey.md` writes this page.",
        "",
        *_table(SUMMARY, summary(rows)),
        "",
        machine,
        "",
    ]
    for title, engine in (
        ("What keeps functions from the compiled adjoint", "adjoint"),
        ("What keeps functions from the tape", "tape"),
    ):
        found = classes(rows, engine)
        if found:
            lines += [f"## {title}", "", *_table(("functions", "reason", "for example"), found), ""]
    lines += [
        "## All functions",
        "",
        "Ratio: value and derivative over the function, both called from Python.",
        "",
    ]
    return "\n".join([*lines, *_table(HEADER, [cells(row) for row in rows]), ""])


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return [_line(header), _line(["---"] * len(header)), *map(_line, lines)]


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '&#124;') for text in texts)} |"
