"""Bessel functions, with respect to their argument and their order."""

from __future__ import annotations

from typing import Any

from . import order_kernels, special_kernels
from .algebra import function, where
from .table import Refused, inf, nan, op

i0, i1, j0, j1, y0, y1, k0, k1 = map(function, ("i0", "i1", "j0", "j1", "y0", "y1", "k0", "k1"))
iv, jv, yv, kv, moment = map(function, ("iv", "jv", "yv", "kv", "moment"))
iv_slope, jv_slope, yv_slope, kv_slope = map(function, ("iv_slope", "jv_slope", "yv_slope", "kv_slope"))
ahead = function("ahead")

SIGNED, OSCILLATING = ((-700.0, 700.0),), ((-30.0, 30.0),)
SLOPE = "by series and contour integrals for the order, NaN where these cancel; third derivatives refused"
NOTE = "relative to the neighbouring extremes: no formula knows the zeros to better than an ulp of x"


def _further(slope: Any, n: int, v: Any, x: Any) -> Any:
    """The n-th derivative of a function with respect to its order."""
    return slope(n, v, x) if n <= 2 else Refused(f"scipy.special.{slope.__name__[:2]}", 0, "v", "third")()


def _exact_moment(mp: Any, n: int, x: Any) -> Any:
    scale = mp.factorial(2 * n) / (mp.mpf(2) ** n * mp.factorial(n) ** 2)
    return scale * mp.hyp1f1(n + mp.mpf(1) / 2, n + 1, -2 * x)


def _second_kind(mp: Any, x: Any, sign: int) -> tuple[Any, Any]:
    """K0 and K1 (sign 1) or Y0 and Y1 (sign -1) by their series (A&S 9.6.13, 9.1.13) and the Wronskian.

    mpmath takes limits at integer orders, which costs it seconds.
    """
    with mp.extradps(30 + int(x)):  # the series of size exp(x) cancels to exp(-x)
        q = sign * x * x / 4
        log = mp.log(x / 2) + mp.euler
        term, harmonic, first, rest, slope = mp.mpf(1), mp.mpf(0), mp.mpf(1), mp.mpf(0), mp.mpf(0)
        for k in range(1, 10**6):
            term *= q / (k * k)
            harmonic += mp.mpf(1) / k
            first += term
            slope += k * term
            rest += harmonic * term
            if abs(term) < mp.mpf(10) ** (-mp.dps - 5):
                break
        second = slope * 2 / x  # the derivative of `first`: I1 or -J1
        zero = rest - log * first
        if sign > 0:
            return zero, (1 / x - second * zero) / first
        zero *= -2 / mp.pi
        return zero, (-second * zero - 2 / (mp.pi * x)) / first


def _exact_power(mp: Any, n: int, v: Any, x: Any, sign: int) -> Any:
    """The n-th derivative of iv (sign 1) or jv (sign -1) with respect to v, by the power series."""
    with mp.extradps(20 if sign > 0 else 20 + int(0.9 * x)):
        term = (x / 2) ** v * mp.rgamma(v + 1)
        gap, spread = (mp.log(x / 2) - mp.psi(0, v + 1), -mp.psi(1, v + 1)) if n else (mp.mpf(0), mp.mpf(0))
        total = mp.mpf(0)
        for k in range(1, 10**6):
            part = term if n == 0 else term * gap if n == 1 else term * (gap * gap + spread)
            total += part
            if 2 * k > x and abs(part) < abs(total) * mp.mpf(10) ** -mp.dps:
                break
            term *= sign * x * x / (4 * k * (k + v))
            if n:
                gap -= 1 / (k + v)
                spread += 1 / (k + v) ** 2
    return +total


def _exact_second(mp: Any, n: int, v: Any, x: Any, sign: int) -> Any:
    """The n-th derivative, n at most 1, of kv (sign 1) or yv (-1), by reflection (DLMF 10.2.3, 10.27.4)."""
    with mp.extradps(40 + int(0.9 * x)):
        plus, minus = (_exact_power(mp, 0, w, x, sign) for w in (v, -v))
        s, c, pi = mp.sinpi(v), mp.cospi(v), mp.pi
        value = pi / 2 * (minus - plus) / s if sign > 0 else (plus * c - minus) / s
        if n == 1:
            rise, fall = (_exact_power(mp, 1, w, x, sign) for w in (v, -v))
            if sign > 0:
                value = -pi / 2 * (fall + rise) / s - pi * c / s * value
            else:
                value = (rise * c - pi * s * plus + fall) / s - pi * c / s * value
    return +value


