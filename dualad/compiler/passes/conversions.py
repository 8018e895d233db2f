"""Conversions inserted into user code: to active, to a statement of the tape, to plain numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import errors
from numba.extending import intrinsic, overload_attribute, overload_method

from ...errors import UnsupportedError
from ...numba_api import ListInstance, array_astype, cgutils, empty_nd_impl, impl_ret_borrowed, signature
from ...registry import entering
from ...rules.table import lookup
from ...staging import trees
from ...staging.stage import Stage
from ...types.active import (
    Active,
    ActiveComplex,
    carries,
    complex_of,
    complex_over,
    contained,
    is_complex,
    is_number,
    is_real,
    is_scalar,
    part_of,
    rebased,
    scalar_base,
)
from ...types.maps import activated, plain, stored


def converted(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    """A value of type ``activated(active, fromty)``; a copy if that is another type."""
    if fromty == toty:
        return impl_ret_borrowed(context, builder, toty, value)
    return copied(context, builder, fromty, toty, value)


def copied(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    """A copy, of another type or the same, of arrays and lists, also in tuples."""
    if isinstance(toty, types.Array):
        sig = signature(toty, fromty, types.DType(toty.dtype))
        return array_astype(context, builder, sig, (value, None))
    if isinstance(toty, types.List):
        old = ListInstance(context, builder, fromty, value)
        new = ListInstance.allocate(context, builder, toty, old.size)
        new.size = old.size
        with cgutils.for_range(builder, old.size) as loop:
            item = copied(context, builder, fromty.dtype, toty.dtype, old.getitem(loop.index))
            new.setitem(loop.index, item, incref=False, decref_old_value=False)
        return new.value
    if isinstance(toty, types.BaseTuple):
        parts = [
            copied(context, builder, a, b, part)
            for a, b, part in zip(fromty, toty, cgutils.unpack_tuple(builder, value), strict=True)
        ]
        return context.make_tuple(builder, toty, parts)
    return impl_ret_borrowed(context, builder, toty, context.cast(builder, value, fromty, toty))


@intrinsic(prefer_literal=False)
def activate(typingctx: Any, active: Any, x: Any) -> Any:
    """A float as a value of the active type; everything else as it is."""
    ty = activated(active.instance_type, x) if carries(x) else x

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return converted(context, builder, sig.args[1], ty, args[1])

    return ty(active, x), build


@intrinsic(prefer_literal=False)
def hold(typingctx: Any, active: Any, x: Any, operands: Any) -> Any:
    """`x` able to hold active values: its arrays and lists of floats as copies of the active type.

    `x` is the result of a call with the `operands`. It is left as it is if it may be part of one
    that is not active itself: a copy would not be what the user's code then stores into.
    """
    copied = not any(_may_share(ty) for ty in operands)
    ty = activated(active.instance_type, x) if copied else x

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return converted(context, builder, sig.args[1], ty, args[1])

    return ty(active, x, operands), build


def _may_share(ty: Any) -> bool:
    """Whether a float array or list may be part of something of type `ty` that holds no active values."""
    if isinstance(ty, types.BaseTuple):
        return any(_may_share(item) for item in ty)
    if isinstance(ty, types.Array | types.List):
        return not contained(ty) and not isinstance(ty.dtype, types.Integer | types.Boolean)
    return not isinstance(ty, _SHARING_NOTHING)


_SHARING_NOTHING = (
    Active, ActiveComplex, types.Boolean, types.Dispatcher, types.DType, types.Function, types.Literal,
    types.Module, types.NoneType, types.Number, types.NumberClass, types.Omitted, types.RangeType,
    types.SliceType, types.TypeRef, types.UnicodeType,
)  # fmt: skip


@intrinsic(prefer_literal=False)
def commit(typingctx: Any, x: Any) -> Any:
    """An expression, also in a tuple, as a statement of the tape; everything else as it is."""
    ty = stored(x)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # Borrowed: a reference of its own here would never be given back.
        return impl_ret_borrowed(context, builder, ty, context.cast(builder, args[0], x, ty))

    return ty(x), build


@intrinsic(prefer_literal=False)
def primal(typingctx: Any, x: Any) -> Any:
    """The number under all derivatives; everything else as it is."""
    ty = scalar_base(x)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return impl_ret_borrowed(context, builder, ty, _primal(context, builder, x, args[0]))

    return ty(x), build


def _primal(context: Any, builder: Any, ty: types.Type, ll: Any) -> Any:
    value = Stage(context, builder).value(ty, ll)
    while contained(value.type):
        value = value.primal
    return value.ll


@intrinsic(prefer_literal=False)
def values(typingctx: Any, x: Any) -> Any:
    """An active array, or number, without its derivatives; everything else as it is."""
    ty, build = without_derivatives(x)
    return ty(x), build


def without_derivatives(x: Any) -> tuple[types.Type, Any]:
    """The type of :func:`values`, and its code."""
    ty = plain(x) if contained(x) else x

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if ty == x:
            return impl_ret_borrowed(context, builder, ty, args[0])
        if not isinstance(x, types.Array):
            return _primal(context, builder, x, args[0])
        stage = Stage(context, builder)
        [copy] = trees.mapped(
            stage,
            [trees.Leaf(x, args[0])],
            scalar_base,
            lambda value, at: stage.value(
                scalar_base(value.type), _primal(context, builder, value.type, value.ll)
            ),
        )
        return copy.ll

    if isinstance(x, types.Array) and ty != x:
        ty = types.Array(ty.dtype, x.ndim, "C")
    return ty, build


@intrinsic(prefer_literal=False)
def number(typingctx: Any, kind: Any, x: Any) -> Any:
    """``np.float64(x)``, ``np.int32(x)`` and their kin for an active `x`; Numba's know no templates."""
    wanted = kind.instance_type
    if contained(x) and not is_number(x):
        raise UnsupportedError(
            f"cannot differentiate {wanted.name!r} of a sequence; make an array with np.array"
        )
    if contained(x) and isinstance(wanted, types.Complex):
        ty = complex_of(rebased(part_of(x), wanted.underlying_float))
        return ty(kind, x), lambda context, builder, sig, args: context.cast(builder, args[1], x, ty)
    if is_complex(x) and not isinstance(wanted, types.Complex):
        raise errors.TypingError(f"{wanted} of a complex number")
    is_active = is_real(x) and isinstance(wanted, types.Float)
    ty = rebased(x, wanted) if is_active else wanted

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if is_active:
            return context.cast(builder, args[1], x, ty)
        return context.cast(builder, _primal(context, builder, x, args[1]), scalar_base(x), ty)

    return ty(kind, x), build


