"""Reports as text."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Comparison, Findings

__all__ = ["full", "headline", "short", "status"]


def short(report: Findings) -> str:
    """One line: right or wrong, and the worst entry."""
    if report.ok:
        clear = all(status(c) == "right" for c in report.comparisons)
        what = "right" if clear else "no fault found, not all settled"
        return f"<Report {report.function}: {what}; {_summary(report)}>"
    for comparison in report.comparisons:
        if not comparison.ok:
            source = f"{status(comparison)}; order {comparison.order} {comparison.mode}"
            what = comparison.failure or str((comparison.wrong or comparison.hints)[0])
            return f"<Report {report.function}: {source}: {what}>"
    return f"<Report {report.function}: FAILED; {'; '.join(report.failures) or 'dot products differ'}>"


def _summary(report: Findings) -> str:
    orders = sorted({c.order for c in report.comparisons})
    modes = list(dict.fromkeys(c.mode for c in report.comparisons))
    worst = max((c.worst_relative.relative for c in report.comparisons if c.worst_relative), default=0.0)
    plural = "s" * (len(orders) > 1)
    return (
        f"order{plural} {', '.join(map(str, orders))}; {', '.join(modes)}; relative errors up to {worst:.1g}"
    )


def status(comparison: Comparison) -> str:
    """One word on a comparison."""
    if comparison.failure:
        return "FAILED"
    if not comparison.ok:
        return "WRONG"
    if comparison.entries and comparison.unresolved == comparison.entries:
        return "unclear"
    return "right"


def headline(report: Findings) -> str:
    """The first line of a report."""
    if report.ok and any(status(c) == "unclear" for c in report.comparisons):
        return f"{report.function}: no fault found, not all settled, at {report.point}"
    if report.ok:
        return f"{report.function}: derivatives are right at {report.point}"
    if any(status(c) == "WRONG" for c in report.comparisons):
        return f"{report.function}: WRONG derivatives at {report.point}"
    return f"{report.function}: CHECK FAILED at {report.point}"


def full(report: Findings) -> str:
    """All of a report, in lines."""
    return "\n".join(_lines(report))


def _lines(report: Findings) -> Iterator[str]:
    yield headline(report)
    for failure in report.failures:
        yield f"  failure: {failure}"
    for comparison in report.comparisons:
        yield from _comparison(comparison)
    for product in report.dot_products:
        verdict = "agree" if product.ok else "DIFFER"
        yield f"  order {product.order}  dot products of {product.modes} {verdict} to {product.mismatch:.1g}"
    for slope in report.slopes:
        shown = "nothing above rounding" if slope.slope is None else f"slope {slope.slope:.2f}"
        right = f"(right: {slope.order + 1} or more)"
        yield f"  order {slope.order}  Taylor remainder of {slope.mode}: {shown} {right}"
    for kink in report.kinks[:5]:
        yield f"  {kink}"
    if len(report.kinks) > 5:
        yield f"  and {len(report.kinks) - 5} more kinks"
    for warning in report.warnings:
        yield f"  note: {warning}"
    if report.evaluations:
        calls = ", ".join(f"{n} {kind}" for kind, n in report.evaluations.items() if n)
        yield f"  rtol {report.rtol:.1g}; evaluations: {calls}; noise of the values {report.noise:.1g}"


def _comparison(comparison: Comparison) -> Iterator[str]:
    start = f"  order {comparison.order}  {comparison.mode:<8} {status(comparison):<7}"
    if comparison.failure:
        yield f"{start} {comparison.failure}"
        return
    yield f"{start} {_count(comparison)}"
    for entry in comparison.wrong[:5]:
        yield f"    {entry} (absolute error {entry.absolute:.3g}, relative {entry.relative:.3g})"
    if comparison.wrong_count > 5:
        yield f"    and {comparison.wrong_count - 5} more"
    if comparison.ok:
        worst = {"absolute": comparison.worst_absolute, "relative": comparison.worst_relative}
        for kind, worst_entry in worst.items():
            if worst_entry is not None and worst_entry.absolute > 0:
                yield f"    worst {kind} error {getattr(worst_entry, kind):.1g}: {worst_entry}"
    for hint in comparison.hints:
        yield f"    hint: {hint}"


def _count(comparison: Comparison) -> str:
    if not comparison.entries:
        return "nothing to compare: no inputs or no outputs"
    unit = "entries" if comparison.directions is None else "random directions"
    if comparison.entries == 1:
        unit = "entry" if comparison.directions is None else "random direction"
    share = (
        f"{comparison.wrong_count} of {comparison.entries}"
        if comparison.wrong_count
        else f"{comparison.entries}"
    )
    by = ", ".join(comparison.methods)
    line = f"{share} {unit}{' wrong' * bool(comparison.wrong_count)} by {by}"
    if comparison.unresolved:
        line += f"; {comparison.unresolved} that the reference cannot settle"
    return line
