"""The page of the documentation on NumPy: every function that Numba compiles, and whether it is supported.

Names come from Numba's registry; their status comes from :mod:`dualad.catalogue`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from ..catalogue import Category, method, resolve
from ..compiler.analysis import implementations as known
from ..names import named
from ..numba_api import get_ufuncs

__all__ = ["Row", "page", "rows"]

SUPPORTED, PASSIVE, UNSUPPORTED = "supported", "passive", "unsupported"

_HEAD = """\
# NumPy inside differentiated functions

All functions of NumPy that Numba compiles, as of Numba {numba} and NumPy {numpy}.
`dualad numpy` makes this page; a test compares it with the code.

- *supported*: it is differentiated, in every mode and order.
- *passive*: its result is a constant (positions, counts, truth values, draws); its arguments may be active.
- *unsupported*: with active arguments it raises an `UnsupportedError` that names it. With constants it works.

An *active* value depends on a differentiated argument.

A derivative draws the random numbers that the function draws, and leaves each generator as the function does.
Where parameters of a distribution are active, the draw moves with them: the derivative of `normal(mu, sigma)`
with respect to `sigma` is the standard normal number behind it. Averages of such derivatives are derivatives
of averages if the function has no jumps: for `normal(mu, 1.0) > 0.0` they are not. Examples:
[Greeks of an option](../examples/option_greeks.py), [simulated moments](../examples/simulated_moments.py).
"""
_INTEGERS = "of integers and booleans, which have no derivatives"
_NUMBER = "of a number; for a sequence use `np.array`"
_INTEGER = "integers and booleans have no derivatives"
_LAYOUT = "describes memory or shape, not values"
# What Numba calls otherwise than NumPy does.
_OF_NUMBA = ("numba.np.extensions.cross2d",)
_STATUS = {
    Category.OP: SUPPORTED,
    Category.RULE: SUPPORTED,
    Category.CREATION: SUPPORTED,
    Category.MOVING: SUPPORTED,
    Category.RECOMPILED: SUPPORTED,
    Category.PASSIVE: PASSIVE,
    Category.CONSTANT: PASSIVE,
    Category.PLAIN: PASSIVE,
    Category.DESCRIPTION: PASSIVE,
    Category.DRAW: PASSIVE,
    Category.REFUSED: UNSUPPORTED,
    Category.UNKNOWN: UNSUPPORTED,
}


@dataclass(frozen=True)
class Row:
    """A function and whether it is supported.

    Attributes
    ----------
    name : str
        As it is called: ``"np.linalg.solve"``, ``"ndarray.sort"``.
    status : str
        "supported", "passive" or "unsupported".
    note : str
        The reason, or a convention.
    """

    name: str
    status: str
    note: str = ""


def rows() -> dict[str, list[Row]]:
    """The rows of the page, by section."""
    modules = {
        "Functions": ("np", np),
        "Linear algebra": ("np.linalg", np.linalg),
        "Polynomials": ("np.polynomial.polynomial", np.polynomial.polynomial),
        "Their coefficients": ("np.polynomial.polyutils", np.polynomial.polyutils),
        "Views": ("np.lib.stride_tricks", np.lib.stride_tricks),
        "Random numbers": ("np.random", np.random),
    }
    found = {
        title: [_row(f"{prefix}.{name}", function) for name, function in _functions(module)]
        for title, (prefix, module) in modules.items()
    }
    found["Functions"] += [
        _row(name, function) for name in _OF_NUMBA if (function := named(name)) is not None
    ]
    polynomial = np.polynomial.Polynomial
    found["Polynomials"].append(_row("np.polynomial.polynomial.Polynomial", polynomial))
    found["Random numbers"] += [
        _row(f"Generator.{name}", getattr(np.random.Generator, name)) for name in known.generator_methods()
    ]
    ufuncs = get_ufuncs()
    found["Elementwise functions"] = [_row(f"np.{n}", u) for n, u in _named(np.ufunc) if u in ufuncs]
    found["Classes"] = [row for name, cls in _named(type) if (row := _class(f"np.{name}", cls)) is not None]
    names = [name for name in dir(np.ndarray) if not name.startswith("_") and known.has_attribute(name)]
    contains = Row("ndarray.__contains__", PASSIVE)
    found["Methods and attributes of arrays"] = [contains, *map(_method, names)]
    return found


def page() -> str:
    """The page, in Markdown."""
    parts = [_HEAD.format(numba=numba.__version__, numpy=np.__version__)]
    for title, entries in rows().items():
        parts.append(f"## {title}\n\n| function | derivative | note |\n|---|---|---|\n")
        parts[-1] += "".join(f"| `{row.name}` | {row.status} | {row.note} |\n" for row in entries)
    return "\n".join(parts)


def _named(kind: type) -> Iterator[tuple[str, Any]]:
    """What NumPy has of a kind, by all its names."""
    for name in sorted(dir(np)):
        with warnings.catch_warnings(action="ignore"):
            thing = getattr(np, name)
        if isinstance(thing, kind) and not name.startswith("_"):
            yield name, thing


def _functions(module: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions of a module of NumPy that Numba knows, other than ufuncs."""
    for name in sorted(dir(module)):
        with warnings.catch_warnings(action="ignore"):
            function = getattr(module, name)
        if name.startswith("_") or not callable(function) or isinstance(function, type | np.ufunc):
            continue
        if known.compiles(function):
            yield name, function


def _row(name: str, function: Any) -> Row:
    found = resolve(function)
    status, note = _STATUS[found.category], found.reason
    if found.op is not None:
        status, note = PASSIVE if found.op.passive else SUPPORTED, _cell(found.op.note)
    elif found.rule is not None:
        note = _cell(found.rule.note)
    elif found.category is Category.DRAW:
        note = f"{found.reason.partition(':')[0]}; parameters that are differentiated are refused"
    elif found.category is Category.UNKNOWN:
        if isinstance(function, np.ufunc) and not _takes_floats(function):
            return Row(name, PASSIVE, _INTEGERS)
        note = "no rule"
    return Row(name, status, note)


def _class(name: str, cls: type) -> Row | None:
    """The row of a number type or of what is about types and positions; None for others."""
    if resolve(cls).category in (Category.DESCRIPTION, Category.MOVING):
        return _row(name, cls)
    is_number = issubclass(cls, np.number | np.bool_) and cls not in (np.float16, np.timedelta64)
    is_number = is_number and cls in np.sctypeDict.values()  # not an abstract class
    if not is_number or not known.compiles(cls):
        return None
    return Row(name, SUPPORTED, _NUMBER) if issubclass(cls, np.inexact) else Row(name, PASSIVE, _INTEGER)


def _method(name: str) -> Row:
    known, shown = method(name), f"ndarray.{name}"
    if known.category is Category.UNKNOWN:
        return Row(shown, _row(shown, getattr(np, name)).status)
    return Row(
        shown, _STATUS[known.category], _LAYOUT if known.category is Category.DESCRIPTION else known.reason
    )


def _takes_floats(ufunc: np.ufunc) -> bool:
    return any(not set("efd").isdisjoint(loop.partition("->")[0]) for loop in ufunc.types)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
