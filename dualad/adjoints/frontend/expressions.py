"""Reads expressions: what they denote, and the statements that compute them."""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import IntEnum
from types import ModuleType
from typing import Any

import numpy as np
from numba import types

from ...compiler.analysis import pointers
from ...compiler.analysis.callees import foreign_kind
from ...compiler.analysis.implementations import helper, implementations, is_of_numba
from ...compiler.arrays.functions import RuledFunction
from ...compiler.arrays.parts import RULES, rule_function
from ...numba_api import Dispatcher, DUFunc, as_dtype
from ...rules.arrays import ArrayRule
from ...rules.arrays.table import rule_for
from .. import library
from ..errors import NotTransformable, UndefinedError
from ..ir import numba_types
from ..ir.builder import ANONYMOUS, Builder
from ..ir.joins import UNDEFINED, Reference, Undefined, is_tree
from ..ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    OTHER,
    Block,
    Call,
    Complex,
    Const,
    Operand,
    Tuple,
    Value,
    leaves_of,
    map_tree,
    values_of,
)
from ..library import definitions, foreign
from ..library.handlers import DTYPES
from ..runtime import Method
from . import (
    complex_numbers,
    declared,
    derivatives,
    elementwise,
    excluded,
    indexing,
    iteration,
    lists,
    spelling,
    tables,
    things,
    trying,
    ufuncs,
)
from .callees import LARGE, Callees, Form, UnreachedError
from .comparisons import comparison
from .complex_numbers import is_complex
from .frames import NOTHING, Closure, Frame, shown

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

PACKAGE = __name__.partition(".")[0]
OURS = (RULES, definitions.__name__)  # modules whose functions are read like a user's


def _has_complex(tree: Any) -> bool:
    """Whether there are complex numbers in a tree."""
    return is_complex(tree) or (isinstance(tree, Tuple) and any(map(_has_complex, tree.items)))


