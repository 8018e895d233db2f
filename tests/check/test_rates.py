"""Right derivatives of random smooth programs raise no alarm; mistakes in them are found."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.checker_rates import MISTAKES, Program, alarms, main, missed

rng = np.random.default_rng(6)
PROGRAMS = [Program.random(rng) for _ in range(200)]


def test_no_false_alarm():
    assert [str(report) for report in alarms(PROGRAMS, directions="full")] == []


def test_no_false_alarm_along_random_directions():
    assert [str(report) for report in alarms(PROGRAMS[:40], directions="random")] == []


@pytest.mark.parametrize(("kind", "size"), MISTAKES)
def test_mistakes_are_found(kind, size):
    passed, total = missed(PROGRAMS[:15], kind, size, directions="full")
    assert total > 0
    assert passed == 0


def test_the_command_prints_rates(capsys):
    assert main(["2"]) == 0
    printed = capsys.readouterr().out
    assert "every entry: 0 of 2 right derivatives raise an alarm" in printed
    assert "gradient with a wrong sign  wrong: df/dx[4567]" in printed
