"""Dispatchers of derivatives."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ...errors import FaultWarning
from ...numba_api import cache_of, global_compiler_lock, normalize_signature
from ..ops import wrappers
from . import interrupts
from .dispatcher import ActiveDispatcher
from .pipelines import DriverPipeline


class Driver(ActiveDispatcher):
    """What ``grad(f)`` and its kin return: a dispatcher with the signature of `f`.

    Attributes
    ----------
    remake : callable
        Makes another one like it; can be pickled.
    reduced : callable
        From this one to what picklers are given.
    fault : callable
        From the arguments of a first call to a report on what must not be trusted; empty if nothing is wrong.
    pullback : callable
        From positions of arguments to the ``vjp`` of this derivative by them.
    mark : callable or None
        Called with each result of a compilation, and with each that was loaded from the cache.
    """

    remake: Callable[[], Driver]
    reduced: Callable[[Driver], tuple[Any, ...]]
    fault: Callable[[Any], str]
    pullback: Callable[[Any], Driver]
    mark: Callable[[Any], None] | None

    def __init__(self, py_func: Callable[..., Any], differentiated: ActiveDispatcher | None = None) -> None:
        # The interpreter is given up where Python calls compiled code, and that is here.
        kept = {"nogil": True} if differentiated and differentiated.targetoptions.get("nogil") else {}
        # What Numba cannot type reaches `_compile_for_args`, which says why, only if it seems that a call may
        # fall back to Python.
        options: dict[str, Any] = {}
        super().__init__(py_func, targetoptions=options, pipeline_class=DriverPipeline)
        options.update(nopython=True, **kept)
        self.fault = lambda args: ""
        self.mark = None

    def __reduce__(self) -> Any:
        return self.reduced(self)

    def __copy__(self) -> Driver:
        return self  # like a function

    def __deepcopy__(self, memo: Any) -> Driver:
        return self

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        compiled = super()._compile_for_args(*args, **kws)
        report = self.fault(args)
        if report:
            self.recompile()
            compiled = super()._compile_for_args(*args, **kws)
            warnings.warn(report, FaultWarning, stacklevel=2)
        return compiled

    def recompile(self) -> None:
        wrappers.retype(self.py_func)
        super().recompile()

    def compile(self, sig: Any) -> Any:
        """What is on the disk needs no preparations for compiling."""
        with interrupts.kept(), global_compiler_lock:
            arguments, _ = normalize_signature(sig)
            if tuple(arguments) not in self.overloads:
                loaded = cache_of(self).load_overload(sig, self.targetctx)
                if loaded is None:
                    super().compile(sig)
                else:
                    self.targetctx.insert_user_function(loaded.entry_point, loaded.fndesc, [loaded.library])
                    self.add_overload(loaded)
                if self.mark is not None:
                    self.mark(self.overloads[tuple(arguments)])
            return self.overloads[tuple(arguments)].entry_point
