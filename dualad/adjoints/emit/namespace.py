"""The functions that emitted code refers to."""

from __future__ import annotations

import builtins
import inspect
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...compiler.arrays.parts import RULES, rule_function
from ..ir.nodes import Names


@dataclass(eq=False)
class ForwardReference:
    """A function that others refer to before it is made.

    Attributes
    ----------
    places : list of (dict, str)
        The scopes that it is to be entered in, with its name there.
    """

    name: str
    function: Any = None
    places: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def settle(self, function: Any) -> None:
        """Enter the function where it is referred to."""
        self.function = function
        for scope, name in self.places:
            scope[name] = function


@dataclass
class Namespace:
    """The functions that the emitted code refers to, by name."""

    names: Names
    known: dict[str, Any] = field(default_factory=dict)
    shown: dict[Any, str] = field(default_factory=dict)

    def __call__(self, function: Any) -> str:
        """The name of a function."""
        if function not in self.shown:
            self.shown[function] = self._public(function) or self._new(function)
        return self.shown[function]

    @staticmethod
    def _public(function: Any) -> str:
        """What a function is called in every module."""
        name = getattr(function, "__name__", "")
        for module, prefix in ((math, "math."), (np, "np."), (np.linalg, "np.linalg."), (builtins, "")):
            if name and getattr(module, name, None) is function:
                return prefix + name
        return ""

    def _new(self, function: Any) -> str:
        hint = (
            function.name
            if isinstance(function, ForwardReference)
            else getattr(function, "__name__", "function")
        )
        name = self.names.new(hint if hint.isidentifier() else "function")
        of_rules = inspect.isfunction(function) and function.__module__.startswith(RULES)
        self.known[name] = rule_function(function) if of_rules else function
        return name
