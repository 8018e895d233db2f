"""From a function and the types of its arguments to the adjoint: source, explanation, compiled function."""

from __future__ import annotations

import builtins
import inspect
import linecache
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numba import types

from ..compiler.arrays.parts import RULES, rule_function
from ..compiler.dispatch.dispatcher import ActiveDispatcher, inherited
from ..compiler.dispatch.pipelines import ActivePipeline
from ..compiler.ops.formulas import formula
from ..types.active import is_real, scalar_base
from . import runtime
from .analysis.aliases import refuse_shared
from .analysis.memory import Memory
from .emit.emitter import Emitter
from .emit.lines import line, printed
from .errors import Untransformable
from .frontend.callees import Callee, Callees, finished, started
from .frontend.elementwise import DTYPES
from .frontend.statements import Reader
from .ir.builder import Builder
from .ir.nodes import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    OTHER,
    SINGLE,
    Const,
    Loop,
    Names,
    Program,
    Tuple,
    Value,
    leaves,
    walk,
)
from .passes import pipeline
from .plan.explanation import LoopPlan, loop_plans
from .plan.fusion import fused_loops
from .plan.ordering import is_unordered
from .reverse.absorption import tried_plainly
from .reverse.clearings import without_idle_clearings
from .reverse.copies import without_copies
from .reverse.reversal import Reversal

NO_OPTIONS: Mapping[str, Any] = {}
SWITCHES = frozenset({"fuse", "hoist", "reorder", "try"})


@dataclass(frozen=True)
class Adjoint:
    """An emitted adjoint.

    Attributes
    ----------
    function : callable
        Takes the arguments of the primal, then an adjoint for each seeded leaf of the result; returns
        the result and a tuple of the adjoints of the differentiated leaves.
    source : str
        Its text.
    program : Program
        What it was made from.
    plans : tuple of LoopPlan
        What was chosen for its loops.
    seeds : tuple of int
        The rank of each seed, 0 for a scalar.
    """

    function: Callable[..., Any]
    source: str
    program: Program
    plans: tuple[LoopPlan, ...]
    seeds: tuple[int, ...]


@dataclass(eq=False)
class Late:
    """A function that others refer to before it is made.

    Attributes
    ----------
    places : list of (dict, str)
        The scopes that it is to be entered in, with its name there.
    """

    name: str
    function: Any = None
    places: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def settle(self, function: Any) -> None:
        """Enter the function where it is referred to."""
        self.function = function
        for scope, name in self.places:
            scope[name] = function


@dataclass
class Namespace:
    """The functions that the emitted code refers to, by name."""

    names: Names
    known: dict[str, Any] = field(default_factory=dict)
    shown: dict[Any, str] = field(default_factory=dict)

    def __call__(self, function: Any) -> str:
        """The name of a function; of an op of the table if it is given by its name."""
        if isinstance(function, str):
            made: Any = getattr(runtime, function, None) or formula(function)
            return self._named(("formula", function), function, made)
        name = getattr(function, "__name__", "function")
        if isinstance(function, Late):
            return self._named(function, function.name, function)
        for module, alias in ((math, "math"), (np, "np"), (np.linalg, "np.linalg")):
            if getattr(module, name, None) is function:
                return f"{alias}.{name}"
        if vars(builtins).get(name) is function:
            return str(name)
        if inspect.isfunction(function) and function.__module__.startswith(RULES):
            return self._named(function, name, rule_function(function))
        return self._named(function, name, function)

    def _named(self, key: Any, wish: str, thing: Any) -> str:
        if key not in self.shown:
            self.shown[key] = self.names.new(wish if wish.isidentifier() else "function")
            self.known[self.shown[key]] = thing
        return self.shown[key]


