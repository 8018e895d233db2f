"""Functions of real numbers with complex numbers inside, and where they are evaluated."""

import cmath
import math

import numpy as np


def heston(p):
    """A Heston call price, the integral over its characteristic function by the trapezoidal rule."""
    kappa, theta, sigma, rho, variance = p[0], p[1], p[2], p[3], p[4]
    term, rate, strike = 1.5, 0.02, 0.1
    total = 0.0
    for k in range(1, 40):
        u = 0.25 * k
        iu = 1j * u
        slope = kappa - rho * sigma * iu
        d = np.sqrt(slope**2 + sigma**2 * (iu + u**2))
        g = (slope - d) / (slope + d)
        decay = np.exp(-d * term)
        c = kappa * theta / sigma**2 * ((slope - d) * term - 2 * np.log((1 - g * decay) / (1 - g)))
        v = (slope - d) / sigma**2 * ((1 - decay) / (1 - g * decay))
        phi = np.exp(rate * iu * term + c + v * variance)
        total += (phi * np.exp(-1j * u * strike) / iu).real
    return 0.5 + total * 0.25 / math.pi


def power_spectrum(x):
    """A weighted power spectrum, by a radix-2 FFT."""
    n = len(x)
    z = np.empty(n, np.complex128)
    bits = 0
    while 1 << bits < n:
        bits += 1
    for i in range(n):
        j = 0
        for b in range(bits):
            if i & (1 << b):
                j |= 1 << (bits - 1 - b)
        z[j] = x[i]
    size = 2
    while size <= n:
        half = size // 2
        step = cmath.exp(-2j * math.pi / size)
        for start in range(0, n, size):
            w = 1.0 + 0j
            for k in range(half):
                a = z[start + k]
                b = w * z[start + k + half]
                z[start + k] = a + b
                z[start + k + half] = a - b
                w *= step
        size *= 2
    total = 0.0
    for k in range(n):
        total += (k + 1) * abs(z[k]) ** 2 + 0.5 * z[k].imag
    return total


def mismatch(x, admittances):
    """The squared mismatch of an AC power flow: voltages, then angles."""
    n = admittances.shape[0]
    voltage = np.zeros(n, np.complex128)
    for i in range(n):
        voltage[i] = x[i] * np.exp(1j * x[n + i])
    total = 0.0
    for i in range(n):
        current = 0j
        for k in range(n):
            current += admittances[i, k] * voltage[k]
        power = voltage[i] * np.conj(current)
        total += (power.real - 0.3) ** 2 + (power.imag + 0.1 * i) ** 2
    return total


def mismatch_of_arrays(x, admittances):
    """The same, with whole arrays."""
    n = admittances.shape[0]
    voltage = x[:n] * np.exp(1j * x[n:])
    total = 0.0
    for i in range(n):
        power = voltage[i] * np.conj(np.sum(admittances[i] * voltage))
        total += (power.real - 0.3) ** 2 + (power.imag + 0.1 * i) ** 2
    return total


def ladder(p, omega):
    """Magnitude and phase of the impedance of an RLC ladder."""
    z = complex(p[0], 0.0)
    for _ in range(5):
        z = z + p[1] + 1j * omega * p[2]
        z = 1 / (1 / z + 1j * omega * p[3])
    return abs(z) + 10 * cmath.phase(z)


def rays(p):
    """A deflection angle of an elliptical power law lens: a series of complex powers."""
    z = complex(p[0], p[1])
    q, t = p[2], p[3]
    f = (1 - q) / (1 + q)
    phi = np.angle(z * q**0.5)
    omega = np.exp(1j * phi)
    term, total = omega, omega
    for n in range(1, 12):
        term = -f * (2 * n - (2 - t)) / (2 * n + (2 - t)) * np.exp(2j * phi) * term
        total = total + term
    alpha = 2 / (1 + q) * (1.3 / abs(z)) ** (t - 1) * total
    return alpha.real + 2 * alpha.imag


_random = np.random.default_rng(0)
_ADMITTANCES = _random.normal(size=(4, 4)) + 1j * _random.normal(size=(4, 4))

PROGRAMS = [
    (heston, np.array([1.5, 0.04, 0.3, -0.6, 0.05])),
    (power_spectrum, _random.normal(size=8)),
    (mismatch, 1 + 0.1 * _random.normal(size=8), _ADMITTANCES),
    (mismatch_of_arrays, 1 + 0.1 * _random.normal(size=8), _ADMITTANCES),
    (ladder, np.array([0.5, 0.2, 0.7, 0.3]), 1.1),
    (rays, np.array([0.7, 0.4, 0.8, 1.1])),
]

