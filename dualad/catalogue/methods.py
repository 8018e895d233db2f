"""Methods and attributes by their names: of arrays, and of the containers whose methods are called alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from .table import Category, Row, Sharing

__all__ = ["is_of_containers", "method"]

_rows: dict[str, Row] = {}


def _enter(category: Category, names: str, result: Sharing = Sharing.VIEW, **facts: Any) -> None:
    """Enter names; UNKNOWN if the function of the same name tells how a method is differentiated."""
    for name in names.split():
        if name in _rows:
            raise ValueError(f"{name!r} is in the catalogue twice")
        _rows[name] = Row(category, result, **facts)


_MEMORY = "it reads memory as other numbers"

_enter(
    Category.UNKNOWN,
    """
    all any argmax argmin argsort clip copy count cumprod cumsum dot index max mean min nonzero prod repeat
    std sum take trace var
    """,
    Sharing.FRESH,
)
_enter(Category.MOVING, "astype flatten item", Sharing.FRESH)
_enter(Category.REFUSED, "tobytes", Sharing.FRESH, reason=_MEMORY)
_enter(Category.REFUSED, "view", reason=_MEMORY)
_enter(Category.MOVING, "fill", writes=(0,))
_enter(Category.UNKNOWN, "add append insert", Sharing.CONTENTS, writes=(0,))
_enter(
    Category.UNKNOWN,
    """
    clear difference_update discard extend intersection_update itemset partition pop popitem put remove resize
    reverse setdefault setfield setflags sort symmetric_difference_update update
    """,
    writes=(0,),
)
_enter(Category.UNKNOWN, "shuffle", writes=(0, 1))  # of random generators
_enter(Category.MOVING, "T flat")
_enter(Category.DESCRIPTION, "dtype shape strides", Sharing.PASSIVE)
_enter(Category.DESCRIPTION, "itemsize nbytes ndim size", Sharing.PASSIVE, integer=True)
_enter(Category.DESCRIPTION, "ctypes flags")

_READING = frozenset(name for kind in (np.ndarray, list, tuple, dict, set, str) for name in dir(kind))


def is_of_containers(name: str) -> bool:
    """Whether arrays, lists, tuples, dictionaries, sets or strings have an attribute of this name."""
    return name in _READING


def method(name: str) -> Row:
    """What is known of a method; of a name that is not known, that it may write to its owner."""
    return _rows.get(name) or Row(result=Sharing.VIEW, writes=() if name in _READING else (0,))
