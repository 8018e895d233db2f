"""Reads a function's syntax tree into the structured program; the user's helpers are read in place."""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from numba.core import event
from numba.core.dispatcher import Dispatcher

from ..compiler.arrays.functions import RULES
from ..compiler.callees import foreign_kind
from ..compiler.implementations import helper, is_of_numba
from ..rules.arrays import ArrayRule
from . import arrays, declared, definitions, iteration, library, sources
from .builder import ANONYMOUS, UNDEFINED, UNREACHABLE, Builder, Undefined, is_tree
from .callees import LARGE, Callees, Form, RecursionFoundError, UnreachedError
from .errors import Untransformable
from .ir import BOOL, INT, OTHER, Block, Call, Const, Operand, Raise, Tuple, Value, leaves, map_tree

BINARY: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.MatMult: operator.matmul,
}  # fmt: skip
UNARY: dict[type, Any] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_, ast.Invert: operator.invert
}  # fmt: skip
COMPARE: dict[type, Any] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
# Variables of ours beside the user's: whether the rest of a body is skipped, whether the loop has
# ended, whether the function has returned, and what.
SKIPPED, ENDED, RETURNED, RESULT = "skipped$", "ended$", "returned$", "result$"
DEEPEST = 40
OURS = (RULES, definitions.__name__)  # modules whose functions are read like a user's


@dataclass
class Frame:
    """One function that is being read."""

    tree: ast.FunctionDef | ast.Lambda
    lookup: Callable[[str], Any]
    variables: dict[str, Any]
    reads: dict[str, list[ast.AST]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)  # per loop, the variable that says whether it was left


@dataclass(frozen=True)
class Closure:
    """A function defined inside the function."""

    tree: ast.FunctionDef | ast.Lambda
    frame: Frame
    defaults: dict[str, Any]


