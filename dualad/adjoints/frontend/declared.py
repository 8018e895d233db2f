"""Types that users declare for their functions and variables, and the conversions to them."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numba import types

from ...compiler.dispatch.signatures import selected
from ...numba_api import cpu_target, is_open
from ..errors import NotTransformable
from ..ir import numba_types
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import BOOL, FLOAT, FLOATS, INT, OTHER, SINGLE, WIDTHS, Const, Tuple, Value
from . import complex_numbers

CONVERSIONS: dict[str, Any] = {FLOAT: np.float64, SINGLE: np.float32, INT: np.int64}
CONVERSIONS |= {name: getattr(np, name) for name in WIDTHS}


class Reader(Protocol):
    """What reads functions."""

    build: Builder

    def captured(self, name: str, found: Any) -> Any:
        """A default as a tree."""

    def inline(
        self,
        function: Any,
        args: Sequence[Any],
        keywords: dict[str, Any],
        types_of: Mapping[str, types.Type] = ...,
    ) -> Any:
        """What a Python function returns for these trees; with declared types of variables."""


def inlined(reader: Reader, dispatcher: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """What a dispatcher returns for these trees, converted to what it declares."""
    if is_open(dispatcher):
        return reader.inline(dispatcher.py_func, args, keywords, dispatcher.locals)
    given, signature = _resolved(reader, dispatcher, args, keywords)
    what = f"an argument of {dispatcher.__name__!r}"
    formal = [converted(reader.build, tree, ty, what) for tree, ty in zip(given, signature.args, strict=True)]
    result = reader.inline(dispatcher.py_func, formal, {}, dispatcher.locals)
    return converted(reader.build, result, signature.return_type, f"the result of {dispatcher.__name__!r}")


def check(dispatcher: Any, args: Sequence[Any], result: Any) -> None:
    """Raise unless the declarations of a dispatcher that is called change nothing for these trees."""
    name = dispatcher.__name__
    if dispatcher.locals:
        raise NotTransformable(f"the declared types of variables of {name!r}, which is called, not inlined")
    if is_open(dispatcher):
        return
    signature = _selected(dispatcher, args)
    if not all(map(_has, args, signature.args)) or not _has(result, signature.return_type):
        raise NotTransformable(
            f"a conversion to the declared types of {name!r}, which is called, not inlined"
        )


def _resolved(
    reader: Reader, dispatcher: Any, args: Sequence[Any], keywords: dict[str, Any]
) -> tuple[Any, Any]:
    """The arguments by position, and the declared signature that Numba takes for them."""
    try:
        bound = inspect.signature(dispatcher.py_func).bind(*args, **keywords)
    except TypeError as error:
        raise NotTransformable("a call that does not fit its function") from error
    bound.apply_defaults()
    if bound.kwargs or len(bound.args) != len(bound.arguments):
        raise NotTransformable("declared types of a function with *args or keyword-only arguments")
    given = [reader.captured(name, value) for name, value in bound.arguments.items()]
    return given, _selected(dispatcher, given)


def _selected(dispatcher: Any, args: Sequence[Any]) -> Any:
    found = selected(
        cpu_target.typing_context, dispatcher.nopython_signatures, tuple(map(numba_types.of, args))
    )
    if found is None:
        raise NotTransformable(f"arguments that no declared signature of {dispatcher.__name__!r} fits")
    return found


def converted(build: Builder, tree: Any, ty: Any, what: str) -> Any:
    """A tree as Numba converts it to a type."""
    if isinstance(ty, types.BaseTuple) and isinstance(tree, Tuple) and len(tree.items) == len(ty):
        items = zip(tree.items, ty, strict=True)
        return Tuple(tuple(converted(build, item, each, what) for item, each in items), tree.cls)
    if ty == types.complex128:
        return complex_numbers.as_number(build, tree)
    if isinstance(tree, Const) and tree.kind == OTHER:
        if numba_types.of(tree) != ty:
            raise NotTransformable(f"{what}, which is converted to {ty}")
        return tree
    element = numba_types.ELEMENTS.get(getattr(ty, "dtype", ty))
    if element is None or not isinstance(tree, Value | Const):
        raise NotTransformable(f"{what}, which is converted to {ty}")
    if isinstance(ty, types.Array):
        return _as_array(build, tree, ty, element, what)
    if tree.is_array:
        raise NotTransformable(f"{what}, which is converted to {ty}")
    return number(build, tree, element)


def _as_array(build: Builder, tree: Any, ty: Any, element: str, what: str) -> Value:
    """An array whose elements are of the type already; it may lose its layout."""
    if (
        not isinstance(tree, Value)
        or tree.extents is None
        or (len(tree.extents), tree.element) != (ty.ndim, element)
    ):
        raise NotTransformable(f"{what}, which is converted to {ty}")
    if ty.layout == tree.layout or ty.ndim < 2:
        return tree
    return build.view(tree, "{0}[:]", (), tree.extents, ANONYMOUS, ty.layout)


def number(build: Builder, x: Any, element: str) -> Any:
    """A number as one of another type."""
    if x.element == element:
        return x
    if element == BOOL:
        return build.op(operator.ne, x, Const(0))
    if isinstance(x, Const) and element == FLOAT:
        return Const(float(x.value))
    if isinstance(x, Const) and element == SINGLE:
        return Const(np.float32(x.value))
    if isinstance(x, Const) and element == INT and x.kind not in FLOATS:
        return Const(int(x.value))
    return build.op(CONVERSIONS[element], x)


def _has(tree: Any, ty: Any) -> bool:
    """Whether a tree has a type, its memory layout left aside."""
    if isinstance(ty, types.Array):
        ty = types.Array(ty.dtype, ty.ndim, getattr(tree, "layout", "A"))
    return bool(numba_types.of(tree) == ty)
