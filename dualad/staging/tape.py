"""Recording a statement, and the reverse sweep.

A tape is two stacks in one buffer that grow towards each other: from below the partials of the
terms, from above the 32-bit indices of the arguments they belong to. A statement is a run of terms
whose first carries a mark in the sign bit of its index. Statements have consecutive indices, the
inputs come first, index 0 is every constant's. The header is found through each traced value, so
compiled code has no global state.

Between statements there may be blocks (see :mod:`blocks`), each a link of a chain that starts at the
header; what lies between two of them is a segment, which is swept without looking for blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils, types

from ..rules.table import lookup
from ..types.active import Active, Dual, Var, adjoint_type
from . import links, pool
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

if TYPE_CHECKING:
    from .stage import Stage, Value

FIRST_CAPACITY = 1 << 14  # bytes
INDEX_SIZE = 4
MARK = ir.Constant(INT32, -(1 << 31))


def open_header(stage: Stage, header: Any, inputs: Any) -> None:
    """An empty tape whose first `inputs` indices are the inputs'; takes an idle buffer if there is one."""
    builder = stage.builder
    builder.store(ir.Constant(HEADER, None), header)
    builder.store(inputs, field(builder, header, COUNT))
    builder.store(inputs, field(builder, header, INPUTS))
    builder.call(pool.take(builder.module), [header])


def close_header(stage: Stage, header: Any) -> None:
    """Hand the buffer back; a closed tape is an empty one, closing it again does no harm."""
    stage.builder.call(pool.give(stage.builder.module), [header])


def reserve(stage: Stage, header: Any, nbytes: Any) -> Any:
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


def push(stage: Stage, base: types.Type, pointer: Any, terms: Sequence[tuple[Any, Any]]) -> Any:
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
        _store(stage, stage.cast(partial, adjoint), at)
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


def _store(stage: Stage, value: Value, ptr: Any) -> None:
    stage.context.pack_value(stage.builder, value.type, value.ll, ptr)


def _load(stage: Stage, ty: types.Type, ptr: Any) -> Value:
    return stage.value(ty, stage.context.unpack_value(stage.builder, ty, ptr))


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


def sweep(stage: Stage, base: types.Type, header: Any, adjoints: Any, absorbing: bool) -> None:
    """Run the tape backwards: ``adjoints[argument] += partial * adjoints[statement]``.

    `adjoints` points to count + 1 values of ``adjoint_type(base)``; index 0 collects what flows
    to constants. Statements whose adjoint is exactly zero are skipped. With `absorbing`, so are
    partials that are exactly zero; what that would change shows as a NaN without it.
    """
    module = stage.builder.module
    adjoint = adjoint_type(base)
    name = f"dualad.tape.sweep({adjoint},{absorbing})"
    if name not in module.globals:
        element = stage.context.get_data_type(adjoint).as_pointer()
        fnty = ir.FunctionType(ir.VoidType(), [HEADER.as_pointer(), element])
        function = ir.Function(module, fnty, name)
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        _emit_sweep(stage, adjoint, function, absorbing)
    stage.builder.call(module.globals[name], [header, adjoints])


