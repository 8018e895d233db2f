import sys

import numba
import pytest
from typer.testing import CliRunner

from dualad import cli
from dualad.commands import app


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def test_demo_of_one_set(tmp_path):
    result = run("demo", "--out", str(tmp_path), "--datasets", "misra1a")
    assert result.exit_code == 0, result.output
    assert "Misra1a" in result.output
    assert (tmp_path / "nist-fits.png").exists()


def test_sets_are_separated_by_commas_or_repeated(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("dualad.nist.report.run", lambda names, *_: asked.extend(names))
    assert run("demo", "-d", "enso,Rat42", "-d", "ENSO", "--out", str(tmp_path)).exit_code == 0
    assert asked == ["ENSO", "Rat42"]


def test_all_sets_by_default(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("dualad.nist.report.run", lambda names, *_: asked.extend(names))
    assert run("demo", "--out", str(tmp_path)).exit_code == 0
    assert len(asked) == 27


def test_unknown_set_is_refused():
    result = run("demo", "--datasets", "Longley")
    assert result.exit_code == 2
    assert "unknown Longley" in result.output


def test_info_prints_versions():
    result = run("info")
    assert result.exit_code == 0
    assert numba.__version__ in result.output


def test_main_runs_the_commands(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dualad", "info"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 0
    assert "llvmlite" in capsys.readouterr().out


def test_missing_extras_are_named(monkeypatch, capsys):
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name == "typer" else object())
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert "typer not installed; run: pip install 'dualad[check]'" in capsys.readouterr().err
