"""Signatures that users declared for their functions, carried over to active arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba import types

from ...numba_api import Signature, signature
from ...types import maps
from ...types.active import Active, contained, joined, rebased


def selected(typing: Any, declared: Sequence[Signature], given: Sequence[types.Type]) -> Signature | None:
    """The declared signature that Numba would take for the plain types of what is given."""
    args = tuple(maps.plain(ty) for ty in given)
    # Active arrays are private copies, so the memory layout that was declared does not matter.
    loose = {
        signature(sig.return_type, *(_any_layout(ty) for ty in sig.args)): sig
        for sig in declared
        if len(sig.args) == len(args)
    }
    return loose.get(typing.resolve_overload("declared", list(loose), args, {}))


def _any_layout(ty: Any) -> Any:
    return ty.copy(layout="A") if isinstance(ty, types.Array) else ty


def activated(declared: Signature, given: Sequence[types.Type]) -> Signature:
    """A declared signature with the given arguments active, over numbers of the declared precision."""
    formal = tuple(_merged(ty, want) for ty, want in zip(given, declared.args, strict=True))
    active = joined([found for ty in formal for found in contained(ty)])
    result = declared.return_type
    items = list(result) if isinstance(result, types.BaseTuple) else [result]
    if active is None or not all(isinstance(item, types.Number) for item in items):
        return signature(None, *formal)
    return signature(maps.activated(active, result), *formal)


def _merged(given: Any, declared: Any) -> Any:
    if not contained(given):
        return declared
    if isinstance(given, Active) and isinstance(declared, types.Float):
        return rebased(given, declared)
    if isinstance(given, types.BaseTuple) and isinstance(declared, types.BaseTuple):
        return maps.tuple_like(given, [_merged(a, b) for a, b in zip(given, declared, strict=True)])
    return given
