"""Kernels of reverse mode: record the user's function on a tape, sweep it backwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from llvmlite import ir
from numba import types

from ...errors import MemoryLimitError
from ...numba_api import cgutils
from ...rules.table import lookup
from ...staging import trees
from ...staging.stage import Stage
from ...staging.trees import Leaf
from ...staging.value import Value
from ...tape import pool, recording
from ...tape.sweep import sweep
from ...types.active import Traced, Var, adjoint_type, rebased, scalar_base
from ..calls.call import Call
from ..calls.results import stripped, stripped_type
from ..calls.selection import Selection
from . import signals


@dataclass(frozen=True)
class Reverse:
    """A function called with traced values: the types of one reverse derivative."""

    selection: Selection
    active: list[types.Type]
    call: Call
    adjoint: types.Type  # of the tape's partials and adjoints

    @classmethod
    def resolve(cls, typing: Any, selection: Selection, *cotangents: types.Type) -> Reverse:
        base, level = selection.base(*cotangents), selection.level
        active = selection.activated(lambda ty: Var(base(ty), level))
        call = Call.resolve(typing, selection.function, active)
        return cls(selection, active, call, adjoint_type(base(types.float64)))

    @property
    def level(self) -> int:
        return self.selection.level

    @property
    def result(self) -> types.Type:
        """The type of the function's result."""
        return stripped_type(self.call.result, self.level)

    @property
    def gradient(self) -> types.Type:
        """The type of the adjoints, in the form of the differentiated arguments."""
        return self.selection.like_arguments(self.element)

    def element(self, ty: types.Type) -> types.Type:
        """The type of the adjoint of an argument's scalar of type `ty`."""
        return rebased(self.adjoint, scalar_base(ty))

    def pull(self, stage: Stage, args: Sequence[Any], seeds: Sequence[Leaf]) -> tuple[Any, Any]:
        """The result, and the adjoints of the differentiated arguments for these of the result.

        A seed whose shape differs from that of its part of the result is treated as zero.
        """
        recording = Recording(stage, self, args)
        recording.pull(lambda: recording.plant(seeds))
        grads = recording.gradient()
        recording.close()
        value = stripped(stage, self.call.result, recording.result, self.level)
        trees.release(stage, self.call.result, recording.result)
        return value, trees.rebuild(stage, self.gradient, iter([leaf.ll for leaf in grads]))

    def matrix(self, stage: Stage, args: Sequence[Any], scalar: types.Type) -> tuple[Any, Leaf]:
        """The result and the whole Jacobian, its elements of type `scalar`: one sweep for each row."""
        builder, context = stage.builder, stage.context
        recording = Recording(stage, self, args)
        outs = trees.differentiable(stage, self.call.result, recording.result)
        rows, columns = trees.total_size(stage, outs), recording.inputs
        matrix_type, matrix, data = trees.new_array(stage, scalar, [builder.mul(rows, columns)])
        for value, position in trees.scalars(stage, outs):
            one = stage.constant(self.adjoint, 1.0)
            recording.pull(partial(recording.seed, value, one))
            row = builder.gep(data, [builder.mul(position, columns)])
            with cgutils.for_range(builder, columns) as loop:
                new = stage.cast(recording.adjoint_of_input(loop.index), scalar)
                context.pack_value(builder, scalar, new.ll, builder.gep(row, [loop.index]))
            owned = [Leaf(matrix_type, matrix), Leaf(self.call.result, recording.result)]
            signals.answer(stage, position, owned, recording.close)
        recording.close()
        value = stripped(stage, self.call.result, recording.result, self.level)
        trees.release(stage, self.call.result, recording.result)
        return value, Leaf(matrix_type, matrix)


