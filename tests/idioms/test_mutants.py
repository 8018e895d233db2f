"""Whether the programs find faults: every mutant of the transformation gives a wrong number in one of them."""

from __future__ import annotations

import signal

import pytest

from tests.idioms.judged import REFUSED, RIGHT, WRONG, Judged, tame, verdict
from tests.idioms.mutants import MUTANTS

POPULATION = 300
SECONDS = 5  # of the processor, for a program that a mutant keeps from ending


class EndlessError(BaseException):
    """A mutant's adjoint does not end."""


@pytest.fixture(scope="module")
def population() -> list[Judged]:
    """Programs whose adjoints are right, or refused, without a mutant."""
    programs = [one for one in tame(range(POPULATION)) if verdict(one).outcome in (RIGHT, REFUSED)]
    assert len(programs) > 0.95 * POPULATION
    return programs


@pytest.fixture
def limited(monkeypatch):
    """A verdict within a limit of time, or none."""

    def stop(*_):
        raise EndlessError

    def outcome(one: Judged) -> str:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            return verdict(one).outcome
        except EndlessError:
            return "endless"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    before = signal.signal(signal.SIGPROF, stop)
    yield outcome
    signal.signal(signal.SIGPROF, before)


@pytest.mark.battery
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_faults_are_found(mutant, population, limited, monkeypatch):
    """By a wrong number: that a program is refused, or its adjoint fails, is not enough."""
    mutant.plant(monkeypatch.setattr)
    assert any(limited(one) == WRONG for one in population)
