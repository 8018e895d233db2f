"""Bessel functions and their derivatives with respect to the order.

Contour integrals on paths along which the integrand does not oscillate, where the trapezoidal rule converges
geometrically, and power series differentiated term by term where these do not cancel. Plain Python like
`kernels`: no exception, no division by zero.
"""

from __future__ import annotations

import math

from .kernels import polygamma

__all__ = ["iv_slope", "jv_slope", "kv_slope", "yv_slope"]

_INF = math.inf


def kv_slope(n: int, v: float, x: float) -> float:
    """The n-th derivative of ``kv(v, x)`` with respect to v.

    The integral of t**n exp(-x cosh t) cosh v t, of sinh v t for odd n (DLMF 10.32.9).
    """
    if not (x >= 0.0 and abs(v) < _INF and n >= 0):
        return math.nan
    if x == 0.0 or x == _INF:
        at_zero = _INF if n % 2 == 0 or v > 0.0 else -_INF
        return 0.0 if x == _INF or (v == 0.0 and n % 2 == 1) else at_zero
    order = abs(v)
    if order / x > 1e300:
        return -_INF if v < 0.0 and n % 2 == 1 else _INF
    size = math.sqrt(x * x + order * order) if max(x, order) < 1e150 else max(x, order)
    step = 8.5 / (40.0 + size) if size < 60.0 else 0.55 / math.sqrt(size)
    peak = math.asinh(order / x)
    height = order * peak - size  # of the exponent, left out until the end
    if abs(height) > 1500.0:
        return 0.0 if height < 0.0 else -_INF if v < 0.0 and n % 2 == 1 else _INF
    total = 0.0
    for k in range(1000000):
        t = k * step
        e = 0.5 * math.exp(t) if t < 709.0 else _INF
        e = x * (e + 0.25 / e)
        rising = math.exp(order * t - e - height)
        falling = math.exp(-order * t - e - height)
        value = 0.5 * (rising - falling if n % 2 == 1 else rising + falling)
        if k == 0:
            value *= 0.5
        for _ in range(n):
            value *= t
        total += value
        if t > peak + 1.0 and not value > 1e-18 * total:
            break
    total *= step
    half = math.exp(0.5 * height) if height < 1400.0 else _INF
    return (-1.0 if v < 0.0 and n % 2 == 1 else 1.0) * half * total * half


def hankel_slope(n: int, v: float, x: float, part: int) -> float:
    """The n-th derivative with respect to v of the real (0) or imaginary (1) part of H1(v, x), x > 0.

    Sommerfeld's integral (DLMF 10.9.18) along t = u + i (pi/2 + gd u), the path of steepest descent of
    order 0: of (-t)**n exp(i x - x sinh u tanh u - v t) (1 + i sech u) / (pi i).
    """
    order = abs(v)
    if order / x > 1e300:
        return math.nan
    size = max(x, order)
    step = 7.5 / (40.0 + 2.4 * x + 1.7 * order) if size < 100.0 else 0.28 / math.sqrt(size)
    peak = -math.asinh(0.5 * v / x)
    real = imaginary = 0.0
    largest = 0.0
    for side in range(2):
        for k in range(side, 1000000):
            u = peak + (k if side == 0 else -k) * step
            e, rest = math.exp(-abs(u)), -math.expm1(-abs(u))
            if e < 1e-305:
                break
            below = 1.0 + e * e
            sech = 2.0 * e / below
            tanh = math.copysign(rest * (1.0 + e) / below, u)
            theta = 0.5 * math.pi + 2.0 * math.atan(math.copysign(rest / (1.0 + e), u))
            height = -x * (tanh * tanh / sech) - v * u
            weight = math.exp(height) if height < 709.0 else _INF
            phase = x - v * theta
            c, s = math.cos(phase), math.sin(phase)
            a, b = c - s * sech, s + c * sech
            for _ in range(n):
                a, b = b * theta - a * u, -a * theta - b * u
            real += weight * b
            imaginary -= weight * a
            largest = max(largest, weight)
            if not weight > 1e-19 * largest:
                break
    if math.hypot(real, imaginary) < 1e-6 * largest:  # what has cancelled
        return math.nan
    return (imaginary if part else real) * step / math.pi


def yv_slope(n: int, v: float, x: float) -> float:
    """The n-th derivative of ``yv(v, x)`` with respect to v."""
    if not (0.0 < x < _INF and abs(v) < _INF and n >= 0):
        return 0.0 if x == _INF and abs(v) < _INF else math.nan
    return hankel_slope(n, v, x, 1)


