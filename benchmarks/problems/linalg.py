"""Sums over results of linear algebra, with their adjoints by hand."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit
def product(a, b):
    return np.sum(a @ b)


@njit
def product_by_hand(a, b):
    """Value and gradient of :func:`product` by `a`."""
    y = a @ b
    return np.sum(y), np.ones_like(y) @ b.T


@njit
def solution(a, b):
    return np.sum(np.linalg.solve(a, b))


@njit
def solution_by_hand(a, b):
    """Value and gradient of :func:`solution` by `a`."""
    y = np.linalg.solve(a, b)
    return np.sum(y), -np.linalg.solve(a.T, np.ones_like(y)) @ y.T


@njit
def factor(a):
    return np.sum(np.linalg.cholesky(a))


@njit
def factor_by_hand(a):
    """Value and gradient of :func:`factor` (I. Murray, arXiv:1602.07527, section 3.2)."""
    y = np.linalg.cholesky(a)
    inner = np.tril(y.T @ np.tril(np.ones_like(y)))
    for i in range(y.shape[0]):
        inner[i, i] *= 0.5
    outer = np.linalg.solve(y.T, inner)
    outer = np.linalg.solve(y.T, np.ascontiguousarray(outer.T)).T
    for i in range(y.shape[0]):
        for j in range(i):
            outer[i, j] += outer[j, i]
            outer[j, i] = 0.0
    return np.sum(y), outer


def inputs(n):
    """A general and a symmetric positive definite matrix."""
    rng = np.random.default_rng(n)
    general = rng.normal(size=(n, n))
    return general, general @ general.T + n * np.eye(n)
