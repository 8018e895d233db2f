"""The pass over the untyped IR of a function that is compiled with active arguments.

*Retarget*: a helper becomes our compilation of it. *Activate*: what creates float arrays, lists and
scalars that may come to hold active values creates them active. *Commit*: an expression bound to a
variable of the user's is recorded there, so that it is one statement of the tape.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from numba.core import ir, ir_utils, postproc
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.dispatcher import Dispatcher

from ..types.active import Traced, contained, joined
from . import creation
from .activity import active_variables
from .dispatcher import ActiveDispatcher, differentiable, foreign_kind, refuse_foreign


@register_pass(mutates_CFG=False, analysis_only=False)
class Activation(FunctionPass):  # type: ignore[misc]
    """Make a function's IR fit for active arguments; does nothing when there are none."""

    _name = "dualad_activation"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        found = [active for ty in state.args for active in contained(ty)]
        if not found:
            return False
        rewriter = _Rewriter(state, found)
        rewriter.run()
        # The IR refers to the helpers' dispatchers weakly; the compilation keeps them.
        state.metadata["dualad_callees"] = rewriter.callees
        state.func_ir._definitions = ir_utils.build_definitions(state.func_ir.blocks)
        postproc.PostProcessor(state.func_ir).run()
        return True


class _Rewriter:
    def __init__(self, state: Any, found: list[Any]) -> None:
        self.func_ir = state.func_ir
        self.active_type = joined(found)
        self.traced = any(isinstance(ty, Traced) for ty in found)
        self.callees: list[Any] = []
        arguments = [bool(contained(ty)) for ty in state.args]
        self.active = active_variables(self.func_ir, arguments, self.resolve)

    def run(self) -> None:
        for block in self.func_ir.blocks.values():
            body: list[Any] = []
            for stmt in block.body:
                self.rewrite(stmt, block.scope, body)
            block.body = body

    def resolve(self, var: Any) -> Any:
        """The Python object a variable names: a global, a closure variable, a module's attribute."""
        try:
            definition = self.func_ir.get_definition(var)
        except KeyError:
            return None
        if isinstance(definition, ir.Global | ir.FreeVar):
            return definition.value
        if isinstance(definition, ir.Expr) and definition.op == "getattr":
            owner = self.resolve(definition.value)
            if isinstance(owner, ModuleType):
                return getattr(owner, definition.attr, None)
        return None

    def rewrite(self, stmt: Any, scope: Any, body: list[Any]) -> None:
        if isinstance(stmt, ir.Assign):
            self.rewrite_assignment(stmt, scope, body)
        elif isinstance(stmt, ir.Return):
            stmt.value = self.commit(stmt.value, scope, body, stmt.loc)
            body.append(stmt)
        else:
            body.append(stmt)

    def rewrite_assignment(self, stmt: Any, scope: Any, body: list[Any]) -> None:
        value = stmt.value
        if isinstance(value, ir.Global | ir.FreeVar):
            stmt.value = self.retargeted(value.name, value.value, value)
        elif isinstance(value, ir.Expr):
            if value.op == "getattr":
                stmt.value = self.retargeted(value.attr, self.resolve(stmt.target), value)
            elif value.op == "call":
                self.rewrite_call(stmt, scope, body)
            elif value.op == "cast":
                value.value = self.commit(value.value, scope, body, stmt.loc)
            elif value.op == "build_tuple":
                value.items = [self.commit(var, scope, body, stmt.loc) for var in value.items]
            elif value.op == "build_list" and stmt.target.name in self.active:
                value.items = [self.activated(var, scope, body, stmt.loc) for var in value.items]
        if self.traced and not stmt.target.is_temp and stmt.target.name in self.active:
            if isinstance(stmt.value, ir.Expr):
                fresh = scope.redefine("$dualad.value", stmt.loc)
                body.append(ir.Assign(stmt.value, fresh, stmt.loc))
                self.active.add(fresh.name)
                stmt.value = fresh
            if isinstance(stmt.value, ir.Var):
                stmt.value = self.commit(stmt.value, scope, body, stmt.loc)
        body.append(stmt)

    def retargeted(self, name: str, target: Any, plain: Any) -> Any:
        """A global that is a helper, as our compilation of the helper."""
        if not isinstance(target, Dispatcher) or isinstance(target, ActiveDispatcher):
            return plain
        if foreign_kind(target):
            return plain
        ours = differentiable(target)
        self.callees.append(ours)
        return ir.Global(name, ours, plain.loc)

    def rewrite_call(self, stmt: Any, scope: Any, body: list[Any]) -> None:
        call, loc = stmt.value, stmt.loc
        function = self.resolve(call.func)
        operands = [*call.args, *(var for _, var in call.kws)]
        if any(var.name in self.active for var in operands):
            if foreign_kind(function):
                refuse_foreign(function, f" ({loc.filename}, line {loc.line})")
            if isinstance(function, Dispatcher):
                call.args = [self.commit(var, scope, body, loc) for var in call.args]
                call.kws = [(name, self.commit(var, scope, body, loc)) for name, var in call.kws]
        if stmt.target.name not in self.active:
            return
        replacement = creation.replacement(function)
        if replacement is not None:
            self.redirect(call, replacement, scope, body, loc)
            return
        definition = self.func_ir.get_definition(call.func) if call.func.name not in self.active else None
        if definition is None:
            self.rewrite_method(call, scope, body, loc)

    def rewrite_method(self, call: Any, scope: Any, body: list[Any], loc: Any) -> None:
        """Methods that take a dtype or copy: ``x.astype(float)``."""
        try:
            definition = self.func_ir.get_definition(call.func)
        except KeyError:
            return
        if isinstance(definition, ir.Expr) and definition.op == "getattr":
            replacement = creation.method_replacement(definition.attr)
            if replacement is not None:
                call.args = [definition.value, *call.args]
                self.redirect(call, replacement, scope, body, loc)

    def redirect(self, call: Any, function: Any, scope: Any, body: list[Any], loc: Any) -> None:
        """Call `function` instead, with the active type as first argument."""
        call.func = self.load(function, function.__name__, scope, body, loc)
        call.args = [self.load(self.active_type, "active", scope, body, loc), *call.args]

    def load(self, value: Any, name: str, scope: Any, body: list[Any], loc: Any) -> Any:
        var = scope.redefine(f"$dualad.{name}", loc)
        body.append(ir.Assign(ir.Global(name, value, loc), var, loc))
        return var

    def commit(self, var: Any, scope: Any, body: list[Any], loc: Any) -> Any:
        if not self.traced or var.name not in self.active:
            return var
        return self.call_on(creation.commit, (var,), scope, body, loc)

    def activated(self, var: Any, scope: Any, body: list[Any], loc: Any) -> Any:
        active = self.load(self.active_type, "active", scope, body, loc)
        return self.call_on(creation.activate, (active, var), scope, body, loc)

    def call_on(self, function: Any, args: Any, scope: Any, body: list[Any], loc: Any) -> Any:
        callee = self.load(function, function.__name__, scope, body, loc)
        result = scope.redefine(f"$dualad.{function.__name__}ed", loc)
        body.append(ir.Assign(ir.Expr.call(callee, list(args), (), loc), result, loc))
        self.active.add(result.name)
        return result