def read(
    py_func: Any,
    argtypes: Sequence[types.Type],
    options: Mapping[str, Any] = NO_OPTIONS,
    callees: Callees | None = None,
) -> Program:
    """The structured program of a function for arguments of these types."""
    callees = callees or Callees(Reader, options)

    def attempt() -> Program:
        program, build = started(py_func, options)
        for parameter, ty in zip(_parameters(py_func), argtypes, strict=False):
            wish = program.names.new(parameter)
            program.parameters.append((wish, _parameter(build, wish, types.unliteral(ty), program.names)))
        return finished(program, build, callees, py_func)

    return callees.settled(attempt)


def _parameters(py_func: Any) -> list[str]:
    parameters = list(inspect.signature(py_func).parameters.values())
    if any(p.kind not in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY) for p in parameters):
        raise Untransformable("a function with *args, **kwargs or keyword-only arguments")
    return [p.name for p in parameters]


def _parameter(build: Builder, name: str, ty: types.Type, names: Names) -> Any:
    if isinstance(ty, types.BaseTuple):
        items = [_parameter(build, names.new(f"{name}_{i}"), item, names) for i, item in enumerate(ty)]
        return Tuple(tuple(items), getattr(ty, "instance_class", None))
    if isinstance(ty, types.NoneType):
        return Const(None)
    if isinstance(ty, types.Omitted):
        return Const(ty.value)
    if isinstance(ty, types.Dispatcher):
        return Const(ty.dispatcher)
    if isinstance(ty, types.Array):
        narrow = isinstance(ty.dtype, types.Integer) and ty.dtype != types.int64
        return Value(name, _kind(ty.dtype, name), (None,) * ty.ndim, layout=ty.layout, narrow=narrow)
    return Value(name, _kind(ty, name))


def _kind(ty: types.Type, name: str) -> str:
    if ty == types.float32:
        return SINGLE
    if is_real(ty):
        if scalar_base(ty) != types.float64:
            raise Untransformable(
                f"the argument {name!r} in single precision in a derivative of a derivative"
            )
        return FLOAT
    if isinstance(ty, types.Integer) and ty.signed:
        return INT
    if isinstance(ty, types.Boolean):
        return BOOL
    if isinstance(ty, types.UnicodeType):
        return OTHER
    raise Untransformable(f"the argument {name!r} of type {ty}")


def adjoint(
    py_func: Any,
    argtypes: Sequence[types.Type],
    argnums: Sequence[int],
    seeded: Callable[[Any], Any],
    switches: frozenset[str] = SWITCHES,
    options: Mapping[str, Any] = NO_OPTIONS,
    *,
    unit: bool = False,
) -> Adjoint:
    """The adjoint of a function by some of its arguments.

    Parameters
    ----------
    seeded : callable
        From the tree of the result to the part of it whose adjoints are given.
    options : dict
        Of the user's njit: what division by zero means depends on them.
    unit : bool
        Whether the adjoint of a result that is one number is 1 and not given: there are no seeds then.
    """
    callees = Callees(Reader, options)
    program = read(py_func, argtypes, options, callees)
    inputs = [leaf for n in argnums for leaf in leaves(program.parameters[n][1]) if isinstance(leaf, Value)]
    writer = Writer(callees, switches)

    def floats(result: Any) -> list[Any]:
        return [leaf for leaf in leaves(seeded(result)) if leaf.kind in FLOATS]

    name = f"{program.name}_adjoint"
    made = writer.transformed(program, name, inputs, floats, joint=False, unit=unit)
    source = "\n\n".join([*writer.sources, made.source])
    return replace(made, source=source)


