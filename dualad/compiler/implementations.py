"""NumPy functions that Numba implements in Python: compiled again with active values, they need no rule.

The implementation is the one that Numba chooses for plain floats, so values are those of plain code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import numpy as np
from numba import njit
from numba.core.dispatcher import Dispatcher
from numba.core.registry import cpu_target


def _functions(names: str) -> frozenset[Callable[..., Any]]:
    return frozenset(attrgetter(name)(np) for name in names.split())


# The others either work on active arrays as they are, or have an array rule.
RECOMPILED = _functions("""
    append asarray_chkfinite average bincount broadcast_arrays convolve corrcoef correlate cov cross cumprod
    ediff1d extract fill_diagonal insert interp intersect1d linspace median nan_to_num nancumprod nancumsum
    nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar percentile prod ptp
    quantile roots setdiff1d setxor1d trapezoid union1d unique unwrap vander
""")
# What looks at values only: positions, counts, answers.
PASSIVE = _functions("""
    argpartition digitize histogram isin iscomplex isreal linalg.matrix_rank nanargmax nanargmin searchsorted
""")


def implementations(function: Any) -> list[Callable[..., Any]]:
    """What Numba chooses from when it compiles a call of a Python function."""
    known = cpu_target.typing_context._lookup_global(function)
    return [t._overload_func for t in getattr(known, "templates", ()) if hasattr(t, "_overload_func")]


def is_of_numba(function: Any) -> bool:
    """Whether a plain function is one that implementations of NumPy and Python in Numba call."""
    module = str(getattr(function, "__module__", None))
    return inspect.isfunction(function) and module.startswith(("numba.np.", "numba.cpython."))


def helper(function: Any) -> Dispatcher | None:
    """The dispatcher of a plain function that Numba compiles where its implementations call it, or None."""
    return _jitted(function) if is_of_numba(function) and _is_jitable(function) else None


def _is_jitable(function: Any) -> bool:
    """Whether a function was registered as its own implementation."""
    return any(overload.__name__ == "ov_wrap" for overload in implementations(function))


@cache
def _jitted(function: Any) -> Dispatcher:
    return njit(function)
