"""Whether the programs find faults: every mutant of the transformation gives a wrong number in one of them."""

from __future__ import annotations

import signal

import pytest

from tests.idioms.judged import REFUSED, RIGHT, WRONG, Judged, tame, verdict
from tests.idioms.mutants import MUTANTS

POPULATION, FIRST = 300, 15
SECONDS = 5  # of the processor, for a program that a mutant keeps from ending
# Found by the first programs.
EARLY = (
    "one side of a branch reads nothing",
    "break ends the iteration alone",
    "what iterations make active is not",
    "inner blocks store nothing",
    "sums may be looked at inside their loop",
    "carried values leave the order of iterations free",
    "every load is repeated",
    "a step back is a step on",
    "a store leaves the adjoint of what it replaces",
    "a carried adjoint is not handed on",
    "a value that is carried on may be overwritten",
    "what a loop adds is not carried",
)


class EndlessError(BaseException):
    """A mutant's adjoint does not end."""


@pytest.fixture(scope="module")
def population() -> list[Judged]:
    """Programs whose adjoints are right, or refused, without a mutant."""
    return sound(POPULATION)


@pytest.fixture(scope="module")
def first() -> list[Judged]:
    """The first of them."""
    return sound(FIRST)


def sound(count: int) -> list[Judged]:
    programs = [one for one in tame(range(count)) if verdict(one).outcome in (RIGHT, REFUSED)]
    assert len(programs) > 0.95 * count
    return programs


@pytest.fixture
def limited():
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


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_replaces_is_there(mutant, monkeypatch):
    mutant.plant(monkeypatch.setattr)


def find(mutant, programs, limited, monkeypatch):
    """By a wrong number: that a program is refused, or its adjoint fails, is not enough."""
    mutant.plant(monkeypatch.setattr)
    assert any(limited(one) == WRONG for one in programs)


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in EARLY], ids=lambda mutant: mutant.name)
def test_faults_are_found_at_once(mutant, first, limited, monkeypatch):
    find(mutant, first, limited, monkeypatch)


@pytest.mark.battery
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_faults_are_found(mutant, population, limited, monkeypatch):
    find(mutant, population, limited, monkeypatch)