def _falls(x: Any) -> Any:
    """The slope of -abs."""
    return where(x > 0, -1.0, where(x < 0, 1.0, where(x == 0, -ahead(x, 0.0), x)))


# fmt: off
op("i0", (), lambda x, y: i1(x), scipy="i0", oracle=lambda mp, x: mp.besseli(0, x), domain=SIGNED,
   tolerance=1e-13, edges=(((0.0,), (0.0,)), ((nan,), (nan,))))
op("i1", (), lambda x, y: 0.5 * (i0(x) + iv(2, x)), scipy="i1", oracle=lambda mp, x: mp.besseli(1, x),
   domain=SIGNED, tolerance=1e-13, edges=(((0.0,), (0.5,)), ((nan,), (nan,))),
   note="(i0(x) + i2(x)) / 2, as i0(x) - i1(x) / x loses its second derivative near 0")
op("i0e", (), lambda x, y: _falls(x) * moment(1, abs(x)), scipy="i0e", kinked=True,
   oracle=lambda mp, x: mp.exp(-abs(x)) * mp.besseli(0, x), domain=((-1e4, 1e4),), points=((1e4,),),
   tolerance=1e-13, edges=(((0.0,), (0.0,)), ((inf,), (0.0,)), ((nan,), (nan,))), note="0 at the kink at 0")
op("i1e", (), lambda x, y: moment(2, abs(x)) - moment(1, abs(x)), scipy="i1e",
   oracle=lambda mp, x: mp.exp(-abs(x)) * mp.besseli(1, x), domain=((-1e4, 1e4),), points=((1e4,),),
   tolerance=1e-13, vanishing=((0,), (0, 0)), edges=(((inf,), (0.0,)), ((nan,), (nan,))))
op("moment", (), (0, lambda n, x, y: -moment(n + 1, x)), kernel=special_kernels.moment,
   reference=special_kernels.moment, oracle=_exact_moment, integers=(0,), domain=((0, 3), (0.0, 1e4)),
   tolerance=1e-13, note="(-1)**n times the n-th derivative of exp(-x) i0(x), x >= 0, n a constant integer")
op("j0", (), lambda x, y: -j1(x), scipy="j0", oracle=lambda mp, x: mp.besselj(0, x), domain=OSCILLATING,
   tolerance=1e-13, vanishing=((0,), (0, 0)), edges=(((0.0,), (0.0,)), ((nan,), (nan,))), note=NOTE)
op("j1", (), lambda x, y: 0.5 * (j0(x) - jv(2, x)), scipy="j1", oracle=lambda mp, x: mp.besselj(1, x),
   domain=OSCILLATING, tolerance=1e-13, vanishing=((0,), (0, 0)),
   edges=(((0.0,), (0.5,)), ((nan,), (nan,))), note=NOTE)
op("y0", (), lambda x, y: -y1(x), scipy="y0", oracle=lambda mp, x: _second_kind(mp, x, -1)[0],
   domain=((0.0, 30.0),), tolerance=1e-13, vanishing=((0,), (0, 0)),
   edges=(((0.0,), (inf,)), ((-1.0,), (nan,)), ((nan,), (nan,))), note=NOTE)
op("y1", (), lambda x, y: where(x == 0, inf, 0.5 * (y0(x) - yv(2, x))), scipy="y1",
   oracle=lambda mp, x: _second_kind(mp, x, -1)[1], domain=((0.0, 30.0),), tolerance=1e-13,
   vanishing=((0,), (0, 0)), edges=(((0.0,), (inf,)), ((-1.0,), (nan,)), ((nan,), (nan,))), note=NOTE)
op("k0", (), lambda x, y: -k1(x), scipy="k0", oracle=lambda mp, x: _second_kind(mp, x, 1)[0],
   domain=((0.0, 100.0),), tolerance=1e-13,
   edges=(((0.0,), (-inf,)), ((inf,), (0.0,)), ((-1.0,), (nan,)), ((nan,), (nan,))))
op("k1", (), lambda x, y: -0.5 * (k0(x) + kv(2, x)), scipy="k1",
   oracle=lambda mp, x: _second_kind(mp, x, 1)[1], domain=((0.0, 100.0),), tolerance=1e-13,
   edges=(((0.0,), (-inf,)), ((inf,), (0.0,)), ((-1.0,), (nan,)), ((nan,), (nan,))))
