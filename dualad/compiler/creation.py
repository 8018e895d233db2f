"""What active functions call instead of ``np.zeros`` and its kin: creation with an active type.

The first argument is the active type of the function being compiled, or anything over its numbers.
Integer and boolean dtypes are respected; everything else is created active.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import imputils, types
from numba.core.typing.npydecl import parse_dtype
from numba.extending import intrinsic, overload

from ..types.active import Active, contained, joined, rebased, storage
from ..staging.stage import Stage


def _created(active: Any, dtype: types.Type) -> types.Type:
    """The element type of an array asked for with `dtype`."""
    return rebased(active, dtype) if isinstance(dtype, types.Float) else dtype


def _typeref(active: Any) -> Any:
    return active.instance_type if isinstance(active, types.TypeRef) else active


def _dtype_of(dtype: Any, default: types.Type) -> types.Type:
    """The number type named by a dtype argument's Numba type."""
    if dtype is None or isinstance(dtype, types.NoneType | types.Omitted):
        return default
    if isinstance(dtype, types.Function) and dtype.typing_key is float:
        return types.float64
    if isinstance(dtype, types.Function) and dtype.typing_key is int:
        return types.int64
    parsed = parse_dtype(dtype)
    return default if parsed is None else parsed


def zeros(active: Any, shape: Any, dtype: Any = None) -> Any: ...
def empty(active: Any, shape: Any, dtype: Any = None) -> Any: ...
def ones(active: Any, shape: Any, dtype: Any = None) -> Any: ...
def full(active: Any, shape: Any, fill_value: Any, dtype: Any = None) -> Any: ...
def zeros_like(active: Any, a: Any, dtype: Any = None) -> Any: ...
def empty_like(active: Any, a: Any, dtype: Any = None) -> Any: ...
def ones_like(active: Any, a: Any, dtype: Any = None) -> Any: ...
def full_like(active: Any, a: Any, fill_value: Any, dtype: Any = None) -> Any: ...
def array(active: Any, object: Any, dtype: Any = None) -> Any: ...
def copy(active: Any, a: Any) -> Any: ...
def astype(active: Any, a: Any, dtype: Any) -> Any: ...
def float64(active: Any, x: Any) -> Any: ...
def float32(active: Any, x: Any) -> Any: ...


@overload(zeros, strict=False)
def _zeros(active: Any, shape: Any, dtype: Any = None) -> Any:
    element = _created(_typeref(active), _dtype_of(dtype, types.float64))
    return lambda active, shape, dtype=None: np.zeros(shape, element)


@overload(empty, strict=False)
def _empty(active: Any, shape: Any, dtype: Any = None) -> Any:
    element = _created(_typeref(active), _dtype_of(dtype, types.float64))
    return lambda active, shape, dtype=None: np.empty(shape, element)


@overload(ones, strict=False)
def _ones(active: Any, shape: Any, dtype: Any = None) -> Any:
    element = _created(_typeref(active), _dtype_of(dtype, types.float64))
    return lambda active, shape, dtype=None: _filled(np.empty(shape, element), 1.0)