class Reader:
    """Turns syntax into statements of a :class:`Builder`."""

    def __init__(self, build: Builder, named: dict[str, Any], callees: Callees) -> None:
        self.build, self.named, self.callees = build, named, callees
        self.options = callees.options
        self.frames: list[Frame] = []
        self.active_functions: list[Any] = []

    # -- functions --------------------------------------------------------------------------------

    def function(self, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What a Python function returns for these trees."""
        if any(function is other for other in self.active_functions):
            raise RecursionFoundError(function)
        if len(self.active_functions) > DEEPEST:
            raise Untransformable("calls that are nested too deeply")
        tree = sources.tree_of(function)
        event.start_event("dualad:read", {"function": function})
        defaults = {
            name: self.captured(name, p.default)
            for name, p in inspect.signature(function).parameters.items()
            if p.default is not p.empty
        }
        self.active_functions.append(function)
        place = self.build.line, self.build.file
        self.build.file = sources.file_of(function)
        try:
            return self._run(tree, sources.free_names(function), defaults, args, keywords)
        except Untransformable as error:
            error.file = error.file or sources.file_of(function)
            raise
        finally:
            self.active_functions.pop()
            self.build.line, self.build.file = place

    def closure(self, closure: Closure, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What an inner function returns."""
        if any(f.tree is closure.tree for f in self.frames):
            raise Untransformable("an inner function that calls itself", closure.tree)

        def lookup(name: str) -> Any:
            found = closure.frame.variables.get(name, UNDEFINED)
            return closure.frame.lookup(name) if found is UNDEFINED else found

        return self._run(closure.tree, lookup, closure.defaults, args, keywords)

    def _run(self, tree: Any, lookup: Any, defaults: Any, args: Any, keywords: Any) -> Any:
        variables = _bound(tree.args, defaults, args, keywords)
        if variables is None:
            raise Untransformable("a call that does not fit its function", tree)
        variables.update({SKIPPED: Const(False), RETURNED: Const(False), RESULT: UNDEFINED})
        frame = Frame(tree, lookup, variables)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                frame.reads.setdefault(node.id, []).append(node)
        self.frames.append(frame)
        try:
            if isinstance(tree, ast.Lambda):
                return self.expression(tree.body)
            self.statements(tree.body)
            if self.variables.get(UNREACHABLE):
                raise UnreachedError
            result = frame.variables[RESULT]
            returned = frame.variables[RETURNED]
            if isinstance(result, Tuple) and any(isinstance(leaf, Undefined) for leaf in leaves(result)):
                raise Untransformable("a function whose results are of different types", tree)
            if result is UNDEFINED or not isinstance(returned, Const):
                if result is UNDEFINED and returned == Const(False):
                    return Const(None)
                # Some way ends without a return: it raises, or what is returned there is None.
                if not _ends(tree.body):
                    raise Untransformable("a function that returns nothing on some way", tree)
            return result
        finally:
            self.frames.pop()

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def variables(self) -> dict[str, Any]:
        return self.frame.variables

    # -- statements -------------------------------------------------------------------------------

    def statements(self, body: Sequence[ast.stmt]) -> None:
        for position, statement in enumerate(body):
            self.build.line = statement.lineno
            rest = body[position + 1 :]
            if isinstance(statement, ast.If) and (_leaves(statement.body) or _leaves(statement.orelse)):
                # What follows belongs to the side that goes on.
                sides = [
                    [*side, *([] if _leaves(side) else rest)] for side in (statement.body, statement.orelse)
                ]
                self._choice(statement, *sides)
                return
            handler = getattr(self, f"_{type(statement).__name__}", None)
            if handler is None:
                raise Untransformable(f"{_shown(statement)}", statement)
            try:
                handler(statement)
            except Untransformable as error:
                error.line = error.line or statement.lineno
                raise
            except UnreachedError:
                self.variables[SKIPPED] = Const(True)
                self.variables[UNREACHABLE] = True
            skipped = self.variables[SKIPPED]
            if isinstance(skipped, Const):
                if skipped.value:
                    return
                continue
            if rest:
                self.branch(skipped, lambda: None, partial(self._resumed, rest))
            return

    def _resumed(self, body: Sequence[ast.stmt]) -> None:
        self.variables[SKIPPED] = Const(False)
        self.statements(body)

    def branch(self, condition: Operand, then: Callable[[], None], orelse: Callable[[], None]) -> None:
        """Both sides on the variables as they are."""
        before = self.variables

        def side(run: Callable[[], None]) -> Callable[[], dict[str, Any]]:
            def on_copy() -> dict[str, Any]:
                self.frame.variables = dict(before)
                run()
                return self.frame.variables

            return on_copy

        self.frame.variables = self.build.branch(condition, side(then), side(orelse), _wish)

    def _Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.expression(node.value)

    def _Pass(self, node: ast.Pass) -> None:
        pass

    def _Assign(self, node: ast.Assign) -> None:
        value = self.expression(node.value)
        for target in node.targets:
            value = self.assign(target, value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.expression(node.value))

    def assign(self, target: ast.expr, value: Any) -> Any:
        """Bind or store; returns the value, with array expressions computed."""
        if isinstance(target, ast.Name):
            value = arrays.computed(self.build, value, target.id)
            for leaf in leaves(value):
                if isinstance(leaf, Value) and leaf.anonymous:
                    self.build.names.taken.discard(leaf.name)
                    leaf.name, leaf.anonymous = self.build.names.new(target.id), False
            self.variables[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            items = library.items_of(self.build, value, len(target.elts))
            # All of the right side is read before any of it is bound.
            items = [arrays.computed(self.build, item, ANONYMOUS) for item in items]
            for one, item in zip(target.elts, items, strict=True):
                self.assign(one, item)
        elif isinstance(target, ast.Subscript):
            array = self.expression(target.value)
            arrays.assign(self.build, array, self.index(target.slice), value)
        else:
            raise Untransformable(f"an assignment to {_shown(target)}", target)
        return value

    def _AugAssign(self, node: ast.AugAssign) -> None:
        function = BINARY[type(node.op)]
        if isinstance(node.target, ast.Name):
            old = self.expression(node.target)
            value = self.expression(node.value)
            if isinstance(old, Value) and old.is_array:
                arrays.update(self.build, old, function, value)
                return
            self.assign(node.target, self.binary(function, old, value))
        elif isinstance(node.target, ast.Subscript):
            array = self.expression(node.target.value)
            index = self.index(node.target.slice)
            arrays.update_item(self.build, array, index, function, self.expression(node.value))
        else:
            raise Untransformable(f"an assignment to {_shown(node.target)}", node)

    def _If(self, node: ast.If) -> None:
        self._choice(node, node.body, node.orelse)

    def _choice(self, node: ast.If, then: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        try:
            condition = self.truth(node.test)
        except Untransformable as error:
            error.line = error.line or node.lineno
            raise
        self.branch(condition, partial(self.statements, then), partial(self.statements, orelse))

    def _Return(self, node: ast.Return) -> None:
        value = Const(None) if node.value is None else self.expression(node.value)
        self.variables[RESULT] = arrays.computed(self.build, value, "result")
        for name in (SKIPPED, ENDED, RETURNED, *filter(None, self.frame.left)):
            self.variables[name] = Const(True)

    def _Break(self, node: ast.Break) -> None:
        self.variables[SKIPPED] = self.variables[ENDED] = Const(True)
        if self.frame.left[-1]:
            self.variables[self.frame.left[-1]] = Const(True)

    def _Continue(self, node: ast.Continue) -> None:
        self.variables[SKIPPED] = Const(True)

    def _Raise(self, node: ast.Raise) -> None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        exception = self.expression(raised) if raised is not None else None
        given = node.exc.args if isinstance(node.exc, ast.Call) else []
        cls = exception.value if isinstance(exception, Const) else None
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise Untransformable("raise of something that is not a constant exception", node)
        arguments = [self.expression(arg) for arg in given]
        if not all(isinstance(a, Const) for a in arguments):
            raise Untransformable("an exception whose message is not a constant", node)
        self.build.emit(Raise(cls, tuple(a.value for a in arguments)))
        self.variables[SKIPPED] = Const(True)
        self.variables[UNREACHABLE] = True

    def _Assert(self, node: ast.Assert) -> None:
        message = () if node.msg is None else (getattr(node.msg, "value", "assertion failed"),)

        def fail() -> None:
            self.build.emit(Raise(AssertionError, tuple(map(str, message))))
            self.variables[UNREACHABLE] = True

        self.branch(self.truth(node.test), lambda: None, fail)

    def _FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.decorator_list:
            raise Untransformable("a decorated inner function", node)
        self.variables[node.name] = self._closed(node)

    def _closed(self, node: ast.FunctionDef | ast.Lambda) -> Closure:
        given = node.args
        names = [a.arg for a in (*given.posonlyargs, *given.args)]
        pairs = [*zip(names[len(names) - len(given.defaults) :], given.defaults, strict=True)]
        pairs += [
            (a.arg, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None
        ]
        return Closure(node, self.frame, {name: self.expression(default) for name, default in pairs})

    def _For(self, node: ast.For) -> None:
        iterable = self.expression(node.iter)
        if isinstance(iterable, iteration.ListOf):
            iterable = iteration.common(self.build, iterable)
        if isinstance(iterable, Tuple):
            self._or_else(node, partial(self._unrolled, node, iterable.items))
            return
        nest = iteration.nest(self.build, iterable)
        if len(nest.bounds) > 1 and _may_leave(node):
            nest = nest.flat(self.build)
        index_name = node.target.id if isinstance(node.target, ast.Name) else "i"

        def body(indices: tuple[Operand, ...], index: Value | None) -> None:
            assert index is not None
            indices = (*indices, index)
            if len(indices) < len(nest.bounds):
                self._loop(node, nest.bounds[len(indices)], partial(body, indices), index_name)
                return
            self.assign(node.target, nest.item(indices))
            self.statements(node.body)

        self._or_else(node, lambda: self._loop(node, nest.bounds[0], partial(body, ()), index_name))

    def _or_else(self, node: ast.For | ast.While, loop: Callable[[], None]) -> None:
        """A loop, and what follows it unless it is left."""
        left = f"left{len(self.frame.left)}$" if node.orelse else ""
        self.frame.left.append(left)
        if left:
            self.variables[left] = Const(False)
        loop()
        self.frame.left.pop()
        if left:
            self.branch(self.variables.pop(left), lambda: None, partial(self.statements, node.orelse))

    def _unrolled(self, node: ast.For, items: tuple[Any, ...]) -> None:
        """A loop over a tuple."""
        before = self.variables.get(ENDED)

        def trip(position: int) -> None:
            if position == len(items):
                return
            self.variables[SKIPPED] = self.variables[ENDED] = Const(False)
            self.assign(node.target, items[position])
            self.statements(node.body)
            self.branch(self.variables[ENDED], lambda: None, partial(trip, position + 1))

        trip(0)
        self.variables[SKIPPED] = self.variables[RETURNED]
        if before is None:
            self.variables.pop(ENDED, None)
        else:
            self.variables[ENDED] = self.variables[RETURNED]

    def _While(self, node: ast.While) -> None:
        def body(index: Value | None) -> None:
            def end() -> None:
                self.variables[ENDED] = Const(True)

            self.branch(self.truth(node.test), lambda: self.statements(node.body), end)

        self._or_else(node, lambda: self._loop(node, None, body, ""))

    def _loop(self, node: Any, bounds: Any, body: Callable[[Value | None], None], index: str) -> None:
        """A loop that carries the variables it assigns."""
        before = self.variables
        carried = self._assigned(node)
        returns = any(isinstance(n, ast.Return) for n in ast.walk(node))
        if returns:
            carried |= {RETURNED, RESULT}
        carried |= {name for name in self.frame.left if name}
        inits = {name: before.get(name, UNDEFINED) for name in sorted(carried)}
        inits = {name: init for name, init in inits.items() if not isinstance(init, Closure)}

        def trip(number: Value | None, heads: dict[str, Any]) -> tuple[dict[str, Any], Operand]:
            self.frame.variables = {**before, **heads, SKIPPED: Const(False), ENDED: Const(False)}
            body(number)
            after = self.frame.variables
            return after, after[ENDED]

        # What the loop assigns anew in every trip, and nobody reads after it, is not carried.
        outs = self.build.loop(bounds, inits, trip, index, _wish)
        variables = {**before, **outs}
        for name in self._assigned(node):
            if name not in outs:
                variables[name] = UNDEFINED
        if returns:
            variables[SKIPPED] = variables[RETURNED]
            if ENDED in variables:
                variables[ENDED] = variables[RETURNED]
        self.frame.variables = variables

    def _assigned(self, node: ast.AST) -> set[str]:
        """The variables that a loop assigns and that live before or after a trip of it."""
        inside = {id(n) for n in ast.walk(node)}
        assigned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return {
            name
            for name in assigned
            if self.variables.get(name, UNDEFINED) is not UNDEFINED
            or any(id(read) not in inside for read in self.frame.reads.get(name, ()))
        }

    # -- expressions ------------------------------------------------------------------------------

    def expression(self, node: ast.expr) -> Any:
        """The tree, array expression or function that an expression stands for."""
        handler = getattr(self, f"_{type(node).__name__}", None)
        if handler is None:
            raise Untransformable(f"{_shown(node)}", node)
        try:
            return handler(node)
        except Untransformable as error:
            error.line = error.line or node.lineno
            raise

    def truth(self, node: ast.expr) -> Operand:
        """A condition."""
        if isinstance(node, ast.BoolOp):
            condition: Operand = self._joined(node, self.truth)
            return condition
        return self._truth_of(self.expression(node), node)

    def _truth_of(self, value: Any, node: ast.expr) -> Operand:
        if isinstance(value, Const):
            return Const(bool(value.value))
        if not isinstance(value, Value) or value.is_array:
            raise Untransformable("a condition that is no number", node)
        if value.kind == BOOL:
            return value
        return self.build.op(operator.ne, value, Const(0))

    def _Constant(self, node: ast.Constant) -> Const:
        return Const(node.value)

    def _Name(self, node: ast.Name) -> Any:
        found = self.variables.get(node.id, UNDEFINED)
        if found is UNDEFINED:
            if node.id in self.variables or node.id in _locals(self.frame.tree):
                raise Untransformable(
                    f"{node.id!r}, which is not defined on every way here or changes its type", node
                )
            try:
                found = self.frame.lookup(node.id)
            except (KeyError, ValueError) as error:
                raise Untransformable(f"the name {node.id!r}, which is not defined", node) from error
        return self.captured(node.id, found)

    def captured(self, name: str, found: Any) -> Any:
        """A global, a cell of a closure or a default as a tree."""
        if isinstance(found, Value | Const | Tuple | Closure | Undefined | library.Known | iteration.ListOf):
            return found
        if isinstance(found, iteration.ITERABLES):
            return found
        if isinstance(found, np.ndarray):
            return arrays.frozen(self.build, name, found, self.named)
        if isinstance(found, np.bool_ | np.integer | np.floating):
            return Const(found.item())
        if isinstance(found, tuple) and type(found) is tuple:
            return Tuple(tuple(self.captured(name, item) for item in found))
        return Const(found)

    def _Tuple(self, node: ast.Tuple) -> Tuple:
        items: list[Any] = []
        for element in node.elts:
            starred = isinstance(element, ast.Starred)
            value = self.expression(element.value if isinstance(element, ast.Starred) else element)
            if starred and not isinstance(value, Tuple):
                raise Untransformable("a starred item that is no tuple", element)
            items += value.items if starred else (arrays.computed(self.build, value, ANONYMOUS),)
        return Tuple(tuple(items))

    def _List(self, node: ast.List) -> Any:
        return iteration.ListOf(tuple(self.expression(e) for e in node.elts))

    def _ListComp(self, node: ast.ListComp) -> Any:
        """A list of numbers, one for each trip of a loop."""
        (first, *others) = node.generators
        if others or first.ifs:
            raise Untransformable(_shown(node), node)
        iterable = self.expression(first.iter)
        before, build = self.variables, self.build
        loops = iteration.nest(build, iterable)
        loops = loops if len(loops.bounds) == 1 else loops.flat(build)
        start, stop, step = loops.bounds[0]
        if (start, step) != (iteration.ZERO, iteration.ONE):
            raise Untransformable(_shown(node), node)

        def element(index: Operand) -> Any:
            self.frame.variables = dict(before)
            self.assign(first.target, loops.item((index,)))
            value = self.expression(node.elt)
            self.frame.variables = before
            if not isinstance(value, Value | Const) or value.is_array or value.kind == OTHER:
                raise Untransformable("a comprehension of something else than numbers", node)
            return value

        with build.inside(Block(build.block)):  # read once to know of what kind the numbers are
            kind = element(build.value("i", INT)).kind
        length = stop if isinstance(stop, Const) else build.op(max, stop, iteration.ZERO)
        out = arrays.empty(build, (length,), kind, "items")
        arrays.each(build, (length,), lambda index: build.store(out, index, element(index[0])))
        return iteration.ListIn(out)

    def _BinOp(self, node: ast.BinOp) -> Any:
        return self.binary(BINARY[type(node.op)], self.expression(node.left), self.expression(node.right))

    def binary(self, function: Any, left: Any, right: Any) -> Any:
        if function is operator.add and isinstance(left, Tuple) and isinstance(right, Tuple):
            return Tuple((*left.items, *right.items))
        if function is operator.matmul:
            return library.call(self, np.dot, [left, right], {})
        return arrays.operation(self.build, function, (left, right))

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        function = UNARY[type(node.op)]
        if function is operator.not_:
            truth = self.truth(node.operand)
            return self.build.op(operator.not_, truth)
        return arrays.operation(self.build, function, (self.expression(node.operand),))

    def _BoolOp(self, node: ast.BoolOp) -> Any:
        return self._joined(node, self.expression)

    def _joined(self, node: ast.BoolOp, read: Callable[[ast.expr], Any]) -> Any:
        """``and``, ``or``: the operand that decides."""

        def rest(position: int) -> Any:
            first = read(node.values[position])
            if position + 1 == len(node.values):
                return first
            decided = first
            if isinstance(first, Value) and first.kind == BOOL:
                decided = Const(isinstance(node.op, ast.Or))
            later = lambda: {"value": rest(position + 1)}  # noqa: E731
            ended = lambda: {"value": decided}  # noqa: E731
            then, orelse = (later, ended) if isinstance(node.op, ast.And) else (ended, later)
            value = self.build.branch(self._truth_of(first, node), then, orelse)["value"]
            if value is UNDEFINED:
                raise Untransformable("a condition of different types", node)
            return value

        return rest(0)

    def _Compare(self, node: ast.Compare) -> Any:
        inside = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
        if not inside and any(type(op) not in COMPARE for op in node.ops):
            raise Untransformable(f"{_shown(node)}", node)

        def rest(left: Any, position: int) -> Any:
            right = self.expression(node.comparators[position])
            if isinstance(node.ops[position], ast.In | ast.NotIn):
                return self._contained(left, right, isinstance(node.ops[position], ast.In))
            one = arrays.comparison(self.build, COMPARE[type(node.ops[position])], left, right)
            if position + 1 == len(node.ops):
                return one
            later = lambda: {"holds": rest(right, position + 1)}  # noqa: E731
            return self.build.branch(self._truth_of(one, node), later, lambda: {"holds": Const(False)})[
                "holds"
            ]

        return rest(self.expression(node.left), 0)

    def _contained(self, thing: Any, whole: Any, wanted: bool) -> Operand:
        """``thing in whole`` of a tuple of numbers."""
        if not isinstance(whole, Tuple):
            raise Untransformable("`in` something that is no tuple")
        found: Operand = Const(False)
        for item in whole.items:
            one = arrays.comparison(self.build, operator.eq, thing, item)
            found = one if found == Const(False) else self.build.op(operator.or_, found, one)
        return found if wanted else self.build.op(operator.not_, found)

    def _IfExp(self, node: ast.IfExp) -> Any:
        def side(chosen: ast.expr) -> Callable[[], dict[str, Any]]:
            return lambda: {"choice": arrays.computed(self.build, self.expression(chosen), "choice")}

        result = self.build.branch(self.truth(node.test), side(node.body), side(node.orelse))["choice"]
        if result is UNDEFINED:
            raise Untransformable("a conditional expression of different types", node)
        return result

    def _Lambda(self, node: ast.Lambda) -> Closure:
        return self._closed(node)

    def _NamedExpr(self, node: ast.NamedExpr) -> Any:
        return self.assign(node.target, self.expression(node.value))

    def _Attribute(self, node: ast.Attribute) -> Any:
        whole = self.expression(node.value)
        if isinstance(whole, Const) and isinstance(whole.value, ModuleType | type):
            try:
                return self.captured(node.attr, getattr(whole.value, node.attr))
            except AttributeError as error:
                raise Untransformable(f"{_shown(node)}, which does not exist", node) from error
        return library.attribute(self.build, whole, node.attr)

    def _Subscript(self, node: ast.Subscript) -> Any:
        whole = self.expression(node.value)
        if isinstance(whole, Tuple):
            return library.item_of(
                whole,
                self.expression(node.slice)
                if not isinstance(node.slice, ast.Slice)
                else self._Slice(node.slice),
            )
        if isinstance(whole, iteration.ListOf | iteration.ListIn):
            return iteration.item_of_list(self.build, whole, self.expression(node.slice))
        if isinstance(whole, iteration.FlatOf):
            return iteration.item_of_flat(self.build, whole, self.expression(node.slice))
        return arrays.item(self.build, whole, self.index(node.slice))

    def _Slice(self, node: ast.Slice) -> arrays.Slice:
        ends = (node.lower, node.upper, node.step)
        return arrays.Slice(*(Const(None) if end is None else self.expression(end) for end in ends))

    def index(self, node: ast.expr) -> tuple[Any, ...]:
        """The parts of an index."""
        if isinstance(node, ast.Tuple):
            return tuple(
                self._Slice(e) if isinstance(e, ast.Slice) else self.expression(e) for e in node.elts
            )
        if isinstance(node, ast.Slice):
            return (self._Slice(node),)
        whole = self.expression(node)
        return whole.items if isinstance(whole, Tuple) else (whole,)

    def _Call(self, node: ast.Call) -> Any:
        function = self.expression(node.func)
        args: list[Any] = []
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                starred = self.expression(arg.value)
                if not isinstance(starred, Tuple):
                    raise Untransformable("a starred argument that is no tuple", node)
                args += starred.items
            else:
                args.append(self.expression(arg))
        if any(k.arg is None for k in node.keywords):
            raise Untransformable("a call with **", node)
        keywords = {str(k.arg): self.expression(k.value) for k in node.keywords}
        return self.call(function, args, keywords)

    def call(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        """What calling a known function gives."""
        if isinstance(function, Closure):
            args, keywords = self._passed(args, keywords)
            return self.closure(function, args, keywords)
        if isinstance(function, library.Known):
            return library.method(self, function, args, keywords)
        if not isinstance(function, Const):
            raise Untransformable("a call of a function that is not known before it runs")
        called = function.value
        if isinstance(called, ArrayRule):
            called = called.primal
        if foreign_kind(called):
            raise Untransformable(f"a call of {called.__name__!r}, made by {foreign_kind(called)}")
        if library.knows(called):
            return library.call(self, called, args, keywords)
        if isinstance(called, Dispatcher):
            if hasattr(called, "differentiated"):
                raise Untransformable(f"the derivative {called.__name__!r} inside the function")
            for option, default in (("error_model", "python"), ("boundscheck", None)):
                if called.targetoptions.get(option, default) != self.options.get(option, default):
                    raise Untransformable(
                        f"a call of {called.__name__!r}, whose {option} is not that of its caller"
                    )
            args, keywords = self._passed(args, keywords)
            if called.py_func in self.callees.recursive:
                return self.joint(called, args, keywords)
            if self.build.count > LARGE:
                with contextlib.suppress(Untransformable):
                    return self.joint(called, args, keywords)
            result = self.function(called.py_func, args, keywords)
            declared.check(called, self._bound(called.py_func, args, keywords), result)
            return result
        if isinstance(called, type) and issubclass(called, tuple) and hasattr(called, "_fields"):
            args, keywords = self._passed(args, keywords)
            bound = dict(zip(called._fields, args, strict=False)) | keywords
            return Tuple(tuple(bound[name] for name in called._fields), called)
        of_rules = inspect.isfunction(called) and str(called.__module__).startswith(OURS)
        if of_rules or (is_of_numba(called) and helper(called) is not None):
            args, keywords = self._passed(args, keywords)
            return self.function(called, args, keywords)
        if inspect.isfunction(called):
            root = str(called.__module__).partition(".")[0]
            if root not in ("numpy", "numba", "scipy", "math", builtins.__name__, "dualad"):
                args, keywords = self._passed(args, keywords)
                if called in self.callees.recursive:
                    return self.joint(called, args, keywords)
                return self.function(called, args, keywords)
        return library.call(self, called, args, keywords)

    def joint(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        """What a function returns that is called, not read in place."""
        build = self.build
        py_func = getattr(function, "py_func", function)
        try:
            bound = inspect.signature(py_func).bind(*args, **keywords)
        except TypeError as error:
            raise Untransformable("a call that does not fit its function") from error
        bound.apply_defaults()
        given = tuple(self.captured(name, value) for name, value in bound.arguments.items())
        if bound.kwargs or not all(map(is_tree, given)):
            raise Untransformable(f"these arguments of {py_func.__name__!r}")
        callee = self.callees.callee(function, given)
        flat = [leaf for arg in given for leaf in leaves(arg)]
        for position in callee.writes:
            build.note_store(flat[position])
        if callee.result is None:
            raise UnreachedError

        def out(form: Any) -> Any:
            if not isinstance(form, Form):
                return form
            value = build.value(callee.name, form.kind, None if form.rank is None else ())
            value.anonymous, value.layout = True, form.layout
            return value

        result = map_tree(callee.result, out)
        outs = [leaf for leaf in leaves(result) if isinstance(leaf, Value)]
        build.emit(Call(tuple(outs), callee, given, result), *outs)
        for value, form in zip(leaves(result), leaves(callee.result), strict=True):
            if isinstance(form, Form) and form.rank is not None:
                value.extents = tuple(build.extent(value, axis) for axis in range(form.rank))
        if isinstance(function, Dispatcher):
            declared.check(function, given, result)
        return result

    @staticmethod
    def _bound(function: Any, args: list[Any], keywords: dict[str, Any]) -> list[Any]:
        """The given arguments by position."""
        names = list(inspect.signature(function).parameters)
        return [*args, *(keywords[name] for name in names[len(args) :] if name in keywords)]

    def _passed(self, args: list[Any], keywords: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Arguments with array expressions computed."""
        names = {name: arrays.computed(self.build, value, name) for name, value in keywords.items()}
        return [arrays.computed(self.build, arg, ANONYMOUS) for arg in args], names


def _bound(given: ast.arguments, defaults: Any, args: Any, keywords: Any) -> dict[str, Any] | None:
    """The variables that a call's arguments are bound to; None if they do not fit."""
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    only = [a.arg for a in given.kwonlyargs]
    rest = tuple(args[len(names) :])
    fits = (given.vararg is not None or not rest) and given.kwarg is None
    if not fits or any(name not in (*names[len(args) :], *only) for name in keywords):
        return None
    variables = {**defaults, **dict(zip(names, args, strict=False)), **keywords}
    if given.vararg is not None:
        variables[given.vararg.arg] = Tuple(rest)
    return variables if all(name in variables for name in (*names, *only)) else None


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Whether every way through the statements returns or raises."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.While) and isinstance(last.test, ast.Constant) and last.test.value:
        return True
    return isinstance(last, ast.If) and _ends(last.body) and _ends(last.orelse)


def _divides(node: ast.If) -> bool:
    """Whether only one side goes on to what follows, and the other does not just raise an exception."""
    then, orelse = _leaves(node.body), _leaves(node.orelse)
    ends = node.body if then else node.orelse
    return (then or orelse) and not isinstance(ends[-1], ast.Raise)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether no way leads to what follows the statements."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue)


def _may_leave(node: ast.For) -> bool:
    """Whether a loop may end before its last trip."""
    return any(isinstance(n, ast.Break | ast.Return) for n in ast.walk(node))


def _locals(tree: Any) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _wish(name: str) -> str:
    return name.replace("$", "")


def _shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    first = text.splitlines()[0]
    return f"`{first[:60]}`" if len(first) <= 60 else f"`{first[:57]}...`"
