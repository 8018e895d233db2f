"""Special functions: the error functions, the normal distribution, the gamma family."""

from __future__ import annotations

import math
from typing import Any

from . import kernels, parameter_kernels, special_kernels
from .algebra import absorbing, function, where
from .references import libm, scipy_special
from .table import POSITIVE, UNIT, Refused, inf, nan, op

bell, gauss, ndtr, coerror = function("bell"), function("gauss"), function("ndtr"), function("coerror")
log, log1p = function("log"), function("log1p")
digamma, polygamma = function("digamma"), function("polygamma")
polygamma_step, gamma_density = function("polygamma_step"), function("gamma_density")
gammainc_slope, betainc_slope = function("gammainc_slope"), function("betainc_slope")

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
HALF_ROOT_PI = math.sqrt(math.pi) / 2
ROOT_HALF, ROOT_HALF_PI = math.sqrt(0.5), math.sqrt(math.pi / 2)


def _inverse_slope(central: Any, tail: Any, y: Any, scale: float) -> Any:
    """1 / density(y) of an error function's inverse y, where `tail` of the probability is left.

    exp(y*y) alone would multiply the rounding of y by y*y; the tail over its own scaled function does not.
    """
    return where(tail == 0, inf, where(tail < 0.25, scale * coerror(0, abs(y)) / tail, central))


def _exact_coerror(mp: Any, n: int, x: Any) -> Any:
    with mp.extradps(int(20 + 2 * (n + 1) * max(0, mp.log10(1 + abs(x))))):  # what the recurrence cancels
        before, value = 2 / mp.sqrt(mp.pi), mp.exp(x * x) * mp.erfc(x)
        for k in range(1, n + 1):
            before, value = value, (before / 2 - x * value) / k
    return +value


def _exact_inverse(mp: Any, function: Any, slope: Any, start: Any, target: Any) -> Any:
    """The solution y of function(y) = target by Newton's method, from an approximation."""
    y = mp.mpf(start)
    with mp.extradps(20):
        for _ in range(100):
            change = (function(y) - target) / slope(y)
            y -= change
            if abs(change) <= abs(y) * mp.mpf(10) ** (10 - mp.dps):
                break
    return +y


# -- error functions ------------------------------------------------------------------------------------
# fmt: off
op("erf", math.erf, lambda x, y: TWO_OVER_ROOT_PI * bell(x), scipy="erf",
   kernel=math.erf, reference=math.erf, oracle=lambda mp, x: mp.erf(x), domain=((-26, 26),),
   edges=(((0.0,), (TWO_OVER_ROOT_PI,)), ((inf,), (0.0,)), ((-1e300,), (0.0,)), ((nan,), (nan,))))
op("erfc", math.erfc, lambda x, y: -TWO_OVER_ROOT_PI * bell(x), scipy="erfc",
   kernel=math.erfc, reference=math.erfc, oracle=lambda mp, x: mp.erfc(x), domain=((-26, 26),),
   edges=(((0.0,), (-TWO_OVER_ROOT_PI,)), ((inf,), (0.0,)), ((nan,), (nan,))))
op("bell", (), lambda x, y: -2 * absorbing(y, x), kernel=kernels.bell, reference=kernels.bell,
   oracle=lambda mp, x: mp.exp(-x * x), domain=((-26, 26),), note="exp(-x*x)")
op("erfcx", (), lambda x, y: -2 * coerror(1, x), scipy="erfcx",
   oracle=lambda mp, x: mp.exp(x * x) * mp.erfc(x), domain=((-26, 1e10),), points=((1e3,), (1e8,)),
   tolerance=1e-13, edges=(((0.0,), (-TWO_OVER_ROOT_PI,)), ((inf,), (0.0,)), ((-inf,), (-inf,))),
   note="from repeated integrals of erfc, as 2 x y - 2 / sqrt(pi) cancels")
op("coerror", (), (0, lambda n, x, y: -2 * (n + 1) * coerror(n + 1, x)),
   kernel=special_kernels.coerror, reference=special_kernels.coerror, oracle=_exact_coerror, integers=(0,),
   domain=((0, 3), (-26, 1e10)), tolerance=1e-13, edges=(((0, inf), (0.0, 0.0)), ((1, nan), (0.0, nan))),
   note="exp(x*x) times the n-th repeated integral of erfc, n a constant integer")