# What stands for attributes, by their names, and for the NumPy functions that are such attributes.
ATTRIBUTES: dict[str, Any] = {}
PARTS: dict[Any, Any] = {}
attribute = partial(entering, ATTRIBUTES)


@attribute("real")
@entering(PARTS, np.real)
@intrinsic(prefer_literal=False)
def real(typingctx: Any, x: Any) -> Any:
    """``x.real``: active numbers and arrays that are not complex are their own real part."""
    if is_active_complex(x):
        return _part(x, 0)
    if contained(x):
        return x(x), lambda context, builder, sig, args: impl_ret_borrowed(context, builder, x, args[0])
    return _attribute(typingctx, x, "real")


@attribute("imag")
@entering(PARTS, np.imag)
@intrinsic(prefer_literal=False)
def imag(typingctx: Any, x: Any) -> Any:
    """``x.imag``: of active numbers and arrays that are not complex zero."""
    if is_active_complex(x):
        return _part(x, 1)
    if not contained(x):
        return _attribute(typingctx, x, "imag")
    ty = types.Array(plain(x).dtype, x.ndim, "C") if isinstance(x, types.Array) else scalar_base(x)

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if not isinstance(x, types.Array):
            return context.get_constant(ty, 0)
        shape = context.make_array(x)(context, builder, args[0]).shape
        array = empty_nd_impl(context, builder, ty, cgutils.unpack_tuple(builder, shape, x.ndim))
        cgutils.memset(builder, array.data, builder.mul(array.itemsize, array.nitems), 0)
        return array._getvalue()

    return ty(x), build


