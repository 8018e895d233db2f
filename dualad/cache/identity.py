"""What tells one compiled driver from another: its fingerprint, and overloads that its compilation met."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from . import extensions, freezing
from .fingerprint import Fingerprint


def of(driver: Any, arguments: Iterable[Any] = ()) -> Fingerprint:
    """The fingerprint of a driver, for arguments of these types.

    Raises
    ------
    UnknownError
        If it does not tell all that compiled code depends on.
    """
    found = Fingerprint()
    found.surroundings()
    for ty in arguments:
        found.argument(ty)
    found.driver(driver)
    found.complete()
    freezing.check(found)
    return found


def needs(found: Fingerprint) -> set[str]:
    """What code compiled just now may need besides: digests of overloads of other packages.

    Raises
    ------
    UnknownError
        If one of them depends on more than can be told.
    """
    return {_digest(one) for one in found.consulted()}


def are_there(needed: set[str]) -> bool:
    """Whether this process has the overloads that are needed."""
    return not needed or needed <= set(_digests())


def _digests() -> Iterator[str]:
    for one in extensions.registered():
        if one.template is not None:
            with contextlib.suppress(Exception):  # in what others wrote there may be anything
                yield _digest(one)


def _digest(extension: extensions.Extension) -> str:
    found = Fingerprint()
    found.extension(extension)
    return found.digest()
