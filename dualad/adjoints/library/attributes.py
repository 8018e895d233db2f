"""Attributes and methods of arrays and tuples."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ... import catalogue
from ...catalogue import Category
from ...registry import entering
from ..errors import NotTransformable
from ..frontend import elementwise
from ..frontend.complex_numbers import is_dtype
from ..frontend.elementwise import computed, extents_of, is_array
from ..frontend.iteration import ZERO, Cell, FlatOf
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import Complex, Const, Operand, Tuple, Value
from . import complex_functions
from .context import Context
from .dispatch import call
from .handlers import DTYPES, BoundMethod, Handler, element_of, handles
from .structure import astype, raveled

ATTRIBUTES: dict[str, Callable[[Builder, Any], Any]] = {}
METHODS: dict[str, Handler] = {}  # those that are not called like a function of NumPy
_attribute, _method = partial(entering, ATTRIBUTES), partial(entering, METHODS)


def attribute(build: Builder, whole: Any, name: str) -> Any:
    """``whole.name``."""
    if isinstance(whole, Tuple) and whole.cls is not None and name in whole.cls._fields:
        return whole.items[whole.cls._fields.index(name)]
    if isinstance(whole, Complex):
        return complex_functions.attribute(build, whole, name)
    if isinstance(whole, Value | Const) and not whole.is_array and ATTRIBUTES.get(name) is _real_part:
        return whole
    if METHODS.get(name) is _item and (isinstance(whole, Cell) or elementwise.is_scalar(whole)):
        return BoundMethod(whole, name)
    if not is_array(whole):
        raise NotTransformable(f"the attribute {name!r}")
    if name in ATTRIBUTES:
        return ATTRIBUTES[name](build, whole)
    if not callable(getattr(np.ndarray, name, None)):
        raise NotTransformable(f"the attribute {name!r}")
    return BoundMethod(whole, name)


@_attribute("real")
def _real_part(build: Builder, whole: Any) -> Any:
    return whole  # complex numbers there are none


@_attribute("shape")
def _shape(build: Builder, whole: Any) -> Tuple:
    return Tuple(extents_of(whole))


@_attribute("size")
def _size(build: Builder, whole: Any) -> Operand:
    return elementwise.size_of(build, extents_of(whole))


@_attribute("ndim")
def _ndim(build: Builder, whole: Any) -> Const:
    return Const(len(extents_of(whole)))


@_attribute("dtype")
def _dtype(build: Builder, whole: Any) -> Const:
    return Const(DTYPES[elementwise.element_type(build, whole)])


@_attribute("flat")
def _flat(build: Builder, whole: Any) -> FlatOf:
    return FlatOf(computed(build, whole, ANONYMOUS))


@_attribute("T")
def _transposed(build: Builder, whole: Any) -> Value:
    return elementwise.transposed(build, computed(build, whole, ANONYMOUS))


@handles(type)
def _type(context: Context, x: Any) -> Const:
    if not elementwise.is_scalar(x):
        raise NotTransformable(f"the type of {elementwise.described(x)}")
    return Const(DTYPES[x.element])


@handles(np.real)
def _real(context: Context, a: Any) -> Any:
    return attribute(context.build, a, "real")  # of an array itself, not a copy


def method(context: Context, known: BoundMethod, args: list[Any], keywords: dict[str, Any]) -> Any:
    """A call of an array's method."""
    if isinstance(known.array, Complex):
        return complex_functions.method(context, known, args, keywords)
    handler = METHODS.get(known.name)
    if handler is _astype and len(args) == 1 and not keywords and is_dtype(args[0]):
        return call(context, np.array, [known.array, args[0]], {})
    if handler is not None and _fits(handler, context, known.array, *args, **keywords):
        return handler(context, known.array, *args, **keywords)
    function, row = getattr(np, known.name, None), catalogue.method(known.name)
    is_function = function is not None and row.category is Category.UNKNOWN and not row.writes
    if is_function and not isinstance(known.array, Cell):
        return call(context, function, [known.array, *args], keywords)
    raise NotTransformable(f"the method {known.name!r}")


def _fits(handler: Handler, *args: Any, **keywords: Any) -> bool:
    """Whether a method may have these arguments."""
    try:
        inspect.signature(handler).bind(*args, **keywords)
    except TypeError:
        return False
    return True


@_method("item")
def _item(context: Context, array: Any) -> Operand:
    if isinstance(array, Cell):
        return array.cell
    if elementwise.is_scalar(array):
        return array
    return context.build.load(array, (ZERO,) * len(array.extents))


@_method("fill")
def _fill(context: Context, array: Any, number: Any, /) -> Const:
    if not isinstance(array, Value):
        raise NotTransformable("the method 'fill' of an array that has no name")
    elementwise.copy_into(context.build, array, number)
    return Const(None)


@_method("flatten")
def _flatten(context: Context, array: Any) -> Value:
    return raveled(context, elementwise.copied(context.build, array, ANONYMOUS, "C"))


@_method("sort")
def _sort(context: Context, array: Any) -> Const:
    ordered = call(context, np.sort, [array], {})
    elementwise.copy_into(context.build, array, ordered)
    return Const(None)


@_method("astype")
def _astype(context: Context, array: Any, dtype: Any, /) -> Value:
    return astype(context, array, element_of(dtype))