op("erfinv", (), lambda x, y: _inverse_slope(HALF_ROOT_PI / bell(y), 1 - abs(x), y, HALF_ROOT_PI),
   scipy="erfinv", oracle=lambda mp, x: mp.erfinv(x), domain=(UNIT,), tolerance=1e-13,
   edges=(((0.0,), (HALF_ROOT_PI,)), ((1.0,), (inf,)), ((-1.0,), (inf,)), ((2.0,), (nan,))),
   note="+inf at 1 and -1")
op("erfcinv", (),
   lambda x, y: -_inverse_slope(HALF_ROOT_PI / bell(y), where(x < 1, x, 2 - x), y, HALF_ROOT_PI),
   scipy="erfcinv", domain=((0, 2),), points=((1e-150,), (1e-20,)), tolerance=1e-13,
   oracle=lambda mp, x: _exact_inverse(mp, mp.erfc, lambda y: -2 / mp.sqrt(mp.pi) * mp.exp(-y * y),
                                       scipy_special("erfcinv")(float(x)), x),
   edges=(((1.0,), (-HALF_ROOT_PI,)), ((0.0,), (-inf,)), ((2.0,), (-inf,)), ((-1.0,), (nan,))),
   note="-inf at 0 and 2")
op("ndtr", (), lambda x, y: gauss(x), scipy="ndtr", oracle=lambda mp, x: mp.ncdf(x), domain=((-37, 8),),
   tolerance=1e-13, edges=(((inf,), (0.0,)), ((-inf,), (0.0,)), ((nan,), (nan,))))
op("gauss", (), lambda x, y: -absorbing(y, x), kernel=special_kernels.gauss,
   reference=special_kernels.gauss, oracle=lambda mp, x: mp.npdf(x), domain=((-37, 37),),
   note="exp(-x*x/2) / sqrt(2 pi)")
op("ndtri", (),
   lambda p, y: _inverse_slope(1 / gauss(y), where(p < 0.5, p, 1 - p), ROOT_HALF * y, ROOT_HALF_PI),
   scipy="ndtri", domain=((0, 1),), points=((1e-150,), (1e-20,)), tolerance=1e-13,
   oracle=lambda mp, p: _exact_inverse(mp, lambda y: mp.erfc(-y / mp.sqrt(2)) / 2, mp.npdf,
                                       scipy_special("ndtri")(float(p)), p),
   edges=(((0.0,), (inf,)), ((1.0,), (inf,)), ((-1.0,), (nan,)), ((2.0,), (nan,))), note="+inf at 0 and 1")
op("log_ndtr", (),
   lambda x, y: where(x < 0, TWO_OVER_ROOT_PI * ROOT_HALF / coerror(0, -ROOT_HALF * x), gauss(x) / ndtr(x)),
   scipy="log_ndtr", domain=((-1e10, 37),), points=((-40.0,), (-1e5,)), tolerance=1e-13,
   oracle=lambda mp, x: (mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2) if x > 0
                         else mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)),
   edges=(((inf,), (0.0,)), ((-inf,), (inf,)), ((nan,), (nan,))))

# -- the gamma family -----------------------------------------------------------------------------------


def _digamma_gap(x: Any, h: Any) -> Any:
    """digamma(x) - digamma(x + h)."""
    return -where((x > 0) & (x + h > 0), polygamma_step(0, x, h), digamma(x + h) - digamma(x))


def _beta_slope(x: Any, h: Any, y: Any) -> Any:
    return where(abs(y) == inf, nan, y * _digamma_gap(x, h))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """x**(a-1) (1-x)**(b-1) / beta(a, b) from gamma densities: no large exponents, no large powers."""
    n = a + b
    return n * gamma_density(a, n * x) * gamma_density(b, n * (1 - x)) / gamma_density(n, n)


def _gamma_slope(n: int, a: Any, x: Any) -> Any:
    """The n-th derivative of gammainc with respect to a."""
    return gammainc_slope(n, a, x) if n <= 2 else Refused("scipy.special.gammainc", 0, "a", "third")()


def _gamma_mixed(n: int, a: Any, x: Any) -> Any:
    """The derivative of `_gamma_slope` with respect to x: the n-th one of the density with respect to a."""
    density = gamma_density(a, x)
    if n == 0:
        return density
    gap = log(x) - digamma(a)
    return absorbing(density, gap if n == 1 else gap * gap - polygamma(1, a))


