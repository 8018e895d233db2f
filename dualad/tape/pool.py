"""The memory of tapes: the header through which a tape is reached, and idle buffers kept for reuse.

A buffer belongs to one running derivative at a time: it is taken from a slot, and put back into one,
by an atomic exchange, so neither threads nor nested calls can share it. The slots, the limit and the
allocator are found by symbol in memory of :mod:`dualad.runtime`; compiled code itself has no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..numba_api import cgutils

POINTER = ir.IntType(8).as_pointer()
INT32, INT64 = ir.IntType(32), ir.IntType(64)
# ends of the two stacks, last index given out, the buffer, number of inputs, overflow, last block,
# whether NaN is not to be swept once more (see `strict`)
HEADER = ir.LiteralStructType([POINTER, POINTER, INT64, POINTER, INT64, INT64, INT64, INT64])
PARTIALS, INDICES, COUNT, BUFFER, INPUTS, OVERFLOW, BLOCK, STRICT = range(8)
PREFIX = 16  # bytes at the start of a buffer; the first eight hold its size

LIMIT_SYMBOL = "dualad_tape_limit"
SLOTS_SYMBOL = "dualad_tape_slots"
REALLOC_SYMBOL = "dualad_realloc"
FREE_SYMBOL = "dualad_free"
SLOTS = 16
# A larger buffer goes back to the system at once.
RETAINED = 256 << 20


def null() -> Any:
    """No memory, no tape."""
    return ir.Constant(POINTER, None)


def field(builder: Any, header: Any, which: int) -> Any:
    """Pointer to a field of the header."""
    return cgutils.gep_inbounds(builder, header, 0, which)


def limit(builder: Any) -> Any:
    """The most bytes a tape may take."""
    user = builder.load(variable(builder.module, LIMIT_SYMBOL, INT64))
    # Indices have 31 bits, and every statement has at least one term of at least 12 bytes.
    indexable = ir.Constant(INT64, ((1 << 31) - 1) * 12)
    return builder.select(builder.icmp_unsigned("<", user, indexable), user, indexable)


def reallocate(builder: Any, buffer: Any, size: Any) -> Any:
    """A buffer grown to `size` bytes (null: a new one)."""
    fnty = ir.FunctionType(POINTER, [POINTER, INT64])
    return builder.call(cgutils.get_or_insert_function(builder.module, fnty, REALLOC_SYMBOL), [buffer, size])


def size_of(builder: Any, buffer: Any) -> Any:
    """The size of a buffer in bytes; no buffer has none."""
    none = builder.icmp_unsigned("==", buffer, null())
    empty = cgutils.alloca_once_value(builder, ir.Constant(INT64, 0))
    where = builder.select(none, empty, builder.bitcast(buffer, INT64.as_pointer()))
    return builder.load(where)


def adopt(builder: Any, header: Any, buffer: Any, size: Any, low: Any, high: Any) -> None:
    """Make `buffer` the tape's, of which `low` and `high` bytes are filled from either end."""
    builder.store(size, builder.bitcast(buffer, INT64.as_pointer()))
    builder.store(buffer, field(builder, header, BUFFER))
    builder.store(builder.gep(buffer, [low]), field(builder, header, PARTIALS))
    builder.store(builder.gep(buffer, [builder.sub(size, high)]), field(builder, header, INDICES))


def take(module: Any) -> Any:
    """The function that gives a header an idle buffer, if there is one."""
    function = _declared(module, "dualad.tape.take", [HEADER.as_pointer()])
    if function.is_declaration:
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        with _idle_buffers(builder) as buffer:
            size = builder.load(builder.bitcast(buffer, INT64.as_pointer()))
            with builder.if_then(builder.icmp_unsigned("<=", size, limit(builder))):
                empty = ir.Constant(INT64, PREFIX), ir.Constant(INT64, 0)
                adopt(builder, function.args[0], buffer, size, *empty)
                builder.ret_void()
            free(builder, buffer)
        builder.ret_void()
    return function


def give(module: Any) -> Any:
    """The function that takes a header's buffer away and keeps it for the next derivative."""
    function = _declared(module, "dualad.tape.give", [HEADER.as_pointer()])
    if function.is_declaration:
        header = function.args[0]
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        buffer = builder.load(field(builder, header, BUFFER))
        for which in (BUFFER, PARTIALS, INDICES):
            builder.store(null(), field(builder, header, which))
        with builder.if_then(builder.icmp_unsigned("==", buffer, null())):
            builder.ret_void()
        _keep(builder, buffer)
    return function