def _emit_sweep(outer: Stage, adjoint: types.Type, function: Any, absorbing: bool) -> None:
    header, adjoints = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    stage = type(outer)(outer.context, builder)
    element = stage.context.get_data_type(adjoint)
    buffer = builder.load(field(builder, header, BUFFER))
    top = builder.bitcast(builder.load(field(builder, header, PARTIALS)), element.as_pointer())
    bottom = builder.bitcast(builder.load(field(builder, header, INDICES)), INT32.as_pointer())
    last, latest = (builder.load(field(builder, header, which)) for which in (COUNT, BLOCK))
    one, minus_one = ir.Constant(INT64, 1), ir.Constant(INT64, -1)
    before = builder.block
    names = ("segment", "head", "statement", "term", "skip", "next", "end", "block", "done")
    blocks = {name: builder.append_basic_block(name) for name in names}
    builder.branch(blocks["segment"])

    builder.position_at_end(blocks["segment"])
    segment = _phis(builder, top, bottom, last, latest)
    for phi, value in zip(segment, (top, bottom, last, latest), strict=True):
        phi.add_incoming(value, before)
    block = segment[3]
    start = builder.bitcast(links.end_of(builder, buffer, block), element.as_pointer())
    builder.branch(blocks["head"])

    builder.position_at_end(blocks["head"])
    head_partial, head_index, statement = _phis(builder, top, bottom, last)
    for phi, value in zip((head_partial, head_index, statement), segment, strict=False):
        phi.add_incoming(value, blocks["segment"])
    builder.cbranch(builder.icmp_unsigned(">", head_partial, start), blocks["statement"], blocks["end"])

    builder.position_at_end(blocks["statement"])
    weight = _load(stage, adjoint, builder.gep(adjoints, [statement], inbounds=True))
    entered = builder.block
    builder.cbranch(is_zero(stage, weight), blocks["skip"], blocks["term"])

    ends = []
    for kind in ("term", "skip"):
        builder.position_at_end(blocks[kind])
        above, at = _phis(builder, top, bottom)
        above.add_incoming(head_partial, entered)
        at.add_incoming(head_index, entered)
        word = builder.load(at)
        partial_at = builder.gep(above, [minus_one], inbounds=True)
        if kind == "term":
            index = builder.zext(builder.and_(word, ir.Constant(INT32, (1 << 31) - 1)), INT64)
            slot = builder.gep(adjoints, [index], inbounds=True)
            partial, old = _load(stage, adjoint, partial_at), _load(stage, adjoint, slot)
            _store(stage, stage.cast(_accumulated(stage, old, partial, weight, absorbing), adjoint), slot)
        onward = builder.gep(at, [one], inbounds=True)
        above.add_incoming(partial_at, builder.block)
        at.add_incoming(onward, builder.block)
        ends.append((partial_at, onward, builder.block))
        first = builder.icmp_signed("<", word, ir.Constant(INT32, 0))
        builder.cbranch(first, blocks["next"], blocks[kind])

    builder.position_at_end(blocks["next"])
    next_partial, next_index = _phis(builder, top, bottom)
    for partial_at, onward, kind in ends:
        next_partial.add_incoming(partial_at, kind)
        next_index.add_incoming(onward, kind)
    head_partial.add_incoming(next_partial, blocks["next"])
    head_index.add_incoming(next_index, blocks["next"])
    statement.add_incoming(builder.add(statement, minus_one), blocks["next"])
    builder.branch(blocks["head"])

    builder.position_at_end(blocks["end"])
    builder.cbranch(builder.icmp_signed("!=", block, ir.Constant(INT64, 0)), blocks["block"], blocks["done"])

    builder.position_at_end(blocks["block"])
    below, preceding, earlier = links.propagate(builder, buffer, block, adjoints, statement)
    onwards = (builder.bitcast(below, element.as_pointer()), head_index, preceding, earlier)
    for phi, value in zip(segment, onwards, strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(blocks["segment"])

    builder.position_at_end(blocks["done"])
    builder.ret_void()


def _phis(builder: Any, *like: Any) -> list[Any]:
    return [builder.phi(value.type) for value in like]


def _accumulated(stage: Stage, old: Value, partial: Value, weight: Value, absorbing: bool) -> Value:
    """Old + partial * weight."""
    if absorbing:
        total: Value = old + stage.operate(lookup("absorbing"), (partial, weight))
        return total
    # Fused where the processor can: a chain of these bounds the speed of a sweep.
    ty = partial.ll.type
    multiply_add = stage.builder.module.declare_intrinsic(
        "llvm.fmuladd", [ty], ir.FunctionType(ty, [ty, ty, ty])
    )
    return stage.value(old.type, stage.builder.call(multiply_add, [partial.ll, weight.ll, old.ll]))


def is_zero(stage: Stage, value: Value) -> Any:
    """Whether a value is exactly zero with no derivative, as an LLVM bit."""
    builder, ty = stage.builder, value.type
    if not isinstance(ty, Active):
        return builder.fcmp_ordered("==", value.ll, ir.Constant(value.ll.type, None))
    zero = is_zero(stage, value.primal)
    if isinstance(ty, Var):
        index = value.part("index")
        return builder.and_(zero, builder.icmp_signed("==", index, ir.Constant(index.type, 0)))
    from . import forward

    assert isinstance(ty, Dual)
    for i in range(ty.width):
        zero = builder.and_(zero, is_zero(stage, forward.component(stage, value, i)))
    return zero
