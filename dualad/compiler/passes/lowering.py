"""Frames that release what they hold when an exception leaves them.

Numba does so only where a function returns: the arrays of a function that raises, or lets the exception
of a callee through, are lost. Each function that we compile notes on its stack which memory its variables
refer to, and ends in one more block, which every exception passes on its way out.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from ...numba_api import (
    RAISES,
    RETCODE_NONE,
    RETCODE_OK,
    RETCODE_STOPIT,
    BaseNativeLowering,
    Lower,
    cgutils,
    errcode_t,
    register_pass,
)

POINTER = ir.IntType(8).as_pointer()
INT64 = ir.IntType(64)
_RETURNS = {code.constant for code in (RETCODE_OK, RETCODE_NONE, RETCODE_STOPIT)}


class ReleasingLower(Lower):
    """Numba's lowering; an exception releases what the variables refer to."""

    def pre_lower(self) -> None:
        super().pre_lower()
        self._noted: dict[str, list[int]] = {}  # by variable, its places in the notes
        self._count = ir.Constant(INT64, 0)  # how many there are: known at the end
        with self.builder.goto_entry_block():
            self._notes = self.builder.alloca(POINTER, size=self._count, name="notes")

    def storevar(self, value: Any, name: str, argidx: Any = None) -> None:
        super().storevar(value, name, argidx)
        self._note(name)

    def delvar(self, name: str) -> None:
        super().delvar(name)
        self._note(name, deleted=True)

    def post_lower(self) -> None:
        super().post_lower()
        raising = [block for block in self.function.blocks if _raises(block.terminator)]
        if self.generator_info is None and self._noted and raising:
            self._leave(raising)

    def _note(self, name: str, deleted: bool = False) -> None:
        """Note what a variable refers to."""
        ty = self.typeof(name)
        if not self.context.data_model_manager[ty].contains_nrt_meminfo():
            return
        pointers = [p for _, p in self.context.nrt.get_meminfos(self.builder, ty, self.loadvar(name))]
        if name not in self._noted:
            first = self._count.constant
            self._count.constant += len(pointers)
            self._noted[name] = list(range(first, self._count.constant))
        for place, pointer in zip(self._noted[name], pointers, strict=True):
            slot = self.builder.gep(self._notes, [ir.Constant(INT64, place)])
            self.builder.store(ir.Constant(POINTER, None) if deleted else pointer, slot)

    def _leave(self, raising: Any) -> None:
        """Let all exceptions out through one block."""
        builder = self.builder
        with builder.goto_entry_block():
            size = ir.Constant(INT64, self._count.constant * (self.context.address_size // 8))
            cgutils.memset(builder, builder.bitcast(self._notes, POINTER), size, 0)
        leaving = self.function.append_basic_block("leaving")
        builder.position_at_end(leaving)
        code = builder.phi(errcode_t)
        for block in raising:
            code.add_incoming(block.terminator.return_value, block)
            del block.instructions[-1]
            block.terminator = None
            for instruction in block.instructions:
                instruction.metadata.pop(RAISES, None)
            builder.position_at_end(block)
            builder.branch(leaving)
        builder.position_at_end(leaving)
        builder.call(_releasing(self.module), [self._notes, self._count])
        builder.ret(code)


def _raises(terminator: Any) -> bool:
    """Whether a function ends here with an exception."""
    if not isinstance(terminator, ir.Ret):
        return False
    code = terminator.return_value
    return not (isinstance(code, ir.Constant) and code.constant in _RETURNS)


def _releasing(module: Any) -> Any:
    """The function that gives up one reference to whatever is noted."""
    fnty = ir.FunctionType(ir.VoidType(), [POINTER.as_pointer(), INT64])
    function = cgutils.get_or_insert_function(module, fnty, "dualad.release")
    if function.is_declaration:
        function.linkage = "internal"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        decref = cgutils.get_or_insert_function(
            module, ir.FunctionType(ir.VoidType(), [POINTER]), "NRT_decref"
        )
        with cgutils.for_range(builder, function.args[1]) as loop:
            builder.call(decref, [builder.load(builder.gep(function.args[0], [loop.index]))])
        builder.ret_void()
    return function


@register_pass(mutates_CFG=True, analysis_only=False)
class ReleasingLowering(BaseNativeLowering):
    """The pass that lowers what we compile."""

    _name = "dualad_releasing_lowering"

    @property
    def lowering_class(self) -> type:
        return ReleasingLower
