"""Programs with what they should give, and what becomes of their adjoints.

The oracle is that of the other generator, `tests.adjoints.fuzz`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import typeof

from dualad.adjoints.engine import SWITCHES, adjoint, whole
from dualad.adjoints.errors import NotTransformable
from tests.adjoints.oracle import COMBINATIONS, compare, reference
from tests.idioms.programs import Program, arguments, functions_of, program

ACTIVE = [0, 1]
WILD = 1e9  # majorants beyond it say nothing
RIGHT, REFUSED, CRASHED, WRONG = "right", "refused", "crashed", "wrong"


@dataclass(frozen=True)
class Judged:
    """A program with its value, derivatives and their majorants by dual numbers."""

    program: Program
    expected: Any

    @property
    def args(self) -> tuple[Any, ...]:
        return arguments(self.program.seed)


@dataclass(frozen=True)
class Verdict:
    """What became of a program: right, refused, crashed or wrong, and why."""

    outcome: str
    reason: str = ""
    error: BaseException | None = None


@cache
def judged(seed: int) -> Judged:
    """The program of a seed with what it should give."""
    one = program(seed)
    expected = reference(python(one), arguments(seed), ACTIVE)
    if expected.error is not None:
        expected.error.add_note(one.text)
        raise expected.error
    return Judged(one, expected)


def python(one: Program) -> Any:
    """The function of a program."""
    return functions_of([one])[one.name].py_func


def is_tame(one: Judged) -> bool:
    """Whether its derivative can be told from rounding errors."""
    finite = all(np.all(np.isfinite(v)) for v in one.expected.results)
    return finite and all(np.all(m < WILD) for m in one.expected.majorants)


def combination(seed: int) -> frozenset[str]:
    """The switches by turns, and every second time all of them, which is what users get."""
    return SWITCHES if seed % 2 else COMBINATIONS[seed // 2 % len(COMBINATIONS)]


def verdict(one: Judged, switches: frozenset[str] = SWITCHES) -> Verdict:
    """What becomes of the adjoint of a program, run as Python."""
    args = one.args
    try:
        made = adjoint(python(one.program), [typeof(arg) for arg in args], ACTIVE, whole, switches)
    except NotTransformable as error:
        return Verdict(REFUSED, reason_of(error))
    except Exception as error:
        return Verdict(CRASHED, repr(error), error)
    try:
        compare(made, args, ACTIVE, one.expected)
    except AssertionError as error:
        error.add_note(f"{one.program.text}\nswitches {sorted(switches)}\n{made.source}")
        return Verdict(WRONG, str(error), error)
    except Exception as error:
        error.add_note(f"{one.program.text}\nswitches {sorted(switches)}\n{made.source}")
        return Verdict(CRASHED, repr(error), error)
    return Verdict(RIGHT)


def reason_of(error: NotTransformable) -> str:
    """The class of a refusal: its message without places and names."""
    return re.sub(r"^\S* ?\S*>:\d+: |'\w+'", "", str(error)).strip(" ,")


def tame(seeds: Iterable[int]) -> Iterator[Judged]:
    """The programs of seeds, but for those that are too wild."""
    return (one for one in map(judged, seeds) if is_tame(one))
