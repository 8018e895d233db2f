"""Operations of several results, as one operation for each."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ...compiler.ops.formulas import formula
from ..errors import NotTransformable
from ..frontend import elementwise
from ..ir.nodes import SINGLE, Tuple
from ..runtime import exponent
from .context import Context
from .handlers import handles


@handles(divmod)
def _divmod(context: Context, a: Any, b: Any) -> Any:
    if not (elementwise.is_scalar(a) and elementwise.is_scalar(b)):
        raise NotTransformable("divmod of something other than numbers")
    quotient = context.build.op(operator.floordiv, a, b)  # raises at zero what divmod does
    return Tuple((quotient, context.build.op(operator.mod, a, b)))


@handles(np.divmod)
def _np_divmod(context: Context, a: Any, b: Any) -> Any:
    quotient = elementwise.operation(context.build, np.floor_divide, (a, b))
    return Tuple((quotient, elementwise.operation(context.build, np.remainder, (a, b))))


@handles(math.frexp)
def _frexp(context: Context, x: Any) -> Any:
    if not elementwise.is_scalar(x) or x.kind == SINGLE:
        raise NotTransformable("frexp of something other than a number in double precision")
    return Tuple((context.build.op(formula("mantissa"), x), context.build.op(exponent, x)))
