"""Functions that are called, not inlined: recursive ones, and large ones.

The forward sweep calls such a function as it is. The reverse sweep calls its adjoint, which computes the
function again, writes to arrays as it does, and adds to the adjoints of its arguments. Griewank and
Walther, Evaluating Derivatives, 2008, section 12.2, call this joint reversal.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from numba import njit

from ...catalogue import stated
from ...numba_api import Dispatcher
from ..errors import NotTransformable
from ..ir.builder import Builder
from ..ir.joins import is_tree
from ..ir.nodes import (
    OTHER,
    SINGLE,
    Call,
    Const,
    Names,
    Op,
    Program,
    Raise,
    Tuple,
    Value,
    acts,
    map_tree,
    values_of,
    walk,
    written,
)
from ..passes.simplify import remove_trivial_phis
from . import complex_numbers, declared, rows
from .lists import ListWidenedError

if TYPE_CHECKING:
    from ..analysis.memory import Memory

ROUNDS = 12
# After so many statements, functions are no longer read in place: what is written would take too long to
# compile.
LARGE = 1500


class RecursionFoundError(Exception):
    """A function that is being read in place calls itself."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self.function = function


class UnreachedError(Exception):
    """The result of a recursive call is not known yet: the paths that do not recurse are read first."""


@dataclass(frozen=True)
class Form:
    """What is known of an argument or a result: its kind, and the rank and layout of an array."""

    kind: str
    rank: int | None
    layout: str = "C"
    width: str = ""
    type: Any = None  # of what is neither a number nor an array


def form_of(leaf: Any) -> Any:
    """The form of a value; things that are not numbers stand for themselves."""
    if getattr(leaf, "kind", "") == SINGLE:
        raise NotTransformable("a called (not inlined) function in single precision")
    if isinstance(leaf, Const):
        return leaf if leaf.kind == OTHER else Form(leaf.kind, None)
    if not isinstance(leaf, Value):
        raise NotTransformable(
            "a recursive function that takes or returns something other than numbers and arrays"
        )
    rank = None if leaf.extents is None else len(leaf.extents)
    return Form(leaf.kind, rank, leaf.layout, leaf.width, leaf.type)


@dataclass(eq=False)
class Callee:
    """A function for arguments of given forms.

    Attributes
    ----------
    result : tree of Form
        None as long as it is not known.
    writes : frozenset of int
        Which leaves of the arguments it stores to.
    raises : bool
        Whether it may raise an exception, be it by a division.
    """

    function: Any
    arguments: tuple[Any, ...]
    result: Any = None
    writes: frozenset[int] = frozenset()
    raises: bool = False

    @property
    def py_func(self) -> Any:
        return self.function.py_func if isinstance(self.function, Dispatcher) else self.function

    @property
    def name(self) -> str:
        return _name_of(self.py_func)

    @property
    def called(self) -> Any:
        """What the forward sweep calls."""
        return self.function if isinstance(self.function, Dispatcher) else njit(self.function)


