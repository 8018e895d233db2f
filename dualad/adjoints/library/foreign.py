"""NumPy functions that are called, with the adjoint of their array rule, or inlined from Numba's code.

What is read is Numba's own implementation, where that is Python.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from numba import njit, types
from numba.core import errors

from ...catalogue import resolve
from ...compiler.analysis.implementations import implementations, may_fail
from ...compiler.arrays.functions import ruled as compiled
from ...rules.arrays.table import ArrayRule
from ..errors import NotTransformable
from ..frontend.elementwise import computed, extents_of, is_array
from ..frontend.iteration import ListOf, common
from ..ir import numba_types
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import FLOATS, OTHER, SINGLE, Call, Const, Tuple, Value, values_of
from .context import Context
from .handlers import HANDLERS
from .returned import type_of

# Statements of an implementation. Selections of the k-th element come to thousands, which compile for a
# minute and move elements about, which costs the tape nothing.
MOST = 400


@dataclass(frozen=True)
class Applied:
    """A function of arrays that is called.

    Attributes
    ----------
    function : callable
        What the user called.
    rule : ArrayRule or None
        Its derivative; None if the result has none.
    names : tuple of str
        The rule's names of the arguments.
    constant : str
        Why the result is a constant though it is made of floats; such a call is made once, in its place.
    """

    function: Any
    rule: ArrayRule | None
    names: tuple[str, ...] = ()
    constant: str = ""

    @property
    def acts(self) -> bool:
        """Whether it changes something outside of the program: the stream of random numbers."""
        return bool(self.constant)

    @property
    def called(self) -> Any:
        """What the forward sweep calls: our own compilation if it may raise for what the arrays hold."""
        ours = self.rule is not None and may_fail(self.function)
        return compiled(self.rule) if ours else self.function


def ruled(
    context: Context, function: Any, rule: ArrayRule, args: Sequence[Any], keywords: dict[str, Any]
) -> Any:
    """The result of a function that has an array rule."""
    build = context.build
    try:
        bound = inspect.signature(rule.primal).bind(*args, **keywords)
    except TypeError as error:
        raise NotTransformable(f"these arguments of {rule.name}") from error
    given = [computed(build, arg, ANONYMOUS) for arg in bound.arguments.values()]
    named = dict(zip(bound.arguments, given, strict=True))
    if rule.backward is None:
        if SINGLE in (getattr(arg, "kind", "") for arg in given):  # Numba rounds in an order of its own
            raise NotTransformable(f"{rule.name} of numbers in single precision")
        return context.inline(rule.primal, [], named)
    if not any(value.kind in FLOATS for value in values_of(*given)):
        return passive(context, function, args, keywords)
    if any(is_array(arg) and arg.kind not in FLOATS for arg in given):
        raise NotTransformable(f"{rule.name} of an array whose elements are not floats")
    if any(isinstance(arg, Value) and not arg.is_array and arg.kind in FLOATS for arg in given):
        raise NotTransformable(f"{rule.name} of a number")
    return _applied(build, Applied(function, rule, tuple(named)), given)


def passive(context: Context, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """The result of a function that carries no derivative."""
    return _passive(context, function, args, keywords)


def drawn(context: Context, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """A random draw whose parameters are constants."""
    return _passive(
        context, function, args, keywords, resolve(function).reason or "its parameters are constants"
    )


def _passive(
    context: Context, function: Any, args: Sequence[Any], keywords: dict[str, Any], constant: str = ""
) -> Any:
    given = [computed(context.build, arg, ANONYMOUS) for arg in args]
    if keywords or any(map(_is_option, given)):
        named = {name: computed(context.build, value, ANONYMOUS) for name, value in keywords.items()}
        options = tuple(arg.value if _is_option(arg) else _GIVEN for arg in given)
        fixed = tuple((k, v.value if isinstance(v, Const) else _GIVEN) for k, v in named.items())
        function = _with_options(function, options, fixed)
        given = [arg for arg in given if not _is_option(arg)]
        given += [value for value in named.values() if not isinstance(value, Const)]
    return _applied(context.build, Applied(function, None, constant=constant), given)


_GIVEN = object()  # in the place of an argument that is no option


def _is_option(arg: Any) -> bool:
    """Whether Numba wants to know an argument when it compiles: a string, None."""
    return isinstance(arg, Const) and arg.kind == OTHER


@cache
def _with_options(function: Any, options: tuple[Any, ...], named: tuple[tuple[str, Any], ...]) -> Any:
    """A function of what is left of the arguments."""
    parameters = [f"x{i}" for i, option in enumerate(options) if option is _GIVEN]
    passed = [f"x{i}" if option is _GIVEN else repr(option) for i, option in enumerate(options)]
    parameters += [name for name, value in named if value is _GIVEN]
    passed += [f"{name}={name if value is _GIVEN else repr(value)}" for name, value in named]
    name = function.__name__
    text = f"def {name}({', '.join(parameters)}):\n    return function({', '.join(passed)})\n"
    scope = {"function": function}
    exec(compile(text, f"<{name} with options>", "exec"), scope)
    made: Any = njit(scope[name])
    HANDLERS[made] = lambda context, *args: passive(context, made, args, {})  # where it is read itself
    return made


def _applied(build: Builder, applied: Applied, given: Sequence[Any]) -> Any:
    name = applied.function.__name__
    argtypes = [numba_types.of(arg) for arg in given]
    known = type_of(applied.rule, dict(zip(applied.names, argtypes, strict=True))) if applied.rule else None
    given_type = known or numba_types.result_of(applied.function, argtypes)
    if applied.rule is not None and _is_complex(given_type):  # the rule's primal is real
        applied = replace(applied, function=compiled(applied.rule))
        given_type = numba_types.result_of(applied.function, argtypes)
    result = _out(build, name, given_type)
    outs = tuple(values_of(result))
    if applied.rule is None and not applied.constant and any(out.kind in FLOATS for out in outs):
        raise NotTransformable(f"a call of {name}")
    build.emit(Call(outs, applied, tuple(given), result), *outs)
    for out in outs:
        if out.is_array:
            build.with_extents(out, _shape(applied, given) or out.extents or ())
    return result


def _shape(applied: Applied, given: Sequence[Any]) -> Sequence[Any] | None:
    """The extents of a result, where its rule tells them."""
    if applied.rule is None or not all(map(is_array, given)):
        return None
    return applied.rule.shape_of(dict(zip(applied.names, map(extents_of, given), strict=True)))


def _is_complex(ty: types.Type) -> bool:
    items = ty if isinstance(ty, types.BaseTuple) else (ty,)
    return any(isinstance(getattr(item, "dtype", item), types.Complex) for item in items)


def _out(build: Builder, name: str, ty: types.Type) -> Any:
    if isinstance(ty, types.BaseTuple):
        return Tuple(tuple(_out(build, name, item) for item in ty))
    if isinstance(ty, types.NoneType):
        return Const(None)
    array = isinstance(ty, types.Array)
    element = ty.dtype if array else types.unliteral(ty)
    found = numba_types.ELEMENTS.get(element)
    if found is None:
        raise NotTransformable(f"{name}, whose result is {ty}")
    value = build.value(name, found, (None,) * ty.ndim if array else None)
    value.anonymous = True
    if array:
        value.layout = ty.layout
    return value


def _type_of(build: Builder, arg: Any) -> types.Type:
    """The type that Numba's implementation is chosen by."""
    if isinstance(arg, ListOf) and arg.items:
        items = {numba_types.of(item) for item in common(build, arg).items}
        return types.List(items.pop()) if len(items) == 1 else numba_types.of(arg)
    return numba_types.of(arg)


def as_numba(context: Context, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """What Numba's own implementation computes, which is Python."""
    given = [computed(context.build, arg, ANONYMOUS) for arg in args]
    named = {name: computed(context.build, arg, ANONYMOUS) for name, arg in keywords.items()}
    argtypes = [_type_of(context.build, arg) for arg in given]
    keywords = {name: _type_of(context.build, arg) for name, arg in named.items()}
    for choose in implementations(function):
        try:
            chosen = choose(*argtypes, **keywords)
        except (errors.NumbaError, TypeError):
            continue
        if inspect.isfunction(chosen):
            try:
                with context.build.at_most(MOST):
                    return context.inline(chosen, given, named)
            except NotTransformable as error:
                reason = f"these arguments of {function.__name__} ({error.reason})"
                raise NotTransformable(reason) from error
    raise NotTransformable(f"these arguments of {function.__name__}")
