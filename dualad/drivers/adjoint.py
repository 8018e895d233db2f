"""Reverse mode by compiled adjoints: the function's adjoint is written, compiled and called."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numba.core import errors, types

from ..adjoints.engine import Adjoint, adjoint, whole
from ..adjoints.errors import Untransformable
from ..compiler.dispatcher import INHERITED_OPTIONS, ActiveDispatcher, ActivePipeline
from ..errors import DualadError, UnsupportedError
from ..staging import trees
from ..staging.stage import Stage, Value
from .plans import Selection


@dataclass(frozen=True)
class CompiledAdjoint:
    """A compiled adjoint for given argument types.

    Attributes
    ----------
    result, gradient : Type
        Of the primal's result, and of the adjoints in the form of the differentiated arguments.
    """

    selection: Selection
    made: Adjoint
    dispatcher: ActiveDispatcher
    signature: Any
    result: types.Type
    gradient: types.Type

    def emit(self, stage: Stage, args: Sequence[Any], seeds: Sequence[Value]) -> tuple[Any, Any]:
        """The result and the gradient."""
        context, builder = stage.context, stage.builder
        given = [(value, ty) for value, ty in zip(args, self.selection.argtypes, strict=True)]
        given += [(seed.ll, seed.type) for seed in seeds]
        formal = self.signature.args
        passed = [context.cast(builder, v, ty, want) for (v, ty), want in zip(given, formal, strict=True)]
        compiled = self.dispatcher.overloads[tuple(formal)]
        context.add_linking_libs([compiled.library])
        pair = context.call_internal(builder, compiled.fndesc, self.signature, passed)
        result, adjoints = builder.extract_value(pair, 0), builder.extract_value(pair, 1)
        parts = [builder.extract_value(adjoints, i) for i in range(len(self.selection.leaf_types))]
        return result, trees.rebuild(stage, self.gradient, iter(parts))


def compiled_adjoint(
    typing: Any,
    selection: Selection,
    mode: str,
    *,
    first: bool = False,
    seeds: Sequence[types.Type] = (types.float64,),
) -> CompiledAdjoint | None:
    """The compiled adjoint of a function, or None if the tape is to be used.

    Parameters
    ----------
    mode : str
        "adjoint" takes it, and raises if there is none; any other mode has the tape.
    first : bool
        Only the first item of the result is differentiated.
    """
    if mode != "adjoint":
        return None
    dispatcher = selection.function.dispatcher
    known = dispatcher.__dict__.setdefault("compiled_adjoints", {})
    key = selection.argtypes, selection.numbers, first, tuple(seeds)
    if key not in known:
        try:
            known[key] = _resolved(typing, selection, first, seeds)
        except Untransformable as refusal:
            known[key] = refusal
    found = known[key]
    if not isinstance(found, Untransformable):
        compiled: CompiledAdjoint = found
        return compiled
    raise UnsupportedError(f"{selection.function.name!r} has no compiled adjoint: {found}")


def _resolved(typing: Any, selection: Selection, first: bool, seeds: Sequence[types.Type]) -> CompiledAdjoint:
    function = selection.function.dispatcher
    if hasattr(function, "differentiated"):
        raise Untransformable("it is a derivative itself")
    made = adjoint(
        function.py_func,
        selection.argtypes,
        selection.numbers,
        (lambda tree: tree.items[0]) if first else whole,
    )
    original = getattr(function, "original", None)
    options = {} if original is None else original.targetoptions
    kept = {name: options[name] for name in INHERITED_OPTIONS if name in options}
    dispatcher = ActiveDispatcher(made.function, {}, {"nopython": True, **kept}, ActivePipeline)
    count = len(inspect.signature(made.function).parameters) - len(selection.argtypes)
    try:
        fnty = types.Dispatcher(dispatcher)
        signature = fnty.get_call_type(typing, (*selection.argtypes, *seeds[:count]), {})
    except (errors.NumbaError, DualadError, NotImplementedError) as error:
        text = str(error).strip().splitlines() or [type(error).__name__]
        raise Untransformable(f"its adjoint does not compile ({_reason(text)})") from error
    result, adjoints = signature.return_type
    parts = iter(adjoints)
    gradient = trees.map_types(selection.tree, lambda leaf: next(parts))
    return CompiledAdjoint(selection, made, dispatcher, signature, result, gradient)


def _reason(text: Sequence[str]) -> str:
    """The line of Numba's message that says most."""
    telling = [
        one.strip() for one in text if one.strip() and not one.lstrip().startswith(("During:", "File", "<"))
    ]
    return " ".join(telling[:3])[:300]
