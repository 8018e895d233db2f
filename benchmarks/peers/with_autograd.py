"""Autograd (HIPS): a tape of NumPy calls."""

from __future__ import annotations

from importlib.metadata import version as version_of

import autograd.numpy as anp
from autograd import grad, value_and_grad
from autograd.scipy.special import logsumexp

from . import formulas

NAME = "autograd"


def version():
    return version_of("autograd")


def rosen(x):
    gradient = value_and_grad(lambda x: anp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2))
    return lambda: gradient(x)


def softplus_sine(x):
    gradient = value_and_grad(lambda x: anp.sum(anp.log(1.0 + anp.exp(x[:-1] * x[1:])) * anp.sin(x[:-1])))
    return lambda: gradient(x)


def wave(x):
    derivative = grad(lambda x: formulas.wave(anp, x))
    return lambda: derivative(x)


def mixture(alphas, means, icf, x, gamma, m):
    scatter = formulas.strictly_lower(x.shape[1])

    def objective(parameters):
        return formulas.mixture(anp, logsumexp, scatter, *parameters, x, gamma, m)

    gradient = value_and_grad(objective)
    return lambda: gradient((alphas, means, icf))
