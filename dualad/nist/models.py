"""The models of the NIST problems, as ordinary Numba functions.

A model is the formula printed in the data file, for one observation: ``model(b, x)`` with parameters
``b`` (float64, shape (p,)) and predictor ``x`` (a float, or for Nelson a row of two). Nothing here knows
of derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import atan, cos, exp, pi, sin
from typing import Any

import numpy as np
from numba import njit

from dualad.nist.datasets import Array, Dataset, load

Jitted = Callable[..., Any]


@njit
def saturation(b, x):
    """Adsorption and oxygen demand that saturate (Misra1a, BoxBOD)."""
    return b[0] * (1.0 - exp(-b[1] * x))


@njit
def misra1b(b, x):
    """Monomolecular adsorption, inverse square (Misra1b)."""
    return b[0] * (1.0 - (1.0 + b[1] * x / 2.0) ** -2)


@njit
def misra1c(b, x):
    """Monomolecular adsorption, inverse square root (Misra1c)."""
    return b[0] * (1.0 - (1.0 + 2.0 * b[1] * x) ** -0.5)


@njit
def misra1d(b, x):
    """Monomolecular adsorption, hyperbola (Misra1d)."""
    return b[0] * b[1] * x / (1.0 + b[1] * x)


@njit
def chwirut(b, x):
    """Ultrasonic response against metal distance (Chwirut1, Chwirut2)."""
    return exp(-b[0] * x) / (b[1] + b[2] * x)


@njit
def lanczos(b, x):
    """Sum of three exponentials (Lanczos1 to Lanczos3)."""
    s = 0.0
    for k in range(0, b.size, 2):
        s += b[k] * exp(-b[k + 1] * x)
    return s


@njit
def gauss(b, x):
    """Two Gaussians on a decaying baseline (Gauss1 to Gauss3)."""
    s = b[0] * exp(-b[1] * x)
    for k in range(2, b.size, 3):
        s += b[k] * exp(-((x - b[k + 1]) ** 2) / b[k + 2] ** 2)
    return s


@njit
def danwood(b, x):
    """Energy radiated by a carbon filament against temperature (DanWood)."""
    return b[0] * x ** b[1]


@njit
def quadratic_ratio(b, x):
    """Ratio of quadratics: line widths in electron microscopy (Kirby2)."""
    return (b[0] + x * (b[1] + x * b[2])) / (1.0 + x * (b[3] + x * b[4]))


@njit
def cubic_ratio(b, x):
    """Ratio of cubics: thermal expansion and electron mobility (Hahn1, Thurber)."""
    return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1.0 + x * (b[4] + x * (b[5] + x * b[6])))


@njit
def nelson(b, x):
    """Logarithm of breakdown strength against time and temperature (Nelson)."""
    return b[0] - b[1] * x[0] * exp(-b[2] * x[1])


@njit
def mgh09(b, x):
    """Ratio linear over quadratic of Kowalik and Osborne (MGH09)."""
    return b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3])


@njit
def mgh10(b, x):
    """Thermistor resistance of Meyer (MGH10)."""
    return b[0] * exp(b[1] / (x + b[2]))


@njit
def mgh17(b, x):
    """Constant and two exponentials of Osborne (MGH17)."""
    return b[0] + b[1] * exp(-x * b[3]) + b[2] * exp(-x * b[4])


@njit
def roszman1(b, x):
    """Quantum defects against excitation energy (Roszman1)."""
    return b[0] - b[1] * x - atan(b[2] / (x - b[3])) / pi


@njit
def enso(b, x):
    """Annual cycle and two slower ones of air pressure over the Pacific (ENSO)."""
    year = 2.0 * pi * x / 12.0
    s = b[0] + b[1] * cos(year) + b[2] * sin(year)
    for k in (3, 6):
        angle = 2.0 * pi * x / b[k]
        s += b[k + 1] * cos(angle) + b[k + 2] * sin(angle)
    return s


@njit
def rat42(b, x):
    """Logistic growth of pasture (Rat42)."""
    return b[0] / (1.0 + exp(b[1] - b[2] * x))


@njit
def rat43(b, x):
    """Generalised logistic growth of onions (Rat43)."""
    return b[0] / (1.0 + exp(b[1] - b[2] * x)) ** (1.0 / b[3])


@njit
def eckerle4(b, x):
    """Transmittance peak of a circular interference filter (Eckerle4)."""
    return b[0] / b[1] * exp(-0.5 * ((x - b[2]) / b[1]) ** 2)


@njit
def bennett5(b, x):
    """Magnetism of a superconductor against log time (Bennett5)."""
    return b[0] * (b[1] + x) ** (-1.0 / b[2])


MODELS: dict[str, Jitted] = {
    "Bennett5": bennett5,
    "BoxBOD": saturation,
    "Chwirut1": chwirut,
    "Chwirut2": chwirut,
    "DanWood": danwood,
    "Eckerle4": eckerle4,
    "ENSO": enso,
    "Gauss1": gauss,
    "Gauss2": gauss,
    "Gauss3": gauss,
    "Hahn1": cubic_ratio,
    "Kirby2": quadratic_ratio,
    "Lanczos1": lanczos,
    "Lanczos2": lanczos,
    "Lanczos3": lanczos,
    "MGH09": mgh09,
    "MGH10": mgh10,
    "MGH17": mgh17,
    "Misra1a": saturation,
    "Misra1b": misra1b,
    "Misra1c": misra1c,
    "Misra1d": misra1d,
    "Nelson": nelson,
    "Rat42": rat42,
    "Rat43": rat43,
    "Roszman1": roszman1,
    "Thurber": cubic_ratio,
}


@cache
def residuals_of(model: Jitted) -> Jitted:
    """Residuals of a model over all observations.

    Parameters
    ----------
    model : jitted function
        ``model(b, x) -> float``.

    Returns
    -------
    jitted function
        ``residuals(b, x, y)`` with ``b`` of shape (p,), ``x`` of shape (n,) or (n, 2) and ``y`` of shape
        (n,), all float64; returns ``model - y``, float64 of shape (n,). Equal models share one function,
        so that each formula is compiled once.
    """

    @njit
    def residuals(b, x, y):
        r = np.empty(y.size)
        for i in range(y.size):
            r[i] = model(b, x[i]) - y[i]
        return r

    return residuals


@dataclass(frozen=True, eq=False)
class Problem:
    """A data set with its model.

    Attributes
    ----------
    data : Dataset
        Observations, starting points and certified results.
    residuals : jitted function
        ``residuals(b, x, y) -> (n,)``.
    response : ndarray, float64, shape (n,)
        What the model predicts: ``data.y``, for Nelson its logarithm.
    """

    data: Dataset
    residuals: Jitted
    response: Array

    def predict(self, b: Array) -> Array:
        """Model values at the observations, float64 of shape (n,), for parameters ``b`` of shape (p,)."""
        return self.residuals(b, self.data.x, np.zeros_like(self.response))


def problem(name: str) -> Problem:
    """Load a data set and join it with its model.

    Parameters
    ----------
    name : str
        Name of a NIST set, for example ``"Misra1a"``.

    Returns
    -------
    Problem
    """
    data = load(name)
    model = MODELS[data.name]
    return Problem(data, residuals_of(model), np.log(data.y) if model is nelson else data.y)
