"""Exponentials, logarithms and roots."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from . import kernels, special_kernels
from .algebra import function, where
from .references import libm
from .table import POSITIVE, inf, nan, op

exp, exponential_mean = function("exp"), function("exponential_mean")
share, share2 = function("share"), function("share2")

# Rounded once; 1 / math.log(10) would be rounded twice.
LN2, LN10, LOG2E, LOG10E = 0.6931471805599453, 2.302585092994046, 1.4426950408889634, 0.4342944819032518


def _log_slope(scale: float, x: Any) -> Any:
    """`scale` / x, with +inf at -0 as well and NaN below 0, where the logarithm is NaN."""
    return where(x < 0, nan, scale / (x + 0.0))


# fmt: off
op("exp", (math.exp, np.exp), lambda x, y: y, cmath=cmath.exp, analytic=True,
   kernel=math.exp, reference=libm(math.exp, np.exp), oracle=lambda mp, x: mp.exp(x), domain=((-700, 700),),
   edges=(((-inf,), (0.0,)), ((inf,), (inf,)), ((0.0,), (1.0,))), least=0.0)
op("fast_exp", (), lambda x, y: y,
   kernel=kernels.fast_exp, reference=kernels.fast_exp, oracle=lambda mp, x: mp.exp(x), domain=((-700, 700),),
   edges=(((-inf,), (0.0,)), ((inf,), (inf,)), ((0.0,), (1.0,))), least=0.0,
   note="dualad.fast_exp: exp to 1 ulp, for loops that are to be vectorised")
op("exp2", (math.exp2, np.exp2), lambda x, y: LN2 * y, scipy="exp2", analytic=True,
   kernel=math.exp2, reference=libm(math.exp2, np.exp2), oracle=lambda mp, x: mp.power(2, x),
   domain=((-1000, 1000),), edges=(((-inf,), (0.0,)), ((inf,), (inf,)), ((0.0,), (LN2,))), least=0.0)
op("exp10", (), lambda x, y: LN10 * y, scipy="exp10", oracle=lambda mp, x: mp.power(10, x),
   domain=((-300, 300),), tolerance=1e-13, edges=(((-inf,), (0.0,)), ((inf,), (inf,)), ((0.0,), (LN10,))),
   least=0.0)
op("expm1", (math.expm1, np.expm1), lambda x, y: exp(x), scipy="expm1", analytic=True,
   kernel=math.expm1, reference=libm(math.expm1, np.expm1), oracle=lambda mp, x: mp.expm1(x),
   domain=((-700, 700),), points=((-40.0,), (-700.0,)), edges=(((-inf,), (0.0,)), ((0.0,), (1.0,))),
   note="exp(x), as y + 1 cancels for x < 0")
op("exprel", (), lambda x, y: exponential_mean(1, x), scipy="exprel",
   oracle=lambda mp, x: mp.expm1(x) / x if x else mp.mpf(1), domain=((-1e4, 700),), tolerance=1e-13,
   edges=(((0.0,), (0.5,)), ((-inf,), (0.0,)), ((inf,), (inf,)), ((nan,), (nan,))),
   note="from integrals of t**n exp(x t), as (exp(x) - y) / x cancels")
op("exponential_mean", (), (0, lambda n, x, y: exponential_mean(n + 1, x)),
   kernel=special_kernels.exponential_mean, reference=special_kernels.exponential_mean, integers=(0,),
   oracle=lambda mp, n, x: mp.hyp1f1(n + 1, n + 2, x) / (n + 1), domain=((0, 3), (-1e4, 700)),
   tolerance=1e-13, note="the integral of t**n exp(x t) from 0 to 1, n a constant integer")
op("log", (math.log, np.log), lambda x, y: _log_slope(1.0, x), cmath=cmath.log,
   analytic=lambda x, y: 1 / x,
   kernel=math.log, reference=libm(math.log, np.log), oracle=lambda mp, x: mp.log(x), domain=(POSITIVE,),
   edges=(((0.0,), (inf,)), ((-0.0,), (inf,)), ((-1.0,), (nan,)), ((-inf,), (nan,)), ((inf,), (0.0,))),
   note="+inf at 0, NaN below")
op("log2", (math.log2, np.log2), lambda x, y: _log_slope(LOG2E, x), analytic=lambda x, y: LOG2E / x,
   kernel=math.log2, reference=libm(math.log2, np.log2), oracle=lambda mp, x: mp.log(x, 2),
   domain=(POSITIVE,), edges=(((0.0,), (inf,)), ((-0.0,), (inf,)), ((-1.0,), (nan,)), ((inf,), (0.0,))),
   note="+inf at 0, NaN below")
op("log10", (math.log10, np.log10), lambda x, y: _log_slope(LOG10E, x), cmath=cmath.log10,
   analytic=lambda x, y: LOG10E / x,
   kernel=math.log10, reference=libm(math.log10, np.log10), oracle=lambda mp, x: mp.log10(x),
   domain=(POSITIVE,), edges=(((0.0,), (inf,)), ((-0.0,), (inf,)), ((-1.0,), (nan,)), ((inf,), (0.0,))),
   note="+inf at 0, NaN below")
op("log1p", (math.log1p, np.log1p), lambda x, y: _log_slope(1.0, 1 + x), scipy="log1p",
   analytic=lambda x, y: 1 / (1 + x),
   kernel=math.log1p, reference=libm(math.log1p, np.log1p), oracle=lambda mp, x: mp.log1p(x),
   domain=((-1, inf),), edges=(((-1.0,), (inf,)), ((-2.0,), (nan,)), ((0.0,), (1.0,)), ((inf,), (0.0,))),
   note="+inf at -1, NaN below")
op("sqrt", (math.sqrt, np.sqrt), lambda x, y: 0.5 / (y + 0.0), cmath=cmath.sqrt, analytic=True,
   kernel=math.sqrt, reference=np.sqrt, oracle=lambda mp, x: mp.sqrt(x), domain=(POSITIVE,),
   edges=(((0.0,), (inf,)), ((-0.0,), (inf,)), ((-1.0,), (nan,)), ((inf,), (0.0,))),
   least=lambda x: math.sqrt(max(x.low, 0.0)), note="+inf at 0, NaN below")

op("logaddexp", np.logaddexp, (lambda x, y, r: share(x, y), lambda x, y, r: share(y, x)),
   reference=np.logaddexp, oracle=lambda mp, x, y: mp.log(mp.exp(x) + mp.exp(y)),
   domain=((-700, 700), (-700, 700)),
   points=((1000.1, 500.3), (-1000.0, -1000.1), (1e300, 1e300), (0.1, 700.7)),
   edges=(((-inf, -inf), (0.5, 0.5)), ((inf, inf), (0.5, 0.5)), ((1.0, -inf), (1.0, 0.0)),
          ((inf, 1.0), (1.0, 0.0)),
          ((nan, 1.0), (nan, nan))), note="1/2 and 1/2 where both arguments are the same infinity")
op("logaddexp2", np.logaddexp2, (lambda x, y, r: share2(x, y), lambda x, y, r: share2(y, x)),
   reference=np.logaddexp2, oracle=lambda mp, x, y: mp.log(mp.power(2, x) + mp.power(2, y), 2),
   domain=((-1000, 1000), (-1000, 1000)), points=((1000.1, 500.3), (-1000.0, -1000.1), (0.1, 700.7)),
   edges=(((-inf, -inf), (0.5, 0.5)), ((inf, inf), (0.5, 0.5)), ((1.0, -inf), (1.0, 0.0)),
          ((nan, 1.0), (nan, nan))),
   note="1/2 and 1/2 where both arguments are the same infinity")
op("share", (), (lambda x, y, r: r * share(y, x), lambda x, y, r: -r * share(y, x)),
   kernel=kernels.share, reference=kernels.share, oracle=lambda mp, x, y: 1 / (1 + mp.exp(y - x)),
   domain=((-300, 300), (-300, 300)), note="exp(x) / (exp(x) + exp(y))")
op("share2", (), (lambda x, y, r: LN2 * (r * share2(y, x)), lambda x, y, r: -LN2 * (r * share2(y, x))),
   kernel=kernels.share2, reference=kernels.share2, oracle=lambda mp, x, y: 1 / (1 + mp.power(2, y - x)),
   domain=((-400, 400), (-400, 400)), note="2**x / (2**x + 2**y)")
