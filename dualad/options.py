"""Validation of numeric options of public functions, and of the choice of arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import ArgumentError

# Which arguments: by their positions or names, a tuple of several.
Argnums = int | str | tuple[int | str, ...]
Positions = int | tuple[int, ...]


def integer(value: Any) -> int | None:
    """An integer of Python or NumPy; None for anything else, booleans included."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    return None


def numbered(argnums: Any, names: Sequence[str]) -> tuple[int, ...]:
    """The positions in `argnums`, which may be those of names; raises if it is something else."""
    found = []
    for one in argnums if isinstance(argnums, tuple) else (argnums,):
        number = names.index(one) if isinstance(one, str) and one in names else integer(one)
        if isinstance(one, str) and number is None:
            raise ArgumentError(f"argnums={argnums!r}: there is no argument {one!r} in ({', '.join(names)})")
        if number is None:
            raise ArgumentError(
                f"argnums must be an int, the name of an argument, or a tuple of these, not {argnums!r}"
            )
        found.append(number)
    return tuple(found)
