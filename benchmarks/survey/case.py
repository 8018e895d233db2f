"""What a case is: a function of somebody else's, arguments, and what to differentiate with respect to."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

CASES = f"{__package__}.cases"


@dataclass(frozen=True)
class Case:
    """One function of a package.

    Attributes
    ----------
    name : str
        Where the function is: ``package.module:function``.
    arguments : callable
        Makes the arguments; nothing is made before the case runs.
    argnums : tuple of int
        The arguments to differentiate with respect to.
    through : callable, optional
        Makes, of the function, the function to differentiate: for kernels that store into their arguments or
        are made by a factory. The kernel is not changed.
    both : bool
        Whether to run it on the tape though it has a compiled adjoint.
    """

    name: str
    arguments: Callable[[], tuple]
    argnums: tuple[int, ...] = (0,)
    through: Callable[[Any], Any] | None = None
    both: bool = True

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    @property
    def package(self) -> str:
        return self.name.partition(".")[0].partition(":")[0]

    def function(self) -> Any:
        """Import the function."""
        module, _, path = self.name.partition(":")
        found = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        return found if self.through is None else self.through(found)


def load(group: str) -> Sequence[Case]:
    """The cases of a group, which is a module of `cases` or, with dots in its name, of elsewhere."""
    return importlib.import_module(group if "." in group else f"{CASES}.{group}").CASES
