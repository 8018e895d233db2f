"""What active functions call instead of ``np.zeros`` and its kin: creation with an active type.

The first argument is the active type of the function that is compiled. A float dtype, the default
included, becomes that type over the same precision; integer, boolean and other dtypes are respected.
Each is one intrinsic, as compiling Numba's own implementations would take longer than the rest.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numba import types
from numba.core import errors
from numba.extending import intrinsic

from ...numba_api import (
    assign_sequence_to_array,
    cgutils,
    check_sequence_shape,
    compute_sequence_shape,
    definition_of,
    empty_nd_impl,
    impl_ret_borrowed,
    lower_shape,
    parse_dtype,
    parse_nested_sequence,
    parse_shape,
    store_item,
)
from ...registry import entering, entry
from ...types.active import contained, storage
from ...types.maps import activated, plain, private
from .conversions import attribute, converted, without_derivatives
from .pooled import allocated, no_numbers, pooled, without_memory

_REPLACEMENTS: dict[Any, Any] = {}
_replaces = partial(entering, _REPLACEMENTS)


def replacement(function: Any) -> tuple[Any, tuple[str, ...]] | None:
    """The active counterpart of a creating function with the names of its arguments, or None."""
    found = entry(_REPLACEMENTS, function)
    if found is None:
        return None
    # Its parameters after the typing context and the active type are called as Numba calls the function's.
    return found, tuple(inspect.signature(definition_of(found)).parameters)[2:]


def _named_type(dtype: Any, default: types.Type) -> types.Type:
    """The number type that a dtype argument stands for."""
    if isinstance(dtype, types.NoneType | types.Omitted):
        return default
    if isinstance(dtype, types.Function) and dtype.typing_key is float:
        return types.float64
    named = parse_dtype(dtype)
    if named is None:
        raise errors.TypingError(f"{dtype} is not a dtype")
    return named


def _present(a: Any) -> Any:
    """The type of an array that may be None: Numba takes its attributes as those of the array."""
    return a.type if isinstance(a, types.Optional) else a


def _element(active: Any, dtype: Any, default: types.Type) -> types.Type:
    return activated(active.instance_type, _named_type(dtype, default))


def _shaped(shape: Any, element: types.Type) -> types.Array:
    ndim = parse_shape(shape)
    if ndim is None:
        raise errors.TypingError(f"{shape} is not a shape")
    return types.Array(element, ndim, "C")


def _alike(prototype: Any, active: Any, dtype: Any) -> types.Array:
    if not isinstance(prototype, types.Array):
        return types.Array(_element(active, dtype, prototype), 0, "C")
    layout = "F" if prototype.layout == "F" else "C"
    return types.Array(_element(active, dtype, prototype.dtype), prototype.ndim, layout)


def _extents(context: Any, builder: Any, ty: Any, value: Any) -> Sequence[Any]:
    """The extents given by a shape, or by a prototype."""
    if isinstance(ty, types.Array):
        array = context.make_array(ty)(context, builder, value)
        return cgutils.unpack_tuple(builder, array.shape, ty.ndim)
    if isinstance(ty, types.Integer | types.BaseTuple):
        return lower_shape(context, builder, ty, value)
    return ()


def _allocating(array_type: types.Array, fill: Callable[[Any, Any, Any], Any] | None = None) -> Any:
    """Code that allocates an array for the second argument, and fills it with what `fill` returns."""

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        extents = _extents(context, builder, sig.args[1], args[1])
        array = empty_nd_impl(context, builder, array_type, extents)
        if fill is not None:
            value = fill(context, builder, args)
            with cgutils.for_range(builder, array.nitems) as loop:
                store_item(context, builder, array_type, value, builder.gep(array.data, [loop.index]))
        return array._getvalue()

    return build


def _zero(array_type: types.Array) -> Any:
    def fill(context: Any, builder: Any, args: Any) -> Any:
        return cgutils.get_null_value(context.get_value_type(array_type.dtype))

    return _allocating(array_type, fill)


def _one(array_type: types.Array) -> Any:
    def fill(context: Any, builder: Any, args: Any) -> Any:
        return context.cast(builder, context.get_constant(types.intp, 1), types.intp, array_type.dtype)

    return _allocating(array_type, fill)


def _filled(array_type: types.Array, given: types.Type) -> Any:
    def fill(context: Any, builder: Any, args: Any) -> Any:
        return context.cast(builder, args[2], given, array_type.dtype)

    return _allocating(array_type, fill)


@_replaces(np.empty)
@intrinsic
def empty(typingctx: Any, active: Any, shape: Any, dtype: Any) -> Any:
    """``np.empty``."""
    ty = _shaped(shape, _element(active, dtype, types.float64))
    return ty(active, shape, dtype), _allocating(ty)


@_replaces(np.zeros)
@intrinsic
def zeros(typingctx: Any, active: Any, shape: Any, dtype: Any) -> Any:
    """``np.zeros``."""
    ty = _shaped(shape, _element(active, dtype, types.float64))
    return ty(active, shape, dtype), _zero(ty)


@_replaces(np.ones)
@intrinsic
def ones(typingctx: Any, active: Any, shape: Any, dtype: Any) -> Any:
    """``np.ones``."""
    ty = _shaped(shape, _element(active, dtype, types.float64))
    return ty(active, shape, dtype), _one(ty)


@_replaces(pooled)
@intrinsic
def pooled_active(typingctx: Any, active: Any, size: Any, dtype: Any) -> Any:
    """``pooled``."""
    ty = _shaped(size, _element(active, dtype, types.float64))

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return allocated(context, builder, ty, context.cast(builder, args[1], size, types.intp))

    return ty(active, size, dtype), build


@_replaces(no_numbers)
@intrinsic
def no_active_numbers(typingctx: Any, active: Any, dtype: Any) -> Any:
    """``no_numbers``."""
    ty = _shaped(types.intp, _element(active, dtype, types.float64))
    return ty(active, dtype), lambda context, builder, sig, args: without_memory(context, builder, ty)


@_replaces(np.full)
@intrinsic(prefer_literal=False)
def full(typingctx: Any, active: Any, shape: Any, fill_value: Any, dtype: Any) -> Any:
    """``np.full``."""
    ty = _shaped(shape, _element(active, dtype, storage(fill_value)))
    return ty(active, shape, fill_value, dtype), _filled(ty, fill_value)


@_replaces(np.empty_like)
@intrinsic
def empty_like(typingctx: Any, active: Any, arr: Any, dtype: Any) -> Any:
    """``np.empty_like``."""
    arr = _present(arr)
    ty = _alike(arr, active, dtype)
    return ty(active, arr, dtype), _allocating(ty)


@_replaces(np.zeros_like)
@intrinsic
def zeros_like(typingctx: Any, active: Any, a: Any, dtype: Any) -> Any:
    """``np.zeros_like``."""
    a = _present(a)
    ty = _alike(a, active, dtype)
    return ty(active, a, dtype), _zero(ty)


@_replaces(np.ones_like)
@intrinsic
def ones_like(typingctx: Any, active: Any, a: Any, dtype: Any) -> Any:
    """``np.ones_like``."""
    a = _present(a)
    ty = _alike(a, active, dtype)
    return ty(active, a, dtype), _one(ty)


@_replaces(np.full_like)
@intrinsic(prefer_literal=False)
def full_like(typingctx: Any, active: Any, a: Any, fill_value: Any, dtype: Any) -> Any:
    """``np.full_like``."""
    a = _present(a)
    ty = _alike(a, active, dtype)
    return ty(active, a, fill_value, dtype), _filled(ty, fill_value)


@_replaces(np.array)
@intrinsic
def array(typingctx: Any, active: Any, object: Any, dtype: Any) -> Any:
    """``np.array`` of numbers in lists and tuples.

    Called by its NumPy name, a literal list would be rewritten in a way that knows no active dtype.
    """
    ndim, scalar = parse_nested_sequence(typingctx, plain(object))
    ty = types.Array(_element(active, dtype, scalar), ndim, "C")

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        extents = compute_sequence_shape(context, builder, ndim, object, args[1])
        check_sequence_shape(context, builder, object, args[1], extents)
        array = empty_nd_impl(context, builder, ty, extents)
        assign_sequence_to_array(context, builder, array.data, extents, array.strides, ty, object, args[1])
        return array._getvalue()

    return ty(active, object, dtype), build


@_replaces(np.asarray)
@intrinsic
def asarray(typingctx: Any, active: Any, a: Any, dtype: Any) -> Any:
    """``np.asarray`` of an array, a list or a tuple."""
    a = _present(a)
    if not isinstance(a, types.Array):
        return definition_of(array)(typingctx, active, a, dtype)
    named = _named_type(dtype, plain(a.dtype))
    ty = a
    if named != plain(a.dtype):
        if contained(a) and not isinstance(named, types.Float):
            return None  # of active values no integers
        ty = private(a.copy(dtype=named), active.instance_type)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return converted(context, builder, a, ty, args[1])

    return ty(active, a, dtype), build


@intrinsic
def element(typingctx: Any, active: Any, dtype: Any) -> Any:
    """A dtype as it must be passed to ``x.astype``."""
    ty = types.DType(_element(active, dtype, types.float64))
    return ty(active, dtype), lambda context, builder, sig, args: context.get_dummy_value()


@intrinsic(prefer_literal=False)
def source(typingctx: Any, x: Any, dtype: Any) -> Any:
    """What ``x.astype(dtype)`` converts: integers and booleans are made of the values."""
    drops = isinstance(_named_type(dtype, types.float64), types.Integer | types.Boolean)
    ty, build = without_derivatives(x) if drops else (x, _borrowed)
    return ty(x, dtype), build


def _borrowed(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return impl_ret_borrowed(context, builder, sig.return_type, args[0])


@attribute("dtype")
@intrinsic
def dtype(typingctx: Any, a: Any) -> Any:
    """``a.dtype``: that of the user's array, which has floats."""
    ty = types.DType(plain(_present(a)).dtype)
    return ty(a), lambda context, builder, sig, args: context.get_dummy_value()


@attribute("itemsize")
@intrinsic
def itemsize(typingctx: Any, a: Any) -> Any:
    """``a.itemsize``: that of the user's array."""
    number = plain(_present(a)).dtype

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(number)))

    return types.intp(a), build


@attribute("nbytes")
@intrinsic
def nbytes(typingctx: Any, a: Any) -> Any:
    """``a.nbytes``: that of the user's array."""
    if isinstance(a, types.Optional):
        raise errors.TypingError("nbytes of an array that may be None")

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        each = context.get_abi_sizeof(context.get_data_type(plain(a).dtype))
        nitems = context.make_array(a)(context, builder, args[0]).nitems
        return builder.mul(nitems, context.get_constant(types.intp, each))

    return types.intp(a), build
