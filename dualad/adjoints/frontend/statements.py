"""Reads a function's syntax tree into the program; the user's helpers are inlined."""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from numba import types

from ...numba_api import event
from .. import library
from ..errors import NotTransformable, UndefinedError
from ..ir.builder import ANONYMOUS, Builder
from ..ir.joins import UNDEFINED, Undefined
from ..ir.nodes import UNREACHABLE, Const, Operand, Raise, Tuple, Value, leaves
from . import (
    complex_numbers,
    declared,
    elementwise,
    excluded,
    generators,
    indexing,
    iteration,
    lists,
    rooms,
    sources,
    tables,
    trying,
)
from .callees import Callees, RecursionFoundError, UnreachedError
from .complex_numbers import is_complex
from .expressions import BINARY, Expressions
from .frames import (
    ENDED,
    NOTHING,
    RAISED,
    RESULT,
    RETURNED,
    SKIPPED,
    Closure,
    Frame,
    Unknown,
    bound,
    ends,
    goes_away,
    hint_of,
    may_leave,
    shown,
)
from .liveness import assigned_names, walk
from .trying import RaisesError, Trial

DEEPEST = 40


class Reader(Expressions):
    """Turns syntax into statements of a :class:`Builder`."""

    def __init__(self, build: Builder, named: dict[str, Any], callees: Callees) -> None:
        self.build, self.named, self.callees = build, named, callees
        self.options = callees.options
        self.frames: list[Frame] = []
        self.active_functions: list[Any] = []
        self.places: list[tuple[int, int]] = []
        self.rooms: dict[str, lists.Room] = {}
        self.loops: list[ast.AST] = []
        self.made_lists = 0
        self.tested: set[Value] = set()

    # -- functions --------------------------------------------------------------------------------

    def inline(
        self,
        function: Any,
        args: Sequence[Any],
        keywords: dict[str, Any],
        types_of: Mapping[str, types.Type] = NOTHING,
    ) -> Any:
        """What a Python function returns for these trees; with declared types of variables."""
        if any(function is other for other in self.active_functions):
            raise RecursionFoundError(function)
        if len(self.active_functions) > DEEPEST:
            raise NotTransformable("calls that are nested too deeply")
        if inspect.isgeneratorfunction(function):
            raise NotTransformable(f"the generator {function.__name__!r}")
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
            return self._run(tree, sources.free_names(function), defaults, args, keywords, types_of)
        except NotTransformable as error:
            error.file = error.file or sources.file_of(function)
            raise
        finally:
            self.active_functions.pop()
            self.build.line, self.build.file = place

    def closure(self, closure: Closure, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What an inner function returns."""
        if any(f.tree is closure.tree for f in self.frames):
            raise NotTransformable("an inner function that calls itself", closure.tree)

        def lookup(name: str) -> Any:
            found = closure.frame.variables.get(name, UNDEFINED)
            return closure.frame.lookup(name) if found is UNDEFINED else found

        return self._run(closure.tree, lookup, closure.defaults, args, keywords)

    def _run(
        self,
        tree: Any,
        lookup: Any,
        defaults: Any,
        args: Any,
        keywords: Any,
        types_of: Mapping[str, types.Type] = NOTHING,
    ) -> Any:
        tree, lookup = generators.spliced(tree, lookup, self._may_be_spliced)
        variables = bound(tree.args, defaults, args, keywords)
        if variables is None:
            raise NotTransformable("a call that does not fit its function", tree)
        variables.update({SKIPPED: Const(False), RETURNED: Const(False), RESULT: UNDEFINED})
        frame = Frame(tree, lookup, variables, declared=types_of)
        caller = self.frames[-1].variables if self.frames else {}
        variables.update({name: value for name, value in caller.items() if lists.is_state(name)})
        self.frames.append(frame)
        try:
            for name in types_of.keys() & variables.keys():
                variables[name] = self._as_declared(name, variables[name])
            if isinstance(tree, ast.Lambda):
                return self.expression(tree.body)
            self.statements(tree.body)
            if self.variables.get(UNREACHABLE):
                raise UnreachedError
            result = frame.variables[RESULT]
            returned = frame.variables[RETURNED]
            for kind in frame.excluded:
                result = excluded.joined(self.build, result, kind)
            if result is not UNDEFINED and any(isinstance(leaf, Undefined) for leaf in leaves(result)):
                raise NotTransformable("a function whose results are of different types", tree)
            if result is UNDEFINED or not isinstance(returned, Const):
                if result is UNDEFINED and returned == Const(False):
                    return Const(None)
                # Some path ends without a return: it raises, or returns None.
                if not ends(tree.body):
                    raise NotTransformable("a function that may end without returning a value", tree)
            return result
        finally:
            self.frames.pop()
            caller.update({n: value for n, value in frame.variables.items() if lists.is_state(n)})

    def _may_be_spliced(self, generator: Any) -> None:
        """Refuse a generator whose errors are not those of the function that loops over it."""
        given = generator.targetoptions
        self.check_options(generator, given, ("boundscheck", None), ("error_model", "python"))
        self.callees.reorders |= bool(given.get("fastmath"))

    # -- statements -------------------------------------------------------------------------------

    def statements(self, body: Sequence[ast.stmt]) -> None:
        for position, statement in enumerate(body):
            self.build.line = statement.lineno
            rest = body[position + 1 :]
            if isinstance(statement, ast.If) and (goes_away(statement.body) or goes_away(statement.orelse)):
                # What follows belongs to the side that goes on.
                sides = [
                    [*side, *([] if goes_away(side) else rest)] for side in (statement.body, statement.orelse)
                ]
                if self._read(statement, partial(self._choice, statement, *sides)):
                    return
                continue
            handler = getattr(self, f"_{type(statement).__name__}", None)
            if handler is None:
                raise NotTransformable(f"{shown(statement)}", statement)
            try:
                self._read(statement, partial(handler, statement))
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

    def _read(self, statement: ast.stmt, handler: Callable[[], None]) -> bool:
        """Read a statement; false if left out, as it reads what a later one of its loop may define."""
        variables, loops = self.variables, len(self.frame.left)
        try:
            if self.frame.trials:
                self._tested(statement, handler, 0)
            else:
                handler()
        except UndefinedError as error:
            error.line = error.line or statement.lineno
            waiting = [unknown for unknown in self.frame.unknown if error.variable in unknown.names]
            if not waiting:
                raise
            waiting[-1].error = error
            self.frame.variables = variables
            del self.frame.left[loops:]
            return False
        except NotTransformable as error:
            error.line = error.line or statement.lineno
            raise
        return True

    def _tested(self, statement: ast.stmt, handler: Callable[[], None], passed: int) -> None:
        """Read a statement inside `try`, so many of its tests passed."""
        trial, variables = self.frame.trials[-1], self.variables
        before, trial.passed, trial.seen = (trial.passed, trial.seen), passed, 0
        block, time = self.build.block, self.build.clock
        condition: Operand | None = None
        try:
            self.frame.variables = dict(variables)
            handler()
        except RaisesError as error:
            condition = error.condition
        finally:
            trial.passed, trial.seen = before
        if condition is None:
            return
        if self.build.block is not block or self.build.clock != time:
            raise NotTransformable("a statement inside `try` that may raise after a store", statement)
        self.frame.variables = variables
        self.branch(condition, self._leave_trial, partial(self._tested, statement, handler, passed + 1))

    def _leave_trial(self) -> None:
        self.variables[SKIPPED] = self.variables[RAISED] = Const(True)

    def _Try(self, node: ast.Try) -> None:
        leaves_early = any(isinstance(n, ast.Return | ast.Break | ast.Continue) for n in walk(node))
        if node.finalbody and leaves_early:
            raise NotTransformable("`finally` behind what is left early", node)
        if node.handlers:
            self._caught(node)
        else:
            self.statements(node.body)
        if node.finalbody:
            self._behind(node.finalbody)

    def _caught(self, node: ast.Try) -> None:
        """The body of `try`, and its handler."""
        (handler,) = node.handlers
        if handler.name or not (handler.type is None or self.expression(handler.type) == Const(Exception)):
            raise NotTransformable("`except` with a name, or of another class than Exception", node)
        outer, place = self.variables.get(RAISED), len(self.build.block.statements)
        self.variables[RAISED] = Const(False)
        self.frame.trials.append(Trial(self.frame.depth))
        try:
            self.statements(node.body)
        finally:
            self.frame.trials.pop()
        divides = self.build.model == "python"
        trying.refuse_untested(self.build.block.statements[place:], self.tested, divides)
        raised = self.variables.pop(RAISED)
        if outer is not None:
            self.variables[RAISED] = outer
        if not any(isinstance(n, ast.Return | ast.Break | ast.Continue) for s in node.body for n in walk(s)):
            self.variables[SKIPPED] = Const(False)  # but where an exception was raised
        self.branch(raised, partial(self._resumed, handler.body), partial(self._behind, node.orelse))

    def _behind(self, body: Sequence[ast.stmt]) -> None:
        """What follows, unless it is skipped."""
        if body:
            self.branch(self.variables[SKIPPED], lambda: None, partial(self._resumed, body))

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

        self.frame.variables = self.build.branch(condition, side(then), side(orelse), hint_of)

    def _Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.expression(node.value)

    def _Pass(self, node: ast.Pass) -> None:
        pass

    def _Assign(self, node: ast.Assign) -> None:
        value = self.expression(node.value)
        if len(node.targets) > 1:  # the targets may be parts of what it reads
            value = elementwise.computed(self.build, value, ANONYMOUS)
        for target in node.targets:
            value = self.assign(target, value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.expression(node.value))

    def assign(self, target: ast.expr, value: Any) -> Any:
        """Bind or store; returns the value, with array expressions computed."""
        if isinstance(target, ast.Name):
            value = elementwise.computed(self.build, value, hint_of(target.id))
            for leaf in leaves(value):
                if isinstance(leaf, Value) and leaf.anonymous:
                    self.build.names.taken.discard(leaf.name)
                    leaf.name, leaf.anonymous = self.build.names.new(hint_of(target.id)), False
            self.variables[target.id] = self._as_declared(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            items = library.items_of(self.build, value, len(target.elts))
            # All of the right side is read before any of it is bound.
            items = [elementwise.computed(self.build, item, ANONYMOUS) for item in items]
            for one, item in zip(target.elts, items, strict=True):
                self.assign(one, item)
        elif isinstance(target, ast.Subscript):
            array = self.expression(target.value)
            if isinstance(array, tables.TABLES) and not array.is_set:
                tables.assign(self, array, self.expression(target.slice), value)
                return value
            if isinstance(array, iteration.FlatOf):
                iteration.store_in_flat(self.build, array, self.expression(target.slice), value)
                return value
            if isinstance(array, lists.LISTS):
                if isinstance(target.slice, ast.Slice):
                    raise NotTransformable("a store into a slice of a list", target)
                lists.assign(self, array, self.expression(target.slice), value)
                return value
            if is_complex(array) or is_complex(value):
                complex_numbers.assign(self.build, array, self.index(target.slice), value)
            else:
                indexing.assign(self.build, array, self.index(target.slice), value)
        else:
            raise NotTransformable(f"an assignment to {shown(target)}", target)
        return value

    def _as_declared(self, name: str, value: Any) -> Any:
        """The value of a variable, of the type that the user declared for it."""
        ty = self.frame.declared.get(name)
        return value if ty is None else declared.converted(self.build, value, ty, f"the variable {name!r}")

    def _AugAssign(self, node: ast.AugAssign) -> None:
        function = BINARY[type(node.op)]
        if isinstance(node.target, ast.Name):
            old = self.expression(node.target)
            value = self.expression(node.value)
            if isinstance(old, Value) and old.is_array:
                if is_complex(value):
                    raise NotTransformable("an update of an array of real numbers by complex ones")
                indexing.update(self.build, old, function, value)
                return
            if isinstance(old, lists.LISTS) and function is operator.add:
                lists.method(self, old, "extend", [value])
                return
            if complex_numbers.is_array(old):
                complex_numbers.update(self.build, old, function, value)
                return
            self.assign(node.target, self.binary(function, old, value))
        elif isinstance(node.target, ast.Subscript):
            array = self.expression(node.target.value)
            if isinstance(array, tables.TABLES) and not array.is_set:
                key = self.expression(node.target.slice)
                changed = lambda old: self.binary(function, old, self.expression(node.value))  # noqa: E731
                tables.update(self, array, key, changed)
                return
            if isinstance(array, lists.LISTS) and not isinstance(node.target.slice, ast.Slice):
                index = self.expression(node.target.slice)
                item = lists.item(self, array, index)
                lists.assign(self, array, index, self.binary(function, item, self.expression(node.value)))
                return
            index = self.index(node.target.slice)
            value_of = partial(self.expression, node.value)
            update = complex_numbers.update_item if is_complex(array) else indexing.update_item
            update(self.build, array, index, function, value_of)
        else:
            raise NotTransformable(f"an assignment to {shown(node.target)}", node)

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            match target:
                case ast.Name(id=name):
                    self.variables[name] = UNDEFINED
                case ast.Subscript(value=whole, slice=index) if not isinstance(index, ast.Slice):
                    array = self.expression(whole)
                    if isinstance(array, tables.TABLES) and not array.is_set:
                        tables.pop(self, array, self.expression(index))
                        continue
                    if not isinstance(array, lists.LISTS):
                        raise NotTransformable(shown(node), node)
                    lists.method(self, array, "pop", [self.expression(index)])
                case _:
                    raise NotTransformable(shown(node), node)

    def _If(self, node: ast.If) -> None:
        self._choice(node, node.body, node.orelse)

    def _choice(self, node: ast.If, then: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        try:
            condition = self.truth(node.test)
        except NotTransformable as error:
            error.line = error.line or node.lineno
            raise
        before = self.variables
        self.branch(condition, partial(self.statements, then), partial(self.statements, orelse))
        if isinstance(condition, Const) and not excluded.is_decided_by_numba(node.test, before):
            sides = (then, orelse) if condition.value else (orelse, then)
            self._excluded(node, *sides, before)

    def _excluded(
        self, node: ast.If, read: Sequence[ast.stmt], other: Sequence[ast.stmt], before: dict[str, Any]
    ) -> None:
        """Give variables the kinds that they have if the other side is read too, as Numba does."""
        self.frame.excluded += excluded.returned(other, before)
        if goes_away(read) or goes_away(other):
            return
        for name, kind in excluded.assigned(other, before).items():
            if name in self.variables:
                self.variables[name] = excluded.joined(self.build, self.variables[name], kind)

    def _Return(self, node: ast.Return) -> None:
        if isinstance(node.value, ast.IfExp) and self.callees.recursive:
            # One side may be known before the other, of which it is the result of a recursive call.
            then, orelse = (
                [ast.copy_location(ast.Return(one), one)] for one in (node.value.body, node.value.orelse)
            )
            self._choice(ast.copy_location(ast.If(node.value.test, [*then], [*orelse]), node), then, orelse)
            return
        value = Const(None) if node.value is None else self.expression(node.value)
        self.variables[RESULT] = elementwise.computed(self.build, value, "result")
        for name in (SKIPPED, ENDED, RETURNED, *filter(None, self.frame.left)):
            self.variables[name] = Const(True)

    def _Break(self, node: ast.Break) -> None:
        self.variables[SKIPPED] = self.variables[ENDED] = Const(True)
        if self.frame.left[-1]:
            self.variables[self.frame.left[-1]] = Const(True)

    def _Continue(self, node: ast.Continue) -> None:
        self.variables[SKIPPED] = Const(True)

    def _Raise(self, node: ast.Raise) -> None:
        if self.frame.trials:
            if self.frame.depth > self.frame.trials[-1].depth:
                raise NotTransformable("`raise` in a loop inside `try`", node)
            self._leave_trial()
            return
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        exception = self.expression(raised) if raised is not None else None
        given = node.exc.args if isinstance(node.exc, ast.Call) else []
        cls = exception.value if isinstance(exception, Const) else None
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise NotTransformable("raise of something that is not a constant exception", node)
        arguments = [self.expression(arg) for arg in given]
        if not all(isinstance(a, Value | Const) and not a.is_array for a in arguments):
            raise NotTransformable(
                "an exception that is given something other than numbers and strings", node
            )
        self.build.emit(Raise(cls, tuple(arguments)))
        self.variables[SKIPPED] = Const(True)
        self.variables[UNREACHABLE] = True

    def _Assert(self, node: ast.Assert) -> None:
        message = () if node.msg is None else (getattr(node.msg, "value", "assertion failed"),)

        def fail() -> None:
            if self.frame.trials:
                self._Raise(ast.copy_location(ast.Raise(), node))
                return
            self.build.emit(Raise(AssertionError, tuple(Const(str(part)) for part in message)))
            self.variables[UNREACHABLE] = True

        self.branch(self.truth(node.test), lambda: None, fail)

    def _FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.decorator_list:
            raise NotTransformable("a decorated inner function", node)
        self.variables[node.name] = self.closed(node)

    def closed(self, node: ast.FunctionDef | ast.Lambda) -> Closure:
        given = node.args
        names = [a.arg for a in (*given.posonlyargs, *given.args)]
        pairs = [*zip(names[len(names) - len(given.defaults) :], given.defaults, strict=True)]
        pairs += [
            (a.arg, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None
        ]
        return Closure(node, self.frame, {name: self.expression(default) for name, default in pairs})

    def _For(self, node: ast.For) -> None:
        iterable = self.expression(node.iter)
        if isinstance(iterable, lists.ListRef):
            with self.steady(node):
                self._over(node, lists.snapshot(self, iterable))
            return
        if isinstance(iterable, tables.TABLES):
            iterable = tables.keys(self, iterable)
        if isinstance(iterable, iteration.ListOf):
            iterable = iteration.common(self.build, iterable)
        self._over(node, iterable)

    def _over(self, node: ast.For, iterable: Any) -> None:
        """A loop over something that does not change meanwhile."""
        if isinstance(iterable, Tuple):
            self._or_else(node, partial(self._unrolled, node, iterable.items))
            return
        nest = iteration.nest(self.build, iterable)
        if not nest.bounds:  # of no dimensions: one element
            self._or_else(node, partial(self._unrolled, node, (nest.item(()),)))
            return
        if len(nest.bounds) > 1 and may_leave(node):
            nest = nest.flat(self.build)
        index_name = node.target.id if isinstance(node.target, ast.Name) else "i"

        def body(indices: tuple[Operand, ...], index: Value | None) -> None:
            assert index is not None
            indices = (*indices, index)
            if len(indices) < len(nest.bounds):
                self._loop(node, nest.bounds[len(indices)], partial(body, indices), index_name)
                return
            self.assign(node.target, nest.item(indices))
            for room in self.rooms.values():
                room.begin(node)
            self.statements(node.body)

        def loop() -> None:
            before, place = self.variables, len(self.build.block.statements)
            left = len(self.frame.left)
            denied = self.frame.denied.setdefault(node, set())
            while True:
                self.frame.variables = dict(before)
                made = rooms.make_rooms(self, node, nest.bounds, denied)
                self.rooms.update(made)
                try:
                    self._loop(node, nest.bounds[0], partial(body, ()), index_name)
                    return
                except lists.NoRoomError as error:
                    if error.key not in made:
                        raise
                    denied.add(error.key)
                    del self.build.block.statements[place:]
                    del self.frame.left[left:]
                finally:
                    for key in made:
                        del self.rooms[key]

        self._or_else(node, loop)

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

        def iteration(position: int) -> None:
            if position == len(items):
                return
            self.variables[SKIPPED] = self.variables[ENDED] = Const(False)
            self.frame.depth += 1
            self.assign(node.target, items[position])
            self.statements(node.body)
            self.frame.depth -= 1
            self.branch(self.variables[ENDED], lambda: None, partial(iteration, position + 1))

        iteration(0)
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
        """A loop that carries what it assigns and what is live from one iteration to the next."""
        before = self.variables
        assigned = assigned_names(walk(node))
        live = self.frame.liveness.carried.get(node, frozenset())  # a comprehension's assigns nothing else
        carried = {n for n in assigned & live if not isinstance(before.get(n, UNDEFINED), Closure)}
        changing = self.frame.changing.setdefault(node, set())
        while True:
            try:
                self._carrying(node, bounds, body, index, carried | (changing & before.keys()), assigned)
                return
            except lists.StateChangedError as error:
                changing |= error.names
                self.frame.variables = before

    def _carrying(
        self,
        node: Any,
        bounds: Any,
        body: Callable[[Value | None], None],
        index: str,
        carried: set[str],
        assigned: set[str],
    ) -> None:
        """A loop that carries these variables, and those of ours."""
        before = self.variables
        others = dict.fromkeys(sorted(assigned - carried), UNDEFINED)
        returns = any(isinstance(n, ast.Return) for n in walk(node))
        if returns:
            carried |= {RETURNED, RESULT}
        carried |= {name for name in self.frame.left if name}
        inits = {name: before.get(name, UNDEFINED) for name in sorted(carried)}

        def once(number: Value | None, heads: dict[str, Any]) -> tuple[dict[str, Any], Operand]:
            unknown.names = {name for name, head in heads.items() if isinstance(head, Undefined)}
            unknown.error = None
            fresh = {SKIPPED: Const(False), ENDED: Const(False)}
            self.frame.variables = {**before, **others, **heads, **fresh}
            self.loops.append(node)
            self.frame.depth += 1
            try:
                body(number)
            finally:
                self.loops.pop()
                self.frame.depth -= 1
            after = self.frame.variables
            changed = {n for n, value in before.items() if lists.is_state(n) and after.get(n) != value}
            if changed - carried:
                raise lists.StateChangedError(changed)
            if unknown.error is not None:
                # What else the iteration makes of its variables is not known without the statement left out.
                after = {**after, **{n: head for n, head in heads.items() if n not in unknown.names}}
            return after, after[ENDED]

        unknown = Unknown(set())
        self.frame.unknown.append(unknown)
        try:
            outs = self.build.loop(bounds, inits, once, index, hint_of)
        finally:
            self.frame.unknown.pop()
        if unknown.error is not None:
            raise unknown.error
        variables = {**before, **others, **outs}
        if returns:
            variables[SKIPPED] = variables[RETURNED]
            if ENDED in variables:
                variables[ENDED] = variables[RETURNED]
        self.frame.variables = variables