# Statements that make of z = complex(x[0], x[1]) a number t.
SCALARS = """
t = np.angle(z)
t = np.angle(z, True)
t = cmath.phase(z) + cmath.polar(z)[0] * 2 + cmath.polar(z)[1]
t = (z.conjugate() * z * z).imag + np.conj(z * 1j).real
t = np.real(z * z) + np.imag(z * z) + z.item().real
s = 0.0; s = 1j * z if x[0] > 5 else s; t = s.real + x[0]
t = (np.complex128(x[0]) * z).imag + (complex(x[1]) * z).imag
t = abs(z**3) + (z**2).real + (z**-1).imag + pow(z, 2).imag + (z**0).real
t = (z ** x[0]).real + (x[0] ** z).imag + (2.0**z).real + (2**z).imag + (z ** (0.3 + 1j)).imag
t = (x[0] / z).real + (z / x[0]).imag + (1 / z).real
t = (1 - z).real + (z - x[0]).imag + (+z).real + (-z).imag
t = z.real if z == complex(x[0], x[1]) else z.imag
t = z.real if z != 0 else z.imag
t = z.imag if z else 3.0
t = np.abs(z) + np.absolute(z * z) + max(abs(z), abs(z * z))
t = np.isnan(z) * 1.0 + z.real + cmath.isfinite(z) * z.imag
t = np.sqrt(x[0] - 5 + 0j).imag + cmath.sqrt(x[0] - 5).imag + np.log(-x[0] + 0j).real
t = np.square(z).imag + np.reciprocal(z).real
s = 0j; s += z; s *= z; s = s + x[0]; s = s * 1j; t = s.imag
s = 0; s += z; s -= 1; t = s.imag * s.real
s = x[0]; s = s * 1j if x[0] > 0 else s * 2j; t = s.imag
t = (z if x[0] > 0 else x[1]).imag
w = cmath.rect(x[0], x[1]); t = w.real + 2 * w.imag
t = abs(z - z) + x[0]
u = z * z; u = u.real; t = u * u
""".strip().splitlines()

ARRAYS = """
a = np.zeros(3, np.complex128); a[0] = z; a[1] = x[0]; a[2] = 1j; t = np.sum(a * a).real
a = np.zeros((2, 3), np.complex128); a[0, :] = z; a[1] = a[0] * 2; t = np.sum(a[1] * z).imag
a = np.empty(2, dtype=np.complex128); a[0] = z; a[1] = z * z; t = (a[1] / a[0]).imag
a = np.ones(2, np.complex128) * z; b = np.full(2, z); t = a[1].imag + b[0].real * b[1].imag
a = np.array([z, z * z, 1j]); t = (a[1] * a[2]).real
a = np.zeros_like(x, dtype=np.complex128); a += z; a[1] *= z; a[0] -= x[1]; t = (a[0] * a[1]).imag
a = np.zeros(2, np.complex128); a.real[:] = x; a.imag[0] = x[1] ** 2; t = (a[0] * a[0] + a[1]).imag
a = x + 1j * x * x; t = np.sum(np.abs(a) ** 2) + np.sum(a.imag * a.real) + np.real(a)[0] + np.imag(a)[1]
a = x + 1j * x * x; b = np.conj(a); t = np.sum(a * a * b).real + a.conj()[0].imag
a = x + 1j * x * x; t = np.mean(a).imag + a.sum().real + len(a) * a.mean().real
a = x + 1j * x * x; t = np.exp(a).sum().imag + np.sqrt(a)[0].imag + np.angle(a)[0] + np.angle(a, True)[1]
a = np.outer(x, x) + 1j * np.eye(2); b = a.T; b[0, 1] = z; t = (a[1] * b[0]).sum().imag
a = x + 1j * x * x; t = np.where(a.real > 1, a, x)[0].imag + np.sum(a[::-1] * x).imag
a = x.astype(np.complex128) * 1j; b = a.copy(); b[0] = 1; t = (a * a * b).sum().imag
a = x + 1j * x; a *= 2; a -= 1j * x; b = (z, 1j * z); c = [z, z * z]; t = a[0].imag + b[1].real + c[1].imag
""".strip().splitlines()

# What has no compiled adjoint.
OTHERS = """
a = x + 1j * x; a /= z; t = (a / x)[0].imag + np.concatenate((a, x))[2].real
a = x + 1j * x * x; t = np.prod(a).imag + np.cumsum(a)[1].imag + a.ravel()[1].real
a = [z, z * z]; a.append(1j); t = (a[1] * a[2]).imag
""".strip().splitlines()

LOOPS = [
    """
    total = 0.0
    for k in range(4):
        total += np.exp(1j * x[0] * k) * x[1]
    return total.real + 2 * total.imag
    """,
    """
    s = 0
    for k in range(3):
        s = s * x[1] + 1j * x[0] if k < 2 else s + x[0] * 1j
    return abs(s)
    """,
    """
    s = x[1]
    if x[0] > 1:
        s = 1j * x[1]
    return abs(s * s + x[0])
    """,
    """
    t = 0.0
    for z in TABLE:
        t += (z * x[0]).real
    for k, z in enumerate(x + 1j * x[::-1]):
        t += abs(TABLE[k] * z + 1j)
    return t
    """,
    """
    z = complex(x[0], x[1])
    while abs(z) > 0.5:
        z = z * 0.5
        if z.imag < 0:
            break
    return z.real * x[0]
    """,
    """
    z = np.zeros((2, 2), dtype=np.complex128)
    for i in range(2):
        for j in range(2):
            z[i, j] = x[i] + 1j * x[j] * (i + 1)
    z[0] = z[1] * z[0]
    z[:, 1] *= 2
    z[0, 0] += 1j * z[1, 1]
    w = z.T.copy()
    w[0] = z[0]
    w.real[1, 1] = 5.0 * x[0]
    w[1:] = w[:-1]
    return np.sum(w * z).imag + abs(z[1, 0]) + z.real.sum() + np.abs(w).sum()
    """,
]


def text_of(statements):
    """A function of x that returns t."""
    lines = ["def f(x):", "z = complex(x[0], x[1])", *map(str.strip, statements.split(";")), "return t"]
    return "\n    ".join(lines) + "\n"


NAMES = {"np": np, "math": math, "cmath": cmath, "TABLE": np.array([1 + 2j, 3 - 1j, 0.5j])}
