"""New arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from .. import runtime
from ..errors import NotTransformable
from ..frontend import elementwise
from ..frontend.elementwise import computed, empty, extents_of, is_array
from ..frontend.iteration import ZERO, ListIn, ListOf
from ..ir.builder import ANONYMOUS
from ..ir.joins import joined_element
from ..ir.nodes import FLOAT, FLOATS, INT, WIDTHS, Const, Tuple, Value
from . import definitions, foreign
from .context import Context
from .handlers import DTYPES, element_of, element_type, handles, shape_of


@handles(np.zeros)
def _zeros(context: Context, shape: Any, dtype: Any = None) -> Value:
    return empty(context.build, shape_of(shape), element_of(dtype), ANONYMOUS, zeroed=True)


@handles(runtime.no_numbers)
def _no_numbers(context: Context) -> Value:
    return _empty(context, Const(0))


@handles(runtime.no_integers)
def _no_integers(context: Context) -> Value:
    return _empty(context, Const(0), Const(np.int64))


@handles(np.empty)
def _empty(context: Context, shape: Any, dtype: Any = None) -> Value:
    return empty(context.build, shape_of(shape), element_of(dtype), ANONYMOUS)


@handles(np.ones)
def _ones(context: Context, shape: Any, dtype: Any = None) -> Value:
    return _full(context, shape, Const(1), Const(None) if dtype is None else dtype)


@handles(np.full)
def _full(context: Context, shape: Any, value: Any, dtype: Any = None) -> Value:
    kind = value.element if dtype is None else element_of(dtype)
    out = empty(context.build, shape_of(shape), kind, ANONYMOUS)
    if kind == FLOAT and isinstance(value, Const):
        value = Const(float(value.value))
    elementwise.copy_into(context.build, out, value)
    return out


@handles(np.zeros_like)
def _zeros_like(context: Context, a: Any, dtype: Any = None) -> Value:
    return empty(
        context.build, extents_of(a), element_of(dtype, element_type(context, a)), ANONYMOUS, zeroed=True
    )


@handles(np.empty_like)
def _empty_like(context: Context, a: Any, dtype: Any = None) -> Value:
    return empty(context.build, extents_of(a), element_of(dtype, element_type(context, a)), ANONYMOUS)


@handles(np.ones_like)
def _ones_like(context: Context, a: Any, dtype: Any = None) -> Value:
    return _full_like(context, a, Const(1), dtype)


@handles(np.full_like)
def _full_like(context: Context, a: Any, value: Any, dtype: Any = None) -> Value:
    kind = element_of(dtype, element_type(context, a))
    out = empty(context.build, extents_of(a), kind, ANONYMOUS)
    elementwise.copy_into(
        context.build, out, Const(float(value.value)) if isinstance(value, Const) else value
    )
    return out


@handles(np.array)
def _array(context: Context, thing: Any, dtype: Any = None) -> Value:
    build = context.build
    thing = thing.array if isinstance(thing, ListIn) else thing
    if is_array(thing) and dtype is None:
        return elementwise.copied(build, thing, ANONYMOUS)
    if elementwise.is_scalar(thing):
        out = empty(build, (), _kind_of_items((thing,), dtype), ANONYMOUS)
        build.store(out, (), thing)
        return out
    if not isinstance(thing, ListOf | Tuple) or not thing.items:
        raise NotTransformable("np.array of something that is not a list of numbers")
    rows = [item.items if isinstance(item, ListOf | Tuple) else None for item in thing.items]
    flat = [x for row, item in zip(rows, thing.items, strict=True) for x in (row or (item,))]
    if not all(isinstance(x, Value | Const) and not x.is_array for x in flat):
        raise NotTransformable("np.array of something that is not a list of numbers")
    kind = _kind_of_items(flat, dtype)
    extents = (Const(len(rows)),) if rows[0] is None else (Const(len(rows)), Const(len(rows[0])))
    if len({None if row is None else len(row) for row in rows}) != 1:
        raise NotTransformable("np.array of rows of different lengths")
    out = empty(build, extents, kind, ANONYMOUS)
    for position, x in enumerate(flat):
        index = np.unravel_index(position, [e.value for e in extents])
        build.store(out, tuple(Const(int(i)) for i in index), x)
    return out


def _kind_of_items(items: Sequence[Any], dtype: Any) -> str:
    """The kind of the elements of an array made of numbers."""
    if dtype is not None:
        return element_of(dtype)
    joined = reduce(joined_element, [x.element for x in items])
    return joined if joined in (*FLOATS, *WIDTHS) else INT


@handles(np.arange)
def _arange(context: Context, *ends: Any, dtype: Any = None) -> Value:
    if dtype is not None or not 1 <= len(ends) <= 3 or any(end.kind != INT for end in ends):
        given = {} if dtype is None else {"dtype": dtype}
        result: Value = foreign.as_numba(context, np.arange, list(ends), given)
        return result
    text = ", ".join(f"{{{i + 1}}}" for i in range(len(ends)))
    return context.build.alloc(f"np.arange({text})", ends, (None,), INT, ANONYMOUS)


@handles(np.identity)
def _identity(context: Context, n: Any, dtype: Any = None) -> Any:
    return _eye(context, n, dtype=dtype)


@handles(np.eye)
def _eye(context: Context, N: Any, M: Any = None, k: Any = ZERO, dtype: Any = None) -> Any:
    element = element_of(dtype)
    if M in (None, Const(None)) and k == ZERO and element == FLOAT:
        return context.build.alloc("np.eye({1})", (N,), (N, N), FLOAT, ANONYMOUS)
    columns = N if M in (None, Const(None)) else M
    return context.inline(definitions.eye, [N, columns, k, Const(DTYPES[element])], {})


@handles(np.asarray)
def _asarray(context: Context, a: Any, dtype: Any = None) -> Any:
    if is_array(a) and (dtype is None or element_of(dtype) == element_type(context, a)):
        return computed(context.build, a, ANONYMOUS)
    return _array(context, a, dtype)


@handles(np.copy)
def _copy(context: Context, a: Any) -> Value:
    if not is_array(a):
        raise NotTransformable("a copy of something that is not an array")
    return elementwise.copied(context.build, a, ANONYMOUS)