def is_active_complex(x: Any) -> bool:
    """Whether `x` is a complex number with active parts, or an array of such."""
    return isinstance(x.dtype if isinstance(x, types.Array) else x, ActiveComplex)


def _part(x: Any, position: int) -> Any:
    """The real (0) or the imaginary part of an active complex number; of an array a view, as in Numba."""
    if not isinstance(x, types.Array):
        return x.part(x), lambda context, builder, sig, args: builder.extract_value(args[0], position)
    ty = x.copy(dtype=x.dtype.part, layout="A")

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        whole = context.make_array(x)(context, builder, args[0])
        data = builder.gep(whole.data, [ir.Constant(ir.IntType(32), at) for at in (0, position)])
        view = context.make_array(ty)(context, builder)
        itemsize = context.get_constant(types.intp, context.get_abi_sizeof(data.type.pointee))
        context.populate_array(
            view,
            data=data,
            shape=whole.shape,
            strides=whole.strides,
            itemsize=itemsize,
            meminfo=whole.meminfo,
            parent=whole.parent,
        )
        return impl_ret_borrowed(context, builder, ty, view._getvalue())

    return ty(x), build


def _complex_type(of: list[types.Type]) -> types.Type:
    """The type of complex numbers that hold numbers of some types."""
    ty = complex_over(of)
    if ty is None:
        raise errors.TypingError("complex() of numbers that belong to different derivatives")
    return ty


@intrinsic(prefer_literal=False)
def complex_number(typingctx: Any, real: Any, imag: Any) -> Any:
    """``complex(real, imag)``."""
    if not is_scalar(real) or not (is_scalar(imag) or isinstance(imag, types.Omitted)):
        raise errors.TypingError("complex() of what are not real numbers")
    ty = _complex_type([real, imag])

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        stage = Stage(context, builder)
        values = [stage.value(x, arg) for x, arg in zip(sig.args, args, strict=True)]
        return stage.cast(stage.complex(*values), ty).ll

    return ty(real, imag), build


@intrinsic(prefer_literal=False)
def complex_of_number(typingctx: Any, x: Any) -> Any:
    """``complex(x)``."""
    if not is_number(x):
        raise errors.TypingError("complex() of what is not a number")
    ty = _complex_type([x])
    return ty(x), lambda context, builder, sig, args: context.cast(builder, args[0], x, ty)


def _attribute(typingctx: Any, x: Any, name: str) -> Any:
    """An attribute of something passive."""
    ty = typingctx.resolve_getattr(x, name)
    if ty is None:
        raise errors.TypingError(f"Unknown attribute '{name}' of type {x}")

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.get_getattr(x, name)(context, builder, x, args[0], name)

    return ty(x), build


def _itself(x: Any) -> Any:
    """Numba wants the very parameters of its implementation, annotations included."""

    def implementation(x: Any) -> Any:
        return x

    return implementation


# What reads a real number off a number.
overload_method(Active, "item")(_itself)
overload_method(Active, "conjugate")(_itself)
overload_attribute(Active, "real")(_itself)


overload_method(ActiveComplex, "item")(_itself)


@intrinsic(prefer_literal=False)
def conjugate(typingctx: Any, z: Any) -> Any:
    """``z.conjugate()`` of an active complex number."""

    def build(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        stage = Stage(context, builder)
        result = stage.operate(lookup("conjugate"), (stage.value(z, args[0]),))
        return stage.cast(result, z).ll

    return z(z), build


@overload_method(ActiveComplex, "conjugate")
def _conjugate(z: Any) -> Any:
    def implementation(z: Any) -> Any:
        return conjugate(z)

    return implementation
