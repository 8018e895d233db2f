"""Dispatchers of ours: a user's function compiled with active arguments, and the drivers.

Both compile inside the scope in which Numba's typing knows the ops, and translate what goes wrong
into exceptions of ours. :func:`differentiable` finds the one dispatcher of a function.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from numba.core import config, errors, sigutils, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher
from numba.core.registry import CPUDispatcher
from numba.core.untyped_passes import MakeFunctionToJitFunction

from ..errors import ArgumentError, UnsupportedError
from ..types.active import level_of, storage
from . import scope
from .diagnosis import diagnosed

# Options of the user's dispatcher that change results; fastmath would let LLVM assume away the
# infinities that the conventions at kinks are about, and parallel loops cannot hold our types.
INHERITED_OPTIONS = ("error_model", "boundscheck")


class ActivePipeline(CompilerBase):  # type: ignore[misc]
    """Numba's nopython pipeline with our pass over the untyped IR."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, args: Any, *others: Any) -> None:
        super().__init__(typingctx, targetctx, library, args, *others)
        if any(level_of(ty) for ty in args):
            # Active values never cross into Python.
            self.state.flags.no_cpython_wrapper = True
            self.state.flags.no_cfunc_wrapper = True

    def define_pipelines(self) -> list[Any]:
        from .activation import Activation

        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.add_pass_after(Activation, MakeFunctionToJitFunction)
        manager.finalize()
        return [manager]


class ActiveDispatcher(CPUDispatcher):  # type: ignore[misc]
    """A dispatcher that compiles where the ops are known."""

    def compile(self, sig: Any) -> Any:
        with global_compiler_lock:
            outermost = not scope.is_active()
            try:
                with scope.active_compilation():
                    return super().compile(sig)
            except errors.NumbaError as error:
                if outermost:
                    # NUMBA_FULL_TRACEBACKS=1 shows what Numba said.
                    raise diagnosed(error, self) from (error if config.FULL_TRACEBACKS else None)
                raise


class Differentiable(ActiveDispatcher):
    """A user's function; calls without active arguments go to the user's own compilation of it."""

    def __init__(self, py_func: Callable[..., Any], original: Dispatcher | None) -> None:
        options = {} if original is None else original.targetoptions
        kept = {name: options[name] for name in INHERITED_OPTIONS if name in options}
        super().__init__(py_func, targetoptions={"nopython": True, **kept}, pipeline_class=ActivePipeline)
        self.original = original

    def get_call_template(self, args: Any, kws: Any) -> Any:
        args = tuple(storage(ty) for ty in args)
        kws = {name: storage(ty) for name, ty in kws.items()}
        if self.original is not None and not any(level_of(ty) for ty in (*args, *kws.values())):
            return self.original.get_call_template(args, kws)
        return super().get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        args, _ = sigutils.normalize_signature(sig)
        if self.original is not None and not any(level_of(ty) for ty in args):
            return self.original.get_overload(sig)
        return super().get_overload(sig)


class Driver(ActiveDispatcher):
    """What ``grad(f)`` and its kin return: a dispatcher with the signature of `f`."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func, targetoptions={"nopython": True}, pipeline_class=ActivePipeline)


_known: weakref.WeakValueDictionary[Any, Differentiable] = weakref.WeakValueDictionary()


def differentiable(function: Any) -> ActiveDispatcher:
    """The dispatcher that compiles `function` with active arguments.

    Raises
    ------
    UnsupportedError
        For what has no Python function to compile again (``@vectorize``, ``@cfunc``, ...).
    """
    if isinstance(function, ActiveDispatcher):
        return function
    refuse_foreign(function)
    original = function if isinstance(function, Dispatcher) else None
    py_func = function if original is None else original.py_func
    if not hasattr(py_func, "__code__"):
        raise ArgumentError(
            f"cannot differentiate {function!r}: expected a Python function or a function made by numba.njit"
        )
    # An explicit key: two dispatchers may share a py_func and differ in options.
    found = _known.get(function)
    if found is None:
        found = _known[function] = Differentiable(py_func, original)
    return found


def refuse_foreign(function: Any, where: str = "") -> None:
    """Raise for compiled things that cannot be compiled again with active arguments."""
    kind = foreign_kind(function)
    if kind:
        name = getattr(function, "__name__", repr(function))
        raise UnsupportedError(
            f"cannot differentiate {name!r}{where}: it was made by {kind}, which hides the Python "
            f"function's arithmetic from dualad; make it an @njit function instead"
        )


def foreign_kind(function: Any) -> str | None:
    """The decorator behind a compiled function that dualad cannot look into."""
    from numba.core.ccallback import CFunc
    from numba.core.dispatcher import LiftedCode
    from numba.np.ufunc.dufunc import DUFunc
    from numba.np.ufunc.gufunc import GUFunc

    if isinstance(function, DUFunc):
        return "@vectorize"
    if isinstance(function, GUFunc):
        return "@guvectorize"
    if isinstance(function, CFunc):
        return "@cfunc"
    if isinstance(function, LiftedCode):
        return "an objmode block"
    if isinstance(function, types.ExternalFunction | types.ExternalFunctionPointer):
        return "an external function"
    if isinstance(function, Dispatcher) and function.targetoptions.get("forceobj"):
        return "@jit(forceobj=True)"
    return None
