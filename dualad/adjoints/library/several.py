"""Operations of several results, as one operation for each."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ...compiler.ops.formulas import formula
from ..errors import Untransformable
from ..frontend import elementwise
from ..ir.nodes import SINGLE, Tuple
from ..runtime import exponent
from .context import Context
from .handlers import handles


@handles(divmod)
def _divmod(context: Context, a: Any, b: Any) -> Any:
    if not (elementwise.is_scalar(a) and elementwise.is_scalar(b)):
        raise Untransformable("divmod of something other than numbers")
    rest = context.build.op(operator.mod, a, b)  # the first to raise at zero, as divmod does
    return Tuple((context.build.op(operator.floordiv, a, b), rest))


@handles(np.divmod)
def _np_divmod(context: Context, a: Any, b: Any) -> Any:
    parts = (elementwise.operation(context.build, f, (a, b)) for f in (np.floor_divide, np.remainder))
    return Tuple(tuple(parts))


@handles(math.frexp)
def _frexp(context: Context, x: Any) -> Any:
    if not elementwise.is_scalar(x) or x.kind == SINGLE:
        raise Untransformable("frexp of something other than a number in double precision")
    return Tuple((context.build.op(formula("mantissa"), x), context.build.op(exponent, x)))
