"""Rounding, which is constant between its jumps, and the remainders, whose slope is a rounded quotient."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .algebra import function
from .references import python_mod
from .table import inf, op

rint = function("rint")


def _quotient(x: Any, y: Any, r: Any) -> Any:
    # From the remainder that was found: floor(x / y) may already have rounded up to the next integer.
    return rint((x - r) / y)


def _wraps(mp: Any, x: Any, y: Any) -> Any:
    return mp.floor(x / y)


# Beyond, the jumps are closer than the oracle can tell apart.
_MODERATE = ((-1e9, 1e9), (1e-3, 1e9))

# fmt: off
op("floor", (math.floor, np.floor), kernel=np.floor, reference=np.floor, oracle=lambda mp, x: mp.floor(x),
   note="partial 0, also at the jumps")
op("ceil", (math.ceil, np.ceil), kernel=np.ceil, reference=np.ceil, oracle=lambda mp, x: mp.ceil(x),
   note="partial 0, also at the jumps")
op("trunc", (math.trunc, np.trunc), kernel=np.trunc, reference=np.trunc,
   oracle=lambda mp, x: mp.floor(x) if x >= 0 else mp.ceil(x), note="partial 0, also at the jumps")
op("rint", np.rint, kernel=np.rint, reference=np.rint, oracle=lambda mp, x: mp.nint(x),
   note="partial 0, also at the jumps")
op("round", round, optional=1, reference=np.rint, oracle=lambda mp, x: mp.nint(x),
   note="partial 0, also at the jumps; with or without a number of digits")
op("around", (np.round, np.around), optional=1, reference=np.rint, oracle=lambda mp, x: mp.nint(x),
   note="partial 0, also at the jumps; with or without a number of decimals")
op("int", (int, np.int8, np.int16, np.int32, np.int64, np.longlong,
           np.uint8, np.uint16, np.uint32, np.uint64, np.ulonglong),
   reference=np.trunc, oracle=lambda mp, x: mp.floor(x) if x >= 0 else mp.ceil(x),
   note="partial 0, also at the jumps")
op("spacing", np.spacing, reference=np.spacing,
   oracle=lambda mp, x: mp.sign(x) * mp.ldexp(1, mp.frexp(x)[1] - 53), note="constant between powers of 2")
op("sign", np.sign, kernel=np.sign, reference=np.sign, oracle=lambda mp, x: mp.sign(x),
   cheap=True, note="partial 0, also at 0")
op("floordiv", (operator.floordiv, operator.ifloordiv, np.floor_divide), arity=2, divisor=1,
   reference=np.floor_divide, oracle=lambda mp, x, y: mp.floor(x / y), note="partials 0, also at the jumps")

op("mod", (operator.mod, operator.imod, np.remainder), (1, lambda x, y, r: -_quotient(x, y, r)), steady=True,
   divisor=1,
   reference=python_mod, oracle=lambda mp, x, y: x - y * mp.floor(x / y),
   domain=_MODERATE,
   points=((1.0, 0.1), (-1.0, 0.1), (5.0, -3.0), (-1e-300, 1.0), (1e20, 3e300), (1e-290, 3e-300)),
   edges=(((6.0, 3.0), (1.0, -2.0)), ((1.0, 0.1), (1.0, -9.0)), ((-1.0, 3.0), (1.0, 1.0)),
          ((1.0, inf), (1.0, 0.0)),
          ((0.0, 3.0), (1.0, 0.0))),
   piece=_wraps, note="sign of the divisor; d/dx = 1 and d/dy = -floor(x/y), also at the jumps")
op("fmod", np.fmod, (1, lambda x, y, r: -_quotient(x, y, r)), steady=True, divisor=1,
   reference=np.fmod, oracle=lambda mp, x, y: mp.sign(x) * (abs(x) - abs(y) * mp.floor(abs(x / y))),
   domain=_MODERATE,
   points=((1.0, 0.1), (-1.0, 0.1), (5.0, -3.0), (-1e-300, 1.0), (1e20, 3e300), (1e-290, 3e-300)),
   edges=(((6.0, 3.0), (1.0, -2.0)), ((-7.0, 3.0), (1.0, 2.0)), ((1.0, inf), (1.0, 0.0))),
   piece=_wraps, note="sign of the dividend; d/dx = 1 and d/dy = -trunc(x/y), also at the jumps")
op("divmod", (divmod, np.divmod), ((0, 0), (1, lambda x, y, r: -_quotient(x, y, r[1]))),
   outputs=2, steady=True, divisor=1,
   reference=lambda x, y: (np.floor_divide(x, y), python_mod(x, y)),
   oracle=lambda mp, x, y: (mp.floor(x / y), x - y * mp.floor(x / y)), domain=_MODERATE,
   edges=(((7.0, 3.0), (0.0, 0.0, 1.0, -2.0)), ((6.0, 3.0), (0.0, 0.0, 1.0, -2.0))),
   piece=_wraps, note="quotient: partials 0; remainder: d/dx = 1, d/dy = -quotient, also at the jumps")
