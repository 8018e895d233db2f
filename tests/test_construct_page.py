"""The page docs/adjoints.md."""

from pathlib import Path

import numpy as np
import pytest

import dualad as da
from dualad.pages.constructs import CONSTRUCTS, PARAMETERS, TAPE, TRANSFORMED, example, page, rows

PAGE = Path(__file__).parents[1] / "docs" / "adjoints.md"
ARGUMENTS = {
    "x": np.array([0.4, 1.3, 0.8]),
    "y": np.array([0.9, 0.2, 1.7]),
    "m": np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.1]]),
    "q": np.ones((2, 2)),
    "k": np.array([2, 0, 1]),
    "s": 0.7,
    "n": 3,
    "t": "sum",
}
# Of each section one construct that is compiled, whichever engine it has.
COMPILED = {
    "Control flow": "`return` inside a loop",
    "Iteration": "`enumerate`",
    "Functions": "recursion",
    "Values": "named tuples",
    "Arrays": "boolean masks, stored",
    "Functions of arrays": "`sum` with `axis`",
}


@pytest.mark.usefixtures("no_engine_preferred")
def test_the_page_is_what_the_code_does():
    assert PAGE.read_text() == page(), "run `dualad adjoints > docs/adjoints.md`"


def test_every_construct_has_an_engine_and_a_reason():
    found = [row for _, section in rows() for row in section]
    assert len(found) == sum(map(len, CONSTRUCTS.values()))
    assert {row.engine for row in found} == {TRANSFORMED, TAPE}
    assert all(bool(row.reason) == (row.engine == TAPE) for row in found)
    assert not any("mistake" in row.reason for row in found)
    assert sum(row.engine == TRANSFORMED for row in found) > 0.8 * len(found)


@pytest.mark.parametrize("section", CONSTRUCTS)
def test_examples_are_right(section):
    f = example(CONSTRUCTS[section][COMPILED[section]])
    given = [ARGUMENTS[name] for name in PARAMETERS]
    value, gradient = da.value_and_grad(f, mode="reverse")(*given)
    expected, reference = da.value_and_grad(f, mode="forward")(*given)
    assert value == expected
    np.testing.assert_allclose(gradient, reference, rtol=1e-13, atol=1e-15)
