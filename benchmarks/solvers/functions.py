"""The functions of the problems, as ordinary Numba functions.

MGH: Moré, Garbow and Hillstrom, Testing unconstrained optimization software, ACM Transactions on
Mathematical Software 7 (1981) 17-41, by their numbers there. HS: Hock and Schittkowski, Test Examples for
Nonlinear Programming Codes, Springer 1981. HW: Hairer and Wanner, Solving Ordinary Differential Equations II,
Springer 1996.
"""

import math

import numpy as np
from numba import njit

# -- sums of squares and minima -------------------------------------------------------------------


@njit
def rosenbrock(x):
    """MGH 21, extended Rosenbrock."""
    s = 0.0
    for i in range(0, x.size, 2):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


@njit
def beale(x):
    """MGH 5."""
    s = 0.0
    for i, y in enumerate((1.5, 2.25, 2.625)):
        s += (y - x[0] * (1.0 - x[1] ** (i + 1))) ** 2
    return s


@njit
def helical_valley(x):
    """MGH 7."""
    theta = math.atan2(x[1], x[0]) / (2.0 * math.pi)
    return np.array([10.0 * (x[2] - 10.0 * theta), 10.0 * (math.hypot(x[0], x[1]) - 1.0), x[2]])


@njit
def box(x):
    """MGH 12, with ten residuals."""
    t = 0.1 * np.arange(1, 11)
    return np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10.0 * t))


@njit
def powell_singular(x):
    """MGH 13."""
    return np.array(
        [
            x[0] + 10.0 * x[1],
            math.sqrt(5.0) * (x[2] - x[3]),
            (x[1] - 2.0 * x[2]) ** 2,
            math.sqrt(10.0) * (x[0] - x[3]) ** 2,
        ]
    )


@njit
def wood(x):
    """MGH 14."""
    return (
        100.0 * (x[1] - x[0] ** 2) ** 2
        + (1.0 - x[0]) ** 2
        + 90.0 * (x[3] - x[2] ** 2) ** 2
        + (1.0 - x[2]) ** 2
        + 10.0 * (x[1] + x[3] - 2.0) ** 2
        + 0.1 * (x[1] - x[3]) ** 2
    )


@njit
def brown_dennis(x):
    """MGH 16, with twenty residuals."""
    t = np.arange(1, 21) / 5.0
    return (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2


@njit
def brown_dennis_sum(x):
    return np.sum(brown_dennis(x) ** 2)


@njit
def variably_dimensioned(x):
    """MGH 25."""
    weighted = np.sum(np.arange(1, x.size + 1) * (x - 1.0))
    return np.sum((x - 1.0) ** 2) + weighted**2 + weighted**4


# -- equations ------------------------------------------------------------------------------------


@njit
def discrete_boundary_value(x):
    """MGH 28."""
    n = x.size
    h = 1.0 / (n + 1)
    f = np.empty(n)
    for i in range(n):
        left = x[i - 1] if i > 0 else 0.0
        right = x[i + 1] if i < n - 1 else 0.0
        f[i] = 2.0 * x[i] - left - right + h**2 * (x[i] + (i + 1) * h + 1.0) ** 3 / 2.0
    return f


@njit
def broyden_tridiagonal(x):
    """MGH 30."""
    f = (3.0 - 2.0 * x) * x + 1.0
    f[1:] -= x[:-1]
    f[:-1] -= 2.0 * x[1:]
    return f


@njit
def kepler(x, eccentricity, anomaly):
    """Kepler's equation for the eccentric anomaly."""
    return x - eccentricity * math.sin(x) - anomaly


# -- constrained minima ---------------------------------------------------------------------------


@njit
def hs39(x):
    return -x[0]


@njit
def hs39_equal(x):
    return np.array([x[1] - x[0] ** 3 - x[2] ** 2, x[0] ** 2 - x[1] - x[3] ** 2])


@njit
def hs43(x):
    """Rosen and Suzuki's problem."""
    squares = x[0] ** 2 + x[1] ** 2 + 2.0 * x[2] ** 2 + x[3] ** 2
    return squares - 5.0 * x[0] - 5.0 * x[1] - 21.0 * x[2] + 7.0 * x[3]


@njit
def hs43_positive(x):
    a, b, c, d = x[0], x[1], x[2], x[3]
    return np.array(
        [
            8.0 - a**2 - b**2 - c**2 - d**2 - a + b - c + d,
            10.0 - a**2 - 2.0 * b**2 - c**2 - 2.0 * d**2 + a + d,
            5.0 - 2.0 * a**2 - b**2 - c**2 - 2.0 * a + b + d,
        ]
    )


@njit
def hs71(x):
    return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]


