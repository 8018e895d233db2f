"""Special functions that partials need and no library exports: families closed under differentiation.

SciPy has erfcx, say, and its derivative 2 x erfcx(x) - 2 / sqrt(pi) cancels for large x. Each kernel here
computes a whole family without cancellation, so that derivatives of every order come from one rule. Plain
Python like `kernels`: no exception, no division by zero.
"""

from __future__ import annotations

import math

__all__ = [
    "coerror", "exponential_mean", "gamma_density", "gauss", "log_ratio", "moment", "polygamma_step",
    "relative_gap", "soft_clip",
]  # fmt: skip

_INF = math.inf
_SPLITTER = 134217729.0  # 2**27 + 1
_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


def gauss(x: float) -> float:
    """``exp(-x*x/2) / sqrt(2 pi)``, with the rounding error of x*x made good."""
    a = abs(x)
    if a > 40.0:
        return 0.0
    p = a * a
    c = _SPLITTER * a
    high = c - (c - a)
    low = a - high
    error = ((high * high - p) + 2.0 * high * low) + low * low
    return math.exp(-0.5 * p) * (1.0 - 0.5 * error) / _ROOT_TWO_PI


def coerror(n: int, x: float) -> float:
    """``exp(x*x)`` times the n-th repeated integral of erfc; ``coerror(0, x)`` is erfcx.

    The three-term recurrence (Abramowitz & Stegun 7.2.5) is run forward where it is stable, else as a
    continued fraction for the ratios (Gautschi 1977).
    """
    if x != x:
        return x
    if x < 1.0:
        if x < -26.64:
            return _INF
        p = x * x
        c = _SPLITTER * x
        high = c - (c - x)
        low = x - high
        error = ((high * high - p) + 2.0 * high * low) + low * low
        before = _TWO_OVER_ROOT_PI
        value = math.exp(p) * (1.0 + error) * math.erfc(x)
        for k in range(1, n + 1):
            before, value = value, (0.5 * before - x * value) / k
        return value
    if x > 1e18:  # one term of the fraction is enough, and its square root would be lost
        value = _TWO_OVER_ROOT_PI
        for _ in range(n + 1):
            value *= 0.5 / x
        return value
    last = n + 6 + int((math.sqrt(1.0 * n) + 13.0 / x) ** 2)
    ratio = (math.sqrt(x * x + 2.0 * last) - x) / (2.0 * last)
    value = _TWO_OVER_ROOT_PI
    for k in range(last, 0, -1):
        ratio = 0.5 / (x + k * ratio)  # of member k - 1 to the one before
        if k <= n + 1:
            value *= ratio
    return value


def polygamma_step(n: int, x: float, h: float) -> float:
    """``polygamma(n, x + h) - polygamma(n, x)`` for x, h > 0; digamma if n is 0.

    Term by term of the recurrence and the asymptotic series (A&S 6.4.6, 6.4.11), as
    x**-s - (x+h)**-s = -x**-s expm1(-s log1p(h / x)).
    """
    if not (x > 0.0 and x + h > 0.0):
        return math.nan
    if x == _INF or h == _INF:
        return math.nan if x == _INF or n > 0 else _INF
    s = n + 1.0
    total = 0.0
    while x < 15.0 + s:
        total -= math.expm1(-s * math.log1p(h / x)) * x**-s
        x += 1.0
    log = math.log1p(h / x)
    if n == 0:
        total += log
    else:
        total -= math.expm1(-n * log) * x ** (-1.0 * n) / n
    total -= 0.5 * math.expm1(-s * log) * x**-s
    weight = s / x ** (s + 1.0)  # times B_2j / (2j)!: the series of s (s+1) ... (s+2j-2) / x**(s+2j-1)
    power = s + 1.0
    series = 0.0
    for j in range(7):
        bernoulli = 1.0 / 12.0
        if j == 1:
            bernoulli = -1.0 / 720.0
        elif j == 2:
            bernoulli = 1.0 / 30240.0
        elif j == 3:
            bernoulli = -1.0 / 1209600.0
        elif j == 4:
            bernoulli = 1.0 / 47900160.0
        elif j == 5:
            bernoulli = -691.0 / 1307674368000.0
        elif j == 6:
            bernoulli = 1.0 / 74724249600.0
        series -= bernoulli * weight * math.expm1(-power * log)
        weight *= power * (power + 1.0) / (x * x)
        power += 2.0
    total += series
    for k in range(2, n + 1):
        total *= k
    return total if n % 2 == 0 else -total


