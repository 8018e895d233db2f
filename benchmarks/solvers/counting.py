"""How often SciPy's solvers evaluate functions and derivatives."""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from scipy import integrate, optimize

import dualad.scipy

VALUES = ("fun", "func", "f")
DERIVATIVES = ("jac", "hess", "hessp", "fprime", "fprime2", "fun_jac")
FIRST = ("jac", "fprime", "fun_jac")


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the calls that SciPy's solvers make, by ``"values"`` and ``"derivatives"``.

    Functions of constraints and boundary conditions do not count: there are as many calls of them.
    """
    count: Counter[str] = Counter()
    with ExitStack() as stack:
        for name in dualad.scipy.__all__:
            module = optimize if hasattr(optimize, name) else integrate
            stack.enter_context(mock.patch.object(module, name, _counting(getattr(module, name), count)))
        yield count


def _counting(solver: Callable[..., Any], count: Counter[str]) -> Callable[..., Any]:
    signature = inspect.signature(solver)

    def wrapped(function: Any, kind: str) -> Any:
        if not callable(function):
            return function

        # A wrapper with the signature, as SciPy counts the parameters of a model.
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            count[kind] += 1
            return function(*args, **kwargs)

        return called

    def all_wrapped(arguments: Mapping[str, Any]) -> dict[str, Any]:
        kinds = dict.fromkeys(VALUES, "values") | dict.fromkeys(DERIVATIVES, "derivatives")
        return {
            name: wrapped(value, kinds[name]) if name in kinds else value for name, value in arguments.items()
        }

    @functools.wraps(solver)
    def solve(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.arguments.update(all_wrapped(bound.arguments))
        if "options" in bound.arguments and isinstance(bound.arguments["options"], dict):
            bound.arguments["options"] = all_wrapped(bound.arguments["options"])
        return solver(*bound.args, **bound.kwargs)

    return solve
