from __future__ import annotations

import numpy as np
import pytest

from dualad.check.comparison.tolerance import judged, rounding_floor

INF, NAN = np.inf, np.nan


def verdict(value, reference, error, low=NAN, high=NAN, floor=1e-16, size=1.0):
    entry = [np.array([v], dtype=float) for v in (value, reference, error, low, high, floor, size)]
    found = judged(*entry[:3], (entry[3], entry[4]), *entry[5:], 1e-8)
    if found.wrong[0]:
        return "wrong"
    return "unresolved" if found.unresolved[0] else "right"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"value": 1.0, "reference": 1.0, "error": 1e-12}, "right"),
        ({"value": 1.0 + 5e-9, "reference": 1.0, "error": 1e-12}, "right"),
        ({"value": 1.0 + 2e-8, "reference": 1.0, "error": 1e-12}, "wrong"),
        ({"value": 1.0 + 2e-8, "reference": 1.0, "error": 1e-6}, "unresolved"),
        ({"value": 2.0, "reference": 1.0, "error": 1e-6}, "wrong"),
        ({"value": 0.0, "reference": 1e-15, "error": 1e-15}, "right"),
        ({"value": 1e-12, "reference": 0.0, "error": 1e-4, "size": 1e12}, "unresolved"),
        ({"value": 0.0, "reference": 5.0, "error": 20.0}, "unresolved"),
        ({"value": NAN, "reference": 1.0, "error": 1e-9}, "wrong"),
        ({"value": INF, "reference": 1.0, "error": 1e-9}, "wrong"),
        ({"value": INF, "reference": 40.0, "error": 30.0}, "unresolved"),
        ({"value": -INF, "reference": 40.0, "error": 30.0}, "wrong"),
        ({"value": 1.0, "reference": NAN, "error": INF}, "unresolved"),
        ({"value": 0.7, "reference": 0.0, "error": 1e-3, "low": -1.0, "high": 1.0}, "right"),
        ({"value": 1.0, "reference": 0.0, "error": 1e-3, "low": -1.0, "high": 1.0}, "right"),
        ({"value": 1.1, "reference": 0.0, "error": 1e-3, "low": -1.0, "high": 1.0}, "wrong"),
        ({"value": NAN, "reference": 0.0, "error": 1e-3, "low": -1.0, "high": 1.0}, "wrong"),
        ({"value": 1e-17, "reference": 0.0, "error": 0.0}, "right"),
        ({"value": 1e-15, "reference": 0.0, "error": 0.0}, "wrong"),
    ],
)
def test_verdicts(entry, expected):
    assert verdict(**entry) == expected


def test_rounding_is_forgiven_up_to_a_share_of_the_size():
    floor = rounding_floor(np.array([0.0, 1e-15, 1e-3]), np.array([1.0, 1.0, 1.0]), 2.2e-16)
    assert floor == pytest.approx([0.0, 1.6e-14, 1e-11], rel=0.01, abs=1e-300)
