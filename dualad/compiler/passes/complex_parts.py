"""What active code calls instead of functions of complex numbers that are functions of their parts.

Each is the formula by which Numba implements the function, so values are those of plain code.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from ...registry import entering

FUNCTIONS: dict[Any, Any] = {}
_DEGREE = 180 / np.pi


@entering(FUNCTIONS, cmath.phase)
def phase(z: Any) -> Any:
    """``cmath.phase``."""
    return math.atan2(z.imag, z.real)


@entering(FUNCTIONS, cmath.polar)
def polar(z: Any) -> Any:
    """``cmath.polar``."""
    return math.hypot(z.real, z.imag), math.atan2(z.imag, z.real)


@entering(FUNCTIONS, np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """``np.angle`` of a number or an array."""
    if deg:
        return np.arctan2(z.imag, z.real) * _DEGREE
    return np.arctan2(z.imag, z.real)


@entering(FUNCTIONS, cmath.rect)
def rect(r: Any, phi: Any) -> Any:
    """``cmath.rect``."""
    if not math.isfinite(phi):
        if not r:
            return complex(abs(r), 0.0)
        if math.isinf(r):
            return complex(r, phi)
    real, imag = math.cos(phi), math.sin(phi)
    if real == 0.0 and math.isinf(r):
        real /= r
    else:
        real *= r
    if imag == 0.0 and math.isinf(r):
        imag /= r
    else:
        imag *= r
    return complex(real, imag)
