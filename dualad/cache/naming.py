"""Symbols of compiled functions, made unique across processes.

Numba numbers the functions of a process from one. The machine code of a driver brings along the functions
it calls; were two different ones of the same name and number to meet in one process, one would be taken
for the other. So counting starts at a number that no other process starts at.
"""

from __future__ import annotations

import os
import re
from itertools import count
from typing import Any

from ..numba_api import module_of, number_functions

_NUMBER = re.compile(r"B\d+v(\d+)B")
_first = 1


def _renumber() -> None:
    global _first
    _first = int.from_bytes(os.urandom(6), "big") << 24
    number_functions(count(_first))


_renumber()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renumber)


def are_unique(library: Any) -> bool:
    """Whether all functions of a library were numbered by us: none was compiled before dualad's import."""
    names = (function.name for function in module_of(library).functions if not function.is_declaration)
    return all(int(number) >= 1 << 24 for name in names for number in _NUMBER.findall(name))
