"""The description of one op: the functions that it stands for, its conventions, its partials at edges."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ..errors import ArgumentError
from ..rules import Op, lookup, ops, table

__all__ = ["sheet"]


def sheet(name: str) -> str:
    """The description of an op, found by its name or that of a function it stands for.

    Raises
    ------
    ArgumentError
        If there is no such op; names the closest.

    Examples
    --------
    >>> print(sheet("np.sign"))
    sign
      calls       numpy.sign
      arguments   1
      derivative  0 everywhere
      note        partial 0, also at 0
    """
    return "\n".join(_lines(_found(name)))


def _found(name: str) -> Op:
    spelled = "numpy." + name.removeprefix("np.") if name.startswith("np.") else name
    names = {op.name: op.name for op in table()}
    for entry in ops():
        for call in entry.calls:
            names.setdefault(call, entry.name)
    if spelled not in names:
        close = get_close_matches(spelled, names, 3)
        hint = f"; did you mean {', '.join(close)}?" if close else "; `dualad ops` lists all"
        raise ArgumentError(f"there is no op {name!r}{hint}")
    return lookup(names[spelled])


def _lines(op: Op) -> Iterator[str]:
    calls = next(entry.calls for entry in ops() if entry.name == op.name)
    yield op.name
    yield f"  calls       {', '.join(calls) or 'none: the partials of other ops use it'}"
    yield f"  arguments   {op.arity}{' or more' * op.fold}"
    if op.passive:
        yield "  derivative  0 everywhere"
    else:
        intervals = ", ".join(f"[{low:g}, {high:g}]" for low, high in op.domain)
        yield f"  smooth on   {intervals}"
    if op.note:
        yield f"  note        {op.note}"
    for arguments, partials in op.edges:
        at = ", ".join(f"{a:g}" for a in arguments)
        yield f"  at ({at}): partials {', '.join(f'{p:g}' for p in partials)}"
