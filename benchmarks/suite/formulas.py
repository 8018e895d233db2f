"""Objectives for whole arrays, as the peers want them; `xp` is their NumPy, `c` what is constant.

Problems that are loops with data-dependent branches, recursion or stores are left out: there a peer would
need another algorithm. Each takes the parameters as a tuple, so that one gradient serves all.
"""

from __future__ import annotations

import math

import numpy as np

from ..peers.formulas import strictly_lower


def constants(problem, arguments):
    """(parameters, constants) of a problem; constants are NumPy arrays and numbers."""
    if problem == "llsq":
        x, n = arguments
        t = np.linspace(-1.0, 1.0, n)
        return (x,), (np.vander(t, x.size, increasing=True), np.sign(t))
    if problem == "lse":
        return arguments, ()
    if problem == "ode":
        return arguments[:1], (arguments[1], np.array([1.0]))
    if problem == "gmm":
        alpha, mu, q, lower, x, m, gamma = arguments
        return (alpha, mu, q, lower), (x, m, gamma, strictly_lower(x.shape[1]))
    return None


def llsq(xp, parameters, c):
    powers, signs = c
    return 0.5 * ((signs - powers @ parameters[0]) ** 2).sum()


def lse(xp, parameters, c):
    (x,) = parameters
    top = x.max()
    return top + xp.log(xp.exp(x - top).sum())


def repeated(step, y, count):
    for _ in range(count):
        y = step(y)
    return y


def ode(xp, parameters, c, repeated=repeated):
    (x,), (steps, one) = parameters, c
    h = 2.0 / steps

    def slope(y):
        return x * xp.concatenate((one, y[:-1]))

    def step(y):
        k1 = slope(y)
        k2 = slope(y + h / 2.0 * k1)
        k3 = slope(y + h / 2.0 * k2)
        k4 = slope(y + h * k3)
        return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    return repeated(step, 0.0 * x, steps)[-1]


def gmm(xp, parameters, c):
    """Without terms that do not depend on the parameters."""
    alpha, mu, q, lower = parameters
    x, m, gamma, scatter = c
    n, d = x.shape
    diagonals, determinants = xp.exp(q), q.sum(1)
    centred = x[:, None, :] - mu[None, :, :]
    below = (lower @ scatter).reshape(mu.shape[0], d, d)
    scaled = diagonals * centred + xp.einsum("kij,nkj->nki", below, centred)
    terms = alpha + determinants - 0.5 * (scaled**2).sum(2)
    prior = m * determinants.sum() - 0.5 * gamma**2 * ((diagonals**2).sum() + (lower**2).sum())
    weights = log_sum_exp(xp, terms, 1).sum() - n * log_sum_exp(xp, alpha, 0)
    return weights - 0.5 * n * d * math.log(2.0 * math.pi) + prior


def log_sum_exp(xp, v, axis):
    top = xp.amax(v, axis)
    shifted = v - (top[:, None] if axis else top)
    return top + xp.log(xp.exp(shifted).sum(axis))


OBJECTIVES = {"llsq": llsq, "lse": lse, "ode": ode, "gmm": gmm}
