"""Types with the floats in them, also those in arrays, lists and tuples, made active, plain, or stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from .active import (
    Active,
    carries,
    complex_of,
    contained,
    is_complex,
    joined,
    part_of,
    rebased,
    scalar_base,
    storage,
)


def activated(active: Active, ty: Any) -> Any:
    """`ty` with its floats over the active type; arrays are such that hold copies."""
    if isinstance(ty, types.Array):
        dtype = activated(active, ty.dtype)
        return ty if dtype == ty.dtype else types.Array(dtype, ty.ndim, copy_layout(ty))
    return _mapped(ty, lambda scalar: _over(active, scalar) if carries(scalar) else scalar)


def _over(active: Active, ty: types.Type) -> types.Type:
    if is_complex(ty):
        return complex_of(_over(active, part_of(ty)))
    found = joined([active, *contained(ty)])
    assert found is not None
    return rebased(found, scalar_base(ty))


def private(ty: Any, active: Active | None) -> Any:
    """The type of a copy of a value of type `ty`, with its floats active if `active` is given."""
    if isinstance(ty, types.Array):
        dtype = ty.dtype if active is None else activated(active, ty.dtype)
        return types.Array(dtype, ty.ndim, copy_layout(ty))
    if isinstance(ty, types.List):
        return types.List(private(ty.dtype, active))
    if isinstance(ty, types.BaseTuple):
        return tuple_like(ty, [private(item, active) for item in ty])
    return ty if active is None else activated(active, ty)


def plain(ty: Any) -> Any:
    """`ty` without derivatives."""
    return _mapped(types.unliteral(ty), scalar_base)


def stored(ty: Any) -> Any:
    """`ty` with its expressions as statements."""
    return _mapped(ty, storage)


def _mapped(ty: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(ty, types.BaseTuple):
        items = [_mapped(item, change) for item in ty]
        return ty if items == list(ty) else tuple_like(ty, items)
    if isinstance(ty, types.Array | types.List):
        dtype = _mapped(ty.dtype, change)
        return ty if dtype == ty.dtype else ty.copy(dtype=dtype)
    if isinstance(ty, types.Optional):
        return types.Optional(_mapped(ty.type, change))
    return change(ty)


def tuple_like(ty: Any, items: Any) -> Any:
    """A tuple type like `ty`, named if that is, with other items."""
    if not isinstance(ty, types.BaseNamedTuple):
        return types.Tuple(items)
    if isinstance(ty, types.NamedUniTuple) and len(set(items)) == 1:
        return types.NamedUniTuple(items[0], len(items), ty.instance_class)
    return types.NamedTuple(items, ty.instance_class)


def copy_layout(ty: types.Array) -> str:
    """The layout of a copy, which what Numba compiles may depend on: reshape takes no other."""
    return "F" if ty.layout == "F" else "C"