class Recording:
    """A tape on the stage, with the function's result recorded on it."""

    def __init__(self, stage: Stage, mode: Reverse, args: Sequence[Any]) -> None:
        self.stage, self.mode = stage, mode
        self.like = mode.selection.leaves(stage, args)
        self.inputs = trees.total_size(stage, self.like)
        self.header = cgutils.alloca_once(stage.builder, pool.HEADER)
        recording.open_header(stage, self.header, self.inputs)
        traced = self._traced_inputs()
        passed = mode.selection.substituted(stage, args, mode.active, traced)
        self.result = mode.call.emit(stage, passed, self.close, traced)
        for leaf in traced:
            trees.release(stage, leaf.type, leaf.ll)
        self.adjoints = self._reserve_adjoints()
        self._raise_on_overflow()

    def _traced_inputs(self) -> list[Leaf]:
        stage, level = self.stage, self.mode.level
        pointer = stage.builder.bitcast(self.header, pool.POINTER)

        def traced(ty: types.Type) -> Var:
            return Var(self.mode.element(ty), level)

        def trace(value: Value, position: Any) -> Value:
            ty = traced(value.type)
            index = stage.builder.trunc(stage.builder.add(position, trees.intp(stage, 1)), ir.IntType(32))
            return stage.build(ty, primal=stage.cast(value, ty.base).ll, index=index, tape=pointer)

        return trees.mapped(stage, self.like, traced, trace, in_layout=True)

    def _raise_on_overflow(self) -> None:
        builder = self.stage.builder
        mark = builder.load(pool.field(builder, self.header, pool.OVERFLOW))
        with cgutils.if_unlikely(builder, builder.icmp_signed("!=", mark, ir.Constant(mark.type, 0))):
            self.close()
            message = (
                f"the tape of {self.mode.selection.function.name!r} would exceed the memory limit; raise it "
                f"with dualad.set_tape_limit(bytes), use mode='forward', or differentiate in smaller pieces"
            )
            trees.release_on_exit(self.stage, [Leaf(self.mode.call.result, self.result)])
            self.stage.context.call_conv.return_user_exc(builder, MemoryLimitError, (message,))
            # In a try block Numba goes on after raising: give what follows a tape it may read.
            if not builder.block.is_terminated:
                recording.open_header(self.stage, self.header, self.inputs)

    def close(self) -> None:
        """Give the tape's memory back; more than once does no harm."""
        recording.close_header(self.stage, self.header)

    def _reserve_adjoints(self) -> Any:
        """Memory behind the tape for one adjoint per index; zero it with :meth:`clear`."""
        builder = self.stage.builder
        element = self.stage.context.get_data_type(self.mode.adjoint)
        last = builder.load(pool.field(builder, self.header, pool.COUNT))
        itemsize = trees.intp(self.stage, self.stage.context.get_abi_sizeof(element))
        self.bytes = builder.mul(builder.add(last, trees.intp(self.stage, 1)), itemsize)
        memory = recording.reserve(self.stage, self.header, self.bytes)
        return builder.bitcast(memory, element.as_pointer())

    def pull(self, seed: Callable[[], None]) -> None:
        """Zero the adjoints, let `seed` set those of the results, propagate them to the inputs.

        That an exact zero absorbs inf and NaN only matters where a NaN would come out without it:
        adjoints of floats are swept plainly first, and again if an input's is NaN.
        """
        builder = self.stage.builder
        plain_first = isinstance(self.mode.adjoint, types.Float)
        again = builder.append_basic_block("sweep")
        done = builder.append_basic_block("swept")
        before = builder.block
        builder.branch(again)
        builder.position_at_end(again)
        absorbing = builder.phi(ir.IntType(1))
        absorbing.add_incoming(ir.Constant(absorbing.type, not plain_first), before)
        cgutils.memset(builder, builder.bitcast(self.adjoints, pool.POINTER), self.bytes, 0)
        seed()
        if not plain_first:
            self._sweep(absorbing=True)
            builder.branch(done)
            builder.position_at_end(done)
            return
        with builder.if_else(absorbing) as (thorough, quick):
            with thorough:
                self._sweep(absorbing=True)
            with quick:
                self._sweep(absorbing=False)
        strict = builder.load(pool.field(builder, self.header, pool.STRICT))
        again_absorbing = builder.and_(
            builder.not_(absorbing), builder.icmp_signed("==", strict, ir.Constant(strict.type, 0))
        )
        retry = builder.and_(again_absorbing, self._any_nan())
        absorbing.add_incoming(ir.Constant(absorbing.type, 1), builder.block)
        builder.cbranch(retry, again, done)
        builder.position_at_end(done)

    def _sweep(self, absorbing: bool) -> None:
        sweep(self.stage, self.mode.adjoint, self.header, self.adjoints, absorbing)

    def _any_nan(self) -> Any:
        """Whether the adjoint of an input is NaN."""
        builder = self.stage.builder
        found = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(1), 0))
        builder.store(ir.Constant(ir.IntType(1), 0), found)
        with cgutils.for_range(builder, self.inputs) as loop:
            ll = self.adjoint_of_input(loop.index).ll
            nan = builder.fcmp_unordered("uno", ll, ll)
            builder.store(builder.or_(builder.load(found), nan), found)
        return builder.load(found)

    def seed(self, value: Value, weight: Value) -> None:
        """Add `weight` to the adjoint of a result; a result off the tape has none."""
        if not (isinstance(value.type, Traced) and value.type.level == self.mode.level):
            return
        stage = self.stage
        slot = stage.builder.gep(self.adjoints, [stage.builder.sext(value.part("index"), ir.IntType(64))])
        old = self._load(slot)
        new = stage.operate(lookup("add"), (old, stage.cast(weight, self.mode.adjoint)))
        new = stage.cast(new, self.mode.adjoint)
        stage.context.pack_value(stage.builder, new.type, new.ll, slot)

    def plant(self, seeds: Sequence[Leaf]) -> None:
        """Add seeds to the adjoints of the leaves of the result."""
        stage, builder = self.stage, self.stage.builder
        outs = trees.differentiable(stage, self.mode.call.result, self.result)
        for out, weight in zip(outs, seeds, strict=False):
            fits = ir.Constant(ir.IntType(1), 1)
            for mine, its in zip(trees.shape(stage, out), trees.shape(stage, weight), strict=True):
                fits = builder.and_(fits, builder.icmp_signed("==", mine, its))
            with builder.if_then(fits):
                for value, position in trees.scalars(stage, [out]):
                    self.seed(value, trees.element_at(stage, weight, position))

    def adjoint_of_input(self, position: Any) -> Value:
        """The adjoint of the input at a flat position."""
        builder = self.stage.builder
        return self._load(builder.gep(self.adjoints, [builder.add(position, trees.intp(self.stage, 1))]))

    def gradient(self) -> list[Leaf]:
        """The adjoints of the inputs, in the form of the differentiated arguments."""
        return trees.from_flat(self.stage, self.like, self.adjoint_of_input, self.mode.element)

    def _load(self, slot: Any) -> Value:
        ll = self.stage.context.unpack_value(self.stage.builder, self.mode.adjoint, slot)
        return self.stage.value(self.mode.adjoint, ll)
