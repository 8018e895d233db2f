"""ADBench's Gaussian mixture objective: value and gradient in both modes.

The objective is the log posterior of a mixture of k Gaussians in d dimensions, given n points, with a
Wishart prior on the precision matrices (Šrajer, Kukelova, Fitzgibbon, "A benchmark of selected algorithmic
differentiation tools on some problems in computer vision and machine learning", 2018). Parameters are

- ``alphas``, float64, shape (k,): logarithms of the weights, not normalised;
- ``means``, float64, shape (k, d);
- ``icf``, float64, shape (k, d (d + 1) / 2): factors of the inverse covariances, lower triangular, first
  the logarithm of the diagonal, then the rest column by column.

The code is plain loops, as one would write them for Numba; it knows nothing of derivatives.
"""

from math import exp, lgamma, log, pi
from pathlib import Path
from time import perf_counter

import numpy as np
from numba import njit

import dualad as da

DATA = Path(__file__).parent / "data"
EXPECTED = 8.07380408004975791  # ADBench's own value for gmm_test.txt


@njit
def log_sum_exp(v):
    """Logarithm of the sum of exponentials of v, shape (k,), without overflow."""
    top = v[0]
    for i in range(1, v.size):
        if v[i] > top:
            top = v[i]
    s = 0.0
    for i in range(v.size):
        s += exp(v[i] - top)
    return log(s) + top


@njit
def log_gamma_distribution(a, p):
    """Logarithm of the p-variate gamma function at a."""
    s = 0.25 * p * (p - 1) * log(pi)
    for j in range(p):
        s += lgamma(a - 0.5 * j)
    return s


@njit
def log_wishart_prior(diagonals, log_determinants, icf, gamma, m):
    """Logarithm of the prior of all precision matrices."""
    k, d = diagonals.shape
    s = 0.0
    for j in range(k):
        frobenius = 0.0
        for a in range(d):
            frobenius += diagonals[j, a] ** 2
        for a in range(d, icf.shape[1]):
            frobenius += icf[j, a] ** 2
        s += 0.5 * gamma * gamma * frobenius - m * log_determinants[j]
    n = d + m + 1
    return s - k * (n * d * (log(gamma) - 0.5 * log(2.0)) - log_gamma_distribution(0.5 * n, d))


@njit
def gmm(alphas, means, icf, x, gamma, m):
    """Log posterior of the mixture for points x, float64, shape (n, d), and prior (gamma, m)."""
    n, d = x.shape
    k = alphas.size

    diagonals = np.empty((k, d))
    log_determinants = np.zeros(k)
    for j in range(k):
        for a in range(d):
            diagonals[j, a] = exp(icf[j, a])
            log_determinants[j] += icf[j, a]

    centred = np.empty(d)
    scaled = np.empty(d)
    terms = np.empty(k)
    s = 0.0
    for i in range(n):
        for j in range(k):
            for a in range(d):
                centred[a] = x[i, a] - means[j, a]
                scaled[a] = diagonals[j, a] * centred[a]
            entry = d
            for column in range(d):
                for a in range(column + 1, d):
                    scaled[a] += icf[j, entry] * centred[column]
                    entry += 1
            distance = 0.0
            for a in range(d):
                distance += scaled[a] ** 2
            terms[j] = alphas[j] + log_determinants[j] - 0.5 * distance
        s += log_sum_exp(terms)

    constant = -0.5 * n * d * log(2.0 * pi)
    prior = log_wishart_prior(diagonals, log_determinants, icf, gamma, m)
    return constant + s - n * log_sum_exp(alphas) + prior


def read(path):
    """Read an ADBench file.

    Parameters
    ----------
    path : Path
        A file of numbers: d, k, n; k alphas; k means; k rows of icf; n points; gamma and m.

    Returns
    -------
    tuple
        The arguments of `gmm`: alphas, means, icf, x (float64 arrays), gamma (float), m (int).
    """
    numbers = np.array(path.read_text().split(), dtype=np.float64)
    d, k, n = numbers[:3].astype(int)
    sizes = np.cumsum([3, k, k * d, k * d * (d + 1) // 2, n * d])
    alphas, means, icf, x, prior = (part.copy() for part in np.split(numbers, sizes)[1:])
    return alphas, means.reshape(k, d), icf.reshape(k, -1), x.reshape(n, d), float(prior[0]), int(prior[1])


def timed(function, arguments, repeats=3):
    """Result of a call, after a first one that compiles, and the least time of a few, in seconds."""
    function(*arguments)
    best = np.inf
    for _ in range(repeats):
        begin = perf_counter()
        result = function(*arguments)
        best = min(best, perf_counter() - begin)
    return result, best


def largest_difference(one, other):
    """Largest difference of two tuples of arrays, relative to the largest entry of each array."""
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(one, other, strict=True))


def main() -> None:
    """Print values, gradients' agreement and times for both files."""
    forward = da.value_and_grad(gmm, argnums=(0, 1, 2), mode="forward")
    reverse = da.value_and_grad(gmm, argnums=(0, 1, 2), mode="reverse")
    for name in ("gmm_test.txt", "gmm_1k_gmm_d10_K25.txt"):
        arguments = read(DATA / name)
        value, seconds = timed(gmm, arguments)
        (_, by_forward), forward_seconds = timed(forward, arguments)
        (_, by_reverse), reverse_seconds = timed(reverse, arguments)
        print(
            f"{name}: {sum(part.size for part in arguments[:3])} parameters, {arguments[3].shape[0]} points"
        )
        print(f"  value     {value:.15g}  {1e3 * seconds:10.3f} ms")
        print(f"  gradient  forward  {1e3 * forward_seconds:20.3f} ms")
        print(f"  gradient  reverse  {1e3 * reverse_seconds:20.3f} ms")
        print(f"  largest relative difference of the two  {largest_difference(by_forward, by_reverse):.1e}")
        if name == "gmm_test.txt":
            print(f"  relative difference to ADBench's value  {abs(value - EXPECTED) / EXPECTED:.1e}")


if __name__ == "__main__":
    main()
