"""The pass over the untyped IR of a function that is compiled with active arguments.

*Retarget*: a helper becomes our compilation of it. *Activate*: what creates the floats, arrays and
lists that come to hold active values creates them active. *Commit*: an expression bound to a
variable of the user's, stored or passed on is recorded there, so that it is one statement of the tape.
"""

from __future__ import annotations

import inspect
import operator
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numba import typed, types
from numba.extending import intrinsic

from ...catalogue import Category, Row, Sharing, is_of_containers, method, resolve
from ...errors import UnsupportedError
from ...numba_api import (
    AnalysisPass,
    Dispatcher,
    DUFunc,
    FunctionPass,
    PostProcessor,
    define_again,
    definitions,
    empty_inferred,
    ir,
    objmode_context,
    register_pass,
)
from ...registry import entry
from ...rules.arrays import rule_for
from ...types import maps
from ...types.active import Traced, contained, is_scalar, joined
from ..analysis import callees, pointers
from ..analysis.classes import methods_in
from ..analysis.flow import Flow, definition_of, method_name, named
from ..analysis.implementations import generator_method, reason_against
from ..analysis.summaries import starred, summary_of
from . import complex_parts, conversions, creation, lookups, ordering

# Expressions of Numba's IR whose value may be one of ours that is not recorded yet.
OPERATIONS = frozenset({"binop", "inplace_binop", "unary", "call", "phi"})
# Those whose value is that of a part of another.
PARTS = frozenset({"getitem", "static_getitem", "exhaust_iter", "cast"})
# What Numba finds the item type of later, from what is stored.
INFERRED = (empty_inferred, list, set, dict, typed.List, typed.Dict)


@register_pass(mutates_CFG=False, analysis_only=True)
class Admission(AnalysisPass):
    """Refuse functions that cannot be compiled with active arguments as a whole."""

    _name = "dualad_admission"

    def __init__(self) -> None:
        AnalysisPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        func_ir = state.func_ir
        if not any(contained(ty) for ty in state.args):
            return False
        if func_ir.is_generator:
            raise UnsupportedError(
                f"cannot differentiate {state.func_id.func_qualname!r} ({place(func_ir.loc)}), a generator: "
                f"return the values in an array, or put the loop that consumes them into the function"
            )
        for block in func_ir.blocks.values():
            for stmt in block.find_insts(ir.EnterWith):
                context = definition_of(func_ir, stmt.contextmanager)
                if isinstance(context, ir.Expr) and named(func_ir, context.func) is objmode_context:
                    raise UnsupportedError(
                        f"cannot differentiate {state.func_id.func_qualname!r}: its objmode block "
                        f"({place(stmt.loc)}) runs in the interpreter; do this part with compiled code, "
                        f"or outside the function"
                    )
        return False


@register_pass(mutates_CFG=False, analysis_only=False)
class Activation(FunctionPass):
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
        state.metadata["dualad_callees"] = rewriter.helpers
        # Intrinsics that were made on the way are known from here on.
        state.typingctx.refresh()
        define_again(state.func_ir)
        PostProcessor(state.func_ir).run()
        return True


def place(loc: Any) -> str:
    """A place in the user's code, for messages."""
    return f"{loc.filename}, line {loc.line}"


def _is_number_class(function: Any) -> bool:
    """Whether the callable is a NumPy scalar type or a Numba number type."""
    return isinstance(function, types.Number) or (
        isinstance(function, type) and issubclass(function, np.generic)
    )


def refused_class(made: Any, where: str) -> UnsupportedError:
    """The exception for an instance of a jitclass that would hold active values."""
    return UnsupportedError(
        f"cannot differentiate an instance of the jitclass {made.__name__!r} that is made ({where}) from "
        f"values that depend on the differentiated arguments: the types of its attributes are declared in "
        f"the class; use a named tuple and functions of it"
    )


def stored_in(out: Any, result: Any) -> Any:
    """What ``out=`` asks for."""
    if out.shape != result.shape:
        raise ValueError("the array given as out has a different shape from the result")
    out[...] = result
    return out


