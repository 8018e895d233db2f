"""gmm: the log posterior of a mixture of Gaussians, as GradBench defines it.

It differs from ADBench's (examples/gmm.py) in the sign of the prior.
"""

from __future__ import annotations

from math import exp, lgamma, log, pi

import numpy as np
from numba import njit

import dualad as da

from .function import Function


@njit
def log_sum_exp(v):
    top = v.max()
    total = 0.0
    for i in range(v.size):
        total += exp(v[i] - top)
    return top + log(total)


@njit
def log_gamma(a, p):
    """Logarithm of the p-variate gamma function."""
    total = 0.25 * p * (p - 1) * log(pi)
    for j in range(p):
        total += lgamma(a - 0.5 * j)
    return total


@njit
def log_posterior(alpha, mu, q, lower, x, m, gamma):
    """Log posterior of k weights alpha, means mu, and factors (q, lower) of the precisions.

    Shapes are (k,), (k, d), (k, d) and (k, d (d - 1) / 2). A factor is lower triangular: exp(q) is its
    diagonal and `lower` the rest, column by column. The points x are (n, d); m and gamma are the degrees
    of freedom and the precision of the Wishart prior.
    """
    n, d = x.shape
    k = alpha.size
    prior = 0.0
    diagonals, log_determinants = np.exp(q), np.zeros(k)
    for j in range(k):
        norm = 0.0
        for axis in range(d):
            log_determinants[j] += q[j, axis]
            norm += diagonals[j, axis] ** 2
        for entry in range(lower.shape[1]):
            norm += lower[j, entry] ** 2
        prior += m * log_determinants[j] - 0.5 * gamma**2 * norm
    centred, scaled, terms = np.empty(d), np.empty(d), np.empty(k)
    likelihood = 0.0
    for i in range(n):
        for j in range(k):
            for axis in range(d):
                centred[axis] = x[i, axis] - mu[j, axis]
                scaled[axis] = diagonals[j, axis] * centred[axis]
            entry = 0
            for column in range(d):
                for row in range(column + 1, d):
                    scaled[row] += lower[j, entry] * centred[column]
                    entry += 1
            distance = 0.0
            for axis in range(d):
                distance += scaled[axis] ** 2
            terms[j] = alpha[j] + log_determinants[j] - 0.5 * distance
        likelihood += log_sum_exp(terms)
    likelihood -= n * (0.5 * d * log(2.0 * pi) + log_sum_exp(alpha))
    freedom = d + m + 1
    return likelihood + prior + k * (freedom * d * log(gamma / 2.0**0.5) - log_gamma(0.5 * freedom, d))


gradient = da.grad(log_posterior, argnums=(0, 1, 2, 3))


def read(data):
    d, k = int(data["d"]), int(data["k"])
    mu, q, x = (np.array(data[name], dtype=float).reshape(-1, d) for name in ("mu", "q", "x"))
    lower = np.array(data["l"], dtype=float).reshape(k, d * (d - 1) // 2)
    return np.array(data["alpha"], dtype=float), mu, q, lower, x, int(data["m"]), float(data["gamma"])


def named(gradients):
    return {name: part.tolist() for name, part in zip(("alpha", "mu", "q", "l"), gradients, strict=True)}


FUNCTIONS = {
    "objective": Function(log_posterior, read),
    "jacobian": Function(gradient, read, named),
}
