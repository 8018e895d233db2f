"""The page on checking shows what the code on it prints."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dualad.commands import app

PAGE = Path(__file__).parents[2] / "docs" / "checking.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ dualad (.*)\n((?:(?!\$|```).*\n)*)", TEXT, re.MULTILINE)


def test_sessions():
    unfenced = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)
    session = doctest.DocTestParser().get_doctest(unfenced, {}, PAGE.name, str(PAGE), 0)
    assert len(session.examples) > 40
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize(("command", "output"), COMMANDS)
def test_commands(command, output):
    result = CliRunner().invoke(app, shlex.split(command))
    assert doctest.OutputChecker().check_output(output, result.stdout, doctest.ELLIPSIS), result.output
