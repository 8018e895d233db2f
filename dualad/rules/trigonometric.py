"""Trigonometric functions, their inverses, and the plane: hypot and atan2."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from . import kernels
from .algebra import absorbing, function, where
from .references import libm
from .table import UNIT, inf, nan, op

sin, cos, sqrt, hypot = map(function, ("sin", "cos", "sqrt", "hypot"))
sech2 = function("sech2")
sindg, cosdg = function("sindg"), function("cosdg")
DEGREE = 0.017453292519943295
cauchy, one_minus_square = function("cauchy"), function("one_minus_square")
inversion, sinc_derivative, unit = function("inversion"), function("sinc_derivative"), function("unit")
heading, unsettled = function("heading"), function("unsettled")

# fmt: off
op("sin", (math.sin, np.sin), lambda x, y: cos(x), cmath=cmath.sin, analytic=True,
   kernel=math.sin, reference=libm(math.sin, np.sin), oracle=lambda mp, x: mp.sin(x),
   points=((1e300,), (1e22,)))
op("cos", (math.cos, np.cos), lambda x, y: -sin(x), cmath=cmath.cos, analytic=True,
   kernel=math.cos, reference=libm(math.cos, np.cos), oracle=lambda mp, x: mp.cos(x),
   points=((1e300,), (1e22,)))
op("cosm1", (), lambda x, y: -sin(x), scipy="cosm1", oracle=lambda mp, x: -2 * mp.sin(x / 2) ** 2,
   points=((1e22,),))
op("sindg", (), lambda x, y: DEGREE * cosdg(x), scipy="sindg", oracle=lambda mp, x: mp.sin(x * mp.pi / 180),
   domain=((-1e3, 1e3),), tolerance=1e-13, vanishing=((0,), (0, 0)), note="x in degrees")
op("cosdg", (), lambda x, y: -DEGREE * sindg(x), scipy="cosdg", oracle=lambda mp, x: mp.cos(x * mp.pi / 180),
   domain=((-1e3, 1e3),), tolerance=1e-13, vanishing=((0,), (0, 0)), note="x in degrees")
op("tan", (math.tan, np.tan), lambda x, y: 1 + y * y, cmath=cmath.tan,
   analytic=lambda x, y: sech2(1j * x),
   kernel=math.tan, reference=libm(math.tan, np.tan), oracle=lambda mp, x: mp.tan(x),
   points=((1.5707963267948966,), (-1.5707963267948966,), (4.71238898038469,), (1e22,)))
op("asin", (math.asin, np.arcsin), lambda x, y: 1 / sqrt(one_minus_square(x)), cmath=cmath.asin,
   analytic=lambda x, y: 1 / cos(y),
   kernel=math.asin, reference=libm(math.asin, np.arcsin), oracle=lambda mp, x: mp.asin(x), domain=(UNIT,),
   edges=(((1.0,), (inf,)), ((-1.0,), (inf,)), ((2.0,), (nan,)), ((0.0,), (1.0,))), note="+inf at 1 and -1")
op("acos", (math.acos, np.arccos), lambda x, y: -1 / sqrt(one_minus_square(x)), cmath=cmath.acos,
   analytic=lambda x, y: -1 / sin(y),
   kernel=math.acos, reference=libm(math.acos, np.arccos), oracle=lambda mp, x: mp.acos(x), domain=(UNIT,),
   edges=(((1.0,), (-inf,)), ((-1.0,), (-inf,)), ((2.0,), (nan,)), ((0.0,), (-1.0,))),
   note="-inf at 1 and -1")
op("atan", (math.atan, np.arctan), lambda x, y: cauchy(x), cmath=cmath.atan,
   analytic=lambda x, y: 1 / ((x - 1j) * (x + 1j)),
   kernel=math.atan, reference=math.atan, oracle=lambda mp, x: mp.atan(x), points=((1e100,), (-1e150,)),
   edges=(((inf,), (0.0,)), ((-inf,), (0.0,)), ((0.0,), (1.0,))))
op("one_minus_square", (), lambda x, y: -2 * x, kernel=kernels.one_minus_square,
   reference=kernels.one_minus_square, oracle=lambda mp, x: 1 - x * x, domain=(UNIT,), note="1 - x*x")
op("cauchy", (), lambda x, y: -2 * absorbing(y, x * y), kernel=kernels.cauchy, reference=kernels.cauchy,
   oracle=lambda mp, x: 1 / (1 + x * x), domain=((-1e100, 1e100),), note="1 / (1 + x*x)")


def _inversion_slope(x: Any, y: Any, r: Any) -> Any:
    # (y*y - x*x) / h**4, factored so that neither cancels nor leaves the range.
    h = hypot(x, y)
    return where((h == 0) | (h == inf), 0.0, (y - x) / h * ((y + x) / h) / h / h)


def _inversion_cross(x: Any, y: Any, r: Any) -> Any:
    h = hypot(x, y)
    return where((h == 0) | (h == inf), 0.0, -2 * (x / h * (y / h)) / h / h)


op("hypot", (math.hypot, np.hypot),
   (lambda x, y, r: where(r == 0, heading(x, y), unit(x, y)),
    lambda x, y, r: where(r == 0, heading(y, x), unit(y, x))), kinked=True,
   kernel=math.hypot, reference=libm(math.hypot, np.hypot), oracle=lambda mp, x, y: mp.sqrt(x * x + y * y),
   points=((1e300, 1e300), (1e-300, 1e-300), (1e300, -1e-300), (1e-170, 1e-130), (3.0, 4.0)), least=0.0,
   edges=(((0.0, 0.0), (0.0, 0.0)), ((-0.0, 0.0), (0.0, 0.0)), ((0.0, 2.0), (0.0, 1.0)),
          ((-inf, 1.0), (-1.0, 0.0)),
          ((nan, 1.0), (nan, nan)), ((3e300, 4e300), (0.6, 0.8)), ((3e-300, 4e-300), (0.6, 0.8))),
   piece=lambda mp, x, y: x == 0 and y == 0, note="0 and 0 at the origin")
op("unit", (), (lambda x, y, r: absorbing(unit(y, x), unit(y, x) / hypot(x, y)),
                lambda x, y, r: -absorbing(r, unit(y, x) / hypot(x, y))),
   kernel=kernels.unit, reference=kernels.unit, oracle=lambda mp, x, y: x / mp.sqrt(x * x + y * y),
   edges=(((0.0, 0.0), (0.0, 0.0)),), note="x / hypot(x, y), 0 at the origin")
op("atan2", (math.atan2, np.arctan2),
   (lambda y, x, r: where((x == 0) & (y == 0), unsettled(x, y), inversion(x, y)),
    lambda y, x, r: where((x == 0) & (y == 0), unsettled(x, y), -inversion(y, x))), kinked=True,
   kernel=math.atan2, reference=math.atan2, oracle=lambda mp, y, x: mp.atan2(y, x),
   points=((1e300, 1e300), (1e-300, 1e-300), (1e300, -1e-300), (1.0, 1.0000000000000002), (3.0, 4.0),
           (-1e-300, -1.0)),
   edges=(((0.0, 0.0), (0.0, 0.0)), ((-0.0, -0.0), (0.0, 0.0)), ((1.0, 0.0), (0.0, -1.0)),
          ((0.0, 1.0), (1.0, 0.0)),
          ((inf, 1.0), (0.0, 0.0)), ((inf, inf), (0.0, 0.0)), ((nan, 1.0), (nan, nan))),
   piece=lambda mp, y, x: (mp.sign(x), mp.sign(y)), note="0 and 0 at the origin")
op("inversion", (), (_inversion_slope, _inversion_cross),
   kernel=kernels.inversion, reference=kernels.inversion, oracle=lambda mp, x, y: x / (x * x + y * y),
   edges=(((0.0, 0.0), (0.0, 0.0)),), note="x / (x*x + y*y), 0 at the origin")


def _exact_sinc_derivative(mp: Any, n: int, x: Any) -> Any:
    with mp.extradps(int(1 + (n + 1) * max(0, -mp.log10(abs(x))))):  # what cancels below
        z = mp.sincpi(x)
        for k in range(1, int(n) + 1):  # x sinc(x) = sin(pi x) / pi, differentiated k times
            z = (mp.pi ** (k - 1) * mp.sin(mp.pi * (x + mp.mpf(k) / 2)) - k * z) / x
        return z


op("sinc", np.sinc, lambda x, y: sinc_derivative(1, x),
   reference=np.sinc, oracle=lambda mp, x: mp.sincpi(x), vanishing=((0,), (0, 0)), tolerance=1e-13,
   domain=((-1e6, 1e6),), points=((0.6,), (0.65,), (1e-8,), (-1e-300,), (1.0,)),
   edges=(((0.0,), (0.0,)), ((1.0,), (-1.0,)), ((inf,), (nan,))), note="sin(pi x) / (pi x), 1 at 0")
op("sinc_derivative", (), (0, lambda n, x, y: sinc_derivative(n + 1, x)),
   kernel=kernels.sinc_derivative, reference=kernels.sinc_derivative,
   oracle=_exact_sinc_derivative, vanishing=((1,), (1, 1)), tolerance=1e-13,
   integers=(0,), domain=((1, 2), (-30, 30)), note="the n-th derivative of sinc, n a constant integer")
