"""Functions of NumPy and Numba by name, for names that a supported version may lack.

Tables that are written as names are resolved here and nowhere else: what a version does not have is left out
of them, so that its absence can never keep dualad from being imported. Names that every supported version has
may be written as attributes (``np.sin``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

__all__ = ["ABSENT", "functions", "named", "unresolved"]

# What some supported version lacks: the package that decides, and its versions, as pip writes them. A name
# that is absent without a row here is a mistake, which the tests report.
ABSENT = {
    "numba.np.extensions.cross2d": "numpy>=2.5",
    "numpy.in1d": "numpy>=2.4",
    "numpy.row_stack": "numpy>=2.5",
    "numpy.trapz": "numpy>=2.4",
}

# Names that were asked for and are not there.
unresolved: set[str] = set()


def named(name: str) -> Any:
    """The thing of a full name, ``"numpy.linalg.norm"``; None where this version does not have it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of a name that a later version lacks
            return resolve_name(name)
    except (ImportError, AttributeError):
        unresolved.add(name)
        return None


def functions(names: str, prefix: str = "numpy.") -> frozenset[Callable[..., Any]]:
    """Those of the functions, by names with blanks between them, that this version has."""
    found = (named(prefix + name) for name in names.split())
    return frozenset(thing for thing in found if thing is not None)
