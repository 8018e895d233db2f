"""Dispatchers of a user's functions, compiled with active arguments.

They compile inside the scope in which Numba's typing knows the ops, and translate what goes wrong into
exceptions of ours. :func:`differentiable` finds the one dispatcher of a function.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba import types
from numba.core import errors

from ...errors import (
    ArgumentError,
    DualadError,
    PrimalError,
    UnsupportedError,
)
from ...numba_api import (
    CPUDispatcher,
    Dispatcher,
    DUFunc,
    FastMathOptions,
    OmittedArg,
    config,
    folded_arguments,
    global_compiler_lock,
    is_open,
    make_concrete_template,
    normalize_signature,
)
from ...registry import entry
from ...types import maps
from ...types.active import level_of, storage
from .. import vectorized
from ..analysis import summaries
from ..analysis.callees import foreign_kind, is_user_function, refusal
from ..analysis.implementations import helper, implementations, is_of_numba
from ..stand_ins import STAND_INS
from . import interrupts, scope, signatures
from .diagnosis import diagnosed, shown_cause
from .pipelines import ActivePipeline
from .values import type_of

# Options of the user's dispatcher that change results, and whether other threads run meanwhile; parallel
# loops cannot hold our types.
_INHERITED = ("error_model", "boundscheck", "nogil")
# Of fastmath what orders operations; the rest would let LLVM assume away the infinities, NaN and signs of
# zero that the conventions at kinks are about.
_ORDERS = {"reassoc", "contract"}


def inherited(function: Any) -> dict[str, Any]:
    """The options with which what is made of a user's function is compiled."""
    options = getattr(function, "targetoptions", {})
    kept = {name: options[name] for name in _INHERITED if name in options}
    given = set(FastMathOptions(options.get("fastmath", False)).flags)
    orders = _ORDERS if "fast" in given else _ORDERS & given
    return kept | ({"fastmath": set(orders)} if orders else {})


class ActiveDispatcher(CPUDispatcher):
    """A dispatcher that compiles where the ops are known."""

    def compile(self, sig: Any) -> Any:
        with interrupts.kept(), global_compiler_lock:
            if scope.is_active():
                return super().compile(sig)
            try:
                with scope.active_compilation(differentiable):
                    return super().compile(sig)
            except (DualadError, Warning) as error:
                raise shortened(error) from error.__cause__
            except Exception as error:
                args, _ = normalize_signature(sig)
                raise shortened(diagnosed(error, self, args)) from shown_cause(error)

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        names = self.py_func.__code__.co_varnames
        for position, value in enumerate(args):
            if not isinstance(value, OmittedArg):
                type_of(value, names[min(position, len(names) - 1)])
        return super()._compile_for_args(*args, **kws)


def shortened(error: Exception) -> Exception:
    """The exception without the frames of the compilation, which say nothing to a user."""
    return error if config.FULL_TRACEBACKS else error.with_traceback(None)


class Differentiable(ActiveDispatcher):
    """A user's function; calls without active arguments go to the user's own compilation of it."""

    def __init__(self, py_func: Callable[..., Any], original: Dispatcher | None) -> None:
        declared = {} if original is None else original.locals
        super().__init__(py_func, declared, {"nopython": True, **inherited(original)}, ActivePipeline)
        self.original = original
        self.code = py_func.__code__

    def __reduce__(self) -> Any:
        return differentiable, (self.original or self.py_func,)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        args = tuple(storage(ty) for ty in args)
        kws = {name: storage(ty) for name, ty in kws.items()}
        if self.original is None:
            return super().get_call_template(args, kws)
        # In a recursion Numba looks for what it compiled here, not at the original.
        if not self.is_compiling and not any(level_of(ty) for ty in (*args, *kws.values())):
            return self.original.get_call_template(args, kws)
        if is_open(self.original):
            return super().get_call_template(args, kws)
        return self._declared_template(args, kws)

    def _declared_template(self, args: Any, kws: Any) -> Any:
        """Like the user's function, convert to the signature that was declared for it."""
        pysig, folded = folded_arguments(self, args, kws)
        assert self.original is not None
        declared = signatures.selected(self.typingctx, self.original.nopython_signatures, folded)
        if declared is None:
            shown = ", ".join(str(maps.plain(ty)) for ty in folded)
            raise errors.TypingError(
                f"none of the signatures declared for {self.py_func.__name__!r} fits ({shown})"
            )
        formal = signatures.activated(declared, folded)
        self.compile(formal)
        template = make_concrete_template(
            f"CallTemplate({self.py_func.__name__})",
            self.py_func.__name__,
            [self.overloads[formal.args].signature],
        )
        return template, pysig, folded, {}

    def get_overload(self, sig: Any) -> Any:
        args, _ = normalize_signature(sig)
        if self.original is not None and args not in self.overloads and not any(map(level_of, args)):
            return self.original.get_overload(sig)
        return super().get_overload(sig)


