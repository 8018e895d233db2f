"""The chain of blocks on a tape.

A block stands for many statements at once: an array function, whose results have consecutive indices
and whose adjoint is computed by a function of its own. It lies among the partials: a head, then the
payload that its function reads. The heads form a chain, latest first.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from ..numba_api import cgutils
from ..staging.value import Emitter
from . import pool, recording
from .pool import BLOCK, BUFFER, COUNT, INT32, INT64, OVERFLOW, PARTIALS, POINTER, field

ALIGNMENT = 16
# offsets of the previous block, of the partials below and above; the function; number of results
HEAD = ir.LiteralStructType([INT64, INT64, INT64, POINTER, INT64, INT64])
PREVIOUS, BELOW, ABOVE, FUNCTION, RESULTS = range(5)
HEAD_SIZE = 48
# payload, the adjoints (whose type the function knows), index of the first result
SWEPT = ir.FunctionType(ir.VoidType(), [POINTER, POINTER, INT64])


def aligned(builder: Any, nbytes: Any) -> Any:
    """`nbytes` rounded up to the alignment."""
    raised = builder.add(nbytes, ir.Constant(INT64, ALIGNMENT - 1))
    return builder.and_(raised, ir.Constant(INT64, -ALIGNMENT))


def push(stage: Emitter, header: Any, payload_size: Any, function: Any, results: Any) -> tuple[Any, Any]:
    """Append a block; return the pointer to its payload and the index of its first result.

    Without room the pointer is null, nothing may be written, and the overflow is marked.
    """
    builder = stage.builder
    size = aligned(builder, builder.add(payload_size, ir.Constant(INT64, HEAD_SIZE + ALIGNMENT)))
    recording.reserve(stage, header, size)
    count_slot = field(builder, header, COUNT)
    count = builder.load(count_slot)
    last = builder.add(count, results)
    fits = builder.and_(
        builder.icmp_signed(">=", recording.gap(builder, header), size),
        builder.icmp_signed("<", last, ir.Constant(INT64, (1 << 31) - 1)),
    )
    with builder.if_else(fits, likely=True) as (fitting, overflowing):
        with fitting:
            payload = _link(builder, header, size, function, results)
            builder.store(last, count_slot)
            following = builder.trunc(builder.add(count, ir.Constant(INT64, 1)), INT32)
            linked = builder.block
        with overflowing:
            builder.store(ir.Constant(INT64, 1), field(builder, header, OVERFLOW))
            overflown = builder.block
    pointer, first = builder.phi(POINTER), builder.phi(INT32)
    pointer.add_incoming(payload, linked)
    pointer.add_incoming(pool.null(), overflown)
    first.add_incoming(ir.Constant(INT32, 0), overflown)
    first.add_incoming(following, linked)
    return pointer, first


def _link(builder: Any, header: Any, size: Any, function: Any, results: Any) -> Any:
    buffer = builder.ptrtoint(builder.load(field(builder, header, BUFFER)), INT64)
    partials_slot, block_slot = field(builder, header, PARTIALS), field(builder, header, BLOCK)
    partials = builder.ptrtoint(builder.load(partials_slot), INT64)
    start = aligned(builder, partials)
    end = builder.add(partials, builder.and_(size, ir.Constant(INT64, -ALIGNMENT)))
    head = builder.inttoptr(start, HEAD.as_pointer())
    offsets = [builder.load(block_slot), builder.sub(partials, buffer), builder.sub(end, buffer)]
    values = [*offsets, builder.bitcast(function, POINTER), results]
    for which, value in enumerate(values):
        builder.store(value, cgutils.gep_inbounds(builder, head, 0, which))
    builder.store(builder.sub(start, buffer), block_slot)
    builder.store(builder.inttoptr(end, POINTER), partials_slot)
    return builder.inttoptr(builder.add(start, ir.Constant(INT64, HEAD_SIZE)), POINTER)


def end_of(builder: Any, buffer: Any, block: Any) -> Any:
    """Where the partials after a block start; after none, those of the tape."""
    none = cgutils.alloca_once_value(builder, ir.Constant(INT64, pool.PREFIX))
    is_none = builder.icmp_signed("==", block, ir.Constant(INT64, 0))
    above = builder.select(is_none, none, _member(builder, buffer, block, ABOVE))
    return builder.gep(buffer, [builder.load(above)])


def propagate(builder: Any, buffer: Any, block: Any, adjoints: Any, last: Any) -> tuple[Any, Any, Any]:
    """Call a block's function.

    Returns where the partials below it end, the index before those of its results, the block before it.
    """
    previous, below, function, results = (
        builder.load(_member(builder, buffer, block, which)) for which in (PREVIOUS, BELOW, FUNCTION, RESULTS)
    )
    preceding = builder.sub(last, results)
    payload = builder.gep(buffer, [builder.add(block, ir.Constant(INT64, HEAD_SIZE))])
    first = builder.add(preceding, ir.Constant(INT64, 1))
    callee = builder.bitcast(function, SWEPT.as_pointer())
    builder.call(callee, [payload, builder.bitcast(adjoints, POINTER), first])
    return builder.gep(buffer, [below]), preceding, previous


def _member(builder: Any, buffer: Any, block: Any, which: int) -> Any:
    head = builder.bitcast(builder.gep(buffer, [block]), HEAD.as_pointer())
    return cgutils.gep_inbounds(builder, head, 0, which)
