"""The table of handlers, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numba import types

from ...registry import entering
from ..errors import Untransformable
from ..frontend import elementwise
from ..frontend.elementwise import computed, is_array
from ..frontend.iteration import ListOf
from ..ir import numba_types
from ..ir.builder import ANONYMOUS
from ..ir.nodes import BOOL, FLOAT, INT, SINGLE, Const, Operand, Tuple, Value
from .context import Context


@dataclass(frozen=True)
class BoundMethod:
    """A method of an array."""

    array: Any
    name: str


Handler = Callable[..., Any]
DTYPES = {FLOAT: np.float64, SINGLE: np.float32, INT: np.int64, BOOL: np.bool_}
HANDLERS: dict[Any, Handler] = {}
handles = partial(entering, HANDLERS)


def array_in(context: Context, a: Any) -> Value:
    """An argument that must be an array, computed."""
    if not is_array(a):
        raise Untransformable("an argument that is not an array")
    array: Value = computed(context.build, a, ANONYMOUS)
    return array


def shape_of(thing: Any) -> tuple[Operand, ...]:
    """A shape argument."""
    parts = thing.items if isinstance(thing, Tuple | ListOf) else (thing,)
    if not all(isinstance(p, Value | Const) and p.kind == INT for p in parts):
        raise Untransformable("a shape that is not made of integers")
    return tuple(parts)


def kind_of(dtype: Any, default: str = FLOAT) -> str:
    """The kind of a dtype argument."""
    if dtype is None or dtype == Const(None):
        return default
    if isinstance(dtype, Const) and isinstance(dtype.value, types.Type):
        named = getattr(dtype.value, "instance_type", getattr(dtype.value, "dtype", dtype.value))
        if named in numba_types.KINDS:
            return numba_types.KINDS[named]
    elif isinstance(dtype, Const):
        for kind, names in (
            (FLOAT, (float, np.float64)), (SINGLE, (np.float32, np.single)), (INT, (int, np.int64, np.intp)),
            (BOOL, (bool, np.bool_)),
        ):  # fmt: skip
            if dtype.value in names or dtype.value == np.dtype(names[1]):
                return kind
    raise Untransformable("a dtype other than float64, float32, int64 and bool")


def element_kind(context: Context, a: Any) -> str:
    """The kind of the elements of an argument that must be an array, of 64 bits if they are integers."""
    if not is_array(a):
        raise Untransformable("a new array like something that is not an array")
    elementwise.refuse_narrow(a)
    return elementwise.element_kind(context.build, a)
