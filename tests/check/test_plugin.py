"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
PLUGIN = tomllib.loads(PROJECT.read_text())["project"]["entry-points"]["pytest11"]["dualad"]

TESTS = """
import numpy as np

def squares(x):
    return np.sum(x**2)

def test_right(check_derivatives):
    report = check_derivatives(squares, np.ones(2), jac=lambda x: 2 * x)
    assert report.ok

def test_wrong(check_derivatives):
    check_derivatives(squares, np.ones(2), jac=lambda x: x)

def test_own(check_derivatives):
    report = check_derivatives(squares, np.ones(2), modes="forward")
    assert [c.order for c in report.comparisons] == [2]

def test_named(check_derivatives):
    report = check_derivatives(squares, np.ones(2), modes="forward", orders=1)
    assert [c.order for c in report.comparisons] == [1]
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run pytest with this plugin alone, whether or not it is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(*arguments):
        return pytester.runpytest_subprocess(
            "-p", PLUGIN, "-p", "no:cacheprovider", "-W", "error", *arguments
        )

    return run


def test_reports_are_printed_on_failure(pytester, run):
    pytester.makepyfile(TESTS)
    result = run("--dualad-orders", "2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Failed: squares: WRONG derivatives at x = [[]1, 1[]]*",
            "*df/dx[[]0[]] = 1, reference 2*",
            "*hint: it is 0.5 times the reference: a constant factor*",
        ]
    )
    assert "checked(" not in result.stdout.str()  # the traceback ends in the user's test


def test_orders_that_make_no_sense(run):
    result = run("--dualad-orders", "1,x")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--dualad-orders must be numbers from 1 on*"])


def test_pytest_does_not_load_numba(pytester, run):
    pytester.makepyfile("import sys\ndef test_modules(): assert not {'numba', 'dualad'} & sys.modules.keys()")
    run().assert_outcomes(passed=1)
