"""The reverse sweep over a tape."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from ..rules.table import lookup
from ..staging import forward
from ..staging.value import Emitter, Value
from ..types.active import Active, Dual, Var, adjoint_type
from . import links
from .pool import BLOCK, BUFFER, COUNT, HEADER, INDICES, INT32, INT64, PARTIALS, field


def sweep(stage: Emitter, base: types.Type, header: Any, adjoints: Any, absorbing: bool) -> None:
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


def _emit_sweep(outer: Emitter, adjoint: types.Type, function: Any, absorbing: bool) -> None:
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
    weight = stage.load(adjoint, builder.gep(adjoints, [statement], inbounds=True))
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
            partial, old = stage.load(adjoint, partial_at), stage.load(adjoint, slot)
            stage.store(stage.cast(_accumulated(stage, old, partial, weight, absorbing), adjoint), slot)
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


def _accumulated(stage: Emitter, old: Value, partial: Value, weight: Value, absorbing: bool) -> Value:
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


def is_zero(stage: Emitter, value: Value) -> Any:
    """Whether a value is exactly zero with no derivative, as an LLVM bit."""
    builder, ty = stage.builder, value.type
    if not isinstance(ty, Active):
        return builder.fcmp_ordered("==", value.ll, ir.Constant(value.ll.type, None))
    zero = is_zero(stage, value.primal)
    if isinstance(ty, Var):
        index = value.part("index")
        return builder.and_(zero, builder.icmp_signed("==", index, ir.Constant(index.type, 0)))
    assert isinstance(ty, Dual)
    for i in range(ty.width):
        zero = builder.and_(zero, is_zero(stage, forward.component(stage, value, i)))
    return zero