def _beta_orders(i: int, j: int, a: Any, b: Any, x: Any) -> Any:
    """The derivative of betainc, i times with respect to a and j times to b."""
    if i + j <= 2:
        return betainc_slope(i, j, a, b, x)
    return Refused("scipy.special.betainc", *((0, "a") if i else (1, "b")), "third")()


def _beta_mixed(i: int, j: int, a: Any, b: Any, x: Any) -> Any:
    """The derivative of `_beta_orders` with respect to x."""
    density = _beta_density(a, b, x)
    if i + j == 0:
        return density
    gap_a, gap_b = log(x) - _digamma_gap(a, b), log1p(-x) - _digamma_gap(b, a)
    if i + j == 1:
        return absorbing(density, gap_a if i else gap_b)
    spread = polygamma(1, a + b)
    if i == 2:
        spread = spread - polygamma(1, a)
    elif j == 2:
        spread = spread - polygamma(1, b)
    return absorbing(density, (gap_a if i else gap_b) * (gap_b if j else gap_a) + spread)


def _derived(order: int, gap: Any, spread: Any) -> Any:
    """What the n-th derivative of exp(f) has beside exp(f): from f' and f''."""
    return 1 if order == 0 else gap if order == 1 else gap * gap + spread


def _exact_gammainc(mp: Any, a: Any, x: Any, n: int = 0) -> Any:
    """By the series without cancellation (A&S 6.5.29), which is faster here than mpmath's general methods.

    Its n-th derivative with respect to a term by term.
    """
    with mp.extradps(5 if n == 0 else 10 + int(x / 2)):  # the terms of a derivative may cancel
        term, total = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)), mp.mpf(0)
        gap, spread = (mp.log(x) - mp.psi(0, a + 1), -mp.psi(1, a + 1)) if n else (0, 0)
        for k in range(1, 10**6):
            part = term * _derived(n, gap, spread)
            total += part
            if k > x - a and abs(part) < abs(total) * mp.mpf(10) ** -mp.dps:
                break
            term *= x / (a + k)
            if n:
                gap -= 1 / (a + k)
                spread += 1 / (a + k) ** 2
    return +total


def _exact_betainc(mp: Any, a: Any, b: Any, x: Any, i: int = 0, j: int = 0) -> Any:
    """The same (A&S 26.5.4), by the closer end; differentiated i times with respect to a or j times to b."""
    if x > 0.5:
        with mp.extradps(20):
            return (i + j == 0) - _exact_betainc(mp, b, a, 1 - x, j, i)
    with mp.extradps(5 if i + j == 0 else 30):
        term, total = mp.exp(a * mp.log(x) + b * mp.log(1 - x)) / (a * mp.beta(a, b)), mp.mpf(0)
        gap_a = gap_b = spread_a = spread_b = both = mp.mpf(0)
        if i + j:
            gap_a = mp.log(x) + mp.psi(0, a + b) - mp.psi(0, a + 1)
            gap_b = mp.log(1 - x) + mp.psi(0, a + b) - mp.psi(0, b)
            both, spread_a, spread_b = mp.psi(1, a + b), -mp.psi(1, a + 1), -mp.psi(1, b)
        for k in range(10**6):
            factor = _derived(i, gap_a, both + spread_a) * _derived(j, gap_b, both + spread_b)
            part = term if i + j == 0 else term * factor
            total += part
            if k > 5 and abs(part) < abs(total) * mp.mpf(10) ** -mp.dps:
                break
            term *= x * (a + b + k) / (a + 1 + k)
            if i + j == 0:
                continue
            change, changes = 1 / (a + b + k), 1 / (a + 1 + k)
            gap_a, gap_b = gap_a + change - changes, gap_b + change
            both, spread_a = both - change**2, spread_a + changes**2
    return +total


op("gamma", math.gamma, lambda x, y: y * digamma(x), scipy="gamma",
   kernel=math.gamma, reference=libm(math.gamma, scipy_special("gamma")), oracle=lambda mp, x: mp.gamma(x),
   domain=((0.0, 165.0),), points=((-0.5,), (-1.5,), (-10.3,), (1.4616321449683622,), (165.5,)),
   tolerance=1e-13, vanishing=((0,),), note="y * digamma(x); NaN at the poles")
