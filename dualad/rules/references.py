"""Reference values on IEEE doubles: libm through `math`, silent as NumPy; SciPy only when it is needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["libm", "lookup_scipy", "python_mod", "scipy_special"]


def libm(precise: Callable[..., Any], silent: Callable[..., Any]) -> Callable[..., Any]:
    """`precise` of `math`, and where that raises the inf or NaN of NumPy's `silent`.

    Compiled code calls libm too, whereas NumPy's vector loops may be 4 ulp off.
    """

    def reference(*arguments: Any) -> Any:
        try:
            return precise(*arguments)
        except (ValueError, OverflowError):
            return silent(*arguments)

    return reference


def scipy_special(name: str) -> Callable[..., Any]:
    """The function of scipy.special called `name`, imported at its first call."""

    def reference(*arguments: Any) -> Any:
        return lookup_scipy(name)(*arguments)

    return reference


def lookup_scipy(name: str) -> Callable[..., Any]:
    """Import scipy.special and return its function called `name`."""
    import scipy.special

    function: Callable[..., Any] = getattr(scipy.special, name)
    return function


def python_mod(x: Any, y: Any) -> Any:
    """`x % y` with the sign of `y`; NaN for a zero divisor."""
    r = np.float64(math.fmod(x, y)) if y != 0 and not math.isinf(x) else np.fmod(x, y)
    if r == 0:
        return np.copysign(0.0, y)
    return r + y if (r < 0) != (y < 0) else r
