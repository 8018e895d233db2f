"""ADBench's Gaussian mixture: loops (see examples/gmm.py), their adjoint by hand, and array expressions."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from math import exp, log
from pathlib import Path

import numpy as np
from numba import njit
from scipy.special import logsumexp

import dualad  # noqa: F401  # with which Numba knows logsumexp

FILE = Path(__file__).parents[2] / "examples" / "gmm.py"
LARGE, SMALL = "gmm_1k_gmm_d10_K25.txt", "gmm_test.txt"


def _example():
    spec = spec_from_file_location("dualad_example_gmm", FILE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = _example()
gmm = example.gmm
log_wishart_prior = example.log_wishart_prior


def inputs(name=LARGE):
    """The arguments of `gmm`, read from a file of ADBench."""
    return example.read(example.DATA / name)


@njit
def by_hand(alphas, means, icf, x, gamma, m):
    """Gradient of `gmm` by alphas, means and icf."""
    n, d = x.shape
    k = alphas.size
    alphas_bar, means_bar, icf_bar = np.zeros_like(alphas), np.zeros_like(means), np.zeros_like(icf)
    diagonals = np.exp(icf[:, :d])
    log_determinants = np.empty(k)
    for j in range(k):
        log_determinants[j] = icf[j, :d].sum()
    centred, scaled, terms = np.empty((k, d)), np.empty((k, d)), np.empty(k)
    bar = np.empty(d)
    for i in range(n):
        for j in range(k):
            for a in range(d):
                centred[j, a] = x[i, a] - means[j, a]
                scaled[j, a] = diagonals[j, a] * centred[j, a]
            entry = d
            for column in range(d):
                for a in range(column + 1, d):
                    scaled[j, a] += icf[j, entry] * centred[j, column]
                    entry += 1
            distance = 0.0
            for a in range(d):
                distance += scaled[j, a] ** 2
            terms[j] = alphas[j] + log_determinants[j] - 0.5 * distance
        normalise(terms)
        for j in range(k):
            weight = terms[j]
            alphas_bar[j] += weight
            for a in range(d):
                scaled[j, a] *= -weight
                bar[a] = diagonals[j, a] * scaled[j, a]
                icf_bar[j, a] += weight + scaled[j, a] * centred[j, a] * diagonals[j, a]
            entry = d
            for column in range(d):
                for a in range(column + 1, d):
                    icf_bar[j, entry] += scaled[j, a] * centred[j, column]
                    bar[column] += icf[j, entry] * scaled[j, a]
                    entry += 1
            for a in range(d):
                means_bar[j, a] -= bar[a]
    shares = alphas.copy()
    normalise(shares)
    alphas_bar -= n * shares
    for j in range(k):
        for a in range(d):
            icf_bar[j, a] += (gamma * diagonals[j, a]) ** 2 - m
        for a in range(d, icf.shape[1]):
            icf_bar[j, a] += gamma * gamma * icf[j, a]
    return alphas_bar, means_bar, icf_bar


@njit
def normalise(v):
    """Replace v by exp(v) / sum(exp(v)); return log(sum(exp(v)))."""
    top = v.max()
    s = 0.0
    for i in range(v.size):
        v[i] = exp(v[i] - top)
        s += v[i]
    for i in range(v.size):
        v[i] /= s
    return log(s) + top


@njit
def in_arrays(alphas, means, icf, x, gamma, m):
    """`gmm` as one writes it with NumPy: a matrix product, broadcasting, sums and log-sum-exp by axis."""
    n, d = x.shape
    k = alphas.size
    diagonals = np.exp(icf[:, :d])
    log_determinants = np.sum(icf[:, :d], axis=1)
    factors = np.zeros((k, d, d))
    entry = d
    for column in range(d):
        factors[:, column, column] = diagonals[:, column]
        below = d - column - 1
        factors[:, column + 1 :, column] = icf[:, entry : entry + below]
        entry += below
    centres = np.sum(factors * means.reshape((k, 1, d)), axis=2)
    scaled = (x @ factors.reshape((k * d, d)).T).reshape((n, k, d))
    distances = np.sum((scaled - centres) ** 2, axis=2)
    terms = logsumexp(alphas + log_determinants - 0.5 * distances, axis=1)
    prior = log_wishart_prior(diagonals, log_determinants, icf, gamma, m)
    return np.sum(terms) - n * logsumexp(alphas) + prior - 0.5 * n * d * log(2.0 * np.pi)