def _keep(builder: Any, buffer: Any) -> None:
    """Put a buffer into a slot, or give it back to the system; and return from the function."""
    size = builder.load(builder.bitcast(buffer, INT64.as_pointer()))
    retained = builder.icmp_unsigned("<=", size, ir.Constant(INT64, RETAINED))
    with builder.if_then(retained), _slots(builder) as slot:
        vacant = builder.icmp_unsigned("==", builder.load(slot), ir.Constant(INT64, 0))
        with builder.if_then(vacant), builder.if_then(_put(builder, slot, buffer)):
            builder.ret_void()
    free(builder, buffer)
    builder.ret_void()


def _put(builder: Any, slot: Any, buffer: Any) -> Any:
    """Put a buffer into a slot; false if another thread was faster."""
    address = builder.ptrtoint(buffer, INT64)
    swap = builder.cmpxchg(slot, ir.Constant(INT64, 0), address, "acq_rel", "monotonic")
    return builder.extract_value(swap, 1)


def allocator(module: Any) -> Any:
    """An allocator of Numba's arrays (an ``NRT_ExternalAllocator``) whose memory is idle buffers."""
    functions = _allocating(module), null(), _releasing(module), null()
    name = "dualad.pool.allocator"
    if name not in module.globals:
        table = ir.Constant.literal_struct([f.bitcast(POINTER) for f in functions])
        variable = ir.GlobalVariable(module, table.type, name)
        variable.linkage, variable.global_constant, variable.initializer = "internal", True, table
    return module.globals[name].bitcast(POINTER)


def _allocating(module: Any) -> Any:
    function = _declared(module, "dualad.pool.allocate", [INT64, POINTER], POINTER)
    if function.is_declaration:
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        prefix = ir.Constant(INT64, PREFIX)
        whole = builder.add(function.args[0], prefix)
        with _slots(builder) as slot, _taken(builder, slot) as buffer:
            with builder.if_then(builder.icmp_unsigned(">=", size_of(builder, buffer), whole)):
                builder.ret(builder.gep(buffer, [prefix]))
            with builder.if_then(builder.not_(_put(builder, slot, buffer))):
                free(builder, buffer)
        buffer = reallocate(builder, null(), whole)
        with builder.if_then(builder.icmp_unsigned("==", buffer, null())):
            builder.ret(null())
        builder.store(whole, builder.bitcast(buffer, INT64.as_pointer()))
        builder.ret(builder.gep(buffer, [prefix]))
    return function


def _releasing(module: Any) -> Any:
    function = _declared(module, "dualad.pool.release", [POINTER, POINTER])
    if function.is_declaration:
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        _keep(builder, builder.gep(function.args[0], [ir.Constant(INT64, -PREFIX)]))
    return function


@intrinsic
def drain(typingctx: Any) -> Any:
    """Free all idle buffers (in compiled code: only there are exchanges atomic)."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        with _idle_buffers(builder) as buffer:
            free(builder, buffer)
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def current_limit(typingctx: Any) -> Any:
    """The most bytes a tape may take, in compiled code."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return limit(builder)

    return types.int64(), codegen


@contextmanager
def _idle_buffers(builder: Any) -> Iterator[Any]:
    """Loop over the slots; in the body a buffer has been taken out and is ours alone."""
    with _slots(builder) as slot, _taken(builder, slot) as buffer:
        yield buffer


@contextmanager
def _taken(builder: Any, slot: Any) -> Iterator[Any]:
    """The buffer of a slot, if it has one, which is taken out."""
    occupied = builder.icmp_unsigned("!=", builder.load(slot), ir.Constant(INT64, 0))
    with builder.if_then(occupied):
        address = builder.atomic_rmw("xchg", slot, ir.Constant(INT64, 0), "acq_rel")
        with builder.if_then(builder.icmp_unsigned("!=", address, ir.Constant(INT64, 0))):
            yield builder.inttoptr(address, POINTER)


@contextmanager
def _slots(builder: Any) -> Iterator[Any]:
    slots = variable(builder.module, SLOTS_SYMBOL, ir.ArrayType(INT64, SLOTS))
    with cgutils.for_range(builder, ir.Constant(INT64, SLOTS)) as loop:
        yield builder.gep(slots, [ir.Constant(INT64, 0), loop.index])


def free(builder: Any, buffer: Any) -> None:
    """Give memory back to the system."""
    fnty = ir.FunctionType(ir.VoidType(), [POINTER])
    builder.call(cgutils.get_or_insert_function(builder.module, fnty, FREE_SYMBOL), [buffer])


def variable(module: Any, name: str, ty: Any) -> Any:
    """A variable that lives in the runtime's memory."""
    if name in module.globals:
        return module.globals[name]
    variable = ir.GlobalVariable(module, ty, name)
    variable.linkage = "external"
    return variable


def _declared(module: Any, name: str, parameters: list[Any], result: Any = None) -> Any:
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(result or ir.VoidType(), parameters), name)
        function.linkage = "linkonce_odr"
        # Every derivative compiles them again: they must be small.
        function.attributes.add("noinline")
        function.attributes.add("minsize")
    return function
