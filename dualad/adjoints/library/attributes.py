"""Attributes and methods of arrays and tuples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import catalogue
from ...catalogue import Category
from ..errors import Untransformable
from ..frontend import elementwise
from ..frontend.complex_numbers import is_dtype
from ..frontend.elementwise import computed, extents_of, is_array
from ..frontend.iteration import ZERO, Cell, FlatOf
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import Complex, Const, Tuple, Value
from . import complex_functions
from .context import Context
from .dispatch import call
from .handlers import DTYPES, BoundMethod, handles, kind_of
from .structure import astype, reshaped


def attribute(build: Builder, whole: Any, name: str) -> Any:
    """``whole.name``."""
    if isinstance(whole, Tuple) and whole.cls is not None and name in whole.cls._fields:
        return whole.items[whole.cls._fields.index(name)]
    if isinstance(whole, Complex):
        return complex_functions.attribute(build, whole, name)
    if name == "real" and (is_array(whole) or isinstance(whole, Value | Const)):
        return whole
    if isinstance(whole, Cell) and name == "item":
        return BoundMethod(whole, name)
    if not is_array(whole):
        raise Untransformable(f"the attribute {name!r}")
    extents = extents_of(whole)
    if name == "shape":
        return Tuple(extents)
    if name == "size":
        return elementwise.size_of(build, extents)
    if name == "ndim":
        return Const(len(extents))
    if name == "dtype":
        elementwise.refuse_narrow(whole)
        return Const(DTYPES[elementwise.element_kind(build, whole)])
    if name == "flat":
        return FlatOf(computed(build, whole, ANONYMOUS))
    if name == "T":
        return elementwise.transposed(build, computed(build, whole, ANONYMOUS))
    if not callable(getattr(np.ndarray, name, None)):
        raise Untransformable(f"the attribute {name!r}")
    return BoundMethod(whole, name)


@handles(np.real)
def _real(context: Context, a: Any) -> Any:
    return attribute(context.build, a, "real")  # of an array itself, not a copy


def method(context: Context, known: BoundMethod, args: list[Any], keywords: dict[str, Any]) -> Any:
    """A call of an array's method."""
    if isinstance(known.array, Complex):
        return complex_functions.method(context, known, args, keywords)
    if known.name == "astype" and len(args) == 1 and not keywords and is_dtype(args[0]):
        return call(context, np.array, [known.array, args[0]], {})
    if known.name == "item" and not args:
        array = known.array
        return (
            array.cell if isinstance(array, Cell) else context.build.load(array, (ZERO,) * len(array.extents))
        )
    if known.name == "fill" and len(args) == 1 and isinstance(known.array, Value):
        elementwise.copy_into(context.build, known.array, args[0])
        return Const(None)
    if known.name == "flatten" and not args:
        return reshaped(
            context, BoundMethod(elementwise.copied(context.build, known.array, ANONYMOUS, "C"), "ravel"), []
        )
    if known.name == "sort" and not args:
        ordered = call(context, np.sort, [known.array], {})
        elementwise.copy_into(context.build, known.array, ordered)
        return Const(None)
    if known.name == "astype" and len(args) == 1:
        return astype(context, known.array, kind_of(args[0]))
    function, row = getattr(np, known.name, None), catalogue.method(known.name)
    is_function = function is not None and row.category is Category.UNKNOWN and not row.writes
    if is_function and not isinstance(known.array, Cell):
        return call(context, function, [known.array, *args], keywords)
    raise Untransformable(f"the method {known.name!r}")
