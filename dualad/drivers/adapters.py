"""Drivers as functions with the signature of the function they differentiate.

Numba's dispatcher is fast for plain positional parameters and slow for ``*args``, so each driver is
a function of its own whose parameters are those of the user's function, names and defaults included.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from numba import types

from ..cache.drivers import DriverCache
from ..compiler.dispatch.driver import Driver
from ..compiler.ops.wrappers import wrapper
from ..errors import PrimalError
from ..numba_api import keep_on_disk
from ..options import Positions
from ..staging.stage import Stage
from .calls.function import Function
from .calls.sharing import refuse_shared
from .kernels import Kernel, Vjp, WithComplex
from .value_check import fault


def mirrored(kernel: Kernel, name: str, doc: str) -> Driver:
    """A driver that takes the arguments of the kernel's function."""
    parameters = kernel.function.parameters
    shown, passed = [], []
    star = ""
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            shown.append(f"*{parameter.name}")
            star = f" + {parameter.name}"
        else:
            shown.append(parameter.name)
            passed.append(parameter.name)
    arguments = "(" + "".join(f"{p}, " for p in passed) + ")" + star
    driver = _define(kernel, name, ", ".join(shown), arguments, doc)
    _check_defaults(kernel, parameters)
    defaults = tuple(p.default for p in parameters if p.default is not inspect.Parameter.empty)
    return _dispatcher(kernel, driver, defaults, partial(mirrored, kernel, name, doc))


def _check_defaults(kernel: Kernel, parameters: list[inspect.Parameter]) -> None:
    """Numba takes keyword-only arguments for positional ones: their defaults must be the last ones too."""
    given = [p for p in parameters if p.kind is not inspect.Parameter.VAR_POSITIONAL]
    for before, parameter in pairwise(given):
        if parameter.default is inspect.Parameter.empty is not before.default:
            raise PrimalError(
                f"{kernel.function.name!r} does not work under plain numba.njit either: its keyword-only "
                f"argument {parameter.name!r} has no default, but {before.name!r} before it has; give it one"
            )


def directional(kernel: Kernel, name: str, first: str, second: str, doc: str) -> Driver:
    """A driver called with (primals, direction, *further arguments)."""
    taken = (first, second, "args")
    driver = _define(kernel, name, f"{first}, {second}, *args", f"({first}, {second}) + args", doc)
    assert len(set(taken)) == len(taken)
    return _dispatcher(kernel, driver, (), partial(directional, kernel, name, first, second, doc))


def pullback(function: Function, argnums: Positions | None, mode: str) -> Driver:
    """``vjp`` of a function."""
    name = re.sub(r"\W", "_", function.name)
    doc = f"Pulled-back cotangent of {function.name}."
    return directional(Vjp(function, argnums, mode, driver="vjp"), f"vjp_{name}", "primals", "cotangent", doc)


@dataclass(frozen=True)
class _Guarded:
    """A kernel behind a check of its arguments."""

    kernel: Kernel

    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        result, plan = WithComplex(self.kernel).resolve(typing, args)
        return result, (args, plan)

    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        argtypes, inner = plan
        own = self.kernel.own_types(argtypes), self.kernel.own_values(stage, argtypes, args)
        refuse_shared(stage, self.kernel.function, *own)
        return WithComplex(self.kernel).emit(stage, inner, args)


def _define(kernel: Kernel, name: str, parameters: str, arguments: str, doc: str) -> Callable[..., Any]:
    module = kernel.function.dispatcher.py_func.__module__
    function = wrapper(_Guarded(kernel), name, parameters, arguments, module)
    function.__doc__ = doc
    return function


def _dispatcher(
    kernel: Kernel, function: Callable[..., Any], defaults: tuple[Any, ...], remake: Callable[[], Driver]
) -> Driver:
    function.__defaults__ = defaults or None
    driver = Driver(function, kernel.function.dispatcher)
    driver.kernel, driver.remake, driver.fault = kernel, remake, partial(fault, kernel)
    driver.reduced = _reduced
    driver.differentiated = kernel.function.dispatcher
    driver.pullback = lambda argnums: pullback(Function(driver), argnums, "tape")
    keep_on_disk(driver, DriverCache(driver))
    return driver


def _reduced(driver: Driver) -> tuple[Any, ...]:
    from .transport import reduced  # few derivatives are sent to other processes

    return reduced(driver)
