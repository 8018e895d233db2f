"""Functions of whole arrays that have a rule, as active code calls them."""

from __future__ import annotations

import dis
import inspect
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

from numba.core import cgutils, ir, ir_utils, sigutils, types
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.untyped_passes import RewriteSemanticConstants

from ...rules import algebra
from ...rules.arrays import ArrayRule
from ...rules.arrays.products import dot, product
from ...staging.stage import Stage
from ...types.active import Dual, contained, joined, storage
from ..dispatcher import ActiveDispatcher, ActivePipeline, Driver, overloaded
from ..flow import named
from ..formulas import formula
from ..implementations import may_fail
from ..wrappers import wrapper

RULES = ArrayRule.__module__.rpartition(".")[0]


@dataclass(frozen=True)
class Callee:
    """A function of a rule, compiled for given types."""

    dispatcher: ActiveDispatcher
    signature: Any

    @classmethod
    def resolve(cls, typing: Any, dispatcher: ActiveDispatcher, argtypes: Sequence[types.Type]) -> Callee:
        return cls(dispatcher, types.Dispatcher(dispatcher).get_call_type(typing, tuple(argtypes), {}))

    @property
    def result(self) -> types.Type:
        return self.signature.return_type

    def emit(
        self, stage: Stage, args: Sequence[Any], on_error: Callable[[Any], None], *, rarely: bool = False
    ) -> Any:
        """Call; `on_error` is given the status if the function raises. A rare call is not worth inlining."""
        compiled = self.dispatcher.compiled(self.signature)
        stage.context.add_linking_libs([compiled.library])
        function = stage.context.declare_function(stage.builder.module, compiled.fndesc)
        status, result = stage.context.call_conv.call_function(
            stage.builder,
            function,
            self.signature.return_type,
            self.signature.args,
            args,
            attrs=("noinline",) if rarely else None,
        )
        with cgutils.if_unlikely(stage.builder, status.is_error):
            on_error(status)
        return result


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
            state.func_ir._definitions = ir_utils.build_definitions(state.func_ir.blocks)
        return changed

    @staticmethod
    def _answer(state: Any, expr: Any) -> bool | None:
        if not (
            isinstance(expr, ir.Expr) and expr.op == "binop" and expr.fn in (operator.is_, operator.is_not)
        ):
            return None
        none = ir_utils.guard(ir_utils.get_definition, state.func_ir, expr.rhs)
        # `a_bar += ...` defines the name again, but None is never added to.
        defined = state.func_ir._definitions[expr.lhs.name]
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
        ours = []
        for block in state.func_ir.blocks.values():
            for stmt in block.find_insts(ir.Assign):
                function = named(state.func_ir, stmt.target)
                dispatcher = overloaded(function) if may_fail(function) else None
                if dispatcher is not None:
                    ours.append(dispatcher)
                    stmt.value = ir.Global(dispatcher.__name__, dispatcher, stmt.loc)
        if ours:
            state.metadata["dualad_callees"] = ours
            state.func_ir._definitions = ir_utils.build_definitions(state.func_ir.blocks)
        return bool(ours)


class RulePipeline(ActivePipeline):
    """The pipeline for user code, which in rules knows what is None, and keeps what may fail in its hands."""

    def define_pipelines(self) -> list[Any]:
        [manager] = super().define_pipelines()
        manager.add_pass_after(Presence, RewriteSemanticConstants)
        manager.add_pass_after(OwnFrames, Presence)
        manager.finalize()
        return [manager]


class RuleFunction(ActiveDispatcher):
    """A function that a rule is made of."""

    def __init__(self, py_func: Callable[..., Any], strict: bool = False) -> None:
        super().__init__(_with_compiled_helpers(py_func, strict), {}, {"nopython": True}, RulePipeline)

    def compiled(self, sig: Any) -> Any:
        return self.overloads[tuple(sig.args)]


def _given(ty: types.Type) -> types.Type:
    """The type as which an argument is passed; an array that may be None is one, or the call raises."""
    if isinstance(ty, types.Optional) and isinstance(ty.type, types.Array):
        ty = ty.type
    return storage(types.unliteral(ty))


