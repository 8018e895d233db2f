"""Logistic functions, entropies, and robust losses."""

from __future__ import annotations

from typing import Any

from . import special_kernels
from .algebra import function, where
from .table import POSITIVE, inf, nan, op

log, log1p, expit, sech2 = map(function, ("log", "log1p", "expit", "sech2"))
one_minus_square, hypot, unit = function("one_minus_square"), function("hypot"), function("unit")
log_ratio, relative_gap, soft_clip = map(function, ("log_ratio", "relative_gap", "soft_clip"))


def _logit_slope(x: Any, y: Any) -> Any:
    # 1 / (x (1-x)), from 1/4 on by the distance from 1/2, where the second derivative would cancel.
    slope = where(x < 0.25, 1 / x + 1 / (1 - x), 4 / one_minus_square(2 * x - 1))
    return where((x < 0) | (x > 1), nan, slope)


def _quotient(x: Any, y: Any) -> Any:
    """The quotient with 0 / 0 = 0 and the zero of y taken from above."""
    return where((x == 0) & (y == 0), 0.0, x / (y + 0.0))


def _pseudo_huber_slope(delta: Any, r: Any, y: Any) -> Any:
    h = hypot(delta, r)
    part = r / (h + delta)
    return where(delta < 0, nan, where(h == 0, 0.0, r * (r / h) * part * part))


# fmt: off
op("expit", (), lambda x, y: 0.25 * sech2(0.5 * x), scipy="expit",
   oracle=lambda mp, x: 1 / (1 + mp.exp(-x)), domain=((-700, 700),), tolerance=1e-13,
   edges=(((0.0,), (0.25,)), ((inf,), (0.0,)), ((-inf,), (0.0,)), ((nan,), (nan,))), least=0.0,
   note="1 / (2 cosh(x/2))**2, as y (1-y) cancels")
op("log_expit", (), lambda x, y: expit(-x), scipy="log_expit",
   oracle=lambda mp, x: -mp.log1p(mp.exp(-x)), domain=((-700, 700),), tolerance=1e-13,
   edges=(((0.0,), (0.5,)), ((inf,), (0.0,)), ((-inf,), (1.0,)), ((nan,), (nan,))))
op("logit", (), _logit_slope, scipy="logit", oracle=lambda mp, x: mp.log(x / (1 - x)), domain=((0.0, 1.0),),
   points=((0.5000000000000001,), (0.49999999999,)), tolerance=1e-13,
   edges=(((0.5,), (4.0,)), ((0.0,), (inf,)), ((1.0,), (inf,)), ((-1.0,), (nan,)), ((2.0,), (nan,))),
   note="+inf at 0 and 1, NaN beyond")

op("xlogy", (), (lambda x, y, r: log(y), lambda x, y, r: where(r != r, nan, _quotient(x, y))),
   scipy="xlogy", oracle=lambda mp, x, y: x * mp.log(y), domain=((-inf, inf), POSITIVE), tolerance=1e-13,
   edges=(((0.0, 0.0), (-inf, 0.0)), ((0.0, 2.0), (0.6931471805599453, 0.0)), ((2.0, 0.0), (-inf, inf)),
          ((1.0, -1.0), (nan, nan)), ((nan, 1.0), (0.0, nan))),
   note="d/dy = 0 at (0, 0), as the value is 0 for x = 0")
op("xlog1py", (), (lambda x, y, r: log1p(y), lambda x, y, r: where(r != r, nan, _quotient(x, 1 + y))),
   scipy="xlog1py", oracle=lambda mp, x, y: x * mp.log1p(y), domain=((-inf, inf), (-1.0, inf)),
   tolerance=1e-13, edges=(((0.0, -1.0), (-inf, 0.0)), ((2.0, -1.0), (-inf, inf)), ((1.0, -2.0), (nan, nan))),
   note="d/dy = 0 at (0, -1), as the value is 0 for x = 0")
op("entr", (), lambda x, y: where(x < 0, nan, -1 - log(x)), scipy="entr",
   oracle=lambda mp, x: -x * mp.log(x), domain=(POSITIVE,), points=((0.36787944117144233,),), tolerance=1e-13,
   vanishing=((0,),), edges=(((0.0,), (inf,)), ((1.0,), (-1.0,)), ((-1.0,), (nan,)), ((inf,), (-inf,))),
   note="+inf at 0, NaN below")
