"""Adjoints of random programs: as plain Python against dual numbers, compiled against the other modes."""

from __future__ import annotations

import os
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from numba import njit

import dualad as da
from dualad.adjoints.errors import Untransformable
from tests.adjoints.fuzz import programs
from tests.adjoints.oracle import check, differentiated, is_close, reference, seeds_for

COUNT, MANY, COMPILED = 220, 2500, 300
BATCH = 250
REFUSED = 0.05  # the largest share of programs that may be refused, or be too wild to be judged
SEED = zlib.crc32(os.urandom(4)) if os.environ.get("FUZZ_SEED") is None else int(os.environ["FUZZ_SEED"])


def drawn(count, start, **options):
    """Different programs, the same for the same start."""
    found = {}

    @seed(start)
    @settings(
        max_examples=3 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(**options))
    def draw(program):
        if len(found) < count:
            found.setdefault(program.text, program)

    draw()
    assert len(found) == count
    return list(found.values())


def judged(program):
    """What the program gives, or None if it is too wild to say."""
    function, args = program.functions()["program"], program.arguments()
    expected = reference(function, args)
    if expected.error is not None:
        assert isinstance(expected.error, ValueError)
        assert str(expected.error) == "too far"
    elif not all(np.all(np.isfinite(m)) and np.all(m < 1e12) for m in expected.majorants):
        return None
    return expected
