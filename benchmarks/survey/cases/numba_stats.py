"""Particle physics: densities, cumulative distributions and quantiles, in arrays."""

from __future__ import annotations

import numpy as np

from ..case import Case


def points():
    return np.array([-1.3, -0.2, 0.4, 1.9])


def positive():
    return np.array([0.3, 0.8, 1.7, 2.6])


def probabilities():
    return np.array([0.11, 0.36, 0.62, 0.93])


def density(module, function, x, *parameters):
    return Case(
        f"numba_stats.{module}:_{function}", lambda: (x(), *parameters), tuple(range(1 + len(parameters)))
    )


CASES = (
    density("norm", "logpdf", points, 0.3, 1.2),
    density("norm", "cdf", points, 0.3, 1.2),
    density("norm", "ppf", probabilities, 0.3, 1.2),
    density("crystalball", "logpdf", points, 0.7, 2.3, 0.3, 1.2),
    density("crystalball", "cdf", points, 0.7, 2.3, 0.3, 1.2),
    density("crystalball", "ppf", probabilities, 0.7, 2.3, 0.3, 1.2),
    density("crystalball_ex", "logpdf", points, 0.7, 2.3, 0.9, 0.8, 2.6, 1.1, 0.3),
    density("t", "logpdf", points, 3.2, 0.3, 1.2),
    density("t", "cdf", points, 3.2, 0.3, 1.2),
    density("gamma", "logpdf", positive, 2.3, 0.1, 1.2),
    density("chi2", "logpdf", positive, 3.4, 0.1, 1.2),
    density("truncnorm", "logpdf", points, -2.1, 2.4, 0.3, 1.2),
    density("truncexpon", "cdf", positive, 0.1, 3.1, 0.05, 1.4),
    density("cruijff", "density", points, 0.1, 0.2, 0.3, 0.9, 1.1),
    density("novosibirsk", "logpdf", points, 0.2, 0.3, 1.2),
    density("tsallis", "pdf", positive, 1.2, 0.8, 6.0),
    density("qgaussian", "logpdf", points, 1.4, 0.3, 1.2),
    density("voigt", "pdf", points, 0.5, 0.3, 1.2),
    density("hypatia2", "density", points, -1.2, 0.5, 0.1, 1.8, 2.3, 1.6, 2.2, 0.3, 1.2),
    density("bernstein", "density", positive, np.array([1.0, 2.2, 1.4]), 0.0, 3.0),
    density("exponnorm", "pdf", points, 0.7, 0.3, 1.2),
)
