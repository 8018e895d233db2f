"""Comparisons, predicates and logic: passive, they look at the primal only."""

from __future__ import annotations

import math
import operator

import numpy as np

from .table import op

# fmt: off
op("lt", (operator.lt, np.less), arity=2, reference=np.less, oracle=lambda mp, x, y: x < y)
op("le", (operator.le, np.less_equal), arity=2, reference=np.less_equal, oracle=lambda mp, x, y: x <= y)
op("gt", (operator.gt, np.greater), arity=2, reference=np.greater, oracle=lambda mp, x, y: x > y)
op("ge", (operator.ge, np.greater_equal), arity=2, reference=np.greater_equal, oracle=lambda mp, x, y: x >= y)
op("eq", (operator.eq, np.equal), arity=2, reference=np.equal, oracle=lambda mp, x, y: x == y)
op("ne", (operator.ne, np.not_equal), arity=2, reference=np.not_equal, oracle=lambda mp, x, y: x != y)
op("is", operator.is_, arity=2, reference=operator.is_, oracle=lambda mp, x, y: x is y)
op("is_not", operator.is_not, arity=2, reference=operator.is_not, oracle=lambda mp, x, y: x is not y)
op("isclose", (np.isclose, np.allclose), arity=2, optional=2,
   reference=np.isclose, oracle=lambda mp, x, y: abs(x - y) <= 1e-8 + 1e-5 * abs(y))
op("array_equal", np.array_equal, arity=2, reference=np.array_equal, oracle=lambda mp, x, y: x == y)

op("bool", (bool, np.bool_), reference=np.bool_, oracle=lambda mp, x: x != 0)
op("logical_and", np.logical_and, arity=2,
   reference=np.logical_and, oracle=lambda mp, x, y: bool(x) and bool(y))
op("logical_or", np.logical_or, arity=2,
   reference=np.logical_or, oracle=lambda mp, x, y: bool(x) or bool(y))
op("logical_xor", np.logical_xor, arity=2,
   reference=np.logical_xor, oracle=lambda mp, x, y: bool(x) != bool(y))
op("logical_not", (operator.not_, np.logical_not), reference=np.logical_not, oracle=lambda mp, x: not x)

op("isnan", (math.isnan, np.isnan), kernel=math.isnan, reference=np.isnan, oracle=lambda mp, x: mp.isnan(x))
op("isinf", (math.isinf, np.isinf), kernel=math.isinf, reference=np.isinf, oracle=lambda mp, x: mp.isinf(x))
op("isfinite", (math.isfinite, np.isfinite), kernel=math.isfinite, reference=np.isfinite,
   oracle=lambda mp, x: mp.isfinite(x))
op("isposinf", np.isposinf, reference=np.isposinf, oracle=lambda mp, x: x == mp.inf)
op("isneginf", np.isneginf, reference=np.isneginf, oracle=lambda mp, x: x == -mp.inf)
op("signbit", np.signbit, reference=np.signbit, oracle=lambda mp, x: x < 0)
op("isreal", (np.isreal, np.isrealobj), reference=np.isreal, oracle=lambda mp, x: True)
op("iscomplex", (np.iscomplex, np.iscomplexobj), reference=np.iscomplex, oracle=lambda mp, x: False)
op("isscalar", np.isscalar, reference=np.isscalar, oracle=lambda mp, x: True)
op("imag", np.imag, reference=np.imag, oracle=lambda mp, x: mp.mpf(0), note="of a real number: 0")
op("angle", np.angle, optional=1, reference=np.angle, oracle=lambda mp, x: mp.arg(x),
   note="of a real number: 0 or pi")
