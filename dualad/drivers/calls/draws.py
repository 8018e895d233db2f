"""Random draws of a function that a derivative runs several times: each run takes the same ones.

The state of Numba's generators at the beginning of the derivative is kept, and put back before each run. So
all numbers of a derivative belong to one sample, and the stream goes on afterwards as after one call.
"""

from __future__ import annotations

from typing import Any

from numba import types

from ...errors import UnsupportedError
from ...numba_api import cgutils, random_state, random_state_t, symbols_used
from ...staging import trees
from ...staging.stage import Stage
from .selection import Selection

_STATES = ("np", "py")  # of np.random and of random


def repeat(stage: Stage, library: Any) -> None:
    """Before a run of compiled code, put the state back that the generators had at the beginning."""
    context, builder = stage.context, stage.builder
    used = symbols_used(library)
    for name in _STATES:
        if f"numba_get_{name}_random_state" not in used:
            continue
        size = trees.intp(stage, context.get_abi_sizeof(random_state_t))
        here = builder.block
        builder.position_at_start(builder.function.entry_basic_block)
        kept = builder.alloca(random_state_t)
        cgutils.raw_memcpy(builder, kept, random_state(context, builder, name), size, 1)
        builder.position_at_end(here)
        cgutils.raw_memcpy(builder, random_state(context, builder, name), kept, size, 1)


def has_generator(selection: Selection) -> bool:
    """Whether a function may draw from a generator that it is given, whose state is NumPy's."""
    return any(map(_holds_generator, selection.argtypes))


def _holds_generator(ty: types.Type) -> bool:
    if isinstance(ty, types.ClassInstanceType):
        return any(map(_holds_generator, ty.struct.values()))
    if isinstance(ty, types.StructRef):
        return any(map(_holds_generator, ty.field_dict.values()))
    if isinstance(ty, types.BaseTuple):
        return any(map(_holds_generator, ty))
    return isinstance(ty, types.NumPyRandomGeneratorType)


def refuse_generators(selection: Selection) -> None:
    """Raise if a function that is run several times may draw from a generator that it is given."""
    if has_generator(selection):
        raise UnsupportedError(_message(selection))


def refuse_runs(stage: Stage, selection: Selection, several: Any) -> None:
    """The same if it turns out that `several` runs are needed, before the first."""
    if has_generator(selection):
        with cgutils.if_unlikely(stage.builder, several):
            arguments = (_message(selection),)
            stage.context.call_conv.return_user_exc(stage.builder, UnsupportedError, arguments)


def _message(selection: Selection) -> str:
    return (
        f"in this mode {selection.function.name!r} is run several times, and each run would take other draws "
        f"from the np.random.Generator that it is given: use mode='tape', which runs it once, draw with "
        f"np.random.normal and the like, or draw outside and pass the array"
    )
