"""The parser against NIST's published table of contents and the certified relations."""

import numpy as np
import pytest

from dualad.nist import load, names
from dualad.nist.datasets import parse

# Observations, parameters and level of difficulty, from NIST's index of the nonlinear sets.
INDEX = {
    "Bennett5": (154, 3, "higher"),
    "BoxBOD": (6, 2, "higher"),
    "Chwirut1": (214, 3, "lower"),
    "Chwirut2": (54, 3, "lower"),
    "DanWood": (6, 2, "lower"),
    "Eckerle4": (35, 3, "higher"),
    "ENSO": (168, 9, "average"),
    "Gauss1": (250, 8, "lower"),
    "Gauss2": (250, 8, "lower"),
    "Gauss3": (250, 8, "average"),
    "Hahn1": (236, 7, "average"),
    "Kirby2": (151, 5, "average"),
    "Lanczos1": (24, 6, "average"),
    "Lanczos2": (24, 6, "average"),
    "Lanczos3": (24, 6, "lower"),
    "MGH09": (11, 4, "higher"),
    "MGH10": (16, 3, "higher"),
    "MGH17": (33, 5, "average"),
    "Misra1a": (14, 2, "lower"),
    "Misra1b": (14, 2, "lower"),
    "Misra1c": (14, 2, "average"),
    "Misra1d": (14, 2, "average"),
    "Nelson": (128, 3, "average"),
    "Rat42": (9, 3, "higher"),
    "Rat43": (15, 4, "higher"),
    "Roszman1": (25, 4, "average"),
    "Thurber": (37, 7, "higher"),
}

SMALL = """\
Dataset Name:  Small            (Small.dat)
Description:   two lines
Data:          1 Response  (y = something)
               1 Predictor (x = another)
               3 Observations
               Lower Level of Difficulty
Model:         Miscellaneous Class
               1 Parameters (b1 to b1)
               y = b1*x  +  e

        Start 1     Start 2           Parameter     Standard Deviation
  b1 =   2           1.5           1.0E+00  5.0E-01

Residual Sum of Squares:                    2.0E-01
Residual Standard Deviation:                3.0E-01
Degrees of Freedom:                               2
Number of Observations:                           3

Data:   y        x
      1.5E0     -1
      2         2.5
      3         4
"""


def test_all_sets_are_shipped():
    assert names() == sorted(INDEX, key=str.lower)


@pytest.mark.parametrize("name", INDEX)
def test_counts(name):
    observations, parameters, difficulty = INDEX[name]
    data = load(name)
    assert data.name == name
    assert data.difficulty == difficulty
    assert data.y.shape == (observations,)
    assert data.x.shape == ((observations, 2) if name == "Nelson" else (observations,))
    assert data.starts.shape == (2, parameters)
    assert data.certified.shape == data.certified_deviations.shape == (parameters,)
    assert data.dof == observations - parameters
    for array in (data.x, data.y, data.starts, data.certified, data.certified_deviations):
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert np.isfinite(array).all()


@pytest.mark.parametrize("name", INDEX)
def test_certified_deviation_follows_from_sum_of_squares(name):
    data = load(name)
    assert data.residual_deviation == pytest.approx(np.sqrt(data.rss / data.dof), rel=2e-10)


def test_values_of_a_small_file():
    data = parse(SMALL)
    assert data.y.tolist() == [1.5, 2.0, 3.0]
    assert data.x.tolist() == [-1.0, 2.5, 4.0]
    assert data.starts.tolist() == [[2.0], [1.5]]
    assert (data.certified[0], data.certified_deviations[0]) == (1.0, 0.5)
    assert (data.rss, data.residual_deviation, data.dof) == (0.2, 0.3, 2)


def test_first_and_last_observation_of_nelson():
    data = load("Nelson")
    assert (data.y[0], *data.x[0]) == (15.0, 1.0, 180.0)
    assert (data.y[-1], *data.x[-1]) == (1.2, 64.0, 275.0)


def test_names_are_found_in_any_case():
    assert load("enso").name == "ENSO"


def test_unknown_name():
    with pytest.raises(KeyError, match="no data set 'Longley'"):
        load("Longley")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Dataset Name", "Name", "no name"),
        ("Residual Sum", "Sum", "no rss"),
        ("1 Parameters", "2 Parameters", "2 parameters with 4 numbers"),
        ("      2         2.5\n", "", r"\(3, 2\) expected, found \(2, 2\)"),
        ("Data:   y        x", "Data", "no data table"),
    ],
)
def test_broken_files_are_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        parse(SMALL.replace(old, new))
