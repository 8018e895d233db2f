"""Table of the accuracy of every op's partials against mpmath, and the worst op.

Run ``python -m benchmarks.accuracy [samples] [op ...]`` (a minute or two).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dualad.rules import Op, table
from dualad.rules.accuracy import Error, errors, limit, samples

COLUMNS = ("op", "first", "at", "second", "at", "limit", "")


def worst(op: Op, count: int) -> dict[int, Error]:
    """The largest error of each order over the samples of an op."""
    found: dict[int, Error] = {}
    for arguments in samples(op, count):
        for error in errors(op, arguments):
            order = len(error.positions)
            if order not in found or error.ulps > found[order].ulps:
                found[order] = error
    return found


def share_of_limit(op: Op, error: Error) -> float:
    """The error in parts of what the op is allowed."""
    ulps, relative = limit(op, len(error.positions))
    return max(error.ulps / ulps, error.relative / relative)


def place(error: Error) -> str:
    """Which partial, and where: ``d01(1.5, 2)``."""
    positions = "".join(map(str, error.positions))
    return f"d{positions}({', '.join(f'{float(a):.6g}' for a in error.arguments)})"


def row(op: Op, found: dict[int, Error]) -> tuple[str, ...]:
    cells = [op.name]
    for order in (1, 2):
        error = found.get(order)
        exact = error is None or error.ulps < 0.005
        cells += ["-" if error is None else f"{error.ulps:.2f}", "" if exact else place(error)]  # type: ignore[arg-type]
    passed = all(share_of_limit(op, e) <= 1 for e in found.values())
    allowed = "4 / 16 ulp" if op.is_called else "16 ulp"
    if op.tolerance is not None:
        allowed = f"{op.tolerance:g} rel."
    return (*cells, allowed, "" if passed else "EXCEEDED")


def main(arguments: Sequence[str]) -> int:
    count = int(arguments[0]) if arguments else 60
    chosen = [op for op in table() if not op.passive and (not arguments[1:] or op.name in arguments[1:])]
    layout = "{:<17}{:>6}  {:<38}{:>6}  {:<38}{:<11} {}"
    print(
        f"Errors of partials in ulps against mpmath, the worst of {count} samples and fixed points of an op."
    )
    print(
        "Helpers (no second column) are there for second partials of others: 16 ulp at their first order.\n"
    )
    print(layout.format(*COLUMNS).rstrip())
    candidates, failed = [], 0
    for op in chosen:
        found = worst(op, count)
        cells = row(op, found)
        failed += bool(cells[-1])
        candidates += [(share_of_limit(op, e), op, e) for e in found.values()]
        print(layout.format(*cells).rstrip(), flush=True)
    for order in (1, 2):
        share, op, error = max((c for c in candidates if len(c[2].positions) == order), key=lambda c: c[0])
        print(f"\nWorst of order {order}: {op.name}, {error.ulps:.2f} ulp in {place(error)} "
              f"({share:.0%} of its limit): {error.got!r}, exactly {error.exact!r}", end="")  # fmt: skip
    print(f"\n\n{len(chosen) - failed} of {len(chosen)} ops within their limits.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
