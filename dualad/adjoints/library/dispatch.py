"""Dispatch of a call: to a handler, a rule, a definition, or Numba's implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...catalogue import Category, resolve
from ...compiler.analysis.implementations import implementations
from ...compiler.ops.formulas import op_of
from ...registry import entry
from ..errors import NotTransformable
from ..frontend import elementwise, indexing
from ..frontend.elementwise import extents_of
from ..frontend.indexing import Slice
from ..ir.builder import ANONYMOUS
from ..ir.nodes import FLOATS, Const
from ..runtime import is_nonzero, is_too_large
from . import complex_functions, definitions, foreign
from .context import Context
from .handlers import HANDLERS

# What would be left out contributes to derivatives of the next order.
HANDLERS[is_nonzero] = lambda context, x: Const(True)
HANDLERS[is_too_large] = lambda context, elements: context.build.op(is_too_large, elements)


def knows(function: Any) -> bool:
    """Whether it is one of the functions here, or of the tables."""
    coded = entry(HANDLERS, function) or entry(definitions.DEFINED, function)
    return coded is not None or op_of(function) is not None or resolve(function).rule is not None


def call(context: Context, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """The result of a function of Python, NumPy, math or scipy.special."""
    if complex_functions.concerns(function, args, keywords):
        return complex_functions.call(context, function, args, keywords)
    name = getattr(function, "__name__", repr(function))
    handler, known = entry(HANDLERS, function), resolve(function)
    # Numba makes numbers of expressions with arrays without axes.
    if known.identity and len(args) == 1 and not keywords and _is_float(args[0]):
        return args[0]
    if handler is not None:
        try:
            return handler(context, *args, **keywords)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                raise NotTransformable(f"these arguments of {name}") from error
            raise
    if known.rule is not None and known.writes and ("out" in keywords or len(args) > min(known.writes)):
        return _into(context, function, args, keywords, min(known.writes))
    if known.rule is not None:
        return foreign.ruled(context, function, known.rule, args, keywords)
    if known.whole and any(map(elementwise.is_array, args)):
        return foreign.passive(context, function, args, keywords)
    if op_of(function) is not None:
        return _elementwise(context, function, args, keywords)
    definition = entry(definitions.DEFINED, function)
    if definition is not None:
        given = [elementwise.computed(context.build, arg, ANONYMOUS) for arg in args]
        return context.inline(definition, given, keywords)
    if known.category is Category.DRAW:
        return foreign.drawn(context, function, args, keywords)
    if known.passive:
        return foreign.passive(context, function, args, keywords)
    if implementations(function):
        return foreign.as_numba(context, function, args, keywords)
    raise NotTransformable(f"a call of {name}" + (" with keywords" if keywords and handler else ""))


def _into(context: Context, function: Any, args: list[Any], keywords: dict[str, Any], place: int) -> Any:
    """What a function stores into the array that is its argument `out`, by keyword or in a place."""
    others = {name: value for name, value in keywords.items() if name != "out"}
    out = keywords.get("out", args[place] if len(args) > place else None)
    result = call(context, function, args[:place], others)
    if out is None or not elementwise.is_array(out) or len(extents_of(out)) != len(extents_of(result)):
        raise NotTransformable(f"these arguments of {function.__name__}")
    elementwise.copy_into(context.build, out, result)
    return out


def _is_float(thing: Any) -> bool:
    return elementwise.is_scalar(thing) and thing.kind in FLOATS


def _elementwise(context: Context, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """An operation of the op table; with a place for its result, that is stored to."""
    build = context.build
    count = getattr(function, "nin", len(args))
    out = keywords.get("out", args[count] if len(args) == count + 1 else None)
    if set(keywords) - {"out"} or len(args) > count + 1:
        raise NotTransformable(f"these arguments of {function.__name__}")
    result = elementwise.operation(build, function, tuple(args[:count]))
    if out is None:
        return result
    every = Slice(*(Const(None),) * 3)
    indexing.assign(build, out, (every,) * len(extents_of(out)), result)
    return out
