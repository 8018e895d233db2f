"""The formulas for whole arrays: those of the problems. Packages that are missing are None."""

import numpy as np
import pytest
from scipy.special import logsumexp

from benchmarks import peers
from benchmarks.peers import formulas
from benchmarks.problems import mixture, rosen, scalar, transcendental


def test_formulas_are_the_problems():
    x = rosen.inputs(6)
    assert formulas.rosen(x) == pytest.approx(rosen.rosen(x), rel=1e-14)
    assert formulas.softplus_sine(np, x) == pytest.approx(transcendental.softplus_sine(x), rel=1e-14)
    assert formulas.wave(np, 0.3) == pytest.approx(scalar.wave(0.3), rel=1e-14)


def test_mixture_differs_by_a_constant():
    arguments = mixture.inputs(mixture.SMALL)
    moved = (arguments[0] + 0.1, arguments[1] * 0.9, arguments[2] - 0.2, *arguments[3:])
    scatter = formulas.strictly_lower(arguments[3].shape[1])
    constants = [
        mixture.gmm(*point) - formulas.mixture(np, logsumexp, scatter, *point) for point in (arguments, moved)
    ]
    assert constants[0] == pytest.approx(constants[1], rel=1e-12)


def test_missing_packages_are_none():
    assert peers.load(("no_such_package",)) == {"no_such_package": None}
