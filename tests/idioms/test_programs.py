"""Adjoints of programs as people write them: as Python against dual numbers, and compiled, in every mode."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import islice

import numpy as np
import pytest

import dualad as da
from tests.adjoints.oracle import is_close
from tests.idioms.judged import ACTIVE, REFUSED, RIGHT, Judged, combination, tame, verdict
from tests.idioms.programs import IDIOMS, functions_of, program

FEW, MANY, PARTS = 160, 4000, 20
AT_ONCE, COMPILED = 2, 60
MOST_REFUSED, MOST_WILD = 0.12, 0.02


def agree(seeds: range) -> Counter[str]:
    """Every adjoint is right or refused; returns the refusals by reason."""
    refusals: Counter[str] = Counter()
    kept = list(tame(seeds))
    assert len(kept) >= (1 - MOST_WILD) * len(seeds)
    for one in kept:
        found = verdict(one, combination(one.program.seed))
        if found.error is not None:
            raise found.error
        if found.outcome == REFUSED:
            refusals[found.reason] += 1
    assert sum(refusals.values()) <= MOST_REFUSED * len(kept), refusals
    return refusals


def test_programs_are_the_same_everywhere():
    """In every process and version of Python; another text is another generator, and has another digest."""
    text = "".join(program(seed).text for seed in range(300))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "14cfcbd1dcf368f4"
    used = {name for seed in range(300) for name in program(seed).idioms}
    assert used == {idiom.__name__ for idiom in IDIOMS}


def test_adjoints_run_as_python():
    agree(range(FEW))


def test_programs_that_failed_once():
    """3747: the sweep finds the rows of an inner loop by bounds that only its outer loop knows."""
    agree([3747])


@pytest.mark.battery
@pytest.mark.parametrize("part", range(PARTS))
def test_many_adjoints_run_as_python(part):
    each = MANY // PARTS
    agree(range(FEW + part * each, FEW + (part + 1) * each))


def compiled(first: int, count: int) -> None:
    """Programs of one module: the value of every mode is the function's to the bit, and derivatives are right."""
    right = (one for one in tame(range(first, first + 2 * count)) if verdict(one).outcome == RIGHT)
    chosen = list(islice(right, count))
    assert len(chosen) == count
    names = functions_of([one.program for one in chosen])
    for number, one in enumerate(chosen):
        for mode in ("adjoint", ("forward", "tape")[number % 2]):
            hold(names[one.program.name], one, mode)


def hold(function, one: Judged, mode: str) -> None:
    """A compiled function against the derivatives by dual numbers."""
    x, y, t, k, work = one.args
    value = function(x.copy(), y, t.copy(), k.copy(), work.copy())  # it may store into any of them
    given = x.copy(), y, t.copy(), k.copy(), work.copy()
    got, parts = da.value_and_grad(function, tuple(ACTIVE), mode=mode)(*given)
    gradient = np.concatenate([np.ravel(part) for part in parts])
    wanted, bound = one.expected.slopes[0][0], one.expected.majorants[0][0]
    note = f"{mode}: {got} {gradient} instead of {value} {wanted}\n{one.program.text}"
    assert got == value, note
    # Numba's functions differ from Python's in the last bit.
    assert np.all(is_close(gradient, wanted, 100 * bound)), note
    for before, after in zip(one.args, given, strict=True):
        np.testing.assert_array_equal(after, before)


def test_compiled_programs():
    compiled(FEW, AT_ONCE)


@pytest.mark.battery
@pytest.mark.parametrize("part", range(COMPILED // 10))
def test_many_compiled_programs(part):
    compiled(10_000 + 100 * part, 10)
