"""Volatility: the recursions of ARCH, GARCH, EGARCH, FIGARCH, HARCH, MIDAS and APARCH models."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..case import Case

N = 30
R = "arch.univariate.recursions_python"


def residuals():
    t = np.arange(float(N))
    return np.sin(2.3 * t) * (1.0 + 0.3 * np.cos(0.5 * t)) + 0.05


def bounds():
    return np.stack((np.full(N, 1e-6), np.full(N, 1e6)), axis=1)


def lag_one(recursion):
    @njit
    def variances(parameters, resids, backcast, limits):
        sigma2 = np.zeros(resids.size)
        recursion(parameters, resids, sigma2, 2, resids.size, backcast, limits)
        return sigma2

    return variances


def garch(recursion):
    @njit
    def likelihood(parameters, resids, backcast, limits):
        sigma2 = np.zeros(resids.size)
        recursion(
            parameters, np.abs(resids) ** 2.0, np.sign(resids), sigma2, 1, 1, 1, resids.size, backcast, limits
        )
        return -0.5 * np.sum(np.log(sigma2) + resids**2 / sigma2)

    return likelihood


def egarch(recursion):
    @njit
    def variances(parameters, resids, backcast, limits):
        n = resids.size
        sigma2, logs, scaled, sizes = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        recursion(parameters, resids, sigma2, 1, 1, 1, n, backcast, limits, logs, scaled, sizes)
        return sigma2

    return variances


def harch(recursion):
    @njit
    def variances(parameters, resids, backcast, limits):
        sigma2 = np.zeros(resids.size)
        lags = np.array([1, 3, 6], dtype=np.int32)
        recursion(parameters, resids, sigma2, lags, resids.size, backcast, limits)
        return sigma2

    return variances


def midas(recursion):
    @njit
    def variances(parameters, resids, backcast, limits):
        sigma2 = np.zeros(resids.size)
        weights = np.array([0.5, 0.3, 0.2])
        recursion(parameters, weights, resids, sigma2, resids.size, backcast, limits)
        return sigma2

    return variances


def figarch(recursion):
    @njit
    def variances(parameters, resids, backcast, limits):
        sigma2 = np.zeros(resids.size)
        recursion(parameters, resids**2, sigma2, 1, 1, resids.size, 12, backcast, limits)
        return sigma2

    return variances


def aparch(recursion):
    @njit
    def variances(parameters, resids, backcast, limits):
        n = resids.size
        sigma2, powers = np.zeros(n), np.zeros(n)
        recursion(parameters, resids, np.abs(resids), sigma2, powers, 1, 1, 1, n, backcast, limits)
        return sigma2

    return variances


def model(name, parameters, through):
    return Case(f"{R}:{name}", lambda: (np.array(parameters), residuals(), 0.9, bounds()), (0, 1, 2), through)


CASES = (
    model("arch_recursion", [0.2, 0.3, 0.15], lag_one),
    model("garch_recursion", [0.1, 0.12, 0.08, 0.7], garch),
    model("egarch_recursion", [0.02, 0.2, -0.1, 0.9], egarch),
    model("harch_recursion", [0.2, 0.3, 0.15, 0.1], harch),
    model("midas_recursion", [0.2, 0.5, 0.1], midas),
    model("figarch_recursion", [0.15, 0.2, 0.4, 0.3], figarch),
    model("aparch_recursion", [0.1, 0.12, 0.3, 0.7, 1.4], aparch),
    Case(f"{R}:figarch_weights", lambda: (np.array([0.2, 0.4, 0.3]), 1, 1, 12)),
    Case(f"{R}:bounds_check", lambda: (1.7, np.array([0.2, 1.1])), (0, 1)),
)
