"""Names of NumPy, SciPy and Numba that the package takes for granted, in the versions that are installed."""

import ast
import warnings
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest

import dualad
from dualad import names

PACKAGE = Path(dualad.__file__).parent
ALIASES = {"np": "numpy", "numba": "numba", "numpy": "numpy", "scipy": "scipy"}


def is_absent(name):
    """Whether ABSENT says that the installed version lacks a name."""
    package, _, lowest = names.ABSENT[name].partition(">=")
    return release(version(package)) >= release(lowest)


def release(text):
    return tuple(int(part) for part in text.split(".")[:2])


def test_names_that_are_absent_here_are_listed_with_the_versions_that_lack_them():
    """A misspelt name in a table is absent everywhere and listed nowhere."""
    for name in names.ABSENT:
        names.named(name)
    assert names.unresolved == {name for name in names.ABSENT if is_absent(name)}


def test_a_name_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(names, "unresolved", set())
    assert names.functions("sin no_such_function linalg.no_such_function") == {np.sin}
    assert names.unresolved == {"numpy.no_such_function", "numpy.linalg.no_such_function"}


def attributes(tree):
    """Full names of what a module takes from these packages: as attributes and by import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Attribute):
            parts = [node.attr]
            while isinstance(node := node.value, ast.Attribute):
                parts.append(node.attr)
            if isinstance(node, ast.Name) and node.id in ALIASES:
                yield ".".join([ALIASES[node.id], *reversed(parts)])


USED = sorted(
    {
        (name, str(path.relative_to(PACKAGE)))
        for path in PACKAGE.rglob("*.py")
        for name in attributes(ast.parse(path.read_text(encoding="utf-8")))
        if name.partition(".")[0] in ("numba", "numpy", "scipy", "llvmlite")
    }
)


def test_what_the_source_takes_from_numpy_and_numba_exists_and_is_not_deprecated():
    """Also inside of functions that no test of this version may run."""
    assert len(USED) > 500
    missing = []
    for name, path in USED:
        try:
            with warnings.catch_warnings(action="error"):
                resolve_name(name)
        except (ImportError, AttributeError, Warning) as error:
            missing.append(f"{path}: {name}: {error}")
    assert missing == []


@pytest.mark.parametrize("name", names.ABSENT)
def test_absent_names_are_full_names_of_a_package(name):
    assert name.partition(".")[0] in ("numba", "numpy")
