"""Recording statements on a tape.

A tape is two stacks in one buffer that grow towards each other: from below the partials of the
terms, from above the 32-bit indices of the arguments they belong to. A statement is a run of terms
whose first carries a mark in the sign bit of its index. Statements have consecutive indices, the
inputs come first, index 0 is every constant's. The header is found through each traced value, so
compiled code has no global state.

Between statements there may be blocks (see :mod:`dualad.tape.blocks`), each a link of a chain that starts
at the header; what lies between two of them is a segment, which is swept without looking for blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types

from ..numba_api import cgutils
from ..staging.value import Emitter
from ..types.active import adjoint_type
from . import pool
from .pool import (
    BLOCK,
    BUFFER,
    COUNT,
    HEADER,
    INDICES,
    INPUTS,
    INT32,
    INT64,
    OVERFLOW,
    PARTIALS,
    POINTER,
    field,
    null,
)

FIRST_CAPACITY = 1 << 14  # bytes
INDEX_SIZE = 4
MARK = ir.Constant(INT32, -(1 << 31))


def open_header(stage: Emitter, header: Any, inputs: Any) -> None:
    """An empty tape whose first `inputs` indices are the inputs'; takes an idle buffer if there is one."""
    builder = stage.builder
    builder.store(ir.Constant(HEADER, None), header)
    builder.store(inputs, field(builder, header, COUNT))
    builder.store(inputs, field(builder, header, INPUTS))
    builder.call(pool.take(builder.module), [header])


def close_header(stage: Emitter, header: Any) -> None:
    """Hand the buffer back; a closed tape is an empty one, closing it again does no harm."""
    stage.builder.call(pool.give(stage.builder.module), [header])


def reserve(stage: Emitter, header: Any, nbytes: Any) -> Any:
    """Make room for `nbytes` between the stacks; return where. Check for overflow before use."""
    builder = stage.builder
    with cgutils.if_unlikely(builder, builder.icmp_signed("<", gap(builder, header), nbytes)):
        builder.call(_grow(builder.module), [header, nbytes])
    return builder.load(field(builder, header, PARTIALS))


def gap(builder: Any, header: Any) -> Any:
    """The number of bytes between the stacks."""
    low = builder.ptrtoint(builder.load(field(builder, header, PARTIALS)), INT64)
    high = builder.ptrtoint(builder.load(field(builder, header, INDICES)), INT64)
    return builder.sub(high, low)


def push(stage: Emitter, base: types.Type, pointer: Any, terms: Sequence[tuple[Any, Any]]) -> Any:
    """Append a statement to the tape at `pointer`; return its index."""
    builder = stage.builder
    adjoint = adjoint_type(base)
    element = stage.context.get_data_type(adjoint)
    size = stage.context.get_abi_sizeof(element)
    header = builder.bitcast(pointer, HEADER.as_pointer())
    needed = ir.Constant(INT64, (size + INDEX_SIZE) * len(terms))
    with cgutils.if_unlikely(builder, builder.icmp_signed("<", gap(builder, header), needed)):
        builder.call(_grow(builder.module), [header, needed])
    partials_slot, indices_slot = field(builder, header, PARTIALS), field(builder, header, INDICES)
    partials = builder.bitcast(builder.load(partials_slot), element.as_pointer())
    indices = builder.bitcast(builder.load(indices_slot), INT32.as_pointer())
    for i, (index, partial) in enumerate(terms):
        at = builder.gep(partials, [ir.Constant(INT64, i)], inbounds=True)
        stage.store(stage.cast(partial, adjoint), at)
        marked = builder.or_(index, MARK) if i == 0 else index
        builder.store(marked, builder.gep(indices, [ir.Constant(INT64, -1 - i)], inbounds=True))
    top = builder.gep(partials, [ir.Constant(INT64, len(terms))], inbounds=True)
    bottom = builder.gep(indices, [ir.Constant(INT64, -len(terms))], inbounds=True)
    builder.store(builder.bitcast(top, POINTER), partials_slot)
    builder.store(builder.bitcast(bottom, POINTER), indices_slot)
    count_slot = field(builder, header, COUNT)
    count = builder.add(builder.load(count_slot), ir.Constant(INT64, 1))
    builder.store(count, count_slot)
    return builder.trunc(count, INT32)


def _grow(module: Any) -> Any:
    """The function that makes room; past the limit it notes the overflow and starts over.

    Starting over keeps the user's function running on valid memory; the driver sees the mark
    before it would sweep, so no wrong derivative comes of it.
    """
    name = "dualad.tape.grow"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [HEADER.as_pointer(), INT64]), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    function.attributes.add("cold")
    header, needed = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    buffer = builder.load(field(builder, header, BUFFER))
    start, size = builder.ptrtoint(buffer, INT64), pool.size_of(builder, buffer)
    prefix = ir.Constant(INT64, pool.PREFIX)
    low = builder.sub(builder.ptrtoint(builder.load(field(builder, header, PARTIALS)), INT64), start)
    low = builder.select(builder.icmp_unsigned("<", low, prefix), prefix, low)
    end = builder.add(start, size)
    high = builder.sub(end, builder.ptrtoint(builder.load(field(builder, header, INDICES)), INT64))
    used = builder.add(builder.add(low, high), needed)
    doubled = builder.shl(size, ir.Constant(INT64, 1))
    wanted = builder.add(used, ir.Constant(INT64, FIRST_CAPACITY))
    target = builder.select(builder.icmp_unsigned(">", doubled, wanted), doubled, wanted)
    limit = pool.limit(builder)
    target = builder.select(builder.icmp_unsigned("<", target, limit), target, limit)
    target = builder.and_(target, ir.Constant(INT64, -16))
    with builder.if_then(builder.icmp_unsigned("<=", used, target)):
        moved = pool.reallocate(builder, buffer, target)
        with builder.if_then(builder.icmp_unsigned("!=", moved, null())):
            old_top = builder.gep(moved, [builder.sub(size, high)])
            new_top = builder.gep(moved, [builder.sub(target, high)])
            cgutils.raw_memmove(builder, new_top, old_top, high, 1)
            pool.adopt(builder, header, moved, target, low, high)
            builder.ret_void()
    builder.store(ir.Constant(INT64, 1), field(builder, header, OVERFLOW))
    builder.store(builder.load(field(builder, header, INPUTS)), field(builder, header, COUNT))
    builder.store(ir.Constant(INT64, 0), field(builder, header, BLOCK))
    pool.adopt(builder, header, buffer, size, prefix, ir.Constant(INT64, 0))
    builder.ret_void()
    return function