class _Rewriter:
    def __init__(self, state: Any, found: list[Any]) -> None:
        self.func_ir = state.func_ir
        self.function = state.func_id.func
        self.typing = state.typingctx
        self.lookups = state.metadata[lookups.KEY]
        active_type = joined(found)
        assert active_type is not None
        self.active_type = active_type
        self.traced = any(isinstance(ty, Traced) for ty in found)
        self.helpers: list[Any] = []
        self.argtypes = state.args
        flow = Flow(self.func_ir, methods_in(state.args))
        summaries = partial(summary_of, methods=flow.known)
        self.methods = {name for name, known in flow.methods.items() if not all(m.is_property for m in known)}
        self.active, self.held = flow.active([bool(contained(ty)) for ty in state.args], summaries)
        self.returned = flow.returned(summaries)
        # Types that the user declared for variables hold for the numbers under the derivatives.
        self.locals, self.result = state.locals, state.return_type
        state.locals = {
            name: maps.activated(self.active_type, ty) if name in self.active else ty
            for name, ty in state.locals.items()
        }

    def run(self) -> None:
        for block in self.func_ir.blocks.values():
            self.scope = block.scope
            self.body: list[Any] = []
            for stmt in block.body:
                self.loc = stmt.loc
                self.rewrite(stmt)
                self.body.append(stmt)
            block.body = self.body

    # -- statements -----------------------------------------------------------------------------

    def rewrite(self, stmt: Any) -> None:
        if isinstance(stmt, ir.Assign):
            self.rewrite_assignment(stmt)
        elif isinstance(stmt, ir.Return) and isinstance(self.result, types.Integer | types.Boolean):
            stmt.value = self.bind(self.cut(self.result, stmt.value), "result")
        elif isinstance(stmt, ir.Return | ir.SetItem | ir.StaticSetItem):
            stmt.value = self.commit(stmt.value)
        elif isinstance(stmt, ir.Print):
            stmt.args = tuple(self.primal(var) for var in stmt.args)
        elif isinstance(stmt, ir.DynamicRaise | ir.DynamicTryRaise) and stmt.exc_args:
            stmt.exc_args = tuple(self.primal(arg) for arg in stmt.exc_args)

    def rewrite_assignment(self, stmt: Any) -> None:
        value, target = stmt.value, stmt.target.name
        if isinstance(value, ir.Global | ir.FreeVar):
            stmt.value = self.retargeted(value.name, value.value, value)
            if isinstance(value.value, np.ndarray) and target in self.held:
                stmt.value = self.held_result(value, ())
        elif isinstance(value, ir.Arg) and target in self.held and not is_scalar(self.argtypes[value.index]):
            # No one else sees a copy: if the function stored into the argument, it would be active already.
            stmt.value = self.held_result(value, ())
        elif isinstance(value, ir.Expr):
            self.rewrite_expression(stmt, value)
        declared = self.locals.get(target)
        if target in self.active and isinstance(declared, types.Integer | types.Boolean):
            stmt.value = self.cut(declared, self.bind(stmt.value, "value"))
            return
        if self.traced and not stmt.target.is_temp and target in self.active:
            if isinstance(stmt.value, ir.Var):
                stmt.value = self.commit(stmt.value)
            elif isinstance(stmt.value, ir.Expr) and self.may_be_expression(stmt.value):
                stmt.value = self.call_expression(conversions.commit, self.bind(stmt.value, "value"))

    def rewrite_expression(self, stmt: Any, expr: Any) -> None:
        target = stmt.target.name
        if expr.op == "getattr" and expr.attr in conversions.ATTRIBUTES and expr.value.name in self.active:
            stmt.value = self.call_expression(conversions.ATTRIBUTES[expr.attr], expr.value)
        elif expr.op == "getattr":
            stmt.value = self.retargeted(expr.attr, named(self.func_ir, stmt.target), expr)
        elif expr.op == "call":
            self.rewrite_call(stmt, expr)
        elif expr.op == "cast":
            expr.value = self.commit(expr.value)
        elif expr.op in ("build_tuple", "build_list", "build_set") and target in self.active:
            # Items of one type stay of one type.
            expr.items = [self.activated(var) for var in expr.items]
        elif expr.op == "binop" and expr.fn is operator.matmul and not self.is_passive(expr):
            operands = [self.commit(expr.lhs), self.commit(expr.rhs)]
            dispatcher = self.load_helper(self.lookups.ruled(rule_for(operator.matmul)))
            stmt.value = ir.Expr.call(dispatcher, operands, (), self.loc)
        elif expr.op in ("binop", "unary") and target in self.held and self.is_passive(expr):
            stmt.value = self.held_result(expr, ())

    def is_passive(self, expr: Any) -> bool:
        return self.active.isdisjoint(var.name for var in expr.list_vars())

    def retargeted(self, name: str, value: Any, otherwise: Any) -> Any:
        """A helper as our compilation of it."""
        ours = self.lookups.retargeted(value)
        if ours is value:
            return otherwise
        self.helpers.append(ours)
        return ir.Global(name, ours, otherwise.loc)

    # -- calls ----------------------------------------------------------------------------------

    def rewrite_call(self, stmt: Any, call: Any) -> None:
        function = named(self.func_ir, call.func)
        target = stmt.target.name
        operands = [*call.args, *(var for _, var in call.kws), *([call.vararg] if call.vararg else [])]
        is_active = any(var.name in self.active for var in operands)
        pointed = pointers.function_of(function) if is_active else None
        if pointed is not None:
            double = self.bind(ir.Global("float64", types.float64, self.loc), "type")
            call.args = [self.call(conversions.number, double, var) for var in call.args]
            function, call.func = pointed, self.load(pointed)
        self.refuse(call, function, operands)
        part = entry(conversions.PARTS, function)
        if is_active and function is complex and len(operands) in (1, 2):
            part = (conversions.complex_of_number, conversions.complex_number)[len(operands) - 1]
        if is_active and part is not None:
            call.func = self.load(part)
            return
        if not is_active and isinstance(function, Dispatcher):
            # Ours would compile it anew while it compiles itself, where that calls itself.
            call.func = self.load(function)
        if is_active and self.is_of_class(call):
            function = self.of_class(call)
        known = resolve(function)
        replacement = self.array_function(call, function, is_active)
        if replacement is not None:
            self.replace(stmt, call, replacement)
        elif self.is_sorting(call):
            call.args = [self.func_ir.get_definition(call.func).value]
            call.func = self.load(ordering.sort)
        elif self.category(call, known) is Category.PASSIVE:
            if known.category is not Category.PASSIVE:
                bound = self.func_ir.get_definition(call.func)
                call.func = self.bind(
                    ir.Expr.getattr(self.values(bound.value), bound.attr, self.loc), bound.attr
                )
            call.args = [self.values(var) for var in call.args]
            call.kws = [(name, self.values(var)) for name, var in call.kws]
        elif is_active and hasattr(function, "class_type"):
            self.guard(refused_class(function, place(self.loc)), operands)
        elif callees.foreign_kind(function):
            self.guard(callees.refusal(function, f" ({place(self.loc)})"), operands)
        elif target in self.active | self.held and self.create(call, function):
            return
        elif is_active and (_is_number_class(function) or self.is_number_type(call.func)):
            call.args, call.func = [call.func, *call.args], self.load(conversions.number)
        elif known.category is Category.PLAIN:
            call.args = [self.primal(var) for var in call.args]
        elif is_active and known.op is None:
            name = method_name(self.func_ir, call.func)
            sharing = callees.sharing(function) if name is None else method(name).result
            change = self.activated if sharing is Sharing.CONTENTS else self.commit
            call.args = [
                self.activated(var) if at >= starred(function) else change(var)
                for at, var in enumerate(call.args)
            ]
            call.kws = [(name, change(var)) for name, var in call.kws]
            if sharing is Sharing.CONTENTS and name is None:
                self.fill_defaults(call, function)
        if target in self.held and not callees.is_one_of(function, INFERRED):
            if is_active and known.op is not None:
                return
            stmt.value = self.held_call(stmt.target.name, call, function, operands)

    def is_sorting(self, call: Any) -> bool:
        """Whether an owner that may be an active array is sorted in place."""
        if (
            method_name(self.func_ir, call.func) != "sort"
            or call.args
            or {name for name, _ in call.kws} - {"kind"}
        ):
            return False
        return self.func_ir.get_definition(call.func).value.name in self.active

    def category(self, call: Any, known: Row) -> Category:
        """That of the function, or of the method, which the function of its name may tell."""
        name = method_name(self.func_ir, call.func)
        if name is None:
            return known.category
        own = method(name).category
        return resolve(getattr(np, name, None)).category if own is Category.UNKNOWN else own

    def is_of_class(self, call: Any) -> bool:
        """Whether a method of a class is called; the types of variables are not known yet."""
        name = method_name(self.func_ir, call.func)
        if name not in self.methods:
            return False
        owner = self.known_type(self.func_ir.get_definition(call.func).value)
        return isinstance(owner, types.ClassInstanceType) or not is_of_containers(name)

    def known_type(self, var: Any) -> Any:
        """The type of an argument, or of a part of one; None of other variables."""
        definition = definition_of(self.func_ir, var)
        if isinstance(definition, ir.Arg):
            return self.argtypes[definition.index]
        if isinstance(definition, ir.Expr) and definition.op in ("getattr", "getitem"):
            whole = self.known_type(definition.value)
            if isinstance(whole, types.ClassInstanceType) and definition.op == "getattr":
                return whole.struct.get(definition.attr)
            if isinstance(whole, types.BaseNamedTuple) and definition.op == "getattr":
                return dict(zip(whole.fields, whole, strict=True)).get(definition.attr)
            if isinstance(whole, types.BaseTuple) and definition.op == "getitem":
                index = definition_of(self.func_ir, definition.index)
                return whole[index.value] if isinstance(index, ir.Const) else None
        return None

    def of_class(self, call: Any) -> Any:
        """Have the method of a class called as a helper, which takes the instance first."""
        method = self.func_ir.get_definition(call.func)
        dispatcher = self.lookups.method(method.attr)
        call.args, call.func = [method.value, *call.args], self.load_helper(dispatcher)
        return dispatcher

    def is_number_type(self, var: Any) -> bool:
        """Whether a variable holds ``type(x)`` or ``a.dtype.type``."""
        made = definition_of(self.func_ir, var)
        if not isinstance(made, ir.Expr):
            return False
        return (
            made.attr == "type"
            if made.op == "getattr"
            else made.op == "call" and named(self.func_ir, made.func) is type
        )

    def replace(self, stmt: Any, call: Any, replacement: Any) -> None:
        """Call our dispatcher of an array function."""
        outs = self.taken_outputs(call, replacement)
        call.args = [
            self.uniform(var) if at >= starred(replacement) else self.commit(var)
            for at, var in enumerate(call.args)
        ]
        call.kws = [(name, self.commit(var)) for name, var in call.kws]
        call.func = self.load_helper(replacement)
        if outs:
            stored = self.load_helper(self.lookups.differentiable(stored_in))
            stmt.value = ir.Expr.call(stored, [*outs, self.bind(call, "result")], (), self.loc)

    def taken_outputs(self, call: Any, replacement: Any) -> list[Any]:
        """The arrays given as ``out``, taken out of a call of a function whose rule knows none."""
        names = list(inspect.signature(replacement.py_func).parameters)
        if "out" in names or starred(replacement) < sys.maxsize:
            return []
        outs = [*call.args[len(names) :], *(var for name, var in call.kws if name == "out")]
        call.args = call.args[: len(names)]
        call.kws = [(name, var) for name, var in call.kws if name != "out"]
        return outs

    def drawing(self, call: Any) -> Any:
        """The method of random generators that is called, or None."""
        name = method_name(self.func_ir, call.func)
        if name is None:
            return None
        owner = self.known_type(self.func_ir.get_definition(call.func).value)
        return generator_method(name) if isinstance(owner, types.NumPyRandomGeneratorType) else None

    def array_function(self, call: Any, function: Any, is_active: bool) -> Any:
        """Our dispatcher for a call of an array function with active arguments, or None.

        A call of a method becomes one of the function of that name.
        """
        name, drawing = method_name(self.func_ir, call.func), self.drawing(call)
        if drawing is not None:
            found = self.replacement(drawing, is_active)
            if found is not None:
                call.args = [self.func_ir.get_definition(call.func).value, *call.args]
            return found
        if name is not None and method(name).result is Sharing.FRESH:
            array = self.func_ir.get_definition(call.func).value
            found = self.replacement(getattr(np, name, None), is_active or array.name in self.active)
            if found is not None:
                call.args = [array, *call.args]
            return found
        return self.replacement(function, is_active)

    def replacement(self, function: Any, is_active: bool) -> Any:
        """Our dispatcher in the place of a NumPy function, or None."""
        if not is_active:
            return None
        in_parts = entry(complex_parts.FUNCTIONS, function)
        if in_parts is not None:
            return self.lookups.differentiable(in_parts)
        if isinstance(function, DUFunc):
            return self.lookups.overloaded(function)
        known = resolve(function)
        rule = known.rule
        # Inside a rule's primal the function is the one that Numba knows.
        is_primal = rule is not None and rule.primal.__code__ is self.function.__code__
        if rule is not None and not is_primal:
            return self.lookups.ruled(rule)
        recompiled = is_primal or known.category is Category.RECOMPILED
        return self.lookups.overloaded(function) if recompiled else None

    def load_helper(self, dispatcher: Any) -> Any:
        """A dispatcher of ours, kept as long as the compilation."""
        self.helpers.append(dispatcher)
        return self.bind(ir.Global(dispatcher.__name__, dispatcher, self.loc), dispatcher.__name__)

    def fill_defaults(self, call: Any, kind: Any) -> None:
        """Pass the defaults of a named tuple's fields: for Numba, omitted ones are no numbers."""
        fields = getattr(kind, "_fields", ())[len(call.args) :]
        defaults = getattr(kind, "_field_defaults", {})
        given = {name for name, _ in call.kws}
        for name in fields:
            if name in defaults and name not in given:
                value = self.activated(self.bind(ir.Const(defaults[name], self.loc), name))
                call.kws = [*call.kws, (name, value)]

    def create(self, call: Any, function: Any) -> bool:
        """Redirect a call that creates an array, or names the dtype of one; False if it does not."""
        found = creation.replacement(function)
        if found is not None:
            replacement, names = found
            given = dict(zip(names, call.args, strict=False)) | dict(call.kws)
            required = names[:-1]
            if call.vararg or len(call.args) > len(names) or not set(required) <= set(given) <= set(names):
                return False  # Numba has something to say about it
            dtype = given.get("dtype") or self.bind(ir.Const(None, self.loc), "dtype")
            self.redirect(call, replacement, [*(given[name] for name in required), dtype])
            return True
        if method_name(self.func_ir, call.func) == "astype" and len(operands := [*call.args, *call.kws]) == 1:
            dtype = operands[0] if call.args else operands[0][1]
            array = self.func_ir.get_definition(call.func).value
            given = self.call(creation.source, array, dtype)
            call.func = self.bind(ir.Expr.getattr(given, "astype", self.loc), "astype")
            call.args, call.kws = [self.call(creation.element, self.active_dtype(), dtype)], ()
            return True
        return False

    def redirect(self, call: Any, function: Any, args: Sequence[Any]) -> None:
        """Call `function` instead, with the active type as first argument."""
        call.func = self.load(function)
        call.args, call.kws = [self.active_dtype(), *args], ()

    def refuse(self, call: Any, function: Any, operands: Sequence[Any]) -> None:
        """Refuse what is known to have no derivative."""
        name = method_name(self.func_ir, call.func)
        called = self.drawing(call) or name or function
        reason = reason_against(called)
        if reason is not None:
            owner = [self.func_ir.get_definition(call.func).value] if name else []
            given = [var for var in (*owner, *operands) if var.name in self.active]
            if given:
                self.guard(callees.refused(called, reason, f" ({place(self.loc)})"), given)

    def guard(self, error: Exception, operands: Sequence[Any]) -> None:
        """Refuse active arguments of a function that cannot be compiled again; types tell which are."""

        @intrinsic
        def refuse_active(typingctx: Any, arguments: Any) -> Any:
            if contained(arguments):
                raise error
            return types.none(arguments), lambda context, builder, sig, args: context.get_dummy_value()

        self.call(refuse_active, self.bind(ir.Expr.build_tuple(list(operands), self.loc), "operands"))

    def held_call(self, target: str, call: Any, function: Any, operands: Sequence[Any]) -> Any:
        """A call whose result must be able to hold active values."""
        name = method_name(self.func_ir, call.func)
        sharing = callees.sharing(function) if name is None else method(name).result
        if sharing is Sharing.FRESH:
            operands = ()
        elif target in self.returned:
            operands = [var for var in operands if var.name in self.returned[target]]
        elif name is not None:
            operands = [self.func_ir.get_definition(call.func).value, *operands]
        return self.held_result(call, operands)

    def held_result(self, expr: Any, operands: Iterable[Any]) -> Any:
        together = self.bind(ir.Expr.build_tuple(list(operands), self.loc), "operands")
        return self.call_expression(
            conversions.hold, self.active_dtype(), self.bind(expr, "result"), together
        )

    # -- new instructions -----------------------------------------------------------------------

    def commit(self, var: Any) -> Any:
        if not self.traced or var.name not in self.active or not self.may_be_expression(var):
            return var
        return self.call(conversions.commit, var)

    def may_be_expression(self, value: Any) -> bool:
        """Whether an op may be what a value (a variable, or its definition) comes from.

        Of other things, such as an empty list, Numba may find the type only later, and not through a call.
        """
        waiting, seen = [value], set()
        while waiting:
            value = waiting.pop()
            if isinstance(value, ir.Var):
                if value.name not in seen:
                    seen.add(value.name)
                    waiting += definitions(self.func_ir).get(value.name, [None])
            elif isinstance(value, ir.Expr) and value.op in PARTS:
                waiting.append(value.value)
            elif value is None or self.is_operation(value):
                return True
        return False

    def is_operation(self, value: Any) -> bool:
        if not isinstance(value, ir.Expr) or value.op not in OPERATIONS:
            return False
        return value.op != "call" or not callees.is_one_of(named(self.func_ir, value.func), INFERRED)

    def activated(self, var: Any) -> Any:
        return self.call(conversions.activate, self.active_dtype(), var)

    def uniform(self, var: Any) -> Any:
        """An argument that must be of one type with others: arrays and numbers as active ones."""
        nothing = self.bind(ir.Expr.build_tuple([], self.loc), "operands")
        return self.call(conversions.hold, self.active_dtype(), var, nothing)

    def primal(self, var: Any) -> Any:
        if not isinstance(var, ir.Var) or var.name not in self.active:
            return var
        return self.call(conversions.primal, var)

    def cut(self, declared: types.Type, var: Any) -> Any:
        """The number under all derivatives, converted to a declared type that has none."""
        return self.call_expression(
            conversions.number, self.bind(ir.Global(str(declared), declared, self.loc), "type"), var
        )

    def values(self, var: Any) -> Any:
        return self.call(conversions.values, var) if var.name in self.active else var

    def active_dtype(self) -> Any:
        return self.bind(ir.Global("active", self.active_type, self.loc), "active")

    def load(self, function: Any) -> Any:
        return self.bind(ir.Global(function.__name__, function, self.loc), function.__name__)

    def call(self, function: Any, *args: Any) -> Any:
        result = self.bind(self.call_expression(function, *args), function.__name__)
        self.active.add(result.name)
        return result

    def call_expression(self, function: Any, *args: Any) -> Any:
        return ir.Expr.call(self.load(function), list(args), (), self.loc)

    def bind(self, value: Any, name: str) -> Any:
        """A new variable with the value."""
        var = self.scope.redefine(f"$dualad.{name}", self.loc)
        self.body.append(ir.Assign(value, var, self.loc))
        return var
