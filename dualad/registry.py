"""Tables from functions or names to code, which is entered where it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeVar

__all__ = ["entering", "entry"]

T = TypeVar("T")


def entering(table: MutableMapping[Any, Any], *keys: Any) -> Callable[[T], T]:
    """Decorator: enter what is decorated under these keys."""

    def enter(code: T) -> T:
        table.update(dict.fromkeys(keys, code))
        return code

    return enter


def entry(table: Mapping[Any, T], key: Any) -> T | None:
    """What a table has under a key, which need not be hashable; or None."""
    try:
        return table.get(key)
    except TypeError:
        return None
