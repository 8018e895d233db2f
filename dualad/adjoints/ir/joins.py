"""Abstract types of values and their join: what must be the same on every path through loops and branches.

Read until they no longer change: a loop's body may widen what came into it, an integer to a float.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NotTransformable
from . import numba_types
from .nodes import (
    BOOL,
    FLOAT,
    INT,
    OTHER,
    SINGLE,
    WIDTHS,
    Complex,
    Const,
    Tuple,
    Value,
    leaves,
    map_tree,
    split,
)

ZERO = Const(0.0)
_NAMES = {BOOL: "bool", INT: "int64", SINGLE: "float32", FLOAT: "float64"}
_WIDTH = {BOOL: 0, INT: 1, SINGLE: 2, FLOAT: 3}


class Undefined:
    """The value of a name that may be undefined on some path to this point."""


class Reference:
    """What is the same wherever it is bound, whatever becomes of what it holds: a list that changes."""


UNDEFINED = Undefined()
CONFLICT = Undefined()  # of different types on different paths


def joined_kind(first: str, second: str) -> str:
    """The kind that holds both."""
    if first == second:
        return first
    if OTHER in (first, second):
        raise NotTransformable("a variable with values of different types")
    if {first, second} == {INT, SINGLE}:
        return FLOAT
    return max(first, second, key=_WIDTH.__getitem__)


def joined_element(first: str, second: str) -> str:
    """The type of elements that holds both."""
    if first == second or not {first, second} & set(WIDTHS):
        return joined_kind(first, second)
    if OTHER in (first, second):
        raise NotTransformable("a variable with values of different types")
    name = np.promote_types(_NAMES.get(first, first), _NAMES.get(second, second)).name
    return {known: kind for kind, known in _NAMES.items()}.get(name, name)


def is_tree(thing: Any) -> bool:
    """Whether it is made of values and constants alone."""
    return all(isinstance(leaf, Value | Const) for leaf in leaves(thing))


def form_of(leaf: Any) -> Any:
    """The properties of a carried leaf that must not change from iteration to iteration."""
    if isinstance(leaf, Undefined | Reference):
        return leaf
    if isinstance(leaf, Const) and leaf.kind == OTHER:
        return leaf
    if isinstance(leaf, Const):
        return (leaf.kind, None, None, "C", "", None)
    if not isinstance(leaf, Value):
        raise NotTransformable("a list, an iterator or a function that a loop rebinds")
    if leaf.extents is not None:
        return (leaf.kind, len(leaf.extents), leaf.extents, leaf.layout, leaf.width, None)
    return (leaf.kind, None, None, "C", leaf.width, leaf.type)


def _is_number(form: Any) -> bool:
    """Whether a form is that of a real number."""
    return isinstance(form, tuple) and form[1] is None and form[0] != OTHER


def as_complex(thing: Any) -> Any:
    """A real number as the complex number that holds it where paths meet; all else as it is."""
    if isinstance(thing, Value | Const) and not thing.is_array and thing.kind != OTHER:
        return Complex((thing, ZERO))
    return thing


def _without_extents(leaf: Any) -> Any:
    """The abstract type of a value before its first definition; an array has no elements then."""
    form = form_of(leaf)
    return (*form[:2], None, *form[3:]) if isinstance(form, tuple) else form


def _type_of(form: Any) -> Any:
    """The type of what is neither a number nor an array; None if it has none."""
    return numba_types.of_thing(form) if isinstance(form, Const) else form[5]


def wider(shape: Any, after: Any) -> Any:
    """The form that holds a head of form `shape` and what comes after it."""
    if shape is CONFLICT:
        return CONFLICT
    if isinstance(shape, Undefined):
        if isinstance(after, Tuple | Complex | Undefined) or is_tree(after):
            return map_tree(after, _without_extents)
        return CONFLICT
    if isinstance(after, Complex) and _is_number(shape):
        shape = Complex((shape, form_of(ZERO)))
    if isinstance(shape, Complex):
        after = as_complex(after)
    if isinstance(shape, Tuple | Complex):
        if not isinstance(after, type(shape)) or len(after.items) != len(shape.items):
            return CONFLICT
        pairs = zip(shape.items, after.items, strict=True)
        return shape.like(wider(a, b) for a, b in pairs)
    if isinstance(shape, Reference):
        return shape if shape == after else CONFLICT
    if not isinstance(after, Value | Const):
        return CONFLICT
    found = form_of(after)
    if isinstance(shape, Const) or isinstance(found, Const):
        ty = _type_of(shape)
        is_one = ty is not None and ty == _type_of(found)
        return shape if shape == found else (OTHER, None, None, "C", "", ty) if is_one else CONFLICT
    if shape[1] != found[1] or (shape[1] is not None and shape[0] != found[0]):
        return CONFLICT
    if OTHER in (shape[0], found[0]) and shape[0] != found[0]:
        return CONFLICT
    extents = shape[2] if shape[2] == found[2] else None
    if (shape[1] is not None and shape[4] != found[4]) or shape[5] != found[5]:
        return CONFLICT
    layout = shape[3] if shape[3] == found[3] else "A"
    kind, width = split(joined_element(shape[4] or shape[0], found[4] or found[0]))
    return (kind, shape[1], extents, layout, width, shape[5])