@dataclass
class Writer:
    """Writes an adjoint and those of the functions that it calls.

    Attributes
    ----------
    sources : list of str
        The texts of the called functions' adjoints.
    """

    callees: Callees
    switches: frozenset[str]
    sources: list[str] = field(default_factory=list)
    made: dict[Any, Late] = field(default_factory=dict)

    def transformed(
        self,
        program: Program,
        name: str,
        inputs: Sequence[Value],
        seeded: Callable[[Any], Sequence[Any]],
        *,
        joint: bool,
        unit: bool = False,
    ) -> Adjoint:
        """The adjoint of a program by its inputs; `joint` for one that other adjoints call.

        What of the result is seeded is asked for at last: other values may stand for it by then.
        """
        program.names.taken.add(name)  # a user's `dot` must not take the name of the rule's adjoint
        pipeline.run(program, inputs, self.switches)
        memory = Memory(program)
        refuse_shared(program, memory)
        program.names.taken.add(name)
        namespace = Namespace(program.names)
        fused, reasons = fused_loops(program, memory) if "fuse" in self.switches else ({}, {})
        loops = [s for s in walk(program.body) if isinstance(s, Loop)] if "reorder" in self.switches else []
        unordered = {loop for loop in loops if is_unordered(loop, memory)}
        reversal = Reversal(program, memory, namespace, fused, unordered, self.adjoint_of)
        reversal.selects = "reorder" in self.switches
        reversal.outer = {leaf for leaf in inputs if joint and leaf.is_array}
        seeds = seeded(program.result)
        lines: list[Any] = []
        seed_names = []
        if unit and len(seeds) == 1 and not seeds[0].is_array:
            reversal.contribute(seeds[0], ("1.0",), lines)
            seeds = []
        for seed in seeds:
            given = program.names.new("seed")
            seed_names.append(given)
            if seed.is_array and seed.active and not seed.extents:
                lines.append(line(f"{reversal.shadow(seed)}[()] += {given}"))
            elif seed.is_array and seed.active:
                lines.append(line(f"{namespace('planted')}({reversal.shadow(seed)}, {given})"))
            else:
                reversal.contribute(seed, (given,), lines)
        seed_names += [reversal.name(value) for value in inputs if value in reversal.outer]
        swept = reversal.block(program.body)
        for value in inputs:
            if value.is_array:
                reversal.shadow(value)
        lines = [swept[0], *lines, *swept[1:]]
        used = [reversal.name(value) for value in inputs]
        lines = without_copies(without_idle_clearings(lines, memory, reversal.names), used)
        if "try" in self.switches:
            lines = tried_plainly(lines, program.names, used, reversal.tried)
        emitter = Emitter(program, memory, reversal)
        emitter.settle(lines)
        formal = [p for p, tree in program.parameters if not (joint and isinstance(tree, Const))]
        head = f"def {name}({', '.join([*formal, *seed_names])}):"
        source = _written(program, memory, reversal, emitter, lines, head, inputs, joint)
        ranks = tuple(len(seed.extents or ()) if isinstance(seed, Value) else 0 for seed in seeds)
        plans = loop_plans(program, reversal, emitter, reasons)
        return Adjoint(_compiled(program, name, namespace, source), source, program, plans, ranks)

    def adjoint_of(self, callee: Callee, active: frozenset[int], seeded: frozenset[int]) -> Late:
        """The adjoint of a callee by some leaves of its arguments, given those of some of its results."""
        key = callee, active, seeded
        if key not in self.made:
            count = sum(late.name.startswith(f"{callee.name}_adjoint") for late in self.made.values())
            name = f"{callee.name}_adjoint" + (f"_{count + 1}" if count else "")
            late = self.made[key] = Late(name)
            program = self.callees.program(callee)
            given = [leaf for _, tree in program.parameters for leaf in leaves(tree)]
            inputs = [given[i] for i in sorted(active)]

            def chosen(result: Any) -> list[Any]:
                results = list(leaves(result))
                return [results[i] for i in sorted(seeded)]

            made = self.transformed(program, name, inputs, chosen, joint=True)
            late.settle(_jitted(callee, made.function))
            self.sources.append(made.source)
        return self.made[key]


def _jitted(callee: Callee, function: Any) -> Any:
    options = {"nopython": True, **inherited(callee.function)}
    return ActiveDispatcher(function, {}, options, ActivePipeline)


