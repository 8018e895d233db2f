"""dualad: exact derivatives of ordinary Numba functions, forward, reverse and nested."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .cache import cache_info, clear_cache
from .compiler import scipy_special as _scipy_special  # noqa: F401  (registers SciPy's functions with Numba)
from .drivers.api import (
    derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    value_and_jacobian,
    vjp,
)
from .drivers.barrier import stop_gradient
from .drivers.explain import adjoint_source, explain
from .errors import (
    ArgumentError,
    DualadError,
    FaultWarning,
    MemoryLimitError,
    OutputError,
    PrimalError,
    TapeWarning,
    UnsupportedError,
)
from .functions import fast_exp
from .rules import ops
from .runtime import free_tapes, set_tape_limit, tape_limit
from .settings import set_value_check, value_check
from .staging import casts as _casts  # noqa: F401  (registers the conversions with Numba)
from .types import models as _models  # noqa: F401  (registers the data models with Numba)
from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import scipy as scipy
    from .check import assert_derivatives, check_derivatives

__all__ = [
    "ArgumentError",
    "DualadError",
    "FaultWarning",
    "MemoryLimitError",
    "OutputError",
    "PrimalError",
    "TapeWarning",
    "UnsupportedError",
    "adjoint_source",
    "assert_derivatives",
    "cache_info",
    "check_derivatives",
    "clear_cache",
    "derivative",
    "explain",
    "fast_exp",
    "free_tapes",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "ops",
    "set_tape_limit",
    "set_value_check",
    "stop_gradient",
    "tape_limit",
    "value_and_grad",
    "value_and_jacobian",
    "value_check",
    "vjp",
]


def __getattr__(name: str) -> Any:
    """Import the checker and SciPy's solvers on first use: each takes a third of the time of all imports."""
    if name in ("assert_derivatives", "check_derivatives"):
        from . import check

        return getattr(check, name)
    if name == "scipy":
        return import_module("dualad.scipy")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
