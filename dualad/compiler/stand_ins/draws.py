"""Random draws as they are differentiated: a standard draw, shifted and scaled as Numba does it.

Numba draws these in code of its own, which nothing can be differentiated through. The values, and what is
taken from the stream, are Numba's to the bit; the derivatives are those of the sample at hand
(reparameterisation: Kingma and Welling, 2014; in finance, pathwise derivatives).
"""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from .table import STAND_INS

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: NPY002 - what Numba compiles


def normal(loc, scale):
    """``np.random.normal`` of one number."""
    return loc + scale * np.random.standard_normal()


def uniform(low, high):
    """``np.random.uniform`` of one number."""
    return low + (high - low) * np.random.random()


def lognormal(mean, sigma):
    """``np.random.lognormal`` of one number."""
    return math.exp(np.random.normal(mean, sigma))


def lognormvariate(mu, sigma):
    """``random.lognormvariate``."""
    return math.exp(random.gauss(mu, sigma))


def gauss(mu, sigma):
    """``random.gauss``, and ``random.normalvariate``, which Numba takes for the same."""
    return mu + sigma * random.gauss(0.0, 1.0)


def between(a, b):
    """``random.uniform``."""
    return a + (b - a) * random.random()


# Those of other numbers of parameters are written by Numba in terms of these.
DRAWN = {
    np.random.normal: normal,
    np.random.uniform: uniform,
    np.random.lognormal: lognormal,
    random.lognormvariate: lognormvariate,
    random.gauss: gauss,
    random.normalvariate: gauss,
    random.uniform: between,
}


def _chooser(one: Callable[..., Any]) -> Callable[..., Any]:
    """What gives the implementation for two parameters of the same names."""

    def choose(*parameters: Any, **named: Any) -> Any:
        return one

    choose.__signature__ = inspect.signature(one)  # type: ignore[attr-defined]
    return choose


STAND_INS.update({function: _chooser(one) for function, one in DRAWN.items()})