op("iv", (), (lambda v, x, y: iv_slope(1, v, x), lambda v, x, y: 0.5 * (iv(v - 1, x) + iv(v + 1, x))),
   scipy="iv", oracle=lambda mp, v, x: _exact_power(mp, 0, v, x, 1), domain=((0.1, 19.9), (0.0, 700.0)),
   tolerance=1e-13, vanishing=((0,), (0, 0), (0, 1)),
   note="with respect to v by series, relative to iv / v for small v; its third derivatives are refused")
op("jv", (), (lambda v, x, y: jv_slope(1, v, x), lambda v, x, y: 0.5 * (jv(v - 1, x) - jv(v + 1, x))),
   scipy="jv", oracle=lambda mp, v, x: _exact_power(mp, 0, v, x, -1), domain=((0.1, 19.9), (0.0, 30.0)),
   tolerance=1e-10, vanishing=((0,), (1,), (0, 0), (0, 1), (1, 1)), note=SLOPE)
op("yv", (), (lambda v, x, y: yv_slope(1, v, x), lambda v, x, y: 0.5 * (yv(v - 1, x) - yv(v + 1, x))),
   scipy="yv", oracle=lambda mp, v, x: _exact_second(mp, 0, v, x, -1), domain=((0.1, 19.9), (0.0, 30.0)),
   tolerance=1e-10, vanishing=((0,), (1,), (0, 0), (0, 1), (1, 1)), note=SLOPE)
op("kv", (), (lambda v, x, y: kv_slope(1, v, x), lambda v, x, y: -0.5 * (kv(v - 1, x) + kv(v + 1, x))),
   scipy="kv", oracle=lambda mp, v, x: _exact_second(mp, 0, v, x, 1), domain=((0.1, 19.9), (0.0, 100.0)),
   tolerance=1e-12, vanishing=((0, 1),), note="with respect to the order by an integral (DLMF 10.32.9)")
op("iv_slope", (),
   (0, lambda n, v, x, y: _further(iv_slope, n + 1, v, x),
    lambda n, v, x, y: 0.5 * (iv_slope(n, v - 1, x) + iv_slope(n, v + 1, x))),
   kernel=order_kernels.iv_slope, reference=order_kernels.iv_slope, integers=(0,),
   oracle=lambda mp, n, v, x: _exact_power(mp, n, v, x, 1), domain=((0, 1.5), (0.1, 19.9), (0.1, 300.0)),
   tolerance=1e-12, vanishing=((1,), (2,)), note="the n-th derivative of iv with respect to v, n constant")
op("jv_slope", (),
   (0, lambda n, v, x, y: _further(jv_slope, n + 1, v, x),
    lambda n, v, x, y: 0.5 * (jv_slope(n, v - 1, x) - jv_slope(n, v + 1, x))),
   kernel=order_kernels.jv_slope, reference=order_kernels.jv_slope, integers=(0,),
   oracle=lambda mp, n, v, x: _exact_power(mp, n, v, x, -1), domain=((0, 1.5), (0.1, 19.9), (0.1, 30.0)),
   tolerance=1e-10, vanishing=((1,), (2,)), note="the n-th derivative of jv with respect to v, n constant")
op("yv_slope", (),
   (0, lambda n, v, x, y: _further(yv_slope, n + 1, v, x),
    lambda n, v, x, y: 0.5 * (yv_slope(n, v - 1, x) - yv_slope(n, v + 1, x))),
   kernel=order_kernels.yv_slope, reference=order_kernels.yv_slope, integers=(0,),
   oracle=lambda mp, n, v, x: _exact_second(mp, n, v, x, -1), domain=((0, 1.5), (0.1, 19.9), (0.1, 30.0)),
   tolerance=1e-10, vanishing=((1,), (2,)), note="the n-th derivative of yv with respect to v, n constant")
op("kv_slope", (),
   (0, lambda n, v, x, y: kv_slope(n + 1, v, x),
    lambda n, v, x, y: -0.5 * (kv_slope(n, v - 1, x) + kv_slope(n, v + 1, x))),
   kernel=order_kernels.kv_slope, reference=order_kernels.kv_slope, integers=(0,),
   oracle=lambda mp, n, v, x: _exact_second(mp, n, v, x, 1), domain=((0, 1.5), (0.1, 19.9), (0.1, 30.0)),
   tolerance=1e-12, vanishing=((2,),), note="the n-th derivative of kv with respect to v, n constant")