class Expressions(ABC):
    """The part of a reader that reads expressions."""

    build: Builder
    named: dict[str, Any]
    callees: Callees
    options: Any
    frames: list[Frame]
    places: list[tuple[int, int]]  # of the calls that are being read
    rooms: dict[str, lists.Room]
    loops: list[ast.AST]
    made_lists: int
    tested: set[Value]

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def variables(self) -> dict[str, Any]:
        return self.frame.variables

    @abstractmethod
    def assign(self, target: ast.expr, value: Any) -> Any:
        """Bind or store; returns the value, with array expressions computed."""

    @abstractmethod
    def statements(self, body: Sequence[ast.stmt]) -> None:
        """Read statements."""

    def site(self, node: ast.expr) -> Any:
        """Where something is made: the place in the source, and those of the calls that lead there."""
        return (self.build.file, type(node), node.lineno, node.col_offset, *self.places)

    @contextlib.contextmanager
    def steady(self, node: ast.AST) -> Iterator[None]:
        """Refuse changes of lists, in an expression that may not be computed."""
        before = {name: value for name, value in self.variables.items() if lists.is_state(name)}
        yield
        if any(self.variables.get(name) != value for name, value in before.items()):
            raise NotTransformable("a list that changes in a part of an expression", node)

    @abstractmethod
    def closed(self, node: ast.FunctionDef | ast.Lambda) -> Closure:
        """An inner function."""

    @abstractmethod
    def inline(
        self,
        function: Any,
        args: Sequence[Any],
        keywords: dict[str, Any],
        types_of: Mapping[str, types.Type] = NOTHING,
    ) -> Any:
        """What a Python function returns for these trees; with declared types of variables."""

    @abstractmethod
    def closure(self, closure: Closure, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What an inner function returns."""

    def expression(self, node: ast.expr) -> Any:
        """The tree, array expression or function that an expression stands for."""
        handler = getattr(self, f"_{type(node).__name__}", None)
        if handler is None:
            raise NotTransformable(f"{shown(node)}", node)
        try:
            found = handler(node)
            if isinstance(found, Undefined):
                raise NotTransformable("a value that may be undefined, or of different types", node)
            return found
        except NotTransformable as error:
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
        if isinstance(value, lists.ListRef):
            return self.build.op(operator.gt, self.variables[value.count], Const(0))
        if complex_numbers.is_number(value):
            found: Operand = complex_numbers.operation(self.build, operator.ne, (value, Const(0)))
            return found
        if things.is_thing(value):
            value = things.truth(self.build, value)
        if not isinstance(value, Value) or value.is_array:
            raise NotTransformable("a condition that is not a number", node)
        if value.kind == BOOL:
            return value
        return self.build.op(operator.ne, value, Const(0))

    def _Constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, complex):
            return complex_numbers.constant(node.value)
        return Const(node.value)

    def _Name(self, node: ast.Name) -> Any:
        found = self.variables.get(node.id, UNDEFINED)
        if found is UNDEFINED:
            if node.id in self.variables or node.id in self.frame.assigned:
                raise UndefinedError(node)
            try:
                found = self.frame.lookup(node.id)
            except (KeyError, ValueError) as error:
                raise NotTransformable(f"the name {node.id!r}, which is not defined", node) from error
        parts = found.items if isinstance(found, Complex) else (found,)
        if any(isinstance(part, Undefined) for part in parts):
            raise UndefinedError(node)
        return self.captured(node.id, found)

    def captured(self, name: str, found: Any) -> Any:
        """A global, a cell of a closure or a default as a tree."""
        if isinstance(
            found, Value | Const | Tuple | Complex | Closure | Undefined | library.BoundMethod | Reference
        ):
            return found
        if isinstance(found, (*iteration.ITERABLES, things.Bound)):
            return found
        if isinstance(found, IntEnum):
            return Const(int(found))
        if isinstance(found, np.ndarray):
            array = elementwise.frozen(self.build, name, found, self.named)
            return complex_numbers.split(self.build, array)
        if isinstance(found, np.unsignedinteger):
            raise NotTransformable(f"the global {name!r}, an integer without a sign")
        if isinstance(found, np.bool_ | np.integer | np.floating) and not isinstance(found, np.float32):
            return Const(found.item())
        if isinstance(found, complex):  # of double precision
            return complex_numbers.constant(found)
        if isinstance(found, tuple) and type(found) is tuple:
            return Tuple(tuple(self.captured(name, item) for item in found))
        return Const(found)

    def _Tuple(self, node: ast.Tuple) -> Tuple:
        items: list[Any] = []
        for element in node.elts:
            starred = isinstance(element, ast.Starred)
            value = self.expression(element.value if isinstance(element, ast.Starred) else element)
            if starred and not isinstance(value, Tuple):
                raise NotTransformable("a starred item that is not a tuple", element)
            items += value.items if starred else (elementwise.computed(self.build, value, ANONYMOUS),)
        return Tuple(tuple(items))

    def _List(self, node: ast.List) -> Any:
        site = self.site(node)
        items = tuple(self.expression(e) for e in node.elts)
        return (
            lists.of_items(self, site, items) if site in self.callees.lists else iteration.ListOf(items, site)
        )

    def _Dict(self, node: ast.Dict) -> Any:
        entries = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise NotTransformable(shown(node), node)
            entries.append((self.expression(key), self.expression(value)))
        return tables.made(self, self.site(node), entries, is_set=False)

    def _Set(self, node: ast.Set) -> Any:
        entries = [(self.expression(element), Const(None)) for element in node.elts]
        return tables.made(self, self.site(node), entries, is_set=True)

    def _ListComp(self, node: ast.ListComp) -> Any:
        """A list of numbers, one for each iteration of a loop."""
        (first, *others) = node.generators
        site = self.site(node)
        if others or first.ifs or site in self.callees.lists:
            return self._appended(node, site)
        iterable = lists.snapshot(self, self.expression(first.iter))
        before, build = self.variables, self.build
        if isinstance(iterable, Tuple | iteration.ListOf):
            items = [self._element(node, before, item) for item in iterable.items]
            return iteration.ListOf(tuple(items), site)
        loops = iteration.nest(build, iterable)
        loops = loops if len(loops.bounds) == 1 else loops.flat(build)
        start, stop, step = loops.bounds[0]
        if (start, step) != (iteration.ZERO, iteration.ONE):
            return self._appended(node, site)

        def element(index: Operand) -> Any:
            return self._element(node, before, loops.item((index,)))

        with build.inside(Block(build.block)):  # read once to know of what kind the numbers are
            sample = element(build.value("i", INT))
        length = stop if isinstance(stop, Const) else build.op(max, stop, iteration.ZERO)
        if isinstance(sample, iteration.ListIn | iteration.ListOf):
            return lists.of_rows(self, length, sample, element, site)
        if not isinstance(sample, Value | Const) or sample.is_array or sample.kind == OTHER:
            return self._appended(node, site)
        out = elementwise.empty(build, (length,), sample.element, "items")
        elementwise.each(build, (length,), lambda index: build.store(out, index, element(index[0])))
        return iteration.ListIn(out, site)

    def _element(self, node: ast.ListComp, before: dict[str, Any], item: Any) -> Any:
        """What a comprehension makes of an item."""
        self.frame.variables = dict(before)
        with self.steady(node):
            self.assign(node.generators[0].target, item)
            value = lists.snapshot(self, self.expression(node.elt))
        self.frame.variables = before
        return value

    def _appended(self, node: ast.ListComp, site: Any) -> lists.ListRef:
        """The list of a comprehension with conditions, or of several loops: appended to in these loops."""
        self.callees.lists.setdefault(site, None)
        name, names, statement = spelling.appending(node)
        before = self.variables
        self.variables[name] = ref = lists.of_items(self, site, ())
        self.statements([statement])
        del self.variables[name]
        for bound in names:
            self.variables[bound] = before.get(bound, UNDEFINED)
        return ref

    def _BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.expression(node.left), self.expression(node.right)
        function = BINARY[type(node.op)]
        if isinstance(left, lists.LISTS) or isinstance(right, lists.LISTS):
            return lists.combined(self, self.site(node), node.op, left, right)
        return self.binary(function, left, right)

    def binary(self, function: Any, left: Any, right: Any) -> Any:
        if function is operator.add and isinstance(left, Tuple) and isinstance(right, Tuple):
            return Tuple((*left.items, *right.items))
        rule = rule_for(function)
        if rule is not None:
            return library.call(self, rule.functions[0], [left, right], {})
        if is_complex(left) or is_complex(right):
            return complex_numbers.operation(self.build, function, (left, right))
        divides = trying.divides(function) and self.build.reads == "python"
        if divides and self.frame.trials and elementwise.is_scalar(right):
            self.test(self.build.op(operator.eq, right, Const(0)))
            found = elementwise.operation(self.build, function, (left, right))
            self.tested.update([found] if isinstance(found, Value) else [])
            return found
        return elementwise.operation(self.build, function, (left, right))

    def test(self, condition: Operand) -> None:
        """Inside `try`: what is read raises an exception if the condition holds."""
        self.frame.trials[-1].test(condition, self.frame.depth)

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        function = UNARY[type(node.op)]
        if isinstance(node.op, ast.Not):
            truth = self.truth(node.operand)
            return self.build.op(operator.not_, truth)
        operand = self.expression(node.operand)
        if is_complex(operand):
            return complex_numbers.operation(self.build, function, (operand,))
        return elementwise.operation(self.build, function, (operand,))

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
            with self.steady(node):
                value = self.build.branch(self._truth_of(first, node), then, orelse)["value"]
            if isinstance(value, Undefined):
                raise NotTransformable("a condition of different types", node)
            return value

        return rest(0)

    def _Compare(self, node: ast.Compare) -> Any:
        inside = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
        if not inside and any(type(op) not in COMPARE for op in node.ops):
            raise NotTransformable(f"{shown(node)}", node)

        def rest(left: Any, position: int) -> Any:
            right = self.expression(node.comparators[position])
            if isinstance(node.ops[position], ast.In | ast.NotIn):
                return self._contained(left, right, isinstance(node.ops[position], ast.In))
            one = comparison(self.build, COMPARE[type(node.ops[position])], left, right)
            if position + 1 == len(node.ops):
                return one
            later = lambda: {"holds": rest(right, position + 1)}  # noqa: E731
            return self.build.branch(self._truth_of(one, node), later, lambda: {"holds": Const(False)})[
                "holds"
            ]

        return rest(self.expression(node.left), 0)

    def _contained(self, thing: Any, whole: Any, wanted: bool) -> Operand:
        """``thing in whole`` of a tuple, a list or a table."""
        if isinstance(whole, tables.TABLES):
            held = tables.contains(self, whole, thing)
            return held if wanted else self.build.op(operator.not_, held)
        if things.is_thing(whole):
            held = things.operation(self.build, operator.contains, whole, thing)
            return held if wanted else self.build.op(operator.not_, held)
        if isinstance(whole, lists.ListRef | iteration.ListIn):
            array = getattr(lists.snapshot(self, whole), "array", None)
            if array is None or len(array.extents) != 1:
                raise NotTransformable("`in` a list of something other than numbers")
            inside: Operand = self.inline(lists.contains, [array, thing], {})
            return inside if wanted else self.build.op(operator.not_, inside)
        if not isinstance(whole, Tuple | iteration.ListOf):
            raise NotTransformable("`in` something that is not a tuple")
        found: Operand = Const(False)
        for item in whole.items:
            one = comparison(self.build, operator.eq, thing, item)
            found = one if found == Const(False) else self.build.op(operator.or_, found, one)
        return found if wanted else self.build.op(operator.not_, found)

    def _IfExp(self, node: ast.IfExp) -> Any:
        def side(chosen: ast.expr) -> Callable[[], dict[str, Any]]:
            return lambda: {"choice": elementwise.computed(self.build, self.expression(chosen), "choice")}

        condition = self.truth(node.test)
        if isinstance(condition, Const):
            result = self.build.branch(condition, side(node.body), side(node.orelse))["choice"]
        else:
            with self.steady(node):
                result = self.build.branch(condition, side(node.body), side(node.orelse))["choice"]
        if isinstance(result, Undefined):
            raise NotTransformable("a conditional expression of different types", node)
        if isinstance(condition, Const) and not excluded.is_decided_by_numba(node.test, self.variables):
            other = node.orelse if condition.value else node.body
            kind = excluded.expression_kind(other, self.variables)
            result = excluded.joined(self.build, result, kind)
        return result

    def _Lambda(self, node: ast.Lambda) -> Closure:
        return self.closed(node)

    def _NamedExpr(self, node: ast.NamedExpr) -> Any:
        return self.assign(node.target, self.expression(node.value))

    def _Attribute(self, node: ast.Attribute) -> Any:
        whole = self.expression(node.value)
        if node.attr == "type" and isinstance(whole, Const) and whole.value in DTYPES.values():
            return whole  # of a dtype, which is its own number class here
        if isinstance(whole, Const) and isinstance(whole.value, ModuleType | type):
            try:
                return self.captured(node.attr, getattr(whole.value, node.attr))
            except AttributeError as error:
                raise NotTransformable(f"{shown(node)}, which does not exist", node) from error
        if isinstance(whole, (*lists.LISTS, *tables.TABLES)):
            return library.BoundMethod(whole, node.attr)
        if things.is_thing(whole):
            return self._attribute_of_thing(whole, node.attr)
        return library.attribute(self.build, whole, node.attr)

    def _attribute_of_thing(self, thing: Any, name: str) -> Any:
        """What a thing holds under a name; a property of a class computes it."""
        properties = getattr(numba_types.of_thing(thing), "jit_props", {})
        if name in properties:
            return self.call(Const(properties[name]["get"]), [thing], {})
        return things.attribute(self.build, thing, name)

    def _Subscript(self, node: ast.Subscript) -> Any:
        whole = self.expression(node.value)
        if isinstance(whole, Tuple):
            return library.item_of(
                whole,
                self.expression(node.slice)
                if not isinstance(node.slice, ast.Slice)
                else self._Slice(node.slice),
            )
        if isinstance(whole, tables.TABLES) and not whole.is_set:
            return tables.item(self, whole, self.expression(node.slice))
        if isinstance(whole, lists.LISTS):
            if isinstance(node.slice, ast.Slice):
                return lists.sliced(self, whole, self._Slice(node.slice), self.site(node))
            return lists.item(self, whole, self.expression(node.slice))
        if complex_numbers.is_array(whole):
            return complex_numbers.item(self.build, whole, self.index(node.slice))
        if isinstance(whole, iteration.FlatOf):
            return iteration.item_of_flat(self.build, whole, self.expression(node.slice))
        if things.is_thing(whole):
            return things.item(self.build, whole, self.index(node.slice))
        return indexing.item(self.build, whole, self.index(node.slice))

    def _Slice(self, node: ast.Slice) -> indexing.Slice:
        ends = (node.lower, node.upper, node.step)
        return indexing.Slice(*(Const(None) if end is None else self.expression(end) for end in ends))

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
                    raise NotTransformable("a starred argument that is not a tuple", node)
                args += starred.items
            else:
                args.append(self.expression(arg))
        if any(k.arg is None for k in node.keywords):
            raise NotTransformable("a call with **", node)
        keywords = {str(k.arg): self.expression(k.value) for k in node.keywords}
        if function == Const(list) and not keywords and len(args) < 2:
            return lists.converted(self, self.site(node), *args)
        if function in (Const(dict), Const(set)) and not keywords:
            items = (
                args[0].items if len(args) == 1 and isinstance(args[0], Tuple | iteration.ListOf) else None
            )
            if (items is None and args) or (items and function == Const(dict)):
                raise NotTransformable(shown(node), node)
            entries = [(item, Const(None)) for item in items or ()]
            return tables.made(self, self.site(node), entries, is_set=function == Const(set))
        self.places.append((node.lineno, node.col_offset))
        try:
            return self.call(function, args, keywords)
        finally:
            self.places.pop()

    def call(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        """What calling a known function gives."""
        if isinstance(function, Closure):
            args, keywords = self._passed(args, keywords)
            return self.closure(function, args, keywords)
        if isinstance(function, library.BoundMethod) and isinstance(function.array, tables.TABLES):
            if keywords:
                raise NotTransformable(f"a call of {function.name} with keywords")
            return tables.method(self, function.array, function.name, args)
        if isinstance(function, library.BoundMethod) and isinstance(function.array, lists.LISTS):
            if keywords:
                raise NotTransformable(f"a call of {function.name} with keywords")
            return lists.method(self, function.array, function.name, args)
        if isinstance(function, library.BoundMethod):
            return library.method(self, function, args, keywords)
        if isinstance(function, things.Bound):
            if isinstance(function.function, Method):
                return things.call(self.build, function, args, keywords)
            return self.call(Const(function.function), [function.thing, *args], keywords)
        if not isinstance(function, Const):
            raise NotTransformable("a call of a function that is only known at run time")
        called = function.value
        if isinstance(called, types.Number):
            called = as_dtype(called).type
        rule = called.rule if isinstance(called, RuledFunction) else called
        if isinstance(rule, ArrayRule) and self.build.nested and rule.pieces is not None:
            called = rule_function(rule.pieces)
        elif isinstance(called, ArrayRule):
            called = called.primal
        if isinstance(called, RuledFunction) and called.rule.backward is not None:
            return foreign.ruled(self, called, called.rule, args, keywords)
        pointed = pointers.function_of(called)
        if pointed is not None:
            called, args = pointed, [self._in_double(arg) for arg in args]
        if isinstance(called, DUFunc):
            return ufuncs.mapped(self, called, args, keywords)
        if pointers.is_pointer(called):
            raise NotTransformable(
                f"a call of {pointers.name_of(called)!r}, a pointer to a function without a rule"
            )
        if hasattr(called, "class_type"):
            return things.made(self.build, called, args, keywords)
        if foreign_kind(called):
            raise NotTransformable(f"a call of {called.__name__!r}, made by {foreign_kind(called)}")
        if library.knows(called):
            return self.library(called, args, keywords)
        if isinstance(called, Dispatcher):
            if hasattr(called, "differentiated"):
                return derivatives.derivative(self, called, *self._passed(args, keywords))
            self.check_options(called, called.targetoptions, ("boundscheck", None))
            self.callees.reorders |= bool(called.targetoptions.get("fastmath"))
            args, keywords = self._passed(args, keywords)
            if called.py_func in self.callees.recursive:
                return self.joint(called, args, keywords)
            if self.build.count > LARGE:
                with contextlib.suppress(NotTransformable):
                    return self.joint(called, args, keywords)
            # Without a model of its own it is compiled in that of its caller.
            with self.build.of_model(called.targetoptions.get("error_model", self.build.reads)):
                return declared.inlined(self, called, args, keywords)
        if isinstance(called, type) and issubclass(called, tuple) and hasattr(called, "_fields"):
            args, keywords = self._passed(args, keywords)
            bound = dict(zip(called._fields, args, strict=False)) | keywords
            return Tuple(tuple(bound[name] for name in called._fields), called)
        of_rules = inspect.isfunction(called) and str(called.__module__).startswith(OURS)
        if of_rules or (is_of_numba(called) and helper(called) is not None):
            args, keywords = self._passed(args, keywords)
            return self.inline(called, args, keywords)
        if inspect.isfunction(called):
            root = str(called.__module__).partition(".")[0]
            if root == PACKAGE:
                raise NotTransformable(f"a call of {called.__name__!r}")
            # What has an @overload is that, for compiled code; its own body may be anything.
            if root not in ("numpy", "numba", "scipy", "math", builtins.__name__) and not implementations(
                called
            ):
                args, keywords = self._passed(args, keywords)
                if called in self.callees.recursive:
                    return self.joint(called, args, keywords)
                return self.inline(called, args, keywords)
        return self.library(called, args, keywords)

    def library(self, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What a function of Python or NumPy gives, of the items that lists have now."""
        if function is len and len(args) == 1 and isinstance(args[0], tables.TABLES):
            return tables.length(self, args[0])
        if function is len and len(args) == 1 and isinstance(args[0], lists.ListRef):
            return self.variables[args[0].count]
        given = [lists.snapshot(self, arg) for arg in args]
        named = {name: lists.snapshot(self, arg) for name, arg in keywords.items()}
        return library.call(self, function, given, named)

    def _in_double(self, arg: Any) -> Any:
        if not elementwise.is_scalar(arg):
            raise NotTransformable("a call of a pointer with something other than numbers")
        return declared.number(self.build, arg, FLOAT)

    def check_options(self, called: Any, given: Any, *options: tuple[str, Any]) -> None:
        """Raise if errors in what is called are not those of its caller."""
        for option, default in options:
            if given.get(option, default) != self.options.get(option, default):
                raise NotTransformable(
                    f"a call of {called.__name__!r}, whose {option} is not that of its caller"
                )

    def joint(self, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        """What a function returns that is called, not read in place."""
        build = self.build
        py_func = getattr(function, "py_func", function)
        try:
            bound = inspect.signature(py_func).bind(*args, **keywords)
        except TypeError as error:
            raise NotTransformable("a call that does not fit its function") from error
        bound.apply_defaults()
        given = tuple(self.captured(name, value) for name, value in bound.arguments.items())
        starred = any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(py_func).parameters.values())
        if bound.kwargs or starred or not all(map(is_tree, given)) or any(map(_has_complex, given)):
            raise NotTransformable(f"these arguments of {py_func.__name__!r}")
        callee = self.callees.callee(function, given)
        flat = list(leaves_of(given))
        for position in callee.writes:
            build.note_store(flat[position])
        if callee.result is None:
            raise UnreachedError
        if _has_complex(callee.result):
            raise NotTransformable(f"a call of {py_func.__name__!r}, which returns complex numbers")

        def out(form: Any) -> Any:
            if not isinstance(form, Form):
                return form
            value = build.value(callee.name, form.kind, None if form.rank is None else (None,) * form.rank)
            value.anonymous, value.layout = True, form.layout
            value.width, value.type = form.width, form.type
            return value

        result = map_tree(callee.result, out)
        outs = values_of(result)
        build.emit(Call(tuple(outs), callee, given, result), *outs)
        for value in outs:
            if value.is_array:
                build.with_extents(value, value.extents or ())
        if isinstance(function, Dispatcher):
            declared.check(function, given, result)
        return result

    def _passed(self, args: list[Any], keywords: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Arguments with array expressions computed."""
        names = {name: elementwise.computed(self.build, value, name) for name, value in keywords.items()}
        return [elementwise.computed(self.build, arg, ANONYMOUS) for arg in args], names
