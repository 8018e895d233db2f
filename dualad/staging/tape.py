"""The tape in memory: its header, pushing a statement, the reverse sweep.

A tape is one growing buffer of entries ``{partial, argument index + terms << 32}``, one per term;
the last entry of a statement holds the number of its terms, the others 0. Statements have
consecutive indices, inputs come first, index 0 is every constant's. The header is found through
each traced value, so compiled code has no global state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils, types

from ..rules.table import lookup
from ..types.active import Active, Dual, Var, adjoint_type
from ..types.models import tape_entry
from . import pool
from .pool import BUFFER, COUNT, CURSOR, END, HEADER, INPUTS, INT32, INT64, OVERFLOW, POINTER, field, null

if TYPE_CHECKING:
    from .stage import Stage, Value

FIRST_CAPACITY = 1 << 14  # bytes


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
    """Make room for `nbytes` behind the last entry; return where. Check for overflow before use."""
    builder = stage.builder
    cursor = builder.load(field(builder, header, CURSOR))
    end = builder.load(field(builder, header, END))
    full = builder.icmp_unsigned(">", builder.gep(cursor, [nbytes]), end)
    with cgutils.if_unlikely(builder, full):
        builder.call(_grow(builder.module), [header, nbytes])
    return builder.load(field(builder, header, CURSOR))


def push(stage: Stage, base: types.Type, pointer: Any, terms: Sequence[tuple[Any, Any]]) -> Any:
    """Append a statement to the tape at `pointer`; return its index."""
    builder = stage.builder
    header = builder.bitcast(pointer, HEADER.as_pointer())
    entry = tape_entry(stage.context, base)
    size = stage.context.get_abi_sizeof(entry)
    needed = ir.Constant(INT64, size * len(terms))
    cursor_slot = field(builder, header, CURSOR)
    cursor = builder.load(cursor_slot)
    after = builder.gep(cursor, [needed])
    before = builder.block
    full = builder.icmp_unsigned(">", after, builder.load(field(builder, header, END)))
    with cgutils.if_unlikely(builder, full):
        builder.call(_grow(builder.module), [header, needed])
        regrown = builder.load(cursor_slot)
        grown = builder.block
    position = builder.phi(POINTER)
    position.add_incoming(cursor, before)
    position.add_incoming(regrown, grown)
    entries = builder.bitcast(position, entry.as_pointer())
    for i, (index, partial) in enumerate(terms):
        slot = builder.gep(entries, [ir.Constant(INT32, i)], inbounds=True)
        value = stage.cast(partial, adjoint_type(base))
        _store(stage, value, cgutils.gep_inbounds(builder, slot, 0, 0))
        word = builder.zext(index, INT64)
        if i == len(terms) - 1:
            word = builder.or_(word, ir.Constant(INT64, len(terms) << 32))
        builder.store(word, cgutils.gep_inbounds(builder, slot, 0, 1))
    builder.store(builder.gep(position, [needed]), cursor_slot)
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
    address = lambda p: builder.ptrtoint(p, INT64)  # noqa: E731
    used = builder.sub(address(builder.load(field(builder, header, CURSOR))), address(buffer))
    capacity = builder.sub(address(builder.load(field(builder, header, END))), address(buffer))
    prefix = ir.Constant(INT64, pool.PREFIX)
    used = builder.select(builder.icmp_unsigned("<", used, prefix), prefix, used)
    doubled = builder.shl(capacity, ir.Constant(INT64, 1))
    wanted = builder.add(builder.add(used, needed), ir.Constant(INT64, FIRST_CAPACITY))
    size = builder.select(builder.icmp_unsigned(">", doubled, wanted), doubled, wanted)
    limit = pool.limit(builder)
    clipped = builder.select(builder.icmp_unsigned("<", size, limit), size, limit)
    fits = builder.icmp_unsigned("<=", builder.add(used, needed), clipped)
    with builder.if_then(fits):
        moved = pool.reallocate(builder, buffer, clipped)
        with builder.if_then(builder.icmp_unsigned("!=", moved, null())):
            pool.adopt(builder, header, moved, clipped, used)
            builder.ret_void()
    builder.store(ir.Constant(INT64, 1), field(builder, header, OVERFLOW))
    builder.store(builder.gep(buffer, [prefix]), field(builder, header, CURSOR))
    builder.store(builder.load(field(builder, header, INPUTS)), field(builder, header, COUNT))
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
    entry = tape_entry(stage.context, adjoint)
    entry_ptr = entry.as_pointer()
    buffer = builder.load(field(builder, header, BUFFER))
    start = builder.bitcast(builder.gep(buffer, [ir.Constant(INT64, pool.PREFIX)]), entry_ptr)
    first = builder.bitcast(builder.load(field(builder, header, CURSOR)), entry_ptr)
    last = builder.load(field(builder, header, COUNT))
    minus_one = ir.Constant(INT64, -1)
    entry_block = builder.block
    head = builder.append_basic_block("statement")
    body = builder.append_basic_block("terms_of")
    live = builder.append_basic_block("live")
    term = builder.append_basic_block("term")
    following = builder.append_basic_block("next")
    done = builder.append_basic_block("done")
    builder.branch(head)

    builder.position_at_end(head)
    cursor = builder.phi(entry_ptr)
    statement = builder.phi(INT64)
    cursor.add_incoming(first, entry_block)
    statement.add_incoming(last, entry_block)
    builder.cbranch(builder.icmp_unsigned(">", cursor, start), body, done)

    builder.position_at_end(body)
    tail = builder.gep(cursor, [minus_one], inbounds=True)
    word = builder.load(cgutils.gep_inbounds(builder, tail, 0, 1))
    terms = builder.lshr(word, ir.Constant(INT64, 32))
    begin = builder.gep(cursor, [builder.neg(terms)], inbounds=True)
    weight = _load(stage, adjoint, builder.gep(adjoints, [statement], inbounds=True))
    builder.cbranch(is_zero(stage, weight), following, live)

    builder.position_at_end(live)
    builder.branch(term)

    builder.position_at_end(term)
    at = builder.phi(entry_ptr)
    at.add_incoming(begin, live)
    word = builder.load(cgutils.gep_inbounds(builder, at, 0, 1))
    index = builder.and_(word, ir.Constant(INT64, (1 << 32) - 1))
    partial = _load(stage, adjoint, cgutils.gep_inbounds(builder, at, 0, 0))
    slot = builder.gep(adjoints, [index], inbounds=True)
    old = _load(stage, adjoint, slot)
    if absorbing:
        total = old + stage.operate(lookup("absorbing"), (partial, weight))
    else:
        multiply_add = _multiply_add(builder, partial.ll.type)
        total = stage.value(adjoint, builder.call(multiply_add, [partial.ll, weight.ll, old.ll]))
    _store(stage, stage.cast(total, adjoint), slot)
    onward = builder.gep(at, [ir.Constant(INT64, 1)], inbounds=True)
    at.add_incoming(onward, builder.block)
    builder.cbranch(builder.icmp_unsigned("<", onward, cursor), term, following)

    builder.position_at_end(following)
    cursor.add_incoming(begin, following)
    statement.add_incoming(builder.add(statement, minus_one), following)
    builder.branch(head)

    builder.position_at_end(done)
    builder.ret_void()


def _multiply_add(builder: Any, ty: Any) -> Any:
    """A * b + c, fused where the processor can: a chain of these bounds the speed of a sweep."""
    return builder.module.declare_intrinsic("llvm.fmuladd", [ty], ir.FunctionType(ty, [ty, ty, ty]))


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
