"""The base of all kernels.

A kernel answers two questions: what type does the derivative have (`resolve`, which also compiles
the user's function with active arguments), and which instructions compute it (`emit`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from numba import types

from ...options import Positions
from ...staging.stage import Stage
from ..calls.function import Function
from ..calls.selection import Selection
from ..engines.forward import default_chunk

STATIC_CROSSOVER = 16


@dataclass(frozen=True)
class Kernel(ABC):
    """Base of the kernels: the function, what is differentiated, and how.

    Where the derivative is differentiated itself, its own values at kinks must be `conventional`, unless
    nobody looks at them.
    """

    function: Function
    argnums: Positions | None
    mode: str = "auto"
    chunk: int | None = None
    with_value: bool = False
    has_aux: bool = False
    driver: str = "grad"
    conventional: bool = True
    holomorphic: bool = False

    mirrors: ClassVar[bool] = True  # whether it is called as the function is

    @abstractmethod
    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        """The result's type and a plan for :meth:`emit`."""

    @abstractmethod
    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        """The LLVM value of the result."""

    def primals(self, args: Sequence[Any]) -> list[Any]:
        """The arguments of the function in a call of the driver from Python."""
        star = self.function.starred
        return [*args[:star], *(arg for rest in args[star:] for arg in rest)]

    @property
    def gives_value(self) -> bool:
        """Whether the function's result is the first part of the derivative's."""
        return self.with_value

    def own_types(self, args: Sequence[types.Type]) -> Sequence[types.Type]:
        """The types of the function's arguments among those of the derivative."""
        return args

    def own_values(self, stage: Stage, argtypes: Sequence[types.Type], args: Sequence[Any]) -> Sequence[Any]:
        """The function's arguments among those of the derivative."""
        return args

    def selection(self, argtypes: Sequence[types.Type], argnums: Positions | None = None) -> Selection:
        """The selected arguments; they may be of any type."""
        numbers = self.argnums if argnums is None else argnums
        assert numbers is not None
        return Selection(self.function, numbers, tuple(argtypes))

    def select(self, argtypes: Sequence[types.Type]) -> Selection:
        """The selected arguments, which are made of floats."""
        selection = self.selection(argtypes)
        selection.check()
        return selection

    def width(self, selection: Selection) -> int:
        return self.chunk or default_chunk(selection)
