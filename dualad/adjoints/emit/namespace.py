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
class Late:
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
        if isinstance(function, Late):
            return self._named(function, function.name, function)
        name = getattr(function, "__name__", "function")
        for module, alias in ((math, "math"), (np, "np"), (np.linalg, "np.linalg")):
            if getattr(module, name, None) is function:
                return f"{alias}.{name}"
        if vars(builtins).get(name) is function:
            return str(name)
        if inspect.isfunction(function) and function.__module__.startswith(RULES):
            return self._named(function, name, rule_function(function))
        return self._named(function, name, function)

    def _named(self, key: Any, wish: str, thing: Any) -> str:
        if key not in self.shown:
            self.shown[key] = self.names.new(wish if wish.isidentifier() else "function")
            self.known[self.shown[key]] = thing
        return self.shown[key]
