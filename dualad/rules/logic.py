"""Comparisons, predicates and logic: passive, they look at the primal only."""

from __future__ import annotations

import cmath
import math
import operator
from functools import partial

import numpy as np

from .table import op

predicate = partial(op, truth=True)

# fmt: off
predicate("lt", (operator.lt, np.less), arity=2, reference=np.less, oracle=lambda mp, x, y: x < y,
          instruction="fcmp <", written=operator.lt)
predicate("le", (operator.le, np.less_equal), arity=2, reference=np.less_equal,
          oracle=lambda mp, x, y: x <= y, instruction="fcmp <=", written=operator.le)
predicate("gt", (operator.gt, np.greater), arity=2, reference=np.greater, oracle=lambda mp, x, y: x > y,
          instruction="fcmp >", written=operator.gt)
predicate("ge", (operator.ge, np.greater_equal), arity=2, reference=np.greater_equal,
          oracle=lambda mp, x, y: x >= y, instruction="fcmp >=", written=operator.ge)
predicate("eq", (operator.eq, np.equal), arity=2, reference=np.equal, oracle=lambda mp, x, y: x == y,
          instruction="fcmp ==", written=operator.eq)
predicate("ne", (operator.ne, np.not_equal), arity=2, reference=np.not_equal, oracle=lambda mp, x, y: x != y,
          instruction="fcmp !=", written=operator.ne)
predicate("is", operator.is_, arity=2, reference=operator.is_, oracle=lambda mp, x, y: x is y)
predicate("is_not", operator.is_not, arity=2, reference=operator.is_not, oracle=lambda mp, x, y: x is not y)
predicate("isclose", (np.isclose, np.allclose), arity=2, optional=2,
          reference=np.isclose, oracle=lambda mp, x, y: abs(x - y) <= 1e-8 + 1e-5 * abs(y))
predicate("array_equal", np.array_equal, arity=2, reference=np.array_equal, oracle=lambda mp, x, y: x == y)

predicate("bool", (bool, np.bool_), reference=np.bool_, oracle=lambda mp, x: x != 0)
predicate("logical_and", np.logical_and, arity=2,
          reference=np.logical_and, oracle=lambda mp, x, y: bool(x) and bool(y), instruction="and_",
          written=operator.and_)
predicate("logical_or", np.logical_or, arity=2,
          reference=np.logical_or, oracle=lambda mp, x, y: bool(x) or bool(y), instruction="or_",
          written=operator.or_)
predicate("logical_xor", np.logical_xor, arity=2,
          reference=np.logical_xor, oracle=lambda mp, x, y: bool(x) != bool(y))
predicate("logical_not", (operator.not_, np.logical_not), reference=np.logical_not,
          oracle=lambda mp, x: not x, instruction="not_", written=operator.not_)

predicate("isnan", (math.isnan, np.isnan), cmath=cmath.isnan, kernel=math.isnan, reference=np.isnan,
          oracle=lambda mp, x: mp.isnan(x))
predicate("isinf", (math.isinf, np.isinf), cmath=cmath.isinf, kernel=math.isinf, reference=np.isinf,
          oracle=lambda mp, x: mp.isinf(x))
predicate("isfinite", (math.isfinite, np.isfinite), cmath=cmath.isfinite, kernel=math.isfinite,
          reference=np.isfinite,
          oracle=lambda mp, x: mp.isfinite(x))
predicate("isposinf", np.isposinf, reference=np.isposinf, oracle=lambda mp, x: x == mp.inf)
predicate("isneginf", np.isneginf, reference=np.isneginf, oracle=lambda mp, x: x == -mp.inf)
predicate("signbit", np.signbit, reference=np.signbit, oracle=lambda mp, x: x < 0)
predicate("isreal", (np.isreal, np.isrealobj), reference=np.isreal, oracle=lambda mp, x: True)
predicate("iscomplex", (np.iscomplex, np.iscomplexobj), reference=np.iscomplex, oracle=lambda mp, x: False)
predicate("isscalar", np.isscalar, reference=np.isscalar, oracle=lambda mp, x: True)
op("imag", np.imag, reference=np.imag, oracle=lambda mp, x: mp.mpf(0),
   note="of a real number: 0; of a complex number differentiated")
op("angle", np.angle, optional=1, reference=np.angle, oracle=lambda mp, x: mp.arg(x),
   note="of a real number: 0 or pi; of a complex number by the rule of arctan2")