@dataclass(eq=False)
class Callees:
    """The callees of one transformation, and what is known of the functions that are read.

    Attributes
    ----------
    recursive : set
        Python functions that call themselves, directly or not.
    adjoints : dict
        By derivative and types of arguments, its source and its form.
    lists : dict
        By the place where it is made, what a list that changes may hold: kinds of items, None if unknown.
    reorders : bool
        Whether one of the functions that are read lets LLVM reorder operations.
    """

    reader: Any  # the class that reads functions
    options: Mapping[str, Any]
    known: dict[Any, Callee] = field(default_factory=dict)
    recursive: set[Any] = field(default_factory=set)
    visited: set[Callee] = field(default_factory=set)
    adjoints: dict[Any, Any] = field(default_factory=dict)
    lists: dict[Any, Any] = field(default_factory=dict)
    reorders: bool = False
    changed: bool = False

    def settled(self, make: Callable[[], Program]) -> Program:
        """The program, read until all is known of what it calls."""
        rounds = 0
        while rounds < ROUNDS:
            self.changed, self.visited = False, set()
            try:
                program = make()
            except ListWidenedError:
                continue  # kinds only become wider
            except RecursionFoundError as found:
                self.recursive.add(found.function)
                rounds += 1
                continue
            except UnreachedError:
                program = None  # every path recurses, as far as is known
            rounds += 1
            if not self.changed:
                break
        if program is None or self.changed:
            raise NotTransformable("a function that calls itself on every path")
        return program

    def callee(self, function: Any, args: Sequence[Any]) -> Callee:
        """A function for arguments, with what is known of it."""
        forms = tuple(map_tree(arg, form_of) for arg in args)
        key = function, forms
        callee = self.known.setdefault(key, Callee(function, forms))
        if callee not in self.visited:
            self.visited.add(callee)
            with contextlib.suppress(UnreachedError):
                self._update(callee, self.program(callee))
        return callee

    def _update(self, callee: Callee, program: Program) -> None:
        parameters, memory = program.arguments, _memory(program)
        writes = memory.of_all(array for s in walk(program.body) for array in written(s))
        found = frozenset(i for i, leaf in enumerate(parameters) if leaf in writes)
        if any(map(acts, walk(program.body))):  # its adjoint runs it once more
            raise NotTransformable(
                f"a call of {callee.name!r}, which is called, not inlined, and prints or draws random numbers"
            )
        result = map_tree(program.result, form_of)
        sources = [memory.of(value) for value in values_of(program.result) if value.is_array]
        distinct = frozenset().union(*sources)
        if distinct & set(parameters) or len(distinct) != sum(map(len, sources)):
            raise NotTransformable(
                f"a call of {callee.name!r}, which calls itself and returns arrays that may share memory"
            )
        raises = any(map(may_raise, walk(program.body)))
        if (result, found, raises) != (callee.result, callee.writes, callee.raises):
            callee.result, callee.writes, callee.raises = result, found | callee.writes, raises
            self.changed = True

    def program(self, callee: Callee) -> Program:
        """The program of a callee, read anew."""
        options = {**self.options, **getattr(callee.function, "targetoptions", {})}
        given = list(zip(inspect.signature(callee.py_func).parameters, callee.arguments, strict=True))
        return self.read(callee.py_func, given, options)

    def read(
        self,
        py_func: Any,
        given: Sequence[tuple[str, Any]],
        options: Mapping[str, Any],
        dispatcher: Any = None,
    ) -> Program:
        """The program of a function for arguments of these names and forms.

        With a dispatcher they are converted to what it declares.
        """
        names = Names()
        build = Builder(names, options.get("error_model", "python"))
        divides = build.model == "numpy"
        program = Program(_name_of(py_func), [], build.block, divides_by_zero=divides, names=names)
        for name, form in given:
            hint = names.new(name)
            program.parameters.append((hint, _given(hint, form, names)))
        for value in values_of(*program.arguments):
            if value.is_array:
                build.with_extents(value, value.extents or ())
        trees = [map_tree(tree, partial(complex_numbers.split, build)) for _, tree in program.parameters]
        reader = self.reader(build, program.named, self)
        if dispatcher is None:
            program.result = reader.inline(py_func, trees, {})
        else:
            program.result = declared.inlined(reader, dispatcher, trees, {})
        build.settle_growing()
        if any(map(complex_numbers.is_array, _items(program.result))):
            raise NotTransformable("a result that is an array of complex numbers")
        if not is_tree(program.result):
            raise NotTransformable("a result that is not made of numbers, arrays and tuples")
        remove_trivial_phis(program)
        rows.confirm(program, build.appended)
        program.reorders = self.reorders
        return program


def may_raise(statement: Any) -> bool:
    """Whether a statement may raise an exception of Python's, what is inside it left aside."""
    called = isinstance(statement, Call) and isinstance(statement.rule, Callee) and statement.rule.raises
    return called or isinstance(statement, Raise) or divides(statement)


def divides(statement: Any) -> bool:
    """Whether it may raise a ZeroDivisionError."""
    return isinstance(statement, Op) and bool(stated(statement.function).raises)


def _memory(program: Program) -> Memory:
    from ..analysis.memory import Memory

    return Memory(program)


def _items(tree: Any) -> list[Any]:
    """What a result is made of, if it is a tuple."""
    return [item for part in tree.items for item in _items(part)] if isinstance(tree, Tuple) else [tree]


def _name_of(py_func: Any) -> str:
    """The name of a function, which a lambda has not."""
    name = str(py_func.__name__)
    return name if name.isidentifier() else "function"


def _given(name: str, tree: Any, names: Names) -> Any:
    """An argument of a form."""
    if isinstance(tree, Tuple):
        items = [_given(names.new(f"{name}_{i}"), item, names) for i, item in enumerate(tree.items)]
        return Tuple(tuple(items), tree.cls)
    if isinstance(tree, Const):
        return tree
    extents = None if tree.rank is None else (None,) * tree.rank
    return Value(name, tree.kind, extents, layout=tree.layout, width=tree.width, type=tree.type)
