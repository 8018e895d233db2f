"""Result types of array rules that follow from ranks; to infer them, Numba would compile the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numba import types


def _array(a: types.Array, rank: int, layout: str = "C") -> types.Type:
    return types.Array(a.dtype, rank, layout) if rank else a.dtype


def _square(layout: str) -> Callable[[types.Array], types.Type | None]:
    return lambda a: _array(a, 2, layout) if a.ndim == 2 else None


def _dot(a: types.Array, b: types.Array) -> types.Type | None:
    return _array(a, a.ndim + b.ndim - 2) if {a.ndim, b.ndim} <= {1, 2} else None


def _solve(a: types.Array, b: types.Array) -> types.Type | None:
    return _array(a, b.ndim, "C" if b.ndim == 1 else "F") if a.ndim == 2 and b.ndim in (1, 2) else None


def _det(a: types.Array) -> types.Type | None:
    return a.dtype if a.ndim == 2 else None


def _element(a: types.Array) -> types.Type:
    return a.dtype


def _logsumexp(a: types.Array, axis: types.Type = types.none) -> types.Type | None:
    if not isinstance(axis, types.Integer | types.NoneType) or a.ndim == 0:
        return None
    return a.dtype if axis == types.none else _array(a, a.ndim - 1)


_TYPES: dict[str, Callable[..., types.Type | None]] = {
    "dot": _dot,
    "product": _dot,
    "inv": _square("F"),
    "cholesky": _square("C"),
    "solve": _solve,
    "det": _det,
    "amax": _element,
    "amin": _element,
    "logsumexp": _logsumexp,
}


def type_of(rule: str, given: Mapping[str, Any]) -> types.Type | None:
    """The type of a rule's result by those of its arguments; None where Numba has to be asked."""
    elements = {ty.dtype for ty in given.values() if isinstance(ty, types.Array)}
    if rule not in _TYPES or elements != {types.float64} or not given.keys() <= {"a", "b", "axis"}:
        return None
    if rule == "logsumexp" and "b" in given:
        return None
    return _TYPES[rule](**given)