def gamma_density(a: float, x: float) -> float:
    """``x**(a-1) exp(-x) / gamma(a)``, by the deviance from the mode for large a (Loader 2000)."""
    if not (a >= 0.0 and x >= 0.0):
        return math.nan
    if x == 0.0:
        return _INF if 0.0 < a < 1.0 else 1.0 if a == 1.0 else 0.0
    if a == 0.0 or x == _INF or a == _INF:
        return 0.0
    if a < 1.0:
        return x ** (a - 1.0) * math.exp(-x) * (a / math.gamma(a + 1.0))
    k = a - 1.0
    if k < 15.0:
        half = math.exp(-0.5 * x)
        return half * x**k * half / math.gamma(a)
    v = 1.0 / (k * k)
    stirling = 1.0 / 1188.0 - v * (691.0 / 360360.0 - v / 156.0)
    stirling = (1.0 / 12.0 - v * (1.0 / 360.0 - v * (1.0 / 1260.0 - v * (1.0 / 1680.0 - v * stirling)))) / k
    gap = k - x
    if abs(gap) < 0.1 * (k + x):
        u = gap / (k + x)
        deviance = gap * u
        term = 2.0 * k * u
        for j in range(1, 20):
            term *= u * u
            deviance += term / (2 * j + 1)
    else:
        deviance = k * math.log(k / x) - gap
    return math.exp(-stirling - deviance) / (_ROOT_TWO_PI * math.sqrt(k))


def exponential_mean(n: int, x: float) -> float:
    """The integral of ``t**n exp(x t)`` over 0 <= t <= 1; ``exponential_mean(0, x)`` is exprel."""
    if x != x or x == _INF:
        return x
    if abs(x) < 24.0 + 2.0 * n:
        # For x < 0 Kummer's transformation makes all terms positive.
        z = abs(x)
        term = 1.0
        total = 0.0
        if x >= 0.0:
            for k in range(1, 200):
                total += term / (n + k)
                term *= z / k
                if term < 1e-18 * total:
                    break
            return total
        for k in range(1, 200):
            term *= 1.0 / (n + k) if k == 1 else z / (n + k)
            total += term
            if term < 1e-18 * total:
                break
        return math.exp(x) * total
    if x > 0.0:
        half = math.exp(0.5 * x) if x < 1400.0 else _INF
        whole = half / x * half
        value = math.expm1(x) / x if x < 700.0 else whole
        for k in range(1, n + 1):
            value = whole - k * value / x if whole < _INF else _INF
        return value
    value = -math.expm1(x) / -x
    end = math.exp(x)
    for k in range(1, n + 1):
        value = (k * value - end) / -x
    return value


def moment(n: int, x: float) -> float:
    """``(-d/dx)**n exp(-x) I0(x)``, x >= 0: the mean of exp(-x w) w**n with w = 1 - cos t, 0 < t < pi.

    The trapezoidal rule converges geometrically on a period; for large x the asymptotic series.
    """
    if not (x >= 0.0):
        return math.nan
    if x < 30.0:
        total = 0.5 * math.exp(-2.0 * x) * 2.0**n
        if n == 0:
            total += 0.5
        for k in range(1, 48):
            s = math.sin(k * (math.pi / 96.0))
            w = 2.0 * s * s
            total += math.exp(-x * w) * w**n
        return total / 48.0
    z = 0.5 / x
    term = math.sqrt(z / math.pi)
    for k in range(1, n + 1):
        term *= (2 * k - 1) * z
    total = 0.0
    for k in range(60):
        total += term
        term *= (k + n + 0.5) * (k + 0.5) / (k + 1) * z
        if term < 1e-18 * total:
            break
    return total


def log_ratio(x: float, y: float) -> float:
    """``log(x / y)`` for x, y >= 0: exact differences near x = y, no overflow; -inf for x = 0."""
    if not (x >= 0.0 and y >= 0.0):
        return math.nan
    if x == 0.0:
        return -_INF
    if y == 0.0:
        return _INF
    if 0.5 * y <= x <= 2.0 * y:
        return math.log1p((x - y) / y) if x < _INF else math.nan
    q = x / y
    if 1e-300 < q < _INF:
        return math.log(q)
    return math.log(x) - math.log(y)


def relative_gap(x: float, y: float) -> float:
    """``1 - x / y`` for x, y >= 0; 1 for x = 0."""
    if not (x >= 0.0 and y >= 0.0):
        return math.nan
    if x == 0.0:
        return 1.0
    if y == 0.0:
        return -_INF
    return (y - x) / y


def soft_clip(d: float, r: float) -> float:
    """``d * r / hypot(d, r)``: 0 at the origin."""
    h = math.hypot(d, r)
    return d * (r / h) if h != 0.0 else 0.0