def power_slope(n: int, v: float, x: float, sign: float) -> float:
    """The n-th derivative of ``iv`` (sign 1) or ``jv`` (sign -1), n at most 2, by the power series."""
    half = 0.5 * x
    log = math.log(x) - math.log(2.0)
    if v < 100.0 and v * log < 500.0:
        term = half**v / math.gamma(v + 1.0)
    else:
        height = v * log - math.lgamma(v + 1.0)
        term = math.exp(height) if height < 709.0 else _INF
    gap = log - polygamma(0, v + 1.0)
    spread = polygamma(1, v + 1.0) if n == 2 else 0.0
    total = 0.0
    for k in range(1, 100000):
        part = term if n == 0 else term * gap if n == 1 else term * (gap * gap - spread)
        total += part
        if k * (k + v) > half * half and abs(part) <= 1e-18 * abs(total):
            break
        term *= sign * half / k * (half / (k + v))
        change = 1.0 / (k + v)
        gap -= change
        spread -= change * change
    return total


def jv_slope(n: int, v: float, x: float) -> float:
    """The n-th derivative of ``jv(v, x)`` with respect to v, n at most 2.

    Where v is larger than x, along the path of steepest descent cosh u = v/x theta / sin theta through the
    saddle (Debye): of (-u - i theta)**n exp(x sinh u cos theta - v u) (1 - i du/dtheta) / pi.
    """
    if not (0.0 <= x < _INF and abs(v) < _INF and 0 <= n <= 2):
        return 0.0 if x == _INF and abs(v) < _INF else math.nan
    if x == 0.0:
        return 0.0 if v > 0.0 else -_INF if v == 0.0 and n == 1 else math.nan
    if v >= 0.0 and x * x < 4.0 * (v + 1.0):
        return power_slope(n, v, x, -1.0)
    if v < 0.0 or v - x <= v ** (1.0 / 3.0):
        return hankel_slope(n, v, x, 0)
    ratio = v / x
    saddle = math.acosh(ratio)
    height = x * math.sinh(saddle) - v * saddle
    step = 0.12 / math.sqrt(1.0 + math.sqrt((v - x) * v) / 4.0)
    total = 0.0
    for k in range(100000):
        theta = 2.0 * math.atan(math.sinh(k * step))  # 0 to pi
        speed = 2.0 / math.cosh(k * step)
        s, c = math.sin(theta), math.cos(theta)
        cosh = ratio if k == 0 else ratio * theta / s
        sinh = math.sqrt((cosh - 1.0) * (cosh + 1.0))
        u = math.log(cosh + sinh)
        slope = 0.0 if k == 0 else ratio * (s - theta * c) / (s * s * sinh)
        weight = speed * math.exp(x * sinh * c - v * u - height)
        a, b = 1.0, -slope
        for _ in range(n):
            a, b = b * theta - a * u, -a * theta - b * u
        total += (0.5 if k == 0 else 1.0) * weight * a
        if not weight > 1e-18:
            break
    return math.exp(height) * total * step / math.pi


def iv_slope(n: int, v: float, x: float) -> float:
    """The n-th derivative of ``iv(v, x)`` with respect to v, n at most 2.

    By Hankel's series for large x (DLMF 10.40.1), and for v < 0 by reflection (DLMF 10.27.2).
    """
    if not (0.0 <= x < _INF and abs(v) < _INF and 0 <= n <= 2):
        return math.nan
    if x == 0.0:
        return 0.0 if v > 0.0 else -_INF if v == 0.0 and n == 1 else math.nan
    order = abs(v)
    if x > 35.0 and v * v < x:
        # The term, and its first and second derivatives.
        term, first, second = 1.0, 0.0, 0.0
        total = 1.0 if n == 0 else 0.0
        for k in range(1, 60):
            odd = 2.0 * k - 1.0
            factor = (odd - 2.0 * order) * (odd + 2.0 * order) / (8.0 * k * x)
            slope, bend = -order / (k * x), -1.0 / (k * x)
            second = second * factor + 2.0 * first * slope + term * bend
            first = first * factor + term * slope
            term *= factor
            total += term if n == 0 else first if n == 1 else second
            if max(max(abs(term), abs(first)), abs(second)) < 1e-18 * abs(total):
                break
        half = math.exp(0.5 * x) if x < 1400.0 else _INF
        total *= half / math.sqrt(2.0 * math.pi * x) * half
    else:
        total = power_slope(n, order, x, 1.0)
    if v >= 0.0:
        return total
    if order > 1e15:  # an even integer, like all doubles of that size
        return math.nan
    angle = math.pi * (order - 2.0 * math.floor(0.5 * order))
    c, s = math.cos(angle), math.sin(angle)
    value = kv_slope(0, order, x)
    if n == 0:
        return total + 2.0 / math.pi * s * value
    slope = kv_slope(1, order, x)
    if n == 1:
        return -(total + 2.0 * c * value + 2.0 / math.pi * s * slope)
    return total + 2.0 / math.pi * s * (kv_slope(2, order, x) - math.pi**2 * value) + 4.0 * c * slope
