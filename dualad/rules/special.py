"""Special functions: the error functions and the gamma family."""

from __future__ import annotations

import math

from . import kernels
from .algebra import absorbing, function
from .references import libm, scipy_special
from .table import POSITIVE, inf, nan, op

bell, digamma, polygamma = function("bell"), function("digamma"), function("polygamma")

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

# fmt: off
op("erf", math.erf, lambda x, y: TWO_OVER_ROOT_PI * bell(x),
   kernel=math.erf, reference=math.erf, oracle=lambda mp, x: mp.erf(x), domain=((-26, 26),),
   edges=(((0.0,), (TWO_OVER_ROOT_PI,)), ((inf,), (0.0,)), ((-1e300,), (0.0,)), ((nan,), (nan,))))
op("erfc", math.erfc, lambda x, y: -TWO_OVER_ROOT_PI * bell(x),
   kernel=math.erfc, reference=math.erfc, oracle=lambda mp, x: mp.erfc(x), domain=((-26, 26),),
   edges=(((0.0,), (-TWO_OVER_ROOT_PI,)), ((inf,), (0.0,)), ((nan,), (nan,))))
op("bell", (), lambda x, y: -2 * absorbing(y, x), kernel=kernels.bell, reference=kernels.bell,
   oracle=lambda mp, x: mp.exp(-x * x), domain=((-26, 26),), note="exp(-x*x)")
op("gamma", math.gamma, lambda x, y: y * digamma(x),
   kernel=math.gamma, reference=libm(math.gamma, scipy_special("gamma")), oracle=lambda mp, x: mp.gamma(x),
   domain=((0.0, 165.0),), points=((-0.5,), (-1.5,), (-10.3,), (1.4616321449683622,), (165.5,)),
   tolerance=1e-13, vanishing=((0,),), note="y * digamma(x); NaN at the poles")
op("lgamma", math.lgamma, lambda x, y: digamma(x),
   kernel=math.lgamma, reference=libm(math.lgamma, scipy_special("gammaln")),
   oracle=lambda mp, x: mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x),
   domain=(POSITIVE,), points=((-0.5,), (-1.5,), (-10.3,), (1.4616321449683622,)), tolerance=1e-13,
   vanishing=((0,),), edges=(((inf,), (inf,)),), note="digamma(x)")
op("digamma", (), lambda x, y: polygamma(1, x),
   kernel="scipy:__pyx_fuse_1psi", reference=scipy_special("psi"), oracle=lambda mp, x: mp.psi(0, x),
   domain=(POSITIVE,), points=((-0.5,), (-1.5,), (-10.3,), (1.4616321449683622,)), tolerance=1e-13,
   vanishing=((0, 0),), note="the derivative of lgamma; SciPy's psi")
op("polygamma", (), (0, lambda n, x, y: polygamma(n + 1, x)),
   kernel=kernels.polygamma, reference=kernels.polygamma, oracle=lambda mp, n, x: mp.psi(int(n), x),
   integers=(0,), domain=((1, 4), (0.0, 1e50)), points=((1, -0.5), (1, -1e-9), (2, -10.3), (3, -100.75)),
   tolerance=1e-13, vanishing=((1,), (1, 1)), edges=(((1, inf), (0.0, 0.0)), ((1, nan), (0.0, nan))),
   note="the n-th derivative of digamma, n a constant integer")
