"""Lookup of the functions that active code calls instead of those that the user's code calls.

What is found are dispatchers, which compile with those very passes: so the passes are handed the look-ups,
in the metadata of each compilation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...rules.arrays import ArrayRule

KEY = "dualad_lookups"


@dataclass(frozen=True)
class Lookups:
    """Ways from a function to the dispatcher that stands for it.

    Attributes
    ----------
    differentiable : callable
        From a function of the user's, or of ours.
    overloaded : callable
        From a function that Numba implements in Python; None for others.
    retargeted : callable
        From the value of any global, which is returned if nothing stands for it.
    ruled : callable
        From the rule of a function of arrays.
    method : callable
        From the name of a method of classes, which takes the instance first.
    """

    differentiable: Callable[[Any], Any]
    overloaded: Callable[[Any], Any]
    retargeted: Callable[[Any], Any]
    ruled: Callable[[ArrayRule], Any]
    method: Callable[[str], Any]