op("rel_entr", (),
   (lambda x, y, r: log_ratio(x, y) + 1,
    lambda x, y, r: where((x < 0) | (y < 0), nan, -_quotient(x, y))),
   scipy="rel_entr", oracle=lambda mp, x, y: x * mp.log(x / y), domain=(POSITIVE, POSITIVE), tolerance=1e-13,
   vanishing=((0,),), edges=(((1.0, 1.0), (1.0, -1.0)), ((0.0, 2.0), (-inf, 0.0)), ((0.0, 0.0), (-inf, 0.0)),
                             ((-1.0, 1.0), (nan, nan)), ((2.0, 0.0), (inf, -inf))),
   note="d/dx = -inf for x = 0; NaN where x or y is negative")
op("kl_div", (), (lambda x, y, r: log_ratio(x, y), lambda x, y, r: relative_gap(x, y)),
   scipy="kl_div", oracle=lambda mp, x, y: x * mp.log(x / y) - x + y, domain=(POSITIVE, POSITIVE),
   tolerance=1e-13, edges=(((1.0, 1.0), (0.0, 0.0)), ((0.0, 2.0), (-inf, 1.0)), ((0.0, 0.0), (-inf, 1.0)),
                           ((-1.0, 1.0), (nan, nan)), ((2.0, 0.0), (inf, -inf))),
   note="d/dx = -inf for x = 0; NaN where x or y is negative")
op("log_ratio", (), (lambda x, y, r: where(r != r, nan, 1 / x), lambda x, y, r: where(r != r, nan, -1 / y)),
   kernel=special_kernels.log_ratio, reference=special_kernels.log_ratio,
   oracle=lambda mp, x, y: mp.log(x / y), domain=(POSITIVE, POSITIVE),
   note="log(x / y), x and y not negative")
op("relative_gap", (),
   (lambda x, y, r: where(r != r, nan, -1 / y), lambda x, y, r: where(r != r, nan, x / y / y)),
   kernel=special_kernels.relative_gap, reference=special_kernels.relative_gap,
   oracle=lambda mp, x, y: 1 - x / y, domain=(POSITIVE, POSITIVE), note="1 - x / y, x and y not negative")

op("huber", (),
   (lambda d, r, y: where(d < 0, nan, where(abs(r) <= d, 0.0, abs(r) - d)),
    lambda d, r, y: where(d < 0, nan, where(abs(r) <= d, r, where(r < 0, -d, d)))),
   scipy="huber", oracle=lambda mp, d, r: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2),
   domain=((0.0, 1e100), (-1e100, 1e100)), tolerance=1e-13,
   edges=(((1.0, 1.0), (0.0, 1.0)), ((1.0, -3.0), (2.0, -1.0)), ((0.0, 2.0), (2.0, 0.0)),
          ((-1.0, 1.0), (nan, nan))), note="NaN where delta is negative and the value +inf")
op("pseudo_huber", (), (_pseudo_huber_slope, lambda d, r, y: where(d < 0, nan, soft_clip(d, r))),
   scipy="pseudo_huber", oracle=lambda mp, d, r: r * r / (mp.sqrt(1 + (r / d) ** 2) + 1),
   domain=((0.0, 1e50), (-1e50, 1e50)), tolerance=1e-13,
   edges=(((0.0, 0.0), (0.0, 0.0)), ((0.0, 2.0), (2.0, 0.0)), ((1.0, 0.0), (0.0, 0.0)),
          ((-1.0, 1.0), (nan, nan))), note="NaN where delta is negative and the value +inf")
op("soft_clip", (), (lambda d, r, y: unit(r, d) ** 3, lambda d, r, y: unit(d, r) ** 3),
   kernel=special_kernels.soft_clip, reference=special_kernels.soft_clip,
   oracle=lambda mp, d, r: d * r / mp.sqrt(d * d + r * r), domain=((0.0, 1e50), (-1e50, 1e50)),
   tolerance=1e-13, note="delta r / hypot(delta, r), 0 at the origin")
