"""The table, by function: what chooses an implementation for arguments of given types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

STAND_INS: dict[Any, Callable[..., Any]] = {}
