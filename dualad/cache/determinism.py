"""Python code that runs during compilation: whether its result depends only on what a fingerprint covers.

The functions given to ``@overload`` may read files, the environment, the time, and what was compiled then
depends on that. So the packages that they may call are listed here.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Any

from . import scopes

# Packages whose functions have no other input than their arguments, except for the modules and names below.
_PURE = frozenset(
    """
    _abc _collections _collections_abc _functools _operator abc builtins cmath collections copy dataclasses
    dualad enum fractions functools itertools llvmlite math numba numbers numpy operator scipy string types
    typing warnings
    """.split()  # noqa: SIM905
)
_IMPURE_MODULES = (
    "numba.core.caching", "numba.core.config", "numpy.ctypeslib", "numpy.f2py", "numpy.lib._npyio",
    "numpy.lib.format", "numpy.random", "scipy.datasets", "scipy.io",
)  # fmt: skip
_IMPURE = frozenset(
    """
    DataSource __import__ breakpoint compile delattr eval exec fromfile fromregex genfromtxt get_num_threads
    globals hash id input load loadtxt locals memmap open open_memmap setattr threading_layer vars
    """.split()  # noqa: SIM905
)


def is_pure(value: Any) -> bool:
    """Whether a function, or class, of a known package gives the same for the same arguments."""
    module, name = str(getattr(value, "__module__", "")), str(getattr(value, "__name__", ""))
    return (
        module.partition(".")[0] in _PURE and not module.startswith(_IMPURE_MODULES) and name not in _IMPURE
    )


def obstacle(code: CodeType) -> str | None:
    """What in the code itself makes its results depend on more than arguments and values around it."""
    for part in scopes.codes(code):
        for instruction in dis.get_instructions(part):
            if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                return f"changes the global {instruction.argval!r}"
            if instruction.opname == "IMPORT_NAME" and str(instruction.argval).partition(".")[0] not in _PURE:
                return f"imports {instruction.argval!r}"
    return None
