"""Reader of the NIST StRD nonlinear regression files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from importlib.abc import Traversable

Array = NDArray[np.float64]

_HEADER = {
    "name": re.compile(r"^Dataset Name:\s+(\w+)", re.M),
    "difficulty": re.compile(r"^\s+(Lower|Average|Higher) Level of Difficulty", re.M),
    "predictors": re.compile(r"(\d+) Predictors?\b"),
    "parameters": re.compile(r"(\d+) Parameters \(b1 "),
    "rss": re.compile(r"^Residual Sum of Squares:\s+(\S+)", re.M),
    "residual_deviation": re.compile(r"^Residual Standard Deviation:\s+(\S+)", re.M),
    "observations": re.compile(r"^Number of Observations:\s+(\d+)", re.M),
}
_PARAMETER = re.compile(r"^\s+b\d+ =(.*)$", re.M)
_TABLE = re.compile(r"^Data:\s+y\s+x.*$", re.M)  # the "Data:" line of the header names no columns


@dataclass(frozen=True, eq=False)
class Dataset:
    """One problem: observations, starting points and certified results.

    Attributes
    ----------
    name : str
        As NIST spells it, for example ``"Misra1a"``.
    difficulty : str
        NIST's own grading: ``"lower"``, ``"average"`` or ``"higher"``.
    x : ndarray, float64, shape (n,) or (n, 2)
        The predictor; Nelson has two.
    y : ndarray, float64, shape (n,)
        The response as tabulated.
    starts : ndarray, float64, shape (2, p)
        Start 1 (far from the solution) and start 2 (nearer to it).
    certified : ndarray, float64, shape (p,)
        Certified parameters.
    certified_deviations : ndarray, float64, shape (p,)
        Certified standard deviations of the parameters.
    rss, residual_deviation : float
        Certified residual sum of squares and residual standard deviation.
    """

    name: str
    difficulty: str
    x: Array
    y: Array
    starts: Array
    certified: Array
    certified_deviations: Array
    rss: float
    residual_deviation: float

    @property
    def dof(self) -> int:
        """Degrees of freedom, ``n - p``.

        Not read from the file: Rat43 prints 9 there, but its certified deviations are computed with 11,
        which is right for 15 observations and 4 parameters.
        """
        return self.y.size - self.certified.size


def parse(text: str) -> Dataset:
    """Read one StRD file.

    Parameters
    ----------
    text : str
        Contents of the file.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If a field is missing or a count in the header disagrees with what follows.
    """
    header = {key: _search(pattern, key, text) for key, pattern in _HEADER.items()}
    rows = [line.split() for line in _PARAMETER.findall(text)]
    if len(rows) != int(header["parameters"]) or any(len(row) != 4 for row in rows):
        raise ValueError(f"{header['name']}: {header['parameters']} parameters with 4 numbers each expected")
    first, second, values, deviations = np.array(rows, dtype=np.float64).T

    start = _TABLE.search(text)
    if start is None:
        raise ValueError(f"{header['name']}: no data table")
    table = np.array([line.split() for line in text[start.end() :].splitlines() if line.strip()], np.float64)
    shape = int(header["observations"]), 1 + int(header["predictors"])
    if table.shape != shape:
        raise ValueError(f"{header['name']}: data of shape {shape} expected, found {table.shape}")

    return Dataset(
        name=header["name"],
        difficulty=header["difficulty"].lower(),
        x=np.ascontiguousarray(table[:, 1] if shape[1] == 2 else table[:, 1:]),
        y=np.ascontiguousarray(table[:, 0]),
        starts=np.array([first, second]),
        certified=np.ascontiguousarray(values),
        certified_deviations=np.ascontiguousarray(deviations),
        rss=float(header["rss"]),
        residual_deviation=float(header["residual_deviation"]),
    )


def _search(pattern: re.Pattern[str], key: str, text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"not a StRD nonlinear regression file: no {key.replace('_', ' ')}")
    return found.group(1)


def names() -> list[str]:
    """Names of the data sets in the package, sorted without regard to case.

    Returns
    -------
    list of str
    """
    stems = (entry.name.removesuffix(".dat") for entry in _folder().iterdir() if entry.name.endswith(".dat"))
    return sorted(stems, key=str.lower)


def load(name: str) -> Dataset:
    """Load a data set of the package by name.

    Parameters
    ----------
    name : str
        One of `names()`; upper and lower case are the same.

    Returns
    -------
    Dataset

    Raises
    ------
    KeyError
        If there is no such set.
    """
    spelling = {known.lower(): known for known in names()}
    if name.lower() not in spelling:
        raise KeyError(f"no data set {name!r}; known are {', '.join(spelling.values())}")
    return parse((_folder() / f"{spelling[name.lower()]}.dat").read_text(encoding="ascii"))


def _folder() -> Traversable:
    return files("dualad.nist") / "data"
