"""Arrays for a call's own use, in memory that idle tapes have left: see :mod:`dualad.staging.pool`."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, Signature, infer_global, signature
from numba.extending import lower_builtin
from numba.np import arrayobj
from numba.np.numpy_support import from_dtype

from ..staging import pool

_ALLOCATE = "NRT_MemInfo_alloc_safe_aligned_external"


def pooled(n: int) -> Any:
    """As ``np.empty(n)``."""
    return np.empty(n)


def pooled_integers(n: int) -> Any:
    """As ``np.empty(n, dtype=np.int64)``."""
    return np.empty(n, dtype=np.int64)


def allocated(context: Any, builder: Any, array_type: types.Array, size: Any) -> Any:
    """A vector of `size` elements; none take no memory."""
    itemsize = context.get_constant(
        types.intp, context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    )
    array = arrayobj.make_array(array_type)(context, builder)
    some = builder.icmp_signed(">", size, size.type(0))
    memory = cgutils.alloca_once_value(builder, pool.null())
    data = cgutils.alloca_once_value(builder, pool.null())
    with builder.if_then(some):
        alignment = ir.Constant(ir.IntType(32), context.get_preferred_array_alignment(array_type.dtype))
        fnty = ir.FunctionType(pool.POINTER, [cgutils.intp_t, alignment.type, pool.POINTER])
        allocate = cgutils.get_or_insert_function(builder.module, fnty, _ALLOCATE)
        given = builder.mul(size, itemsize), alignment, pool.allocator(builder.module)
        found = builder.call(allocate, given)
        with builder.if_then(cgutils.is_null(builder, found), likely=False):
            context.call_conv.return_user_exc(builder, MemoryError, ("no memory for the tape",))
        builder.store(found, memory)
        builder.store(context.nrt.meminfo_data(builder, found), data)
    arrayobj.populate_array(
        array,
        data=builder.bitcast(builder.load(data), array.data.type),
        shape=cgutils.pack_array(builder, [size]),
        strides=cgutils.pack_array(builder, [itemsize]),
        itemsize=itemsize,
        meminfo=builder.load(memory),
    )
    return array._getvalue()


def _known(function: Any, dtype: Any) -> None:
    array_type = types.Array(from_dtype(np.dtype(dtype)), 1, "C")

    @infer_global(function)
    class Pooled(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Signature | None:
            fits = len(args) == 1 and not kws and isinstance(args[0], types.Integer)
            return signature(array_type, types.intp) if fits else None

    @lower_builtin(function, types.Integer)
    def _lower(context: Any, builder: Any, sig: Signature, args: Any) -> Any:
        return allocated(context, builder, array_type, args[0])


_known(pooled, np.float64)
_known(pooled_integers, np.int64)