def _written(
    program: Program,
    memory: Memory,
    reversal: Reversal,
    emitter: Emitter,
    lines: Any,
    head: str,
    inputs: Any,
    joint: bool,
) -> str:
    start: list[Any] = []
    for name, tree in program.parameters:
        start += _unpacked(name, tree)
        for leaf in leaves(tree):
            if isinstance(leaf, Value) and leaf in memory.mutable and not joint:
                start.append(line(leaf, " = ", leaf, ".copy()"))
    forward = list(emitter.forward(program.body))
    made = [array for array in reversal.shadows.pop(None, ()) if array.made is None]
    shadows = [emitter.restoration.shadow(array) for array in made if array not in reversal.outer]
    backward = [*shadows, *emitter.finished(lines)]
    start += emitter.tapes.begun()
    for (rank, kind), name in emitter.nothing.items():
        start.append(line(f"{name} = np.empty({(0,) * rank!r}{DTYPES[kind]})"))
    returned = _tuple_of([_given_back(reversal, value) for value in inputs if value not in reversal.outer])
    copies = {v for v in leaves(program.result) if isinstance(v, Value) and v.is_array}
    params = {leaf for _, tree in program.parameters for leaf in leaves(tree)}
    returned_as = partial(_returned_as, {v for v in copies if memory.of(v) & params})
    shown = _result(program.result, returned_as, reversal.functions)
    last = line(f"return {shown}, {returned}")
    return "\n".join([head, *printed([*start, *forward, *backward, last])]) + "\n"


def _given_back(reversal: Reversal, value: Value) -> str:
    """The adjoint of an argument, in C order and in its precision."""
    found = reversal.name(value) if value.is_array or reversal.is_known(value) else "0.0"
    if value.layout == "F" and len(value.extents or ()) > 1:
        found = f"np.ascontiguousarray({found})"
    if value.kind != SINGLE:
        return found
    return f"{found}.astype(np.float32)" if value.is_array else f"np.float32({found})"


def _unpacked(name: str, tree: Any) -> list[Any]:
    if not isinstance(tree, Tuple):
        return []
    found: list[Any] = []
    for i, item in enumerate(tree.items):
        if isinstance(item, Value):
            found.append(line(f"{item.name} = {name}[{i}]"))
        elif isinstance(item, Tuple):
            found += _nested(f"{name}[{i}]", item)
    return found


def _nested(path: str, tree: Tuple) -> list[Any]:
    found: list[Any] = []
    for i, item in enumerate(tree.items):
        if isinstance(item, Value):
            found.append(line(f"{item.name} = {path}[{i}]"))
        elif isinstance(item, Tuple):
            found += _nested(f"{path}[{i}]", item)
    return found


def _returned_as(copied: set[Value], value: Value) -> str:
    return f"{value.name}.copy()" if value in copied else value.name


def _result(tree: Any, shown: Callable[[Value], str], functions: Callable[[Any], str]) -> str:
    if isinstance(tree, Tuple):
        items = [_result(item, shown, functions) for item in tree.items]
        return _tuple_of(items) if tree.cls is None else f"{functions(tree.cls)}({', '.join(items)})"
    return shown(tree) if isinstance(tree, Value) else repr(tree.value)


def _tuple_of(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


_count = 0


def _compiled(program: Program, name: str, namespace: Namespace, source: str) -> Callable[..., Any]:
    """The function, with its text where tracebacks find it."""
    global _count
    _count += 1
    file = f"<adjoint {_count} of {program.name}>"
    scope: dict[str, Any] = {"np": np, "math": math, **namespace.known}
    scope.update({name: value[0] for name, value in program.named.items()})
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # what a writer would be told of, as of `0.0 is x`
        exec(compile(source, file, "exec"), scope)
    made: Callable[..., Any] = scope[name]
    for known, thing in namespace.known.items():
        if isinstance(thing, Late):
            thing.places.append((scope, known))
            scope[known] = thing.function
    return made


def first_item(result: Any) -> Any:
    """The first item of a tuple, else the result."""
    return result.items[0] if isinstance(result, Tuple) else result


def whole(result: Any) -> Any:
    """All of a result."""
    return result