@overload(full, strict=False)
def _full(active: Any, shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    filled = types.unliteral(fill_value)
    default = filled if isinstance(filled, types.Integer | types.Boolean) else types.float64
    element = _created(_typeref(active), _dtype_of(dtype, default))
    return lambda active, shape, fill_value, dtype=None: _filled(np.empty(shape, element), fill_value)


def _like(active: Any, a: Any, dtype: Any) -> types.Type | None:
    plain = a.dtype if isinstance(a, types.Array) else a
    return _created(_typeref(active), _dtype_of(dtype, plain))


@overload(zeros_like, strict=False)
def _zeros_like(active: Any, a: Any, dtype: Any = None) -> Any:
    element = _like(active, a, dtype)
    return lambda active, a, dtype=None: np.zeros(np.shape(a), element)


@overload(empty_like, strict=False)
def _empty_like(active: Any, a: Any, dtype: Any = None) -> Any:
    element = _like(active, a, dtype)
    return lambda active, a, dtype=None: np.empty(np.shape(a), element)


@overload(ones_like, strict=False)
def _ones_like(active: Any, a: Any, dtype: Any = None) -> Any:
    element = _like(active, a, dtype)
    return lambda active, a, dtype=None: _filled(np.empty(np.shape(a), element), 1.0)


@overload(full_like, strict=False)
def _full_like(active: Any, a: Any, fill_value: Any, dtype: Any = None) -> Any:
    element = _like(active, a, dtype)
    return lambda active, a, fill_value, dtype=None: _filled(np.empty(np.shape(a), element), fill_value)


def _filled(out: Any, value: Any) -> Any: ...


@overload(_filled, strict=False)
def _filled_impl(out: Any, value: Any) -> Any:
    def impl(out: Any, value: Any) -> Any:
        for index in np.ndindex(out.shape):
            out[index] = value
        return out

    return impl


@overload(copy, strict=False)
def _copy(active: Any, a: Any) -> Any:
    if isinstance(a, types.Array) and _created(_typeref(active), a.dtype) != a.dtype:
        element = _created(_typeref(active), a.dtype)
        return lambda active, a: _elements(a, element)
    return lambda active, a: a.copy()


@overload(astype, strict=False)
def _astype(active: Any, a: Any, dtype: Any) -> Any:
    if isinstance(a, types.Array):
        element = _created(_typeref(active), _dtype_of(dtype, types.float64))
        return lambda active, a, dtype: _elements(a, element)
    return None


def _elements(a: Any, element: Any) -> Any: ...


@overload(_elements, strict=False)
def _elements_impl(a: Any, element: Any) -> Any:
    def impl(a: Any, element: Any) -> Any:
        out = np.empty(a.shape, element)
        for index in np.ndindex(a.shape):
            out[index] = a[index]
        return out

    return impl


@overload(array, strict=False)
def _array(active: Any, object: Any, dtype: Any = None) -> Any:
    if isinstance(object, types.Array):
        element = _created(_typeref(active), _dtype_of(dtype, object.dtype))
        return lambda active, object, dtype=None: _elements(object, element)
    depth, scalar = _nesting(object)
    if scalar is None:
        return None
    default = types.unliteral(scalar)
    element = _created(_typeref(active), _dtype_of(dtype, default))
    if depth == 1:
        def flat(active: Any, object: Any, dtype: Any = None) -> Any:
            sequence = _listed(object)
            out = np.empty(len(sequence), element)
            for i in range(len(sequence)):
                out[i] = sequence[i]
            return out

        return flat
    if depth == 2:
        def rows(active: Any, object: Any, dtype: Any = None) -> Any:
            sequence = _listed(object)
            out = np.empty((len(sequence), len(sequence[0])), element)
            for i in range(len(sequence)):
                row = _listed(sequence[i])
                for j in range(len(row)):
                    out[i, j] = row[j]
            return out

        return rows
    return None


def _nesting(ty: Any) -> tuple[int, Any]:
    """Depth and common scalar type of nested lists and tuples."""
    if isinstance(ty, types.List):
        depth, scalar = _nesting(ty.dtype)
        return depth + 1, scalar
    if isinstance(ty, types.BaseTuple) and len(ty):
        parts = [_nesting(item) for item in ty]
        if len({depth for depth, _ in parts}) != 1:
            return 0, None
        return parts[0][0] + 1, _common([scalar for _, scalar in parts])
    return 0, ty


def _common(scalars: Any) -> types.Type | None:
    scalars = [types.unliteral(ty) for ty in scalars]
    found = [active for ty in scalars for active in contained(ty)]
    if found:
        return joined(found)
    if any(isinstance(ty, types.Float) for ty in scalars):
        return types.float64
    return scalars[0] if len(set(scalars)) == 1 else types.int64


@intrinsic
def _listed(typingctx: Any, sequence: Any) -> Any:
    """A tuple of mixed scalars as a uniform tuple; anything else as it is."""
    if isinstance(sequence, types.Tuple):
        items = [storage(types.unliteral(ty)) for ty in sequence]
        common = _common(items) if not any(isinstance(ty, types.BaseTuple | types.List) for ty in items) else None
        if common is not None:
            uniform = types.UniTuple(common, len(items))

            def convert(context: Any, builder: Any, sig: Any, args: Any) -> Any:
                return context.cast(builder, args[0], sequence, uniform)

            return uniform(sequence), convert
    return sequence(sequence), _same


def _same(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return imputils.impl_ret_borrowed(context, builder, sig.return_type, args[-1])


@overload(float64, strict=False)
def _float64(active: Any, x: Any) -> Any:
    element = rebased(_typeref(active), types.float64)
    return lambda active, x: _scalar(element, x)


@overload(float32, strict=False)
def _float32(active: Any, x: Any) -> Any:
    element = rebased(_typeref(active), types.float32)
    return lambda active, x: _scalar(element, x)


@intrinsic
def _scalar(typingctx: Any, element: Any, x: Any) -> Any:
    ty = element.instance_type

    def convert(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.cast(builder, args[1], sig.args[1], ty)

    return ty(element, x), convert


@intrinsic(prefer_literal=False)
def activate(typingctx: Any, active: Any, x: Any) -> Any:
    """A float as a value of the active type; everything else as it is."""
    if isinstance(x, types.Float | Active):
        ty = rebased(active.instance_type, types.float64)

        def convert(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return context.cast(builder, args[1], sig.args[1], ty)

        return ty(active, x), convert
    return x(active, x), _same


@intrinsic(prefer_literal=False)
def commit(typingctx: Any, x: Any) -> Any:
    """An expression as a statement; everything else as it is."""
    ty = storage(x)
    if ty == x:
        return x(x), _same

    def record(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        stage = Stage(context, builder)
        return stage.stored(stage.value(x, args[0])).ll

    return ty(x), record


_REPLACEMENTS = {
    np.zeros: zeros,
    np.empty: empty,
    np.ones: ones,
    np.full: full,
    np.zeros_like: zeros_like,
    np.empty_like: empty_like,
    np.ones_like: ones_like,
    np.full_like: full_like,
    np.array: array,
    np.asarray: array,
    np.copy: copy,
    np.float64: float64,
    np.float32: float32,
}


def replacement(function: Any) -> Any:
    """The active counterpart of a creating function, or None."""
    try:
        return _REPLACEMENTS.get(function)
    except TypeError:  # unhashable
        return None


def method_replacement(name: str) -> Any:
    """The active counterpart of an array method, or None."""
    return {"astype": astype, "copy": copy}.get(name)
