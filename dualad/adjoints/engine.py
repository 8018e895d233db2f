"""From a function and the types of its arguments to the adjoint: source, explanation, compiled function."""

from __future__ import annotations

import inspect
import linecache
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numba import types

from ..compiler.dispatch.dispatcher import ActiveDispatcher, inherited
from ..compiler.dispatch.pipelines import ActivePipeline
from ..types.active import is_real, scalar_base
from .analysis.aliases import refuse_shared
from .emit.namespace import ForwardReference, Namespace
from .emit.printer import printed
from .errors import NotTransformable
from .frontend import things
from .frontend.callees import Callee, Callees, Form
from .frontend.derivatives import DerivativeCallee
from .frontend.statements import Reader
from .ir.nodes import (
    BOOL,
    COMPLEX,
    FLOAT,
    FLOATS,
    INT,
    OTHER,
    SINGLE,
    WIDTHS,
    Const,
    Names,
    Program,
    Tuple,
    Value,
    leaves,
    split,
    values_of,
)
from .passes import pipeline
from .plan.explanation import LoopPlan, loop_plans
from .reverse.adjoint import Request, adjoint_program, planned

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
    adjoint : Program
        What `source` prints.
    """

    function: Callable[..., Any]
    source: str
    program: Program
    plans: tuple[LoopPlan, ...]
    seeds: tuple[int, ...]
    adjoint: Program


def read(
    py_func: Any,
    argtypes: Sequence[types.Type],
    options: Mapping[str, Any] = NO_OPTIONS,
    callees: Callees | None = None,
    dispatcher: Any = None,
) -> Program:
    """The structured program of a function for arguments of these types."""
    reading = callees or Callees(Reader, options)
    names = _parameters(py_func, len(argtypes))
    given = [(name, _form(name, types.unliteral(ty))) for name, ty in zip(names, argtypes, strict=False)]
    return reading.settled(lambda: reading.read(py_func, given, options, dispatcher))


def _parameters(py_func: Any, count: int) -> list[str]:
    """Names for so many arguments; those that go to ``*args`` are parameters of their own."""
    names: list[str] = []
    for parameter in inspect.signature(py_func).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}_{i}" for i in range(count - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY):
            names.append(parameter.name)
        else:
            raise NotTransformable("a function with **kwargs or keyword-only arguments")
    return names


def _form(name: str, ty: types.Type) -> Any:
    """What is known of the argument of a type."""
    if isinstance(ty, types.BaseTuple):
        items = [_form(f"{name}_{i}", item) for i, item in enumerate(ty)]
        return Tuple(tuple(items), getattr(ty, "instance_class", None))
    if isinstance(ty, types.NoneType):
        return Const(None)
    if isinstance(ty, types.Omitted):
        return Const(ty.value)
    if isinstance(ty, types.Dispatcher):
        return Const(ty.dispatcher)
    if not _is_numeric(ty):
        return Form(OTHER, None, type=things.parameter(name, ty).type)
    if isinstance(ty, types.Array):
        kind, width = split(_element(ty.dtype, name))
        return Form(kind, ty.ndim, ty.layout, width)
    kind, width = split(_element(ty, name))
    return Form(kind, None, width=width)


def _element(ty: types.Type, name: str) -> str:
    if ty == types.float32:
        return SINGLE
    if is_real(ty):
        if scalar_base(ty) != types.float64:
            raise NotTransformable(
                f"the argument {name!r} in single precision in a derivative of a derivative"
            )
        return FLOAT
    if str(ty) in WIDTHS:
        return str(ty)
    if ty == types.int64:
        return INT
    if isinstance(ty, types.Boolean):
        return BOOL
    if ty == types.complex128:
        return COMPLEX
    raise NotTransformable(f"the argument {name!r} of type {ty}")


def _is_numeric(ty: types.Type) -> bool:
    """Whether it is the type of a number, or of an array of numbers."""
    scalar = ty.dtype if isinstance(ty, types.Array) else ty
    return is_real(scalar) or isinstance(scalar, types.Integer | types.Boolean | types.Complex)


def adjoint(
    py_func: Any,
    argtypes: Sequence[types.Type],
    argnums: Sequence[int],
    seeded: Callable[[Any], Any],
    switches: frozenset[str] = SWITCHES,
    options: Mapping[str, Any] = NO_OPTIONS,
    *,
    unit: bool = False,
    dispatcher: Any = None,
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
    dispatcher : Dispatcher or None
        The user's njit, which may declare types.
    """
    callees = Callees(Reader, options)
    program = read(py_func, argtypes, options, callees, dispatcher)
    given = values_of(*(program.parameters[n][1] for n in argnums))
    inputs = [value for value in given if value.kind in FLOATS]
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
    references: dict[Any, ForwardReference] = field(default_factory=dict)

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
        memory = pipeline.run(program, inputs, self.switches, pipeline.PASSES)
        refuse_shared(program, memory)
        program.names.taken.add(name)
        request = Request(name, inputs, seeded(program.result), joint, unit)
        plan = planned(program, memory, request, self.switches, self.adjoint_of)
        reversed_ = adjoint_program(program, memory, request, plan, self.adjoint_of)
        made = reversed_.program
        pipeline.run(made, (), self.switches, pipeline.ADJOINT_PASSES, "reversal")
        namespace = Namespace(Names({name, *program.named}))
        source, names = printed(made, namespace, reversed_.forward)
        for value, found in reversed_.forward.items():  # under which Numba knows it, if it does
            value.name = names.get(found) or namespace.names.new(value.name)
        ranks = tuple(len(seed.extents or ()) if isinstance(seed, Value) else 0 for seed in request.seeds)
        plans = loop_plans(
            program, plan, {reversed_.origins[loop] for loop in made.tried if loop in reversed_.origins}
        )
        return Adjoint(_compiled(program, name, namespace, source), source, program, plans, ranks, made)

    def adjoint_of(self, callee: Callee, active: frozenset[int], seeded: frozenset[int]) -> ForwardReference:
        """The adjoint of a callee by some leaves of its arguments, given those of some of its results."""
        key = callee, active, seeded
        if key not in self.references:
            count = sum(
                reference.name.startswith(f"{callee.name}_adjoint") for reference in self.references.values()
            )
            name = f"{callee.name}_adjoint" + (f"_{count + 1}" if count else "")
            reference = self.references[key] = ForwardReference(name)
            if isinstance(callee, DerivativeCallee):
                function, source = callee.adjoint(name, active, seeded)
                reference.settle(_jitted(callee, function))
                self.sources.append(source)
                return reference
            program = self.callees.program(callee)
            inputs = [program.arguments[i] for i in sorted(active)]

            def chosen(result: Any) -> list[Any]:
                results = list(leaves(result))
                return [results[i] for i in sorted(seeded)]

            made = self.transformed(program, name, inputs, chosen, joint=True)
            reference.settle(_jitted(callee, made.function))
            self.sources.append(made.source)
        return self.references[key]


def _jitted(callee: Callee, function: Any) -> Any:
    options = {"nopython": True, **inherited(callee.function)}
    return ActiveDispatcher(function, {}, options, ActivePipeline)


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
        try:
            code = compile(source, file, "exec")
        except IndentationError as error:  # of more than a hundred levels
            raise NotTransformable(
                "too many branches inside one another, as an elif is in an else"
            ) from error
        exec(code, scope)
    made: Callable[..., Any] = scope[name]
    for known, thing in namespace.known.items():
        if isinstance(thing, ForwardReference):
            thing.places.append((scope, known))
            scope[known] = thing.function
    return made


def first_item(result: Any) -> Any:
    """The first item of a tuple, else the result."""
    return result.items[0] if isinstance(result, Tuple) else result


def whole(result: Any) -> Any:
    """All of a result."""
    return result
