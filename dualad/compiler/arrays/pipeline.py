"""How the functions that rules are made of are compiled."""

from __future__ import annotations

import operator
from typing import Any

from numba import types

from ...numba_api import (
    FunctionPass,
    RewriteSemanticConstants,
    define_again,
    definitions,
    get_definition,
    guard,
    ir,
    register_pass,
)
from ...types.active import contained
from ..analysis.flow import named
from ..analysis.implementations import may_fail
from ..dispatch.pipelines import ActivePipeline
from ..passes import lookups


@register_pass(mutates_CFG=False, analysis_only=False)
class Presence(FunctionPass):
    """Decide ``argument is None`` by the argument's type.

    Numba does so only where the answer is yes: of the other branch it would want to know the types.
    """

    _name = "dualad_presence"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        changed = False
        for block in state.func_ir.blocks.values():
            for stmt in block.find_insts(ir.Assign):
                answer = self._answer(state, stmt.value)
                if answer is not None:
                    stmt.value = ir.Const(answer, stmt.loc)
                    changed = True
        if changed:
            define_again(state.func_ir)
        return changed

    @staticmethod
    def _answer(state: Any, expr: Any) -> bool | None:
        if not (
            isinstance(expr, ir.Expr) and expr.op == "binop" and expr.fn in (operator.is_, operator.is_not)
        ):
            return None
        none = guard(get_definition, state.func_ir, expr.rhs)
        # `a_bar += ...` defines the name again, but None is never added to.
        defined = definitions(state.func_ir)[expr.lhs.name]
        arguments = [definition for definition in defined if isinstance(definition, ir.Arg)]
        if not (len(arguments) == 1 and isinstance(none, ir.Const) and none.value is None):
            return None
        ty = state.args[arguments[0].index]
        is_none = isinstance(ty, types.NoneType) or (isinstance(ty, types.Omitted) and ty.value is None)
        return bool(expr.fn(is_none, True))


@register_pass(mutates_CFG=False, analysis_only=False)
class OwnFrames(FunctionPass):
    """Let functions that may fail be compiled by us: frames of Numba's would lose what they have made."""

    _name = "dualad_own_frames"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        if any(contained(ty) for ty in state.args):
            return False
        ours, overloaded = [], state.metadata[lookups.KEY].overloaded
        for block in state.func_ir.blocks.values():
            for stmt in block.find_insts(ir.Assign):
                function = named(state.func_ir, stmt.target)
                dispatcher = overloaded(function) if may_fail(function) else None
                if dispatcher is not None:
                    ours.append(dispatcher)
                    stmt.value = ir.Global(dispatcher.__name__, dispatcher, stmt.loc)
        if ours:
            state.metadata["dualad_callees"] = ours
            define_again(state.func_ir)
        return bool(ours)


class RulePipeline(ActivePipeline):
    """The pipeline for user code, which in rules knows what is None, and keeps what may fail in its hands."""

    def define_pipelines(self) -> list[Any]:
        [manager] = super().define_pipelines()
        manager.add_pass_after(Presence, RewriteSemanticConstants)
        manager.add_pass_after(OwnFrames, Presence)
        manager.finalize()
        return [manager]