def parameters(function: Callable[..., Any] | None) -> list[str]:
    """The names of a function's parameters."""
    assert function is not None
    return list(inspect.signature(function).parameters)


@cache
def rule_function(py_func: Callable[..., Any], strict: bool = False) -> RuleFunction:
    """The dispatcher of a function that a rule is made of; zeros do not absorb if it is `strict`."""
    return RuleFunction(py_func, strict)


def _with_compiled_helpers(py_func: Callable[..., Any], strict: bool) -> Callable[..., Any]:
    """The function with dispatchers in the place of the plain functions of the rules that it calls."""
    helpers: dict[str, Any] = {}
    for name in {i.argval for i in dis.get_instructions(py_func) if i.opname == "LOAD_GLOBAL"}:
        value = py_func.__globals__.get(name)
        if isinstance(value, ArrayRule):
            helpers[name] = ruled(dot if strict and value is product else value)
        elif isinstance(value, FunctionType) and value.__module__ == algebra.__name__:
            plain = strict and value.__name__ == "absorbing"
            helpers[name] = formula("mul" if plain else value.__name__)
        elif isinstance(value, FunctionType) and value.__module__.startswith(RULES):
            helpers[name] = rule_function(value, strict)
    if not helpers:
        return py_func
    bound = FunctionType(
        py_func.__code__,
        py_func.__globals__ | helpers,
        py_func.__name__,
        py_func.__defaults__,
        py_func.__closure__,
    )
    bound.__module__, bound.__qualname__ = py_func.__module__, py_func.__qualname__
    return bound


class RuledFunction(RuleFunction):
    """What active code calls in the place of a function that has a rule.

    Where the mode has no rule, and for plain floats, it is the primal, compiled like a user's function.
    """

    def __init__(self, rule: ArrayRule) -> None:
        from .forward import Forward  # which call this again, one level down
        from .reverse import Backward

        super().__init__(rule.primal)
        self.rule = rule
        names = parameters(rule.primal)
        tuple_of_all = "(" + "".join(f"{name}, " for name in names) + ")"

        def applied(application: Any) -> Driver:
            return Driver(wrapper(application, rule.name, ", ".join(names), tuple_of_all))

        self.forward = None if rule.forward is None else applied(Forward(self))
        self.backward = None if rule.backward is None else applied(Backward(self))

    def get_call_template(self, args: Any, kws: Any) -> Any:
        args = [_given(ty) for ty in args]
        kws = {name: _given(ty) for name, ty in kws.items()}
        pysig, folded = self._compiler.fold_argument_types(args, kws)
        application = self._application(folded)
        if application is None:
            return super().get_call_template(args, kws)
        template, _, _, _ = application.get_call_template(folded, {})
        return template, pysig, folded, {}

    def get_overload(self, sig: Any) -> Any:
        return self.compiled(sig).entry_point

    def compiled(self, sig: Any) -> Any:
        args, _ = sigutils.normalize_signature(sig)
        application = self._application(args)
        return (self if application is None else application).overloads[tuple(args)]

    def _application(self, args: Sequence[types.Type]) -> ActiveDispatcher | None:
        """The dispatcher of the rule for the highest level among the arguments; None for the primal.

        Rules are about arrays: with a scalar of that level among the arguments, the primal's code counts.
        """
        top = joined([active for ty in args for active in contained(ty)])
        if top is None:
            return None
        if top.nested and self.rule.pieces is not None:
            return rule_function(self.rule.pieces)
        of_top = [ty for ty in args if any(active.level == top.level for active in contained(ty))]
        if not all(isinstance(ty, types.Array) for ty in of_top):
            return None
        return self.forward if isinstance(top, Dual) else self.backward


@cache
def ruled(rule: ArrayRule) -> RuledFunction:
    """The dispatcher of a rule."""
    from .products import ProductFunction

    return ProductFunction(rule) if rule is product else RuledFunction(rule)
