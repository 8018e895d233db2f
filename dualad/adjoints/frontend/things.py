"""Passive things that are neither numbers nor arrays: strings, records, dictionaries, instances of classes.

They are handed on as they are. What is read from them has the type that Numba infers; nothing is
written to them, so it may be read again in the reverse sweep.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from numba import types

from ...compiler.analysis.implementations import generator_method
from ..errors import NotTransformable
from ..ir import numba_types
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import OTHER, Const, Op, Tuple, Value, split
from ..runtime import Attribute, Method

# Of these types methods do not change what they are called on.
_IMMUTABLE = types.UnicodeType


@dataclass(frozen=True)
class Bound:
    """A method of a thing: its function, with the thing as first argument."""

    function: Any
    thing: Value


def is_thing(leaf: Any) -> bool:
    """Whether it is a thing; of constants only a string is one."""
    return isinstance(leaf, Value | Const) and numba_types.of_thing(leaf) is not None


def parameter(name: str, ty: types.Type) -> Value:
    """An argument of a type that is neither a number's nor an array's of numbers."""
    if isinstance(ty, types.Optional):
        raise NotTransformable(f"the argument {name!r}, which may be None or {ty.type}")
    is_array_of_numbers = isinstance(ty, types.Array) and not isinstance(ty.dtype, types.Record)
    if is_array_of_numbers or isinstance(ty, types.Number):
        raise NotTransformable(f"the argument {name!r} of type {ty}")
    return Value(name, OTHER, type=ty)


def operation(build: Builder, function: Any, *args: Any) -> Any:
    """What a function of things and numbers gives."""
    for arg in args:
        if not isinstance(arg, Value | Const) or arg.is_array or (arg.kind == OTHER and not is_thing(arg)):
            raise NotTransformable(f"this operation on {_first(args)}")
    if not isinstance(function, Attribute) and any(map(_is_instance, args)):
        raise NotTransformable(f"this operation on {_first(args)}, an instance of a class")
    return _result(build, function, args, numba_types.of_operation(function, args))


def _first(args: tuple[Any, ...]) -> str:
    """The first thing among arguments, for a message."""
    thing = next(filter(is_thing, args))
    return thing.described if isinstance(thing, Value) else repr(thing.value)


def _is_instance(arg: Any) -> bool:
    """Whether it may have operators of its own, which may do anything."""
    return isinstance(numba_types.of_thing(arg), types.ClassInstanceType | types.StructRef)


def _result(build: Builder, function: Any, args: tuple[Any, ...], ty: types.Type) -> Any:
    if isinstance(ty, types.BaseTuple):
        out = build.value(ANONYMOUS, OTHER)
        out.type = ty
        whole = _emitted(build, function, args, out)
        items = (_result(build, operator.getitem, (whole, Const(i)), item) for i, item in enumerate(ty))
        return Tuple(tuple(items), getattr(ty, "instance_class", None))
    if isinstance(ty, types.NoneType):
        return Const(None)
    if isinstance(ty, types.BoundFunction):
        raise NotTransformable(f"{function} of {_first(args)}")
    if isinstance(ty, types.Array) and not isinstance(ty.dtype, types.Record):
        return _view(build, function, args, ty)
    ty = types.unliteral(ty)
    element = numba_types.ELEMENTS.get(ty, OTHER)
    if element == OTHER and isinstance(ty, types.Number | types.Optional):
        raise NotTransformable(f"a number of type {ty}")
    out = build.value(ANONYMOUS, element)
    out.type = ty if element == OTHER else None
    return _emitted(build, function, args, out)


def _emitted(build: Builder, function: Any, args: tuple[Any, ...], out: Value) -> Value:
    result: Value = build.emit(Op(out, None, function, args), out)
    return result


def _view(build: Builder, function: Any, args: tuple[Any, ...], ty: types.Array) -> Value:
    """An array in a thing."""
    thing, *others = args
    element = numba_types.ELEMENTS.get(ty.dtype)
    form = "{0}." + function.name if isinstance(function, Attribute) else "{0}[{1}]"
    is_part = isinstance(function, Attribute) or function is operator.getitem
    if element is None or not isinstance(thing, Value) or not is_part:
        raise NotTransformable(f"an array of {ty.dtype}")
    kind, width = split(element)
    like = Value("", kind, (), width=width)
    return build.view(thing, form, tuple(others), (None,) * ty.ndim, ANONYMOUS, ty.layout, like)


def attribute(build: Builder, thing: Any, name: str) -> Any:
    """``thing.name``; of an instance of a class also what its property computes, as a call to make."""
    ty = numba_types.of_thing(thing)
    if isinstance(ty, types.ClassInstanceType):
        if name in ty.jit_static_methods:
            return Const(ty.jit_static_methods[name])
        if name in ty.jit_methods:
            return Bound(ty.jit_methods[name], thing)
    drawing = generator_method(name) if isinstance(ty, types.NumPyRandomGeneratorType) else None
    if drawing is not None:
        return Bound(drawing, thing)
    if isinstance(ty, _IMMUTABLE):
        return Bound(Method(name), thing)
    return operation(build, Attribute(name), thing)


def item(build: Builder, thing: Any, index: tuple[Any, ...]) -> Any:
    """``thing[index]``."""
    if len(index) != 1:
        raise NotTransformable(f"an index of {thing.described} of several parts")
    return operation(build, operator.getitem, thing, *index)


def call(build: Builder, bound: Bound, args: list[Any], keywords: dict[str, Any]) -> Any:
    """A call of a method that Numba implements."""
    if keywords:
        raise NotTransformable(f"a call of {bound.function.name!r} with keywords")
    return operation(build, bound.function, bound.thing, *args)


def made(build: Builder, cls: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """A new instance of a class of passive numbers and things."""
    if keywords or not all(isinstance(arg, Value | Const) and not arg.is_array for arg in args):
        raise NotTransformable(f"these arguments of {cls.__name__}")
    return _result(build, cls, tuple(args), numba_types.result_of(cls, list(map(numba_types.of, args))))


def truth(build: Builder, thing: Value) -> Any:
    """Whether a thing counts as true."""
    return operation(build, bool, thing)
