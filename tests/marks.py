"""Marks of parameters."""

from typing import Any

import pytest


def in_battery(*values: Any) -> Any:
    """Parameters of a test that ``make battery`` runs, and ``make test`` does not."""
    return pytest.param(*values, marks=pytest.mark.battery)
