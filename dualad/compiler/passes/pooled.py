"""Temporary arrays of a call, in the memory of idle tapes: see :mod:`dualad.tape.pool`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import lower_builtin

from ...numba_api import (
    AbstractTemplate,
    Signature,
    cgutils,
    infer_global,
    make_array,
    populate_array,
    signature,
)
from ...tape import pool

_ALLOCATE_EXTERNAL = 1  # its place in the table NRT_api_functions


def pooled(n: int) -> Any:
    """As ``np.empty(n)``."""
    return np.empty(n)


def pooled_integers(n: int) -> Any:
    """As ``np.empty(n, dtype=np.int64)``."""
    return np.empty(n, dtype=np.int64)


def no_numbers() -> Any:
    """As ``np.empty(0)``, without memory."""
    return np.empty(0)


def no_integers() -> Any:
    """As ``np.empty(0, dtype=np.int64)``, without memory."""
    return np.empty(0, dtype=np.int64)


def allocated(context: Any, builder: Any, array_type: types.Array, size: Any) -> Any:
    """A vector of `size` elements, made out of line and small: no loop around gives registers for it."""
    builder.function.attributes.add("noinline")
    builder.function.attributes.add("minsize")
    itemsize = _itemsize(context, array_type)
    # Of the runtime's functions the one that does not fill the memory first.
    fnty = ir.FunctionType(pool.POINTER, [cgutils.intp_t, pool.POINTER])
    functions = builder.bitcast(context.nrt.get_nrt_api(builder), fnty.as_pointer().as_pointer())
    allocate = builder.load(builder.gep(functions, [cgutils.int32_t(_ALLOCATE_EXTERNAL)]))
    memory = builder.call(allocate, [builder.mul(size, itemsize), pool.allocator(builder.module)])
    with builder.if_then(cgutils.is_null(builder, memory), likely=False):
        context.call_conv.return_user_exc(builder, MemoryError, ("no memory for the tape",))
    return _vector(context, builder, array_type, size, memory, context.nrt.meminfo_data(builder, memory))


def without_memory(context: Any, builder: Any, array_type: types.Array) -> Any:
    """A vector of no elements."""
    none = context.get_constant(types.intp, 0)
    return _vector(context, builder, array_type, none, pool.null(), pool.null())


def _itemsize(context: Any, array_type: types.Array) -> Any:
    stored = context.get_data_type(array_type.dtype)
    return context.get_constant(types.intp, context.get_abi_sizeof(stored))


def _vector(context: Any, builder: Any, array_type: types.Array, size: Any, memory: Any, data: Any) -> Any:
    array = make_array(array_type)(context, builder)
    itemsize = _itemsize(context, array_type)
    populate_array(
        array,
        data=builder.bitcast(data, array.data.type),
        shape=cgutils.pack_array(builder, [size]),
        strides=cgutils.pack_array(builder, [itemsize]),
        itemsize=itemsize,
        meminfo=memory,
    )
    return array._getvalue()


def _enter(
    function: Any, parameters: tuple[types.Type, ...], array_type: types.Array, make: Callable[..., Any]
) -> None:
    """Let compiled code call a function that makes arrays of one type."""

    @infer_global(function)
    class Making(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Signature | None:
            fits = len(args) == len(parameters) and all(isinstance(ty, types.Integer) for ty in args)
            return signature(array_type, *parameters) if fits and not kws else None

    @lower_builtin(function, *parameters)
    def _lower(context: Any, builder: Any, sig: Signature, args: Any) -> Any:
        return make(context, builder, array_type, *args)


NUMBERS, INTEGERS = types.Array(types.float64, 1, "C"), types.Array(types.int64, 1, "C")
_enter(pooled, (types.intp,), NUMBERS, allocated)
_enter(pooled_integers, (types.intp,), INTEGERS, allocated)
_enter(no_numbers, (), NUMBERS, without_memory)
_enter(no_integers, (), INTEGERS, without_memory)
