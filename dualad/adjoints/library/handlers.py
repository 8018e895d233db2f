"""The table of handlers, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numba import types

from ...registry import entering
from ..errors import NotTransformable
from ..frontend import elementwise
from ..frontend.elementwise import computed, is_array
from ..frontend.iteration import ListOf
from ..ir import numba_types
from ..ir.builder import ANONYMOUS
from ..ir.nodes import BOOL, FLOAT, INT, SINGLE, WIDTHS, Const, Operand, Tuple, Value, split
from .context import Context


@dataclass(frozen=True)
class BoundMethod:
    """A method of an array."""

    array: Any
    name: str


Handler = Callable[..., Any]
DTYPES = {FLOAT: np.float64, SINGLE: np.float32, INT: np.int64, BOOL: np.bool_}
DTYPES |= {name: getattr(np, name) for name in WIDTHS}
HANDLERS: dict[Any, Handler] = {}
handles = partial(entering, HANDLERS)


def array_in(context: Context, a: Any) -> Value:
    """An argument that must be an array, computed."""
    if not is_array(a):
        raise NotTransformable("an argument that is not an array")
    array: Value = computed(context.build, a, ANONYMOUS)
    return array


def shape_of(thing: Any) -> tuple[Operand, ...]:
    """A shape argument."""
    parts = thing.items if isinstance(thing, Tuple | ListOf) else (thing,)
    if not all(isinstance(p, Value | Const) and p.kind == INT for p in parts):
        raise NotTransformable("a shape that is not made of integers")
    return tuple(parts)


def element_of(dtype: Any, default: str = FLOAT) -> str:
    """The type of elements that a dtype argument names."""
    if dtype is None or dtype == Const(None):
        return default
    named = dtype.value if isinstance(dtype, Const) else None
    if isinstance(named, types.Type):
        scalar = getattr(named, "instance_type", getattr(named, "dtype", named))
        found = numba_types.ELEMENTS.get(scalar)
    else:
        found = None if named is None else elementwise.NAMES.get(_name(named))
    if found is None:
        raise NotTransformable("a dtype other than float64, float32, bool and integers")
    return found


def _name(dtype: Any) -> str:
    try:
        return np.dtype(dtype).name
    except TypeError:
        return ""


def element_type(context: Context, a: Any) -> str:
    """The type of the elements of an argument that must be an array."""
    if not is_array(a):
        raise NotTransformable("a new array like something that is not an array")
    return elementwise.element_type(context.build, a)


def element_kind(context: Context, a: Any) -> str:
    """The kind of the elements of an argument that must be an array."""
    return split(element_type(context, a))[0]
