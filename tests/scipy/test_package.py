"""The package: when it is imported, what it has, and the page on it."""

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scipy import integrate, optimize

import dualad

PAGE = Path(__file__).parents[2] / "docs" / "scipy.md"


def test_importing_dualad_imports_no_solvers():
    code = (
        "import sys, dualad; assert 'scipy.optimize' not in sys.modules; "
        "assert dualad.scipy.minimize; assert 'scipy.optimize' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", dualad.scipy.__all__)
def test_arguments_are_scipys(name):
    """SciPy's names in SciPy's order; what is not listed is passed on."""
    scipys = list(inspect.signature(getattr(optimize, name, None) or getattr(integrate, name)).parameters)
    ours = inspect.signature(getattr(dualad.scipy, name)).parameters.values()
    by_position = [one.name for one in ours if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert by_position == scipys[: len(by_position)]
    extra = {"in_place", "jac"} if name == "solve_ivp" else set()  # SciPy's takes jac as an option
    by_name = {one.name for one in ours if one.kind is inspect.Parameter.KEYWORD_ONLY}
    assert by_name - extra <= set(scipys)


def test_the_page_shows_what_its_code_prints():
    unfenced = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    session = doctest.DocTestParser().get_doctest(unfenced, {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 20
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=said.append)
    assert not said, "".join(said)
