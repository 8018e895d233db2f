"""NumPy functions that Numba implements in Python: compiled again with active values, they need no rule.

The implementation is the one that Numba chooses for plain floats, so values are those of plain code.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import errors

from ...names import functions
from ...numba_api import Dispatcher, cpu_target, is_jitable, lookup_global, overload_in

# The others either work on active arrays as they are, or have an array rule.
RECOMPILED = functions("""
    append arange asarray_chkfinite average bincount broadcast_arrays clip convolve corrcoef correlate cov
    cross cumprod ediff1d extract fill_diagonal geomspace insert interp intersect1d kaiser linspace logspace
    nan_to_num nancumprod nancumsum nanmean nanpercentile nanprod nanquantile
    nanstd nansum nanvar percentile prod quantile roots select setdiff1d setxor1d trapezoid trapz union1d
    unique unwrap vander
    polynomial.polynomial.polyadd polynomial.polynomial.polydiv polynomial.polynomial.polyint
    polynomial.polynomial.polymul polynomial.polynomial.polysub polynomial.polynomial.polyval
    polynomial.polyutils.as_series polynomial.polyutils.trimseq
""")
RECOMPILED |= functions("extensions.cross2d", "numba.np.")
# Results that depend on values but have no derivative: positions, counts, truth values.
PASSIVE = functions("""
    angle argpartition digitize histogram in1d isin iscomplex iscomplexobj isreal isrealobj linalg.matrix_rank
    nanargmax nanargmin searchsorted
""")

# What Numba's code, or ours in its place, does to active arrays as it does to others.
STRUCTURAL = functions("""
    all any argmax argmin argsort argwhere array_split ascontiguousarray asfortranarray atleast_1d
    atleast_2d atleast_3d broadcast_to column_stack concat concatenate copy count_nonzero delete diag diagflat
    diff dsplit dstack expand_dims flatnonzero flip fliplr flipud hsplit hstack lib.stride_tricks.as_strided
    lib.stride_tricks.sliding_window_view moveaxis nonzero partition permute_dims random.choice
    random.permutation random.shuffle ravel repeat reshape resize roll rot90 row_stack shape size sort
    split stack swapaxes take take_along_axis transpose tril tril_indices_from triu triu_indices_from vsplit
    vstack where
""")
# Of those, and of what takes integers only, what has a result without derivative.
CONSTANT = functions("""
    all any argmax argmin argsort argwhere bartlett blackman broadcast_shapes count_nonzero eye flatnonzero
    hamming hanning identity indices nonzero shape size tri tril_indices tril_indices_from
    triu_indices triu_indices_from
""")
# What is refused where it is given active values, and why; methods by their names.
REFUSED: dict[Any, str] = {
    np.polynomial.Polynomial: "its coefficients are plain numbers; call polyval and the like",
    **dict.fromkeys((np.frombuffer, "view", "tobytes"), "it reads memory as other numbers"),
}
COMPLEX = "only real numbers can be differentiated"
RANDOM = (
    "a random draw has no derivative with respect to the parameters of its distribution; shift and scale a "
    "standard one"
)


def is_random(function: Any) -> bool:
    """Whether a function is one of ``np.random``."""
    owner = getattr(function, "__self__", None)
    return isinstance(owner, np.random.RandomState) or str(getattr(function, "__module__", None)).startswith(
        "numpy.random"
    )


def reason_against(function: Any) -> str | None:
    """Why a function, or the method of a name, is refused active values; None if it is not."""
    if is_random(function):
        return None if function in STRUCTURAL else RANDOM
    if isinstance(function, types.Complex) or (
        isinstance(function, type) and issubclass(function, complex | np.complexfloating)
    ):
        return COMPLEX
    try:
        return REFUSED.get(function)
    except TypeError:  # unhashable
        return None


def implementations(function: Any) -> list[Callable[..., Any]]:
    """What Numba chooses from when it compiles a call of a Python function."""
    known = lookup_global(function)
    found = map(overload_in, getattr(known, "templates", ()))
    return [overload for overload in found if overload is not None]


def may_fail(function: Any) -> bool:
    """Whether a function may raise for what its arrays hold, when Numba's code for it has made others."""
    return str(getattr(function, "__module__", None)) == "numpy.linalg"


def compiles(function: Any) -> bool:
    """Whether Numba knows a function of NumPy's, and not only an extension of Numba that was imported."""
    typing = cpu_target.typing_context
    typing.refresh()
    written = implementations(function)
    if written and not any(str(f.__module__).partition(".")[0] == "numba" for f in written):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):  # of abstract number classes, in NumPy 2.0
            typing.resolve_value_type(function)
    except (errors.NumbaError, TypeError, ValueError):
        return False
    return True


def has_attribute(name: str) -> bool:
    """Whether Numba knows an attribute, or method, of arrays of floats."""
    return cpu_target.typing_context.resolve_getattr(types.Array(types.float64, 1, "C"), name) is not None


def generator_methods() -> list[str]:
    """The methods of NumPy's random generators that Numba knows."""
    typing, generator = cpu_target.typing_context, types.NumPyRandomGeneratorType("generator")
    known = [name for name in dir(np.random.Generator) if typing.resolve_getattr(generator, name) is not None]
    return [name for name in known if not name.startswith("_") and name != "bit_generator"]


def is_of_numba(function: Any) -> bool:
    """Whether a plain function is one that implementations of NumPy and Python in Numba call."""
    module = str(getattr(function, "__module__", None))
    return inspect.isfunction(function) and module.startswith(("numba.np.", "numba.cpython."))


def helper(function: Any) -> Dispatcher | None:
    """The dispatcher of a plain function that Numba compiles where its implementations call it, or None."""
    return _jitted(function) if is_of_numba(function) and _is_jitable(function) else None


def _is_jitable(function: Any) -> bool:
    """Whether a function was registered as its own implementation."""
    return any(map(is_jitable, implementations(function)))


@cache
def _jitted(function: Any) -> Dispatcher:
    return njit(function)
