"""Validation of numeric options of public functions."""

from __future__ import annotations

from typing import Any

import numpy as np


def integer(value: Any) -> int | None:
    """An integer of Python or NumPy; None for anything else, booleans included."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    return None
