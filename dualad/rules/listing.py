"""The table of ops for users: which functions are differentiated, and with which conventions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .table import Op, table

__all__ = ["Entry", "Listing", "dotted", "ops"]


@dataclass(frozen=True)
class Entry:
    """One op as users see it.

    Attributes
    ----------
    name : str
        The op's name.
    calls : tuple of str
        The functions it stands for, such as ``"math.sin"``; empty if only the partials of other ops use it.
    arity : int
        Number of arguments.
    differentiable : bool
        Whether it is differentiated; if not, its derivative is 0 everywhere.
    note : str
        Conventions at kinks and singular points.
    """

    name: str
    calls: tuple[str, ...]
    arity: int
    differentiable: bool
    note: str


class Listing(tuple[Entry, ...]):
    """All ops; prints as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [("op", "calls", "derivative", "note")]
        rows += [
            (e.name, ", ".join(e.calls) or "-", "yes" if e.differentiable else "0", e.note) for e in self
        ]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        widths[1] = min(widths[1], 48)
        return "\n".join(
            "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]).rstrip()
            for row in rows
        )


def dotted(function: Any) -> str:
    """The name that users call `function` by: ``"math.sin"``, ``"numpy.sin"``, ``"abs"``."""
    name: str = function.__name__
    if isinstance(function, np.ufunc):
        return f"numpy.{name}" if getattr(np, name, None) is function else f"scipy.special.{name}"
    module = {"_operator": "operator", "builtins": ""}.get(function.__module__, function.__module__)
    if module.startswith("scipy.special."):  # where it is defined, which is private
        module = "scipy.special"
    return f"{module}.{name}" if module else name


def _entry(op: Op) -> Entry:
    calls = tuple(map(dotted, op.functions)) + ((f"scipy.special.{op.scipy}",) if op.scipy else ())
    return Entry(op.name, calls, op.arity, not op.passive, op.note)


def ops() -> Listing:
    """Return all ops, in a tuple that prints as a table."""
    return Listing(_entry(op) for op in table())
