"""A function of an eval, as GradBench calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


def listed(result: Any) -> Any:
    """A result as JSON has it: arrays and tuples as lists."""
    if isinstance(result, np.ndarray | np.generic):
        return result.tolist()
    if isinstance(result, tuple):
        return [listed(item) for item in result]
    return result


@dataclass(frozen=True)
class Function:
    """What is timed, `call`, between the reading of its arguments and the writing of its result."""

    call: Callable[..., Any]
    read: Callable[[Any], tuple]
    write: Callable[[Any], Any] = listed


Functions = Mapping[str, Function]
