"""The choice between the two engines of reverse mode.

Both give a plan with the types of the `result` and the `gradient`, and a method ``pull(stage, args, seeds)``
that returns both: kernels do not know which one they have.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from numba import types

from ...adjoints.errors import NotTransformable
from ...errors import TapeWarning, UnsupportedError
from ...settings import environment
from ..calls.selection import Selection
from .adjoint import CompiledAdjoint
from .tape import Reverse

Engine = CompiledAdjoint | Reverse

VARIABLE = "DUALAD_REVERSE"

# The names that users give; the first is the default.
MODES = ("auto", "forward", "reverse", "adjoint", "tape")


def reverse_engine(
    typing: Any,
    selection: Selection,
    mode: str,
    seeds: Sequence[types.Type] | None = (types.float64,),
    *,
    first: bool = False,
    unit: bool = False,
) -> Engine:
    """The plan of a reverse derivative.

    Parameters
    ----------
    mode : str
        "tape" takes the tape, "adjoint" the compiled adjoint, and raises if there is none; any other takes
        the compiled adjoint if there is one, and else the tape, with a warning.
    seeds : sequence of Type, optional
        Of the adjoints of the result's leaves; None for floats and arrays of floats as they come.
    first : bool
        Whether only the first item of the result is differentiated.
    unit : bool
        Whether the seed will be 1, which an adjoint may then be written for.
    """
    if takes_tape(mode):
        return Reverse.resolve(typing, selection, *(seeds or ()))
    try:
        return CompiledAdjoint.resolve(typing, selection, seeds, first, unit)
    except NotTransformable as error:
        refusal = error
    if mode == "adjoint":
        raise UnsupportedError(f"{selection.function.name!r} has no compiled adjoint: {refusal}")
    plan = Reverse.resolve(typing, selection, *(seeds or ()))
    _warn(selection, refusal)
    return plan


def adjoint_if_any(
    typing: Any, selection: Selection, *, first: bool = False, unit: bool = False
) -> CompiledAdjoint | None:
    """The compiled adjoint of a result that is one float, where reverse mode would take one."""
    if preferred() == "tape":
        return None
    try:
        return CompiledAdjoint.resolve(typing, selection, (types.float64,), first, unit)
    except NotTransformable:
        return None


def takes_tape(mode: str) -> bool:
    """Whether reverse mode does not even look for a compiled adjoint."""
    return mode == "tape" or (mode != "adjoint" and preferred() == "tape")


def preferred() -> str:
    """The engine that is used if the mode names none."""
    return environment(VARIABLE, ("adjoint", "tape"))


def _warn(selection: Selection, refusal: NotTransformable) -> None:
    """Warn once for each function that it runs on the tape; derivatives of derivatives do not warn."""
    dispatcher = selection.function.dispatcher
    if hasattr(dispatcher, "differentiated") or dispatcher.__dict__.get("warned"):
        return
    dispatcher.__dict__["warned"] = True
    warnings.warn(
        f"{selection.function.name!r} is differentiated on the tape, which is slower than a compiled "
        f"adjoint: {refusal}",
        TapeWarning,
        stacklevel=2,
    )
