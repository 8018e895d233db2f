"""Reports as HTML for notebooks."""

from __future__ import annotations

from html import escape

from .findings import Comparison, Entry, Findings
from .text import headline, status

__all__ = ["page"]

_COLORS = {"right": "#2a7d3f", "WRONG": "#b3261e", "FAILED": "#b3261e", "unclear": "#8a6d00"}


def page(report: Findings) -> str:
    """A heading, a table with a row per order and mode, and what else was found."""
    color = _COLORS["right" if report.ok else "WRONG"]
    rows = "".join(_row(comparison) for comparison in report.comparisons)
    heads = ("order", "mode", "", "worst absolute error", "worst relative error", "reference", "remarks")
    table = f"<table><tr>{''.join(f'<th>{h}</th>' for h in heads)}</tr>{rows}</table>" if rows else ""
    remarks = [*report.failures, *map(str, report.kinks), *report.warnings]
    remarks += [
        f"dot products of {p.modes} differ by {p.mismatch:.1g}" for p in report.dot_products if not p.ok
    ]
    items = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    listed = f"<ul>{items}</ul>" if items else ""
    return f'<div><b style="color:{color}">{escape(headline(report))}</b>{table}{listed}</div>'


def _row(comparison: Comparison) -> str:
    word = status(comparison)
    remarks = [comparison.failure, *map(str, comparison.wrong[:3]), *comparison.hints]
    if comparison.unresolved:
        remarks.append(f"{comparison.unresolved} of {comparison.entries} not settled by the reference")
    cells = (
        str(comparison.order),
        comparison.mode,
        f'<span style="color:{_COLORS[word]}">{word}</span>',
        _worst(comparison.worst_absolute, "absolute"),
        _worst(comparison.worst_relative, "relative"),
        escape(", ".join(comparison.methods)),
        "<br>".join(escape(remark) for remark in remarks if remark),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _worst(entry: Entry | None, kind: str) -> str:
    if entry is None:
        return ""
    return f"{getattr(entry, kind):.2g} at <code>{escape(entry.label)}</code>"
