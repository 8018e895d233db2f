"""``dualad check`` on the command line: where arguments come from, what is printed, the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dualad.commands import app

MODULE = """
import numpy as np
from numba import njit

@njit
def cubes(x, a=2.0):
    return a * np.sum(x**3)

def slope(x, a=2.0):
    return 3 * a * x**2

def wrong(x, a=2.0):
    return np.where(np.arange(x.size) == 1, -1, 1) * slope(x, a)

def mixed(x, y, n):
    return x * y**n

def mixed_slopes(x, y, n):
    return y**n, n * x * y ** (n - 1)

def failing(x):
    raise ValueError("not today")

def leaving(x):
    raise SystemExit(0)

number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    """A module of the user's in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    (tmp_path / "checked_on_the_command_line.py").write_text(MODULE)
    yield "checked_on_the_command_line"
    sys.modules.pop("checked_on_the_command_line", None)


def check(module, function, *arguments, **derivatives):
    given = [text for name, target in derivatives.items() for text in (f"--{name}", f"{module}:{target}")]
    return CliRunner().invoke(app, ["check", f"{module}:{function}", *arguments, *given])


# -- as a process -------------------------------------------------------------------------------------


def dualad(*arguments):
    command = [sys.executable, "-W", "error", "-m", "dualad.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_status_0_for_right_derivatives(module):
    done = dualad("check", f"{module}:cubes", "--at", "x=[1.0, 2.0]", "--order", "1", "--mode", "forward")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("cubes: derivatives are right at x = [1, 2]\n  order 1  forward  right")
    assert "\x1b" not in done.stdout  # no colours into a file
    assert not done.stderr


def test_status_1_for_a_wrong_derivative(module):
    done = dualad(
        "check", f"{module}:cubes", "--at", "x=[1.0, 2.0]", "--jac", f"{module}:wrong", "--json", "out.json"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "df/dx[1] = -24, reference 24" in done.stdout
    assert json.loads(Path("out.json").read_text())["ok"] is False


@pytest.mark.parametrize(
    "value", ["__import__('os').mkdir('made')", "[c for c in ().__class__.__base__.__subclasses__()]"]
)
def test_status_2_for_anything_but_literals(module, value):
    done = dualad("check", f"{module}:cubes", "--at", f"x={value}")
    assert done.returncode == 2
    assert "the value must be a literal" in done.stderr
    assert not done.stdout
    assert not Path("made").exists()


# -- where arguments come from ------------------------------------------------------------------------


def test_arguments_as_literals(module):
    result = check(
        module, "mixed", "--at", "x=2", "--at", "n=3", "--at", "y=0.5", "--argnums", "x,1", jac="mixed_slopes"
    )
    assert result.exit_code == 0, result.output
    assert "at x = 2, y = 0.5" in result.output


def test_random_arguments_repeat_with_the_seed(module):
    first, again, other = (
        check(
            module, "cubes", "--at-random", "x=uniform(3, low=1, high=2)", "--seed", seed, jac="slope"
        ).output
        for seed in ("1", "1", "2")
    )
    assert first == again != other
    assert first.startswith("cubes: derivatives are right at x = [1.")


def test_arguments_of_a_json_file(module):
    Path("point.json").write_text('{"x": [1, 2, 3], "a": 1.5}')
    result = check(module, "cubes", "--args", "point.json", "--at", "a=-2.0", "--json", "-", jac="wrong")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    [wrong] = report["comparisons"][0]["wrong"]
    assert (wrong["label"], wrong["value"], wrong["relative"]) == ("df/dx[1]", 24.0, 2.0)


def test_arguments_of_an_npz_file(module):
    np.savez("point.npz", x=np.arange(3.0), a=1.5)
    assert check(module, "cubes", "--args", "point.npz", jac="slope").exit_code == 0


def test_pickles_are_not_loaded(module):
    class Trap:
        def __reduce__(self):
            return Path.mkdir, (Path("made"),)

    np.savez("point.npz", x=np.array([Trap()], dtype=object))
    result = check(module, "cubes", "--args", "point.npz", jac="slope")
    assert result.exit_code == 2
    assert not Path("made").exists()


# -- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "argument 'x' is missing; give it with --at, --at-random or --args"),
        (("--at", "x"), "must have the form name=value"),
        (("--at", "y=1"), "there is no argument 'y'; there are x, a"),
        (("--at", "x=abs"), "the value must be a literal"),
        (("--at", "x=[1, [2]]"), "rows of different length"),
        (("--at", "x=['a']"), "a list must hold numbers"),
        (("--at", "x=1j"), "cannot differentiate with respect to argument 'x', which is complex"),
        (("--at", "x={1: 2}"), "cannot differentiate with respect to argument 'x', which is dict"),
        (("--at-random", "x=gamma(5)"), "the distributions are normal, lognormal, uniform"),
        (("--at-random", "x=normal(print(1))"), "expected numbers in the brackets"),
        (("--at-random", "x=normal(5).T"), "expected a distribution"),
        (("--at-random", "x=normal(-1)"), "a shape is made of ints of at least 0"),
        (("--at-random", "x=normal(3, low=1)"), "the options of normal are mean, std"),
        (("--at-random", "x=normal(3, std=-1)"), "scale < 0"),
        (("--args", "missing.json"), "cannot read arguments from missing.json"),
        (("--args", "list.json"), "must hold a JSON object"),
        (("--at", "x=[1.0]", "--argnums", "z"), "there is no argument 'z'"),
        (("--at", "x=[1.0]", "--mode", "sideways"), "modes are"),
        (("--at", "x=[1.0]", "--directions", "some"), "directions must be"),
        (("--at", "x=[1.0]", "--rtol", "2"), "rtol must be a number between 0 and 1"),
        (("--at", "x=[1.0]", "--json", "no/folder/out.json"), "cannot write"),
    ],
)
def test_bad_usage(module, arguments, message):
    Path("list.json").write_text("[1]")
    result = check(module, "cubes", *arguments, jac="slope")
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("cubes", "must have the form package.module:function"),
        ("no_such_module:f", "cannot import 'no_such_module'"),
        ("broken_module:f", "cannot import 'broken_module': SyntaxError"),
        ("leaving_module:f", "the code to check ends the program"),
        ("checked_on_the_command_line:cube", "has no 'cube'"),
        ("checked_on_the_command_line:number", "is not a function"),
    ],
)
def test_targets_that_are_no_functions(target, message):
    Path("broken_module.py").write_text("def f(:")
    Path("leaving_module.py").write_text("raise SystemExit(0)")
    result = CliRunner().invoke(app, ["check", target, "--at", "x=[1.0]"])
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("function", ["failing", "leaving"])
def test_functions_that_raise(module, function):
    result = check(module, function, "--at", "x=[1.0]", jac="slope")
    assert result.exit_code == 2
    assert "not today" in result.output or "ends the program" in result.output
