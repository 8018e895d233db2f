"""The types that Numba infers for the values of a program."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import typeof, types
from numba.core import errors

from ...numba_api import cpu_target, from_dtype
from ..errors import NotTransformable
from ..runtime import Attribute, Method
from .nodes import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    SINGLE,
    WIDTHS,
    Complex,
    Const,
    Load,
    Op,
    Program,
    Tuple,
    Value,
    outputs,
    walk,
)

_SCALARS = {FLOAT: types.float64, SINGLE: types.float32, INT: types.int64, BOOL: types.boolean}
KINDS = {ty: kind for kind, ty in _SCALARS.items()}
_ELEMENTS = {**_SCALARS, **{name: getattr(types, name) for name in WIDTHS}}
ELEMENTS = {ty: element for element, ty in _ELEMENTS.items()}


def scalar(element: str) -> types.Type:
    """The type of numbers of a type of elements."""
    return _ELEMENTS[element]


def of(tree: Any) -> types.Type:
    """The type of a tree."""
    if isinstance(tree, Tuple):
        items = tuple(map(of, tree.items))
        if tree.cls is not None:
            return types.NamedTuple(items, tree.cls)
        return types.Tuple(items) if len(set(items)) != 1 else types.UniTuple(items[0], len(items))
    if isinstance(tree, Complex):
        if tree.is_array:
            raise NotTransformable("an argument that is an array of complex numbers")
        return types.complex128
    if isinstance(tree, Value) and tree.kind in _SCALARS:
        if tree.extents is None:
            return _ELEMENTS[tree.element]
        return array(tree.element, len(tree.extents), tree.layout)
    if isinstance(tree, Value) and tree.type is not None:
        return tree.type
    if isinstance(tree, Const):
        if isinstance(tree.value, type) and issubclass(tree.value, np.generic):
            return types.NumberClass(from_dtype(np.dtype(tree.value)))
        try:
            return types.unliteral(typeof(tree.value))
        except ValueError as error:
            raise NotTransformable(f"an argument that is {tree.value!r}") from error
    raise NotTransformable("an argument that is neither a number nor an array")


def of_thing(leaf: Value | Const) -> types.Type | None:
    """The type of something that is neither a number nor an array, such as a string; None if it has none."""
    if isinstance(leaf, Value):
        return leaf.type
    return types.unicode_type if isinstance(leaf.value, str) else None


@cache
def array(element: str, rank: int, layout: str) -> types.Array:
    """The type of arrays, which stays: Numba tells many where one goes."""
    return types.Array(_ELEMENTS[element], rank, layout)


def result_of(function: Any, given: Sequence[types.Type]) -> types.Type:
    """The type of what Numba's function gives for arguments of these types."""
    typing = cpu_target.typing_context
    typing.refresh()
    try:
        return typing.resolve_function_type(typing.resolve_value_type(function), tuple(given), {}).return_type
    except (errors.NumbaError, AttributeError, ValueError) as error:
        raise NotTransformable(f"these arguments of {getattr(function, '__name__', 'a function')}") from error


def of_operation(function: Any, args: Sequence[Value | Const]) -> types.Type:
    """The type of what a function of things and numbers gives."""
    typing = cpu_target.typing_context
    given = [of(arg) for arg in args]
    found = None
    try:
        if isinstance(function, Attribute):
            found = typing.resolve_getattr(given[0], function.name)
        elif isinstance(function, Method):
            method = typing.resolve_getattr(given[0], function.name)
            found = method and typing.resolve_function_type(method, tuple(given[1:]), {}).return_type
        elif function is operator.getitem and isinstance(args[1], Const):
            static = typing.resolve_static_getitem(given[0], args[1].value)
            found = static and static.return_type
        if found is None and not isinstance(function, Attribute | Method):
            return result_of(function, given)
    except (errors.NumbaError, AttributeError, ValueError):
        pass
    if found is None:
        raise NotTransformable(f"{function} of something of type {given[0]}")
    return found


@cache
def element_of_result(function: Any, elements: tuple[str, ...], ranks: tuple[int, ...]) -> str:
    """The type of what a function gives for numbers of these types, arrays of such where a rank is not 0."""
    given = [_ELEMENTS[element] for element in elements]
    given = [types.Array(ty, rank, "C") if rank else ty for ty, rank in zip(given, ranks, strict=True)]
    found = result_of(function, given)
    element = ELEMENTS.get(getattr(found, "dtype", found))
    if element is None:
        raise NotTransformable(
            f"{getattr(function, '__name__', 'an operation')} with a result of type {found}"
        )
    return element


def confirm(program: Program, typemap: Mapping[str, types.Type]) -> None:
    """Raise unless Numba gives the program's numbers the precision that they were taken for.

    Values that are computed again in the reverse sweep must be rounded as in the primal.
    """
    values = [v for s in walk(program.body) for v in outputs(s) if v.kind in FLOATS]
    if all(v.kind == FLOAT for v in values):
        return
    found: dict[str, set[types.Type]] = {}
    for variable, ty in typemap.items():
        found.setdefault(variable.partition(".")[0], set()).add(getattr(ty, "dtype", ty))
    for value in values:
        given = found.get(value.name, set())
        # A variable that is double after branches or iterations may have been single on one path.
        mixed = value.kind == FLOAT and not isinstance(value.producer, Op | Load)
        if given - {_SCALARS[value.kind]} - ({types.float32} if mixed else set()):
            raise NotTransformable(
                f"{value.described}, which Numba may round differently from its adjoint", value.producer
            )


def formed(ty: types.Type, leaves: Iterator[Any]) -> Any:
    """Leaves as a tree in the form of a type."""
    if isinstance(ty, types.BaseTuple):
        return Tuple(tuple(formed(item, leaves) for item in ty), getattr(ty, "instance_class", None))
    return Const(None) if isinstance(ty, types.NoneType) else next(leaves)
