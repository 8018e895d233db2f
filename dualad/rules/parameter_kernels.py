"""Derivatives of the incomplete gamma and beta functions with respect to their parameters.

They are integrals of the density times a polynomial of the logarithms. Each kernel integrates over that side
of its argument on which the first derivative's integrand has one sign, so nothing cancels. With t = x exp(-s)
these integrands have no singularity, or one whose distance from the interval is known: Gauss's rule on panels
that grow with that distance. Plain Python like `kernels`: no exception, no division by zero.
"""

from __future__ import annotations

import math

from .kernels import polygamma
from .special_kernels import gamma_density, polygamma_step

__all__ = ["betainc_slope", "gammainc_slope"]

_INF = math.inf
_NEGLIGIBLE = -42.0  # the logarithm of what is left out
# Nodes and weights of Gauss's rule of 20 points on (-1, 1) (Abramowitz & Stegun table 25.4).
_NODES = (
    0.07652652113349734, 0.22778585114164507, 0.37370608871541955, 0.5108670019508271, 0.636053680726515,
    0.7463319064601508, 0.8391169718222188, 0.912234428251326, 0.9639719272779138, 0.9931285991850949,
)  # fmt: skip
_WEIGHTS = (
    0.15275338713072584, 0.14917298647260374, 0.14209610931838204, 0.13168863844917664, 0.11819453196151841,
    0.10193011981724044, 0.08327674157670475, 0.06267204833410907, 0.04060142980038694, 0.017614007139152118,
)  # fmt: skip


def gammainc_slope(n: int, a: float, x: float) -> float:
    """The n-th derivative of ``gammainc(a, x)`` with respect to a, n at most 2.

    Below the mean of log t, first ``P(a, x) = P(a+1, x) + density(a+1, x)``.
    """
    if not (a > 0.0 and x >= 0.0 and 0 <= n <= 2):
        return math.nan
    if a < 1e-100:  # whose polygamma functions overflow
        return math.nan
    if x == 0.0 or x == _INF or a == _INF:
        return math.nan if x == a else 1.0 if x == _INF and n == 0 else 0.0
    log = math.log(x)
    below = log < polygamma(0, a) + 1.0 / a
    if below:
        a += 1.0
    mean, variance = polygamma(0, a), polygamma(1, a)
    density = gamma_density(a, x)
    sign = 1.0 if below else -1.0
    # The exponent is concave: -rate s - x (exp(-s) - 1 + s), or with the other sign of s.
    rate = sign * (a - x)
    end = 4.0 / (abs(rate) + math.sqrt(x))
    while -rate * end - x * (math.expm1(-sign * end) + sign * end) > _NEGLIGIBLE:
        end *= 1.25
    end *= 0.25
    total = 0.0
    for k in range(80):
        node = _NODES[k % 20 // 2] * (1.0 if k % 2 == 0 else -1.0)
        s = end * (k // 20 + 0.5 + 0.5 * node)
        gap = log - sign * s - mean
        value = _WEIGHTS[k % 20 // 2] * math.exp(-rate * s - x * (math.expm1(-sign * s) + sign * s))
        if n == 1:
            value *= gap
        elif n == 2:
            value *= gap * gap - variance
        total += value
    total *= sign * 0.5 * end * x
    if n == 0 and not below:
        return 1.0 + total * density
    if below:
        gap = log - mean
        total += 1.0 if n == 0 else gap if n == 1 else gap * gap - variance
    return total * density


def betainc_slope(i: int, j: int, a: float, b: float, x: float) -> float:
    """The derivative of ``betainc(a, b, x)``, i times with respect to a and j times to b, i + j at most 2.

    Below the mean of log t, first ``I(a, b) = I(a+1, b) + x**a (1-x)**b / (a beta(a, b))``; above it,
    ``I(a, b, x) = 1 - I(b, a, 1-x)``.
    """
    if not (a > 0.0 and b > 0.0 and 0.0 <= x <= 1.0 and i >= 0 and j >= 0 and i + j <= 2):
        return math.nan
    if min(a, b) < 1e-100 or max(a, b) > 1e100:  # whose polygamma functions overflow
        return math.nan
    if x == 0.0 or x == 1.0:
        return x if i + j == 0 else 0.0
    y, sign = 1.0 - x, 1.0
    if j > i:  # the side is chosen for the derivative with respect to the first parameter
        a, b, x, y, i, j, sign = b, a, y, x, j, i, -1.0
    below = math.log(x) < -polygamma_step(0, a + 1.0, b)
    if not below:
        a, b, x, y, i, j, sign = b, a, y, x, j, i, -sign
    sum_ = a + b
    density = gamma_density(a, sum_ * x) * gamma_density(b, sum_ * y) / gamma_density(sum_, sum_) * sum_
    log_x, log_y = math.log(x), math.log(y)
    if x > 0.5:
        log_x = math.log1p(-y)
    else:
        log_y = math.log1p(-x)
    first = step = change = 0.0
    if below:
        if b > 0.5:
            step, change = polygamma_step(0, a + 1.0, b - 1.0), polygamma_step(1, a + 1.0, b - 1.0)
        else:
            step = polygamma(0, sum_) - polygamma(0, a + 1.0)
            change = polygamma(1, sum_) - polygamma(1, a + 1.0)
        gap_a, gap_b = log_x + step, log_y + polygamma_step(0, b, a)
        first = 1.0
        if i + j == 1:
            first = gap_a if i == 1 else gap_b
        elif i == 2:
            first = gap_a * gap_a + change
        elif j == 2:
            first = gap_b * gap_b + polygamma_step(1, b, a)
        elif i + j == 2:
            first = gap_a * gap_b + polygamma(1, sum_)
        first *= y / sum_
        density *= x / a * sum_
        a += 1.0
        sum_ += 1.0
    mean_a, mean_b = -polygamma_step(0, a, b), -polygamma_step(0, b, a)
    minus = 0.0
    if i == 2:
        minus = -polygamma_step(1, a, b)
    elif j == 2:
        minus = -polygamma_step(1, b, a)
    elif i + j == 2:
        minus = -polygamma(1, sum_)
    odds = x / y
    end = 40.0 / a
    while -a * end + (b - 1.0) * math.log1p(-odds * math.expm1(-end)) > _NEGLIGIBLE:
        end *= 1.5
    start, total = 0.0, 0.0
    while start < end:
        width = min(min(3.0 * (start - log_x), 0.125 * end), end - start)
        part = 0.0
        for k in range(20):
            node = _NODES[k // 2] * (1.0 if k % 2 == 0 else -1.0)
            s = start + width * (0.5 + 0.5 * node)
            rest = math.log1p(-odds * math.expm1(-s))
            gap_a, gap_b = log_x - s - mean_a, log_y + rest - mean_b
            value = _WEIGHTS[k // 2] * math.exp(-a * s + (b - 1.0) * rest)
            if i + j == 1:
                value *= gap_a if i == 1 else gap_b
            elif i + j == 2:
                value *= (gap_a if i > 0 else gap_b) * (gap_b if j > 0 else gap_a) - minus
            part += value
        total += 0.5 * width * part
        start += width
    total = density * x * (total + first / x)
    return 1.0 - total if i + j == 0 and not below else sign * total
