"""A check of compiled adjoints at the first call: the value they compute is the function's, to the bit.

An adjoint computes the function again from what the transformation read. A difference between the two
values shows a mistake of the transformation, before a wrong derivative is used.
"""

from __future__ import annotations

import inspect
import platform
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba import jit, njit, types

from ..errors import MemoryLimitError
from ..numba_api import OmittedArg, Purpose, has_own_options, typeof
from ..settings import value_check
from ..version import __version__
from .engines.adjoint import CompiledAdjoint, distrust

if TYPE_CHECKING:
    from .kernels.kernel import Kernel


def fault(kernel: Kernel, args: Sequence[Any]) -> str:
    """A report on the adjoints that a driver takes for these arguments; empty if they may be trusted.

    What may not is no longer taken for the function.
    """
    when = value_check()
    dispatcher = kernel.function.dispatcher
    known = dispatcher.__dict__.get("compiled_adjoints")
    if when == "never" or not known:
        return ""
    given = kernel.primals(args)
    own = [arg for arg in given if not isinstance(arg, OmittedArg)]
    function = _runnable(dispatcher, given, always=when == "always")
    if function is None or not all(map(_is_plain, own)):
        return ""
    given = [*own, *(arg.value for arg in given[len(own) :])]
    passed = dispatcher.__dict__.setdefault("checked_adjoints", set())
    argtypes = [typeof(arg, Purpose.argument) for arg in given]
    for key, found in known.items():
        if key in passed or not isinstance(found, CompiledAdjoint) or not found.takes(argtypes):
            continue
        difference = _difference(function, own, found, given)
        if difference:
            distrust(dispatcher, f"its value differs from the function's ({difference})")
            return _report(kernel.function.name, argtypes, difference)
        passed.add(key)
    return ""


def _runnable(dispatcher: Any, args: Sequence[Any], always: bool) -> Any:
    """The user's function, if the check may run it on these arguments."""
    original = getattr(dispatcher, "original", None)
    if original is None:
        return njit(dispatcher.py_func) if always else None
    argtypes = [
        types.Omitted(arg.value) if isinstance(arg, OmittedArg) else original.typeof_pyval(arg)
        for arg in args
    ]
    left_out = list(inspect.signature(original.py_func).parameters.values())[len(argtypes) :]
    argtypes += [types.Omitted(parameter.default) for parameter in left_out]
    compiled = original.overloads.get(tuple(argtypes))
    if compiled is not None and not has_own_options(original, compiled):
        # A caller's options: what fastmath or another error model make of it is not what is differentiated.
        return jit(original.py_func, locals=original.locals, **original.targetoptions) if always else None
    return original if always or compiled is not None else None


def _is_plain(arg: Any) -> bool:
    """Whether a copy of an argument is as good as the argument."""
    if isinstance(arg, tuple):
        return all(map(_is_plain, arg))
    if isinstance(arg, np.ndarray):
        return type(arg) is np.ndarray and arg.dtype.kind in "fiub" and arg.flags.aligned
    return arg is None or isinstance(arg, bool | int | float | str | np.number | np.bool_)


def _copied(arg: Any) -> Any:
    if isinstance(arg, tuple):
        items = map(_copied, arg)
        return type(arg)(*items) if hasattr(arg, "_fields") else tuple(items)
    return arg.copy(order="K") if isinstance(arg, np.ndarray) else arg


def _difference(function: Any, own: Sequence[Any], adjoint: CompiledAdjoint, args: Sequence[Any]) -> str:
    """How the value of an adjoint differs from the function's; empty if it does not."""
    from ..adjoints.ir.nodes import Call, Routine, acts, walk

    statements = walk(adjoint.made.program.body)
    if any(map(acts, statements)):
        return ""  # the user would see twice what it does
    wanted = _outcome(lambda: function(*map(_copied, own)))
    got = _outcome(lambda: adjoint.value(*map(_copied, args)))
    if isinstance(got, MemoryLimitError | MemoryError):
        return ""
    if isinstance(wanted, Exception) or isinstance(got, Exception):
        return "" if type(wanted) is type(got) else f"{_shown(got)} instead of {_shown(wanted)}"
    # The order of sums is LAPACK's choice, and with fastmath LLVM's.
    calls = any(isinstance(s, Call) and not isinstance(s.rule, Routine) for s in statements)
    reorders = adjoint.made.program.reorders or function.targetoptions.get("fastmath")
    exact = not calls and not reorders
    return "" if _are_same(wanted, got, exact) else f"{_shown(got)} instead of {_shown(wanted)}"


def _outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:
        return error


def _are_same(wanted: Any, got: Any, exact: bool) -> bool:
    if isinstance(wanted, tuple | list):
        pairs = zip(wanted, got, strict=True)
        return len(wanted) == len(got) and all(_are_same(a, b, exact) for a, b in pairs)
    if wanted is None or isinstance(wanted, str):
        return bool(wanted == got)
    a, b = np.asarray(wanted), np.asarray(got)
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc" or exact:
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    scale = np.max(np.abs(a[np.isfinite(a)]), initial=0.0)
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-6 * scale, equal_nan=True))


def _shown(outcome: Any) -> str:
    text = repr(outcome)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _report(name: str, argtypes: Sequence[Any], difference: str) -> str:
    shown = ", ".join(map(str, argtypes))
    versions = f"dualad {__version__}, Numba {numba.__version__}, NumPy {np.__version__}"
    return (
        f"dualad made a mistake: the compiled adjoint of {name!r} for ({shown}) gives {difference}. "
        f"The operation tape computes its derivatives instead, which is slower and right. Please report this "
        f"with the function and its arguments ({versions}, Python {platform.python_version()})."
    )
