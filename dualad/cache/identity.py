"""The identity of a compiled driver."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from ..numba_api import module_of
from . import extensions, freezing
from .fingerprint import Fingerprint, UnknownError

# Digests of overloads, or why they cannot be told, by the values around them.
_told: WeakKeyDictionary[extensions.Extension, tuple[str, str | UnknownError]] = WeakKeyDictionary()


def of(driver: Any, arguments: Iterable[Any] = ()) -> Fingerprint:
    """The fingerprint of a driver, for arguments of these types.

    Raises
    ------
    UnknownError
        If it does not tell all that compiled code depends on.
    """
    found = Fingerprint()
    found.surroundings()
    for one in _general():
        digest = _digest(one)
        # What cannot be told may still be asked in vain, or not at all: see `check`.
        found.put(one.name, "untold" if isinstance(digest, UnknownError) else digest)
    for ty in arguments:
        found.argument(ty)
    found.driver(driver)
    found.complete()
    freezing.check(found)
    return found


def check(found: Fingerprint, library: Any) -> None:
    """Raise :class:`UnknownError` if compiled code depends on more than a fingerprint tells."""
    linked = {variable.name for variable in module_of(library).global_variables}
    freezing.check_linked(found, linked)
    for one in _general():
        digest = _digest(one)
        if isinstance(digest, UnknownError) and one.is_used(linked):
            raise digest


def _general() -> list[extensions.Extension]:
    general = [one for one in extensions.registered() if one.is_general]
    return sorted(general, key=lambda one: one.name)


def _digest(extension: extensions.Extension) -> str | UnknownError:
    """The digest of an overload, or the reason why it cannot be told."""
    try:
        state = freezing.state(extension.taught)
        known, digest = _told.get(extension, ("", ""))
        if known == state:
            return digest
        found = Fingerprint()
        found.extension(extension)
        digest = found.digest()
    except UnknownError as reason:
        digest = reason
    except Exception as reason:  # in what others wrote there may be anything
        return UnknownError(repr(reason))
    _told[extension] = state, digest
    return digest