op("lgamma", math.lgamma, lambda x, y: digamma(x), scipy="gammaln",
   kernel=math.lgamma, reference=libm(math.lgamma, scipy_special("gammaln")),
   oracle=lambda mp, x: mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x),
   domain=(POSITIVE,), points=((-0.5,), (-1.5,), (-10.3,), (1.4616321449683622,)), tolerance=1e-13,
   vanishing=((0,),), edges=(((inf,), (inf,)),), note="digamma(x)")
op("loggamma", (), lambda x, y: where(x < 0, nan, digamma(x)), scipy="loggamma",
   oracle=lambda mp, x: mp.loggamma(x), domain=(POSITIVE,), points=((1.4616321449683622,),),
   tolerance=1e-13, vanishing=((0,),), edges=(((inf,), (inf,)), ((-0.5,), (nan,))),
   note="digamma(x); NaN below 0, where its value is complex")
op("digamma", (), lambda x, y: polygamma(1, x), scipy="psi", oracle=lambda mp, x: mp.psi(0, x),
   domain=(POSITIVE,), points=((-0.5,), (-1.5,), (-10.3,), (1.4616321449683622,)), tolerance=1e-13,
   note="the derivative of lgamma; also scipy.special.digamma")
op("polygamma", (), (0, lambda n, x, y: polygamma(n + 1, x)), scipy="polygamma",
   kernel=kernels.polygamma, reference=kernels.polygamma, oracle=lambda mp, n, x: mp.psi(int(n), x),
   integers=(0,), domain=((0, 4), (0.0, 1e50)), points=((1, -0.5), (1, -1e-9), (2, -10.3), (3, -100.75)),
   tolerance=1e-13, vanishing=((1,), (1, 1)), edges=(((1, inf), (0.0, 0.0)), ((1, nan), (0.0, nan))),
   note="the n-th derivative of digamma, n an integer")
op("polygamma_step", (),
   (0, lambda n, x, h, r: polygamma_step(n + 1, x, h), lambda n, x, h, r: polygamma(n + 1, x + h)),
   kernel=special_kernels.polygamma_step, reference=special_kernels.polygamma_step, integers=(0,),
   oracle=lambda mp, n, x, h: mp.psi(int(n), x + h) - mp.psi(int(n), x),
   domain=((0, 2), (0.0, 1e6), (0.0, 1e6)), tolerance=1e-13,
   note="polygamma(n, x + h) - polygamma(n, x), digamma for n = 0, which cancels for small h")
op("beta", (), (lambda a, b, r: _beta_slope(a, b, r), lambda a, b, r: _beta_slope(b, a, r)),
   scipy="beta", oracle=lambda mp, a, b: mp.beta(a, b), domain=((0.0, 30.0), (0.0, 30.0)),
   points=((-0.5, 0.7), (0.7, -1.5)), tolerance=1e-13, vanishing=((0, 1),),
   edges=(((1.0, 1.0), (-1.0, -1.0)), ((nan, 1.0), (nan, nan))),
   note="NaN at the poles; above 30 as accurate as SciPy's value, 1e-12 at 1000")
op("betaln", (), (lambda a, b, r: _digamma_gap(a, b), lambda a, b, r: _digamma_gap(b, a)),
   scipy="betaln", oracle=lambda mp, a, b: mp.log(abs(mp.beta(a, b))),
   domain=((0.0, 1e6), (0.0, 1e6)), points=((-0.5, 0.7), (0.7, -1.5)), tolerance=1e-13,
   edges=(((1.0, 1.0), (-1.0, -1.0)), ((nan, 1.0), (nan, nan))), note="digamma(a) - digamma(a + b)")
op("gammainc", (), (lambda a, x, r: gammainc_slope(1, a, x), lambda a, x, r: gamma_density(a, x)),
   scipy="gammainc", oracle=_exact_gammainc,
   domain=((0.0, 40.0), (1e-3, 80.0)), tolerance=1e-13, vanishing=((0, 0), (0, 1), (1, 0), (1, 1)),
   edges=(((1.0, 0.0), (0.0, 1.0)), ((2.0, 0.0), (0.0, 0.0)), ((0.5, 0.0), (0.0, inf)),
          ((2.0, inf), (0.0, 0.0)), ((2.0, -1.0), (nan, nan)), ((-1.0, 2.0), (nan, nan)),
          ((nan, 2.0), (nan, nan))),
   note="with respect to a by Gauss's rule, twice; third derivatives with respect to a are refused")
