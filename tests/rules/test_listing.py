"""The listing of ops for users."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualad.rules.listing import Entry, dotted, ops


def test_lists_every_op_once():
    names = [entry.name for entry in ops()]
    assert len(set(names)) == len(names) > 90
    assert isinstance(ops(), tuple)


def test_entry_of_sine():
    (sine,) = [entry for entry in ops() if entry.name == "sin"]
    assert sine == Entry("sin", ("math.sin", "numpy.sin"), 1, True, "")


def test_prints_as_a_table():
    lines = repr(ops()).splitlines()
    assert lines[0].split() == ["op", "calls", "derivative", "note"]
    assert len(lines) == len(ops()) + 1


@pytest.mark.parametrize(
    ("call", "name"),
    [(math.sin, "math.sin"), (np.sin, "numpy.sin"), (abs, "abs"), (np.float64, "numpy.float64")],
)
def test_dotted_names(call, name):
    assert dotted(call) == name
