"""Functions, attributes and methods of complex numbers and of arrays of them."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ... import catalogue
from ...compiler.ops.formulas import op_of
from ...registry import entering, entry
from ...rules.parts import PARTS
from ..errors import NotTransformable
from ..frontend import complex_numbers, elementwise, indexing
from ..frontend.complex_numbers import ZERO, as_number, is_complex, is_dtype
from ..frontend.iteration import ListOf
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import Complex, Const, Tuple
from .context import Context
from .handlers import BoundMethod, shape_of

_HANDLERS: dict[Any, Callable[..., Any]] = {}
_handles = partial(entering, _HANDLERS)
_CLASSES = (complex, np.complex128)
_FALSE = Const(False)


def concerns(function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> bool:
    """Whether a call has to do with complex numbers."""
    given = [*args, *keywords.values()]
    if any(function is one for one in (enumerate, zip)):
        return False
    return (
        any(map(_is_made_of, given))
        or any(map(is_dtype, given))
        or any(function is one for one in _CLASSES)
        or complex_numbers.knows(function)
    )


def _is_made_of(thing: Any) -> bool:
    """Whether it is a complex number or array, or a list or tuple in which there is one."""
    return is_complex(thing) or (isinstance(thing, ListOf | Tuple) and any(map(_is_made_of, thing.items)))


def call(context: Context, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """The result of a function."""
    handler, name = entry(_HANDLERS, function), getattr(function, "__name__", "a function")
    if handler is not None:
        try:
            return handler(context, *args, **keywords)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                raise NotTransformable(f"these arguments of {name}") from error
            raise
    known = op_of(function) is not None or complex_numbers.knows(function)
    if keywords or not known or any(isinstance(arg, ListOf | Tuple) for arg in args):
        raise NotTransformable(f"{name} of complex numbers")
    return complex_numbers.operation(context.build, function, args)


# -- numbers --------------------------------------------------------------------------------------


@_handles(*_CLASSES)
def _complex(context: Context, real: Any, imag: Any = ZERO) -> Any:
    if elementwise.is_array(real) or complex_numbers.is_array(real) or is_complex(imag):
        raise NotTransformable("a complex number made of something that is not a number")
    if is_complex(real):
        if imag is not ZERO:
            raise NotTransformable("a complex number made of another and an imaginary part")
        return real
    parts = [as_number(context.build, part).items[0] for part in (real, imag)]
    return complex_numbers.number(*parts)


@_handles(np.real)
def _real(context: Context, z: Any) -> Any:
    return z.items[0]


@_handles(np.imag)
def _imag(context: Context, z: Any) -> Any:
    return z.items[1]


@_handles(np.angle)
def _angle(context: Context, z: Any, deg: Any = _FALSE) -> Any:
    if not isinstance(deg, Const):
        raise NotTransformable("np.angle with a unit that is not a constant")
    found = elementwise.operation(context.build, np.arctan2, z.items[::-1])
    if deg.value:
        found = elementwise.operation(context.build, operator.mul, (found, Const(180 / np.pi)))
    return found


# -- arrays ---------------------------------------------------------------------------------------


def _checked(dtype: Any) -> None:
    if not (dtype is None or dtype == Const(None) or is_dtype(dtype)):
        raise NotTransformable("an array of complex numbers of another dtype")


@_handles(np.zeros)
def _zeros(context: Context, shape: Any, dtype: Any = None) -> Any:
    _checked(dtype)
    return complex_numbers.empty(context.build, shape_of(shape), ANONYMOUS, zeroed=True)


@_handles(np.empty)
def _empty(context: Context, shape: Any, dtype: Any = None) -> Any:
    _checked(dtype)
    return complex_numbers.empty(context.build, shape_of(shape), ANONYMOUS)


@_handles(np.full)
def _full(context: Context, shape: Any, value: Any, dtype: Any = None) -> Any:
    _checked(dtype)
    return _filled(context, shape_of(shape), value)


@_handles(np.ones)
def _ones(context: Context, shape: Any, dtype: Any = None) -> Any:
    return _full(context, shape, Const(1.0), dtype)


def _filled(context: Context, extents: Sequence[Any], value: Any, layout: str = "C") -> Any:
    out = complex_numbers.empty(context.build, extents, ANONYMOUS, layout=layout)
    complex_numbers.assign(context.build, out, (indexing.EVERY,) * len(extents), value)
    return out


@_handles(np.zeros_like)
def _zeros_like(context: Context, a: Any, dtype: Any = None) -> Any:
    return _like(context, a, dtype, zeroed=True)


@_handles(np.empty_like)
def _empty_like(context: Context, a: Any, dtype: Any = None) -> Any:
    return _like(context, a, dtype)


def _like(context: Context, a: Any, dtype: Any, zeroed: bool = False) -> Any:
    _checked(dtype)
    extents = complex_numbers.extents_of(a)
    if not extents:
        raise NotTransformable("a new array like a number")
    return complex_numbers.empty(context.build, extents, ANONYMOUS, zeroed=zeroed)


@_handles(np.array, np.asarray)
def _array(context: Context, thing: Any, dtype: Any = None) -> Any:
    _checked(dtype)
    build = context.build
    if elementwise.is_array(thing) or complex_numbers.is_array(thing):
        return _copy(context, thing)
    if not isinstance(thing, ListOf | Tuple) or any(isinstance(x, ListOf | Tuple) for x in thing.items):
        raise NotTransformable("np.array of something that is not a list of complex numbers")
    numbers = [as_number(build, x) for x in thing.items]
    out = complex_numbers.empty(build, (Const(len(numbers)),), ANONYMOUS)
    for position, one in enumerate(numbers):
        complex_numbers.store(build, out, (Const(position),), one)
    return out


@_handles(np.copy)
def _copy(context: Context, a: Any) -> Any:
    """A copy, as complex numbers."""
    whole = elementwise.computed(context.build, a, ANONYMOUS)
    first = whole.items[0] if is_complex(whole) else whole
    return _filled(context, complex_numbers.extents_of(whole), whole, elementwise.layout_of(first))


@_handles(builtins.len)
def _len(context: Context, a: Any) -> Any:
    return complex_numbers.extents_of(a)[0]


@_handles(np.sum)
def _sum(context: Context, a: Any) -> Any:
    if not complex_numbers.is_array(a):
        raise NotTransformable("a sum of something that is not an array")
    build = context.build
    add = partial(build.op, operator.add)
    return a.like(
        [elementwise.reduced(build, part, ZERO, lambda s, x: add(s, x), "total") for part in a.items]
    )


@_handles(np.mean)
def _mean(context: Context, a: Any) -> Any:
    size = elementwise.size_of(context.build, complex_numbers.extents_of(a))
    return complex_numbers.operation(context.build, np.true_divide, (_sum(context, a), size))


@_handles(np.where)
def _where(context: Context, condition: Any, one: Any, other: Any) -> Any:
    if is_complex(condition) or not (elementwise.is_array(condition)):
        raise NotTransformable("np.where of complex numbers without a real array")
    build = context.build
    condition = elementwise.computed(build, condition, ANONYMOUS)
    sides = [elementwise.computed(build, side, ANONYMOUS) for side in (one, other)]
    parts = [side.items if is_complex(side) else (side, ZERO) for side in sides]
    return Complex(
        (
            elementwise.where(build, condition, parts[0][0], parts[1][0]),
            elementwise.where(build, condition, parts[0][1], parts[1][1]),
        )
    )


# -- attributes and methods -----------------------------------------------------------------------

_ATTRIBUTES: dict[str, Callable[[Builder, Complex], Any]] = {}
_METHODS: dict[str, Callable[..., Any]] = {}  # those that are not called like a function of NumPy
_attribute, _method = partial(entering, _ATTRIBUTES), partial(entering, _METHODS)


@_attribute("shape")
def _shape(build: Builder, whole: Complex) -> Any:
    return Tuple(complex_numbers.extents_of(whole))


@_attribute("size")
def _size(build: Builder, whole: Complex) -> Any:
    return elementwise.size_of(build, complex_numbers.extents_of(whole))


@_attribute("ndim")
def _ndim(build: Builder, whole: Complex) -> Any:
    return Const(len(complex_numbers.extents_of(whole)))


@_attribute("dtype")
def _dtype(build: Builder, whole: Complex) -> Any:
    return Const(np.complex128)


@_attribute("T")
def _transposed(build: Builder, whole: Complex) -> Any:
    return whole.like([elementwise.transposed(build, part) for part in whole.items])


@_method("item")
def _item(context: Context, z: Complex) -> Any:
    if z.is_array:
        raise NotTransformable("the item of an array of complex numbers")
    return z


@_method("fill")
def _fill(context: Context, z: Complex, value: Any) -> Any:
    every = (indexing.EVERY,) * len(complex_numbers.extents_of(z))
    complex_numbers.assign(context.build, z, every, value)
    return Const(None)


@_method("astype")
def _astype(context: Context, z: Complex, dtype: Any) -> Any:
    if not is_dtype(dtype):
        raise NotTransformable("complex numbers converted to another type")
    return _copy(context, z)


def attribute(build: Builder, whole: Complex, name: str) -> Any:
    """``whole.name``."""
    if name in PARTS:
        return whole.items[PARTS.index(name)]
    if whole.is_array:
        handler = _ATTRIBUTES.get(name)
        if handler is not None:
            return handler(build, whole)
    return BoundMethod(whole, name)


def method(context: Context, known: BoundMethod, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """A call of a method."""
    z, name = known.array, known.name
    handler = _METHODS.get(name)
    if handler is not None:
        try:
            return handler(context, z, *args, **keywords)
        except TypeError as error:
            raise NotTransformable(f"these arguments of {name}") from error
    function, row = getattr(np, name, None), catalogue.method(name)
    if args or keywords or function is None or row.writes:
        raise NotTransformable(f"the method {name!r} of complex numbers")
    return call(context, function, [z], {})
