"""The problems written for whole arrays, as these packages want them; `xp` is their NumPy."""

from __future__ import annotations

import math

import numpy as np


def rosen(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def softplus_sine(xp, x):
    return (xp.log(1.0 + xp.exp(x[:-1] * x[1:])) * xp.sin(x[:-1])).sum()


def wave(xp, x):
    return xp.sin(x) * xp.exp(-x * x) + x / (1.0 + x * x)


def strictly_lower(d):
    """The matrix, shape (d (d - 1) / 2, d d), that puts a column of entries below a diagonal."""
    columns, rows = np.triu_indices(d, 1)
    scatter = np.zeros((rows.size, d * d))
    scatter[np.arange(rows.size), rows * d + columns] = 1.0
    return scatter


def mixture(xp, logsumexp, scatter, alphas, means, icf, x, gamma, m):
    """ADBench's mixture without the terms that do not depend on the parameters; see examples/gmm.py."""
    n, d = x.shape
    k = alphas.shape[0]
    diagonals = xp.exp(icf[:, :d])
    log_determinants = icf[:, :d].sum(1)
    lower = (icf[:, d:] @ scatter).reshape(k, d, d)
    centred = x[:, None, :] - means[None, :, :]
    scaled = diagonals * centred + xp.einsum("kij,nkj->nki", lower, centred)
    terms = alphas + log_determinants - 0.5 * (scaled**2).sum(2)
    prior = 0.5 * gamma**2 * ((diagonals**2).sum() + (icf[:, d:] ** 2).sum()) - m * log_determinants.sum()
    return (
        logsumexp(terms, 1).sum() - n * logsumexp(alphas, 0) + prior - 0.5 * n * d * math.log(2.0 * math.pi)
    )
