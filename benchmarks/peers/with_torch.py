"""PyTorch, eager, on one thread."""

from __future__ import annotations

import torch

from . import formulas

NAME = "PyTorch"

torch.set_num_threads(1)


def version():
    return torch.__version__


def rosen(x):
    return _gradient(formulas.rosen, x)


def softplus_sine(x):
    return _gradient(lambda x: formulas.softplus_sine(torch, x), x)


def wave(x):
    return _gradient(lambda x: formulas.wave(torch, x), x)


def mixture(alphas, means, icf, x, gamma, m):
    scatter, points = torch.from_numpy(formulas.strictly_lower(x.shape[1])), torch.from_numpy(x)

    def objective(alphas, means, icf):
        return formulas.mixture(torch, torch.logsumexp, scatter, alphas, means, icf, points, gamma, m)

    return _gradient(objective, alphas, means, icf)


def _gradient(function, *arguments):
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arguments]

    def call():
        value = function(*tensors)
        return value.detach(), torch.autograd.grad(value, tensors)

    return call
