"""Arithmetic: the operators of Python, their NumPy names, powers and conversions."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import arguments, kernels
from .algebra import absorbing, function, where
from .arguments import Argument
from .references import scipy_special
from .table import inf, nan, op

ahead, binade, cbrt, isfinite, log, sign = map(
    function, ("ahead", "binade", "cbrt", "isfinite", "log", "sign")
)
copysign, ldexp, power_less = map(function, ("copysign", "ldexp", "power_less"))

# fmt: off
op("add", (operator.add, operator.iadd, np.add), (1, 1),
   reference=np.add, oracle=lambda mp, x, y: x + y, instruction="fadd", written=operator.add,
   linear=True, neutral=0, commutes=True, least=arguments.of_sum, cheap=True)
op("sub", (operator.sub, operator.isub, np.subtract), (1, -1),
   reference=np.subtract, oracle=lambda mp, x, y: x - y, instruction="fsub", written=operator.sub,
   linear=True, neutral=0, cheap=True)
op("mul", (operator.mul, operator.imul, np.multiply), (lambda x, y, r: y, lambda x, y, r: x),
   reference=np.multiply, oracle=lambda mp, x, y: x * y,
   edges=(((0.0, inf), (inf, 0.0)), ((inf, inf), (inf, inf))), instruction="fmul", written=operator.mul,
   factors=(0, 1), neutral=1, commutes=True, least=arguments.of_product, cheap=True)
op("truediv", (operator.truediv, operator.itruediv, np.true_divide),
   (lambda x, y, r: 1 / y, lambda x, y, r: -r * (1 / y)),  # one division for both
   reference=np.true_divide, oracle=lambda mp, x, y: x / y,
   edges=(((1.0, 0.0), (inf, -inf)), ((1.0, -0.0), (-inf, -inf)), ((0.0, 0.0), (inf, nan)),
          ((1.0, inf), (0.0, -0.0)), ((1e300, 1e300), (1e-300, -1e-300))), instruction="fdiv",
   written=np.true_divide, divisor=1, factors=(0,), neutral=1, inverse="reciprocal",
   least=arguments.of_quotient)
op("neg", (operator.neg, np.negative), -1, reference=np.negative, oracle=lambda mp, x: -x, instruction="fneg",
   written=operator.neg, linear=True, cheap=True)
op("pos", (operator.pos, np.positive), 1, reference=np.positive, oracle=lambda mp, x: x,
   linear=True, cheap=True)
op("absorbing", (), (lambda x, y, r: y, lambda x, y, r: x),
   reference=lambda x, y: np.float64(0.0) if x == 0 or y == 0 else x * y, oracle=lambda mp, x, y: x * y,
   edges=(((0.0, inf), (inf, 0.0)), ((0.0, nan), (nan, 0.0))),
   absorbs=True, factors=(0, 1), neutral=1, commutes=True,
   note="x * y, and 0 where one of them is 0, even if the other is inf or NaN")
op("weighted", (), (lambda x, y, r: y, lambda x, y, r: x),
   reference=lambda x, y: np.float64(0.0) if x == 0 else x * y, oracle=lambda mp, x, y: x * y,
   edges=(((0.0, inf), (inf, 0.0)), ((0.0, nan), (nan, 0.0)), ((inf, 0.0), (0.0, inf))),
   absorbs=True, factors=(0, 1), neutral=1,
   note="x * y, and 0 where x is 0, even if y is inf or NaN: a partial times an adjoint that is finite")
op("square", np.square, lambda x, y: 2 * x, reference=np.square, oracle=lambda mp, x: x * x, least=0.0,
   cheap=True)
op("reciprocal", np.reciprocal, lambda x, y: -y * y, divisor=0,
   reference=np.reciprocal, oracle=lambda mp, x: 1 / x,
   edges=(((0.0,), (-inf,)), ((-0.0,), (-inf,)), ((inf,), (0.0,))))


def _power_by_base(x: Any, y: Any, r: Any) -> Any:
    # A small constant exponent stays one and compiled code multiplies; more than 7 factors lose 4 ulp.
    if isinstance(y, int) and abs(y - 1) <= 7:
        return absorbing(y, x ** (y - 1))
    return absorbing(y, power_less(x, y, 1))


def _steepest_power(x: Argument, y: Argument) -> Sequence[tuple[Any, ...]] | None:
    # Of a constant exponent below 1 the slope falls from the least base on.
    if y.constant is None:
        return None
    return () if y.constant >= 1 else ((x.low, y.constant),)


op("pow", (operator.pow, operator.ipow, pow, math.pow, np.power, np.float_power),
   (_power_by_base, lambda x, y, r: where(x < 0, nan, absorbing(r, log(x)))),
   kernel=math.pow, reference=np.power, oracle=lambda mp, x, y: mp.power(x, y), vanishing=((0, 1),),
   domain=((0, 1e150), (-50, 50)),
   points=((1e300, 0.3), (1e-300, 0.3), (1e300, -0.7), (1e-300, -0.01), (1e-300, 1e-17), (7.3, 1e-300),
           (1e7, 40.3), (1.0000000000000002, 1e9), (0.9999999999999999, -1e12), (2.0, 0.5), (2.0, 1.0),
           (3.0, 2.0), (1.5, 0.0)),
   edges=(((0.0, 0.0), (0.0, -inf)), ((0.0, 2.0), (0.0, 0.0)), ((0.0, 1.0), (1.0, 0.0)),
          ((0.0, 0.5), (inf, 0.0)), ((-0.0, 2.0), (0.0, 0.0)), ((0.0, -1.0), (-inf, -inf)),
          ((-2.0, 3.0), (12.0, nan)), ((-2.0, 0.0), (0.0, nan)), ((-2.0, -2.0), (0.25, nan)),
          ((-2.0, 0.5), (nan, nan)), ((nan, 0.0), (0.0, nan)), ((1.0, inf), (inf, 0.0)),
          ((inf, -1.0), (0.0, 0.0)), ((inf, 0.3), (0.0, inf)), ((2.0, -inf), (0.0, 0.0)),
          ((-inf, -1.0), (0.0, nan))),
   written=operator.pow, exponent=1, neutral=1, least=arguments.of_power, steepest=_steepest_power,
   cheap=lambda x, y: isinstance(y.constant, int) and 0 <= y.constant <= 4,
   note="0**y: d/dx = 0 at y = 0, d/dy = 0 for y > 0; x < 0 with integer y: d/dx exact, d/dy NaN. The mixed "
        "second partial vanishes at y log x = -1, and loses where x**y underflows")
op("power_less", (),
   (lambda x, y, n, r: absorbing(y - n, power_less(x, y, n + 1)),
    lambda x, y, n, r: where(x < 0, nan, absorbing(r, log(x))), 0),
   kernel=kernels.power_less, reference=kernels.power_less, oracle=lambda mp, x, y, n: mp.power(x, y - n),
   vanishing=((0, 1),), integers=(2,), domain=((0, 1e90), (-50, 50), (1, 3)),
   note="x**(y - n), n a constant integer: partials of pow without the rounding of y - n")
op("cbrt", np.cbrt, lambda x, y: 1 / (3 * cbrt(x) * cbrt(x)), scipy="cbrt",
   kernel="scipy:cbrt", reference=scipy_special("cbrt"),
   oracle=lambda mp, x: mp.cbrt(x) if x >= 0 else -mp.cbrt(-x), points=((-8.0,), (1e-300,), (-1e300,)),
   edges=(((0.0,), (inf,)), ((-0.0,), (inf,)), ((-8.0,), (1 / 12,)), ((inf,), (0.0,))),
   piece=lambda mp, x: mp.sign(x),
   note="the partial at 0 is +inf; it does not use the result, as Numba's np.cbrt is a rounded power")

op("abs", (abs, math.fabs, np.absolute, np.fabs), lambda x, y: where(x == 0, ahead(x, 0.0), sign(x)),
   kinked=True, steady=True, reference=np.absolute, oracle=lambda mp, x: abs(x),
   edges=(((0.0,), (0.0,)), ((-0.0,), (0.0,)), ((-inf,), (-1.0,)), ((nan,), (nan,))), least=0.0,
   cheap=True, piece=lambda mp, x: mp.sign(x), note="0 at 0 and -0")
op("copysign", (math.copysign, np.copysign),
   (lambda x, y, r: where(x == 0, ahead(x, 0.0), sign(x)) * copysign(1.0, y), 0), kinked=True,
   steady=True,
   kernel=math.copysign, reference=np.copysign, oracle=lambda mp, x, y: mp.sign(y) * abs(x),
   edges=(((0.0, -1.0), (0.0, 0.0)), ((2.0, -0.0), (-1.0, 0.0)), ((-2.0, -3.0), (1.0, 0.0)),
          ((2.0, 0.0), (1.0, 0.0))),
   piece=lambda mp, x, y: (mp.sign(x), mp.sign(y)),
   note="|x| with the sign of y: d/dx = 0 at x = 0, d/dy = 0 everywhere")
op("ldexp", (math.ldexp, np.ldexp), (lambda x, n, r: ldexp(1.0, n), 0),
   kernel=math.ldexp, reference=lambda x, n: np.ldexp(x, int(n)), oracle=lambda mp, x, n: mp.ldexp(x, int(n)),
   integers=(1,), domain=((-inf, inf), (-50, 50)), edges=(((0.0, 3), (8.0, 0.0)), ((inf, -1), (0.5, 0.0))))
op("frexp", math.frexp, ((lambda x, y: binade(x),), (0,)), outputs=2,
   reference=np.frexp, oracle=lambda mp, x: mp.frexp(x),
   edges=(((0.0,), (1.0, 0.0)), ((8.0,), (0.0625, 0.0)), ((-1e-300,), (math.frexp(1e-300)[0] / 1e-300, 0.0))),
   piece=lambda mp, x: mp.frexp(x)[1],
   note="the exponent is constant between powers of 2, the mantissa linear with partial 2**-exponent")
op("mantissa", (), lambda x, y: binade(x), kernel=kernels.mantissa, reference=kernels.mantissa,
   oracle=lambda mp, x: mp.frexp(x)[0], edges=(((0.0,), (1.0,)), ((8.0,), (0.0625,))),
   piece=lambda mp, x: mp.frexp(x)[1], note="of frexp")
op("binade", (), kernel=kernels.binade, reference=kernels.binade,
   oracle=lambda mp, x: mp.ldexp(1, -mp.frexp(x)[1]), note="2**-exponent of frexp")
op("nextafter", (math.nextafter, np.nextafter), (1, 0), reference=np.nextafter, oracle=lambda mp, x, y: x,
   note="x moved by a spacing: d/dx = 1, d/dy = 0")
op("nan_to_num", np.nan_to_num, lambda x, y: where(isfinite(x), 1.0, 0.0),
   steady=True, kernel=np.nan_to_num, reference=np.nan_to_num, oracle=lambda mp, x: x,
   edges=(((nan,), (0.0,)), ((inf,), (0.0,)), ((1e300,), (1.0,))), note="0 where the argument is replaced")

op("float", (float, np.float64), 1, reference=np.float64, oracle=lambda mp, x: x, linear=True, cheap=True)
op("float32", np.float32, 1, reference=lambda x: np.float64(np.float32(x)), oracle=lambda mp, x: x,
   domain=((-1e30, 1e30),), linear=True, cheap=True,
   note="rounding to single precision counts as the identity")
op("conjugate", (np.conjugate, np.real), 1, reference=np.conjugate, oracle=lambda mp, x: x,
   linear=True, note="of a real number: the identity")
op("degrees", (math.degrees, np.degrees, np.rad2deg), 180 / math.pi,
   reference=np.degrees, oracle=lambda mp, x: x * 180 / mp.pi, linear=True, cheap=True)
op("radians", (math.radians, np.radians, np.deg2rad), math.pi / 180,
   reference=np.radians, oracle=lambda mp, x: x * mp.pi / 180, linear=True, cheap=True)
