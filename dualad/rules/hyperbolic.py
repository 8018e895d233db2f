"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import cmath
import math

import numpy as np

from . import kernels
from .algebra import function, where
from .references import libm
from .table import UNIT, inf, nan, op

sinh, cosh, tanh, hypot, sqrt = map(function, ("sinh", "cosh", "tanh", "hypot", "sqrt"))
one_minus_square, sech2 = function("one_minus_square"), function("sech2")

# fmt: off
op("sinh", (math.sinh, np.sinh), lambda x, y: cosh(x), cmath=cmath.sinh, analytic=True,
   kernel=math.sinh, reference=libm(math.sinh, np.sinh), oracle=lambda mp, x: mp.sinh(x),
   domain=((-700, 700),), edges=(((0.0,), (1.0,)), ((-inf,), (inf,))))
op("cosh", (math.cosh, np.cosh), lambda x, y: sinh(x), cmath=cmath.cosh, analytic=True,
   kernel=math.cosh, reference=libm(math.cosh, np.cosh), oracle=lambda mp, x: mp.cosh(x),
   domain=((-700, 700),), edges=(((0.0,), (0.0,)), ((-inf,), (-inf,))), least=1.0)
op("tanh", (math.tanh, np.tanh), lambda x, y: sech2(x), cmath=cmath.tanh, analytic=True,
   kernel=math.tanh, reference=math.tanh, oracle=lambda mp, x: mp.tanh(x), domain=((-350, 350),),
   edges=(((0.0,), (1.0,)), ((inf,), (0.0,)), ((-1000.0,), (0.0,))),
   note="1 / cosh(x)**2, as 1 - y*y cancels")
op("sech2", (), lambda x, y: -2 * tanh(x) * y, analytic=True,
   complex_kernel=kernels.complex_sech2, kernel=kernels.sech2, reference=kernels.sech2,
   oracle=lambda mp, x: 1 / mp.cosh(x)**2, domain=((-350, 350),), note="1 / cosh(x)**2")
op("asinh", (math.asinh, np.arcsinh), lambda x, y: 1 / hypot(1.0, x), cmath=cmath.asinh,
   analytic=lambda x, y: 1 / cosh(y),
   kernel=math.asinh, reference=math.asinh, oracle=lambda mp, x: mp.asinh(x),
   edges=(((0.0,), (1.0,)), ((inf,), (0.0,)), ((1e300,), (1e-300,))))
op("acosh", (math.acosh, np.arccosh), lambda x, y: 1 / (sqrt(x - 1) * sqrt(x + 1)), cmath=cmath.acosh,
   analytic=lambda x, y: 1 / sinh(y),
   kernel=math.acosh, reference=libm(math.acosh, np.arccosh), oracle=lambda mp, x: mp.acosh(x),
   domain=((1, inf),), edges=(((1.0,), (inf,)), ((0.5,), (nan,)), ((-2.0,), (nan,)), ((inf,), (0.0,))),
   note="+inf at 1, NaN below")
op("atanh", (math.atanh, np.arctanh), lambda x, y: where(abs(x) > 1, nan, 1 / one_minus_square(x)),
   cmath=cmath.atanh, analytic=lambda x, y: 1 / ((1 - x) * (1 + x)),
   kernel=math.atanh, reference=libm(math.atanh, np.arctanh), oracle=lambda mp, x: mp.atanh(x),
   domain=(UNIT,), edges=(((1.0,), (inf,)), ((-1.0,), (inf,)), ((2.0,), (nan,)), ((0.0,), (1.0,))),
   note="+inf at 1 and -1, NaN beyond")