class Overloaded(ActiveDispatcher):
    """A function given to ``@overload``: the implementation chosen for the plain types is compiled."""

    def __init__(self, function: Callable[..., Any], overloads: list[Callable[..., Any]]) -> None:
        # NumPy's own functions are no Python functions; the overload for all arguments has their parameters.
        longest = max(overloads, key=lambda choose: len(inspect.signature(choose).parameters))
        stand_in = function if isinstance(function, FunctionType) else longest
        super().__init__(stand_in, {}, {"nopython": True}, ActivePipeline)
        self.implementations = overloads
        self.chosen: dict[Any, ActiveDispatcher] = {}

    def get_call_template(self, args: Any, kws: Any) -> Any:
        args = tuple(storage(types.unliteral(ty)) for ty in args)
        kws = {name: storage(types.unliteral(ty)) for name, ty in kws.items()}
        found = self._implementation(args, kws).get_call_template(args, kws)
        self.chosen[tuple(found[2])] = self._implementation(args, kws)
        return found

    def get_overload(self, sig: Any) -> Any:
        args, _ = normalize_signature(sig)
        return self.chosen[tuple(args)].get_overload(sig)

    def _implementation(self, args: Any, kws: Any) -> ActiveDispatcher:
        plain_args = tuple(maps.plain(ty) for ty in args)
        plain_kws = {name: maps.plain(ty) for name, ty in kws.items()}
        key = plain_args, tuple(plain_kws.items())
        if key not in self.chosen:
            for choose in self.implementations:
                takes = _takes(choose, plain_args, plain_kws)
                implementation = choose(*plain_args, **plain_kws) if takes else None
                if implementation is not None:
                    self.chosen[key] = differentiable(implementation)
                    break
            else:
                raise errors.TypingError(f"no overload of {self.py_func.__name__!r} for these arguments")
        return self.chosen[key]


def _takes(choose: Callable[..., Any], args: Any, kws: Any) -> bool:
    """Whether an overload is for so many arguments, and of these names."""
    try:
        inspect.signature(choose).bind(*args, **kws)
    except TypeError:
        return False
    return True


_known: weakref.WeakValueDictionary[Any, ActiveDispatcher] = weakref.WeakValueDictionary()


def differentiable(function: Any) -> ActiveDispatcher:
    """The dispatcher that compiles `function` with active arguments.

    Raises
    ------
    ArgumentError
        For what is not a function.
    UnsupportedError
        For what has no Python function to compile again (``@vectorize``, ``@cfunc``, ...).
    """
    if isinstance(function, ActiveDispatcher):
        return function
    if foreign_kind(function):
        raise refusal(function)
    original = function if isinstance(function, Dispatcher) else None
    py_func = function if original is None else original.py_func
    if not hasattr(py_func, "__code__"):
        raise ArgumentError(
            f"cannot differentiate {function!r}: expected a Python function or a function made by numba.njit"
        )
    # By dispatcher: two may share a function and differ in options.
    found = _known.get(function)
    if isinstance(found, Differentiable) and found.code is not py_func.__code__:
        # Tools that reload modules give functions that are in use the code of the new ones.
        summaries.forget(py_func)
        found = None
    if found is None:
        _check_kind(py_func)
        found = _known[function] = Differentiable(_itself(py_func), original)
    return found


def _check_kind(function: Any) -> None:
    """Refuse functions that Numba takes for other ones than they are."""
    code = function.__code__
    where = f"(line {code.co_firstlineno} of {code.co_filename})"
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE):
        raise UnsupportedError(
            f"cannot differentiate {function.__qualname__!r} {where}, a coroutine (async def), whose "
            f"call computes nothing: make it a plain function"
        )
    if code.co_flags & inspect.CO_VARKEYWORDS:
        raise PrimalError(
            f"{function.__qualname__!r} {where} does not compile under plain numba.njit either: it takes **"
            f"{inspect.getargs(code).varkw}; name the keyword arguments"
        )


def _itself(function: Any) -> Any:
    """A function without the one that it wraps, by whose parameters Numba would call it."""
    if not hasattr(function, "__wrapped__"):
        return function
    own = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    own.__kwdefaults__, own.__qualname__ = function.__kwdefaults__, function.__qualname__
    own.__module__, own.__doc__ = function.__module__, function.__doc__
    return own


def retargeted(value: Any) -> Any:
    """What a function that is compiled with active arguments must call instead of the global `value`."""
    if isinstance(value, Dispatcher):
        return value if foreign_kind(value) else differentiable(value)
    if type(value) is tuple:
        items = tuple(map(retargeted, value))
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    jitable = helper(value)
    if jitable is not None:
        return differentiable(jitable)
    if is_user_function(value) or is_of_numba(value):
        return overloaded(value) or value
    return value


def overloaded(function: Any) -> Overloaded | None:
    """The dispatcher of a function that has ``@overload`` implementations, or None."""
    key = Overloaded, function
    found = _known.get(key)
    if found is None:
        stand_in = entry(STAND_INS, function)
        if isinstance(function, DUFunc):
            stand_in = vectorized.implementation(function)
        overloads = [*filter(None, [stand_in]), *implementations(function)]
        if not overloads:
            return None
        found = _known[key] = Overloaded(function, overloads)
    assert isinstance(found, Overloaded)
    return found


def method(name: str) -> Overloaded:
    """The dispatcher of a method of classes, called with the instance first: its class tells which it is."""
    key = Overloaded, name
    found = _known.get(key)
    if found is None:
        called = eval(f"lambda owner, *args: owner.{name}(*args)")

        def choose(owner: Any, *args: Any, **kws: Any) -> Any:
            static = getattr(owner, "jit_static_methods", {}).get(name)
            if static is not None:
                return lambda owner, *args: static(*args)
            return getattr(owner, "jit_methods", {}).get(name, called)

        found = _known[key] = Overloaded(called, [choose])
    assert isinstance(found, Overloaded)
    return found