@njit
def hs71_product(x):
    return x[0] * x[1] * x[2] * x[3] - 25.0


@njit
def hs71_squares(x):
    return np.sum(x**2) - 40.0


# -- models of NIST -------------------------------------------------------------------------------


@njit
def misra1a(x, a, b):
    return a * (1.0 - np.exp(-b * x))


@njit
def eckerle4(x, a, b, c):
    return a / b * np.exp(-0.5 * ((x - c) / b) ** 2)


@njit
def mgh09(x, a, b, c, d):
    return a * (x**2 + x * b) / (x**2 + x * c + d)


@njit
def thurber(x, b):
    """All seven parameters in one array."""
    above = b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3
    return above / (1.0 + b[4] * x + b[5] * x**2 + b[6] * x**3)


# -- differential equations -----------------------------------------------------------------------


@njit
def robertson(t, y):
    """HW IV.10, ROBER."""
    slow, fast, own = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return np.array([fast - slow, slow - fast - own, own])


@njit
def van_der_pol(t, y, epsilon):
    """HW IV.10, VDPOL."""
    return np.array([y[1], ((1.0 - y[0] ** 2) * y[1] - y[0]) / epsilon])


@njit
def hires(t, y, dy):
    """HW IV.10, HIRES: written into an array, as compiled integrators want it."""
    dy[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007
    dy[1] = 1.71 * y[0] - 8.75 * y[1]
    dy[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4]
    dy[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3]
    dy[4] = -1.745 * y[4] + 0.43 * (y[5] + y[6])
    dy[5] = -280.0 * y[5] * y[7] + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6]
    dy[6] = 280.0 * y[5] * y[7] - 1.81 * y[6]
    dy[7] = -dy[6]


@njit
def brusselator(t, y, diffusion):
    """HW IV.10, BRUSS in one dimension: the two species take turns."""
    n = y.size // 2
    rate = diffusion * (n + 1) ** 2
    dy = np.empty_like(y)
    for i in range(n):
        u, v = y[2 * i], y[2 * i + 1]
        before = (y[2 * i - 2], y[2 * i - 1]) if i > 0 else (1.0, 3.0)
        after = (y[2 * i + 2], y[2 * i + 3]) if i < n - 1 else (1.0, 3.0)
        dy[2 * i] = 1.0 + u**2 * v - 4.0 * u + rate * (before[0] - 2.0 * u + after[0])
        dy[2 * i + 1] = 3.0 * u - u**2 * v + rate * (before[1] - 2.0 * v + after[1])
    return dy


@njit
def bratu(x, y):
    """Bratu's problem, y'' + exp(y) = 0."""
    return np.vstack((y[1], -np.exp(y[0])))


@njit
def zero_at_both_ends(ya, yb):
    return np.array([ya[0], yb[0]])


@njit
def string(x, y, p):
    """A vibrating string, y'' + p² y = 0, whose frequency is unknown."""
    return np.vstack((y[1], -(p[0] ** 2) * y[0]))


@njit
def string_ends(ya, yb, p):
    return np.array([ya[0], yb[0], ya[1] - p[0]])
