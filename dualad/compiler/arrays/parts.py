"""The functions that rules are made of, compiled: primals, tangents and adjoints."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from ...rules import algebra
from ...rules.arrays import ArrayRule
from ...rules.table import lookup
from ..dispatch.dispatcher import ActiveDispatcher
from ..ops.formulas import formula
from .pipeline import RulePipeline

RULES = ArrayRule.__module__.rpartition(".")[0]


class RuleFunction(ActiveDispatcher):
    """A function that a rule is made of."""

    def __init__(self, py_func: Callable[..., Any], strict: bool = False) -> None:
        super().__init__(_with_compiled_helpers(py_func, strict), {}, {"nopython": True}, RulePipeline)

    def compiled(self, sig: Any) -> Any:
        return self.overloads[tuple(sig.args)]


def parameters(function: Callable[..., Any] | None) -> list[str]:
    """The names of a function's parameters."""
    assert function is not None
    return list(inspect.signature(function).parameters)


@cache
def rule_function(py_func: Callable[..., Any], strict: bool = False) -> RuleFunction:
    """The dispatcher of a function that a rule is made of; zeros do not absorb if it is `strict`."""
    return RuleFunction(py_func, strict)


def _with_compiled_helpers(py_func: Callable[..., Any], strict: bool) -> Callable[..., Any]:
    """The function with dispatchers in the place of the plain functions of the rules that it calls."""
    helpers: dict[str, Any] = {}
    for name in {i.argval for i in dis.get_instructions(py_func) if i.opname == "LOAD_GLOBAL"}:
        value = py_func.__globals__.get(name)
        if isinstance(value, ArrayRule):
            helpers[name] = RulePipeline.lookups.ruled((value.plain if strict else None) or value)
        elif isinstance(value, FunctionType) and value.__module__ == algebra.__name__:
            plain = strict and lookup(value.__name__).absorbs
            helpers[name] = formula("mul" if plain else value.__name__)
        elif isinstance(value, FunctionType) and value.__module__.startswith(RULES):
            helpers[name] = rule_function(value, strict)
    if not helpers:
        return py_func
    bound = FunctionType(
        py_func.__code__,
        py_func.__globals__ | helpers,
        py_func.__name__,
        py_func.__defaults__,
        py_func.__closure__,
    )
    bound.__module__, bound.__qualname__ = py_func.__module__, py_func.__qualname__
    return bound
