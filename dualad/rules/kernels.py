"""Scalar functions that formulas need and no library exports, accurate to an ulp or two.

Plain Python on floats, written so that Numba compiles them and that they run as they are: no
exception, no division by zero. Each has an op of its own with a rule that does not cancel, which is what
keeps second derivatives accurate: 1 - x*x, say, differentiated as a product would lose -2*x.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "bell", "binade", "cauchy", "fast_exp", "inversion", "mantissa", "one_minus_square", "polygamma",
    "power_less",
    "sech2", "share", "share2", "sinc_derivative", "unit",
]  # fmt: skip

_INF = math.inf
_LN2 = math.log(2.0)
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # their sum is ln 2
_SHIFT = 6755399441055744.0  # 1.5 * 2**52: a sum with it is an integer in its last bits
_ROOTS = np.exp2(np.arange(64) / 64)
_ROOTS_PER_E = 64 * _LOG2E
_ROOT_HIGH, _ROOT_LOW = _LN2_HIGH / 64, _LN2_LOW / 64
_C = tuple(1.0 / math.factorial(k) for k in range(14))
_SPLITTER = 134217729.0  # 2**27 + 1: splits a double into two halves of 26 bits (Dekker 1971)


def power_less(x: float, y: float, n: int) -> float:
    """``x ** (y - n)`` free of the rounding of ``y - n``, which log x would multiply."""
    z = y - n
    if z + n == y or x == 0.0 or abs(x) == _INF:
        return x**z
    p = x**y
    for _ in range(n):
        p = p / x
    return p


def binade(x: float) -> float:
    """``2**-exponent`` of frexp."""
    exponent = math.frexp(x)[1]
    return math.ldexp(1.0, min(-exponent, 1023))


def mantissa(x: float) -> float:
    """The mantissa of frexp."""
    return math.frexp(x)[0]


def one_minus_square(x: float) -> float:
    """``1 - x*x``."""
    return (1.0 - x) * (1.0 + x)


def cauchy(x: float) -> float:
    """``1 / (1 + x*x)``, also where x*x overflows."""
    if abs(x) < 1e150:
        return 1.0 / (1.0 + x * x)
    t = 1.0 / x
    return t * t


def fast_exp(x: float) -> float:
    """``exp(x)``, written out so that loops around it are vectorised.

    Taylor's sum to half of ln 2, times two powers of two, each an integer put into the exponent (Muller,
    Elementary Functions, 2016, chapter 11; Cody and Waite, Software Manual, 1980, chapter 6).
    """
    a = -745.2 if x < -745.2 else x
    a = 709.8 if a > 709.8 else a
    n = (a * _LOG2E + _SHIFT) - _SHIFT
    r = (a - n * _LN2_HIGH) - n * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (_C[2] + _C[3] * r) + (_C[4] + _C[5] * r) * r2
    middle = (_C[6] + _C[7] * r) + (_C[8] + _C[9] * r) * r2
    high = (_C[10] + _C[11] * r) + (_C[12] + _C[13] * r) * r2
    sum_ = 1.0 + (r + r2 * (low + (middle + high * r4) * r4))
    half = 0.5 * n + _SHIFT
    rest = (n - (half - _SHIFT)) + _SHIFT
    first = np.int64((np.float64(half).view(np.int64) + 1023) << 52).view(np.float64)
    second = np.int64((np.float64(rest).view(np.int64) + 1023) << 52).view(np.float64)
    return sum_ * first * second


def sech2(x: float) -> float:
    """``1 / cosh(x)**2``; 0 where it is less than the least normal number.

    Its exponential is written out, as a call costs a loop more than its instructions: a power of two, a
    root of two from a table, Taylor's sum (Tang, ACM Transactions on Mathematical Software 15, 1989).
    """
    whole = 2.0 * abs(x)
    a = 708.0 if whole > 708.0 else whole
    shifted = _SHIFT - a * _ROOTS_PER_E
    n = shifted - _SHIFT
    r = (-a - n * _ROOT_HIGH) - n * _ROOT_LOW
    bits = np.float64(shifted).view(np.int64)
    root = _ROOTS[bits & 63]
    r2 = r * r
    sum_ = r + r2 * ((_C[2] + r * _C[3]) + r2 * (_C[4] + r * _C[5]))
    scale = np.int64(((bits >> 6) + 1023) << 52).view(np.float64)
    e = (root + root * sum_) * scale
    d = 1.0 + e
    return 0.0 if whole > 708.0 else 4.0 * e / (d * d)


def bell(x: float) -> float:
    """``exp(-x*x)``, with the rounding error of x*x made good."""
    a = abs(x)
    if a > 40.0:
        return 0.0
    p = a * a
    c = _SPLITTER * a
    high = c - (c - a)
    low = a - high
    error = ((high * high - p) + 2.0 * high * low) + low * low
    return math.exp(-p) * (1.0 - error)


def share(x: float, y: float) -> float:
    """``exp(x) / (exp(x) + exp(y))``, with the rounding error of x - y made good."""
    if x == y:  # infinite ones too
        return 0.5
    d = x - y
    if abs(d) == _INF:
        return 1.0 if d > 0.0 else 0.0
    back = d - x
    error = (x - (d - back)) - (y + back)  # Knuth's two-sum
    if d > 0.0:
        return 1.0 / (1.0 + math.exp(-d) * (1.0 - error))
    u = math.exp(d) * (1.0 + error)
    return u / (1.0 + u)


def share2(x: float, y: float) -> float:
    """``2**x / (2**x + 2**y)``, with the rounding error of x - y made good."""
    if x == y:
        return 0.5
    d = x - y
    if abs(d) == _INF:
        return 1.0 if d > 0.0 else 0.0
    back = d - x
    error = _LN2 * ((x - (d - back)) - (y + back))
    if d > 0.0:
        return 1.0 / (1.0 + math.exp2(-d) * (1.0 - error))
    u = math.exp2(d) * (1.0 + error)
    return u / (1.0 + u)


def unit(x: float, y: float) -> float:
    """``x / hypot(x, y)``: 0 at the origin, the limit where one argument is infinite."""
    r = math.hypot(x, y)
    if r == 0.0:
        return 0.0
    if r != _INF:  # NaN too
        return x / r
    if abs(x) < _INF:
        return 0.25 * x / math.hypot(0.25 * x, 0.25 * y)
    if abs(y) < _INF:
        return math.copysign(1.0, x)
    return math.nan


def inversion(x: float, y: float) -> float:
    """``x / (x*x + y*y)``: 0 at the origin and at infinity."""
    r = math.hypot(x, y)
    if r == 0.0 or (r == _INF and x == x and y == y):
        return 0.0
    return x / r / r


def polygamma(n: int, x: float) -> float:
    """The n-th derivative of digamma: ``-(-1)**n n! zeta(n+1, x)``, zeta the sum of (x + k)**-(n+1).

    Abramowitz & Stegun 6.4.6 (recurrence) until x is large, then 6.4.11 (asymptotic series). For x < 0
    the sum is zeta(n+1, frac x) and, mirrored, those terms of zeta(n+1, 1 - frac x) that come before 1 - x.
    For n = 0, digamma itself: 6.3.5, 6.3.18, and 6.3.7 for x < 0.
    """
    if not (abs(x) <= _INF):
        return x
    if n < 0:
        return math.nan
    if n == 0:
        digamma = 0.0
        if x <= 0.0:
            if x == np.rint(x):  # a pole
                return math.copysign(_INF, -x) if x == 0.0 else math.nan
            digamma -= math.pi / math.tan(math.pi * (x - np.rint(x)))
            x = 1.0 - x
        while x < 16.0:
            digamma -= 1.0 / x
            x += 1.0
        v = 1.0 / x
        v *= v
        series = 1.0 / 12.0 - v * (691.0 / 32760.0 - v / 12.0)
        series = v * (1.0 / 120.0 - v * (1.0 / 252.0 - v * (1.0 / 240.0 - v * (1.0 / 132.0 - v * series))))
        return digamma + math.log(x) - 0.5 / x - v * (1.0 / 12.0 - series)
    odd = n % 2 == 1
    s = n + 1.0
    mirror = 1.0 if odd else -1.0
    below = above = x
    if x <= 0.0:
        above = math.ceil(x) - x if x > -4503599627370496.0 else 0.0
        if above == 0.0:  # a pole
            return _INF if odd else math.nan
        below = x - math.floor(x)
    zeta = 0.0
    for part in range(1 if x > 0.0 else 3):
        q, weight = below, 1.0
        if part == 1:
            q, weight = above, mirror
        elif part == 2:
            q, weight = 1.0 - x, -mirror
        total = 0.0
        while q < 15.0 + s:
            total += q**-s
            q += 1.0
        v = 1.0 / q
        term = s * v  # times B_2j / (2j)!: the series of s (s+1) ... (s+2j-2) / q**(2j-1)
        v *= v
        series = 0.5 + term / 12.0
        term *= (s + 1.0) * (s + 2.0) * v
        series -= term / 720.0
        term *= (s + 3.0) * (s + 4.0) * v
        series += term / 30240.0
        term *= (s + 5.0) * (s + 6.0) * v
        series -= term / 1209600.0
        term *= (s + 7.0) * (s + 8.0) * v
        series += term / 47900160.0
        term *= (s + 9.0) * (s + 10.0) * v
        series -= term * (691.0 / 1307674368000.0)
        term *= (s + 11.0) * (s + 12.0) * v
        series += term / 74724249600.0
        zeta += weight * (total + q ** (1.0 - s) * (1.0 / (s - 1.0) + series / q))
    for k in range(2, n + 1):
        zeta *= k
    return zeta if odd else -zeta


def sinc_derivative(n: int, x: float) -> float:
    """The n-th derivative of ``sin(pi x) / (pi x)``."""
    if not (abs(x) < _INF):
        return math.nan
    t = math.pi * x
    if abs(t) < n + 1.0:
        term = 1.0  # (-1)**k t**(2k-n) / (2k-n)!, divided by 2k + 1 when it is added
        k = (n + 1) // 2
        if 2 * k > n:
            term = t
        if k % 2 == 1:
            term = -term
        z = 0.0
        for _ in range(40):
            z += term / (2 * k + 1)
            term *= -t * t / ((2 * k - n + 1) * (2 * k - n + 2))
            k += 1
    else:
        # t f(t) = sin t differentiated n times; x modulo 2 is exact, pi x modulo 2 pi is not.
        r = math.pi * (x - 2.0 * np.rint(0.5 * x))
        s, c = math.sin(r), math.cos(r)
        z = s / t
        for k in range(1, n + 1):
            s, c = c, -s
            z = (s - k * z) / t
    for _ in range(n):
        z *= math.pi
    return z