op("gammaincc", (), (lambda a, x, r: -gammainc_slope(1, a, x), lambda a, x, r: -gamma_density(a, x)),
   scipy="gammaincc", oracle=lambda mp, a, x: 1 - _exact_gammainc(mp, a, x),
   domain=((0.0, 20.0), (1e-3, 40.0)), tolerance=1e-13, vanishing=((0, 0), (0, 1), (1, 0), (1, 1)),
   edges=(((1.0, 0.0), (0.0, -1.0)), ((2.0, inf), (0.0, 0.0))), note="as gammainc")
op("gammainc_slope", (),
   (0, lambda n, a, x, r: _gamma_slope(n + 1, a, x), lambda n, a, x, r: _gamma_mixed(n, a, x)),
   kernel=parameter_kernels.gammainc_slope, reference=parameter_kernels.gammainc_slope,
   oracle=lambda mp, n, a, x: _exact_gammainc(mp, a, x, int(n)), integers=(0,),
   domain=((0, 1.5), (0.01, 40.0), (1e-3, 60.0)), tolerance=1e-12, vanishing=((1,), (2,)),
   note="the n-th derivative of gammainc with respect to a, n a constant integer")
op("gamma_density", (),
   (lambda a, x, r: absorbing(r, log(x) - digamma(a)),
    lambda a, x, r: where(x == 0, gamma_density(a - 1, x) - r, r * (a - 1 - x) / x)),
   kernel=special_kernels.gamma_density, reference=special_kernels.gamma_density,
   oracle=lambda mp, a, x: mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a)),
   domain=((0.0, 30.0), (1e-3, 60.0)), points=((0.5, 1e-10), (90.0, 100.0)),
   tolerance=1e-13, vanishing=((0,), (1,)),
   edges=(((2.0, 0.0), (0.0, 1.0)), ((1.0, 0.0), (-inf, -1.0))),
   note="x**(a-1) exp(-x) / gamma(a)")
op("betainc", (),
   (lambda a, b, x, r: betainc_slope(1, 0, a, b, x), lambda a, b, x, r: betainc_slope(0, 1, a, b, x),
    lambda a, b, x, r: _beta_density(a, b, x)),
   scipy="betainc", oracle=_exact_betainc,
   domain=((0.0, 20.0), (0.0, 20.0), (1e-3, 0.999)), tolerance=1e-11,
   vanishing=((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)),
   edges=(((1.0, 2.0, 0.0), (0.0, 0.0, 2.0)), ((2.0, 1.0, 1.0), (0.0, 0.0, 2.0)),
          ((2.0, 2.0, -1.0), (nan, nan, nan)), ((nan, 2.0, 0.5), (nan, nan, nan))),
   note="with respect to a and b by Gauss's rule, twice; third derivatives with respect to them are refused")
op("betaincc", (),
   (lambda a, b, x, r: -betainc_slope(1, 0, a, b, x), lambda a, b, x, r: -betainc_slope(0, 1, a, b, x),
    lambda a, b, x, r: -_beta_density(a, b, x)),
   scipy="betaincc", oracle=lambda mp, a, b, x: _exact_betainc(mp, b, a, 1 - x),
   domain=((0.0, 20.0), (0.0, 20.0), (1e-3, 0.999)), tolerance=1e-11,
   vanishing=((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)),
   edges=(((1.0, 2.0, 0.0), (0.0, 0.0, -2.0)),), note="as betainc")
op("betainc_slope", (),
   (0, 0, lambda i, j, a, b, x, r: _beta_orders(i + 1, j, a, b, x),
    lambda i, j, a, b, x, r: _beta_orders(i, j + 1, a, b, x),
    lambda i, j, a, b, x, r: _beta_mixed(i, j, a, b, x)),
   kernel=parameter_kernels.betainc_slope, reference=parameter_kernels.betainc_slope,
   oracle=lambda mp, i, j, a, b, x: _exact_betainc(mp, a, b, x, int(i), int(j)), integers=(0, 1),
   domain=((0, 1.5), (0, 0.5), (0.01, 20.0), (0.01, 20.0), (1e-3, 0.999)), tolerance=1e-11,
   vanishing=((2,), (3,), (4,)),
   note="the derivative of betainc, i times with respect to a and j times to b, constant integers")
