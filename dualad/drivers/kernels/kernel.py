"""The base of all kernels.

A kernel answers two questions: what type does the derivative have (`resolve`, which also compiles
the user's function with active arguments), and which instructions compute it (`emit`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from numba.core import types

from ...staging.stage import Stage
from ..forward import default_chunk
from ..plans import (
    Argnums,
    Function,
    Selection,
)

STATIC_CROSSOVER = 16


@dataclass(frozen=True)
class Kernel(ABC):
    """Base of the kernels: the function, what is differentiated, and how."""

    function: Function
    argnums: Argnums | None
    mode: str = "auto"
    chunk: int | None = None
    with_value: bool = False
    has_aux: bool = False
    driver: str = "grad"

    mirrors: ClassVar[bool] = True  # whether it is called as the function is

    def own(
        self, stage: Stage, argtypes: Sequence[types.Type], args: Sequence[Any]
    ) -> tuple[Sequence[types.Type], Sequence[Any]]:
        """The arguments of the function among those of a call."""
        return argtypes, args

    @abstractmethod
    def resolve(self, typing: Any, args: list[types.Type]) -> tuple[types.Type, Any]:
        """The result's type and a plan for :meth:`emit`."""

    @abstractmethod
    def emit(self, stage: Stage, plan: Any, args: list[Any]) -> Any:
        """The LLVM value of the result."""

    def select(self, argtypes: Sequence[types.Type], argnums: Argnums | None = None) -> Selection:
        numbers = self.argnums if argnums is None else argnums
        assert numbers is not None
        selection = Selection(self.function, numbers, tuple(argtypes))
        selection.check()
        return selection

    def width(self, selection: Selection) -> int:
        return self.chunk or default_chunk(selection)
