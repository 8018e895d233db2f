"""Private copies of the arguments that a function stores into.

A derivative may run the function several times, and takes nothing back: so the caller's arrays and
lists are never written to. What the function stores into is a copy, made anew for each run, and of the
active type if active values may be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba import types

from ...compiler.analysis.classes import methods_in
from ...compiler.analysis.summaries import place_of_store, starred, stored_arguments
from ...compiler.dispatch.dispatcher import ActiveDispatcher
from ...compiler.passes.conversions import copied
from ...errors import UnsupportedError
from ...staging import trees
from ...staging.stage import Stage
from ...types.active import contained, joined, level_of
from ...types.maps import private

_IMMUTABLE = (
    types.Boolean, types.Bytes, types.Dispatcher, types.EnumMember, types.Function, types.NoneType,
    types.Number, types.Omitted, types.RangeType, types.SliceType, types.UnicodeType,
    types.NumPyRandomGeneratorType,  # draws go on from where the last ones ended, as without derivatives
)  # fmt: skip


def private_types(dispatcher: ActiveDispatcher, given: Sequence[types.Type]) -> dict[int, types.Type]:
    """The types of the private copies that a call needs, by the position of the argument.

    What is differentiated is a copy already: it is copied once more only with something passive beside it.
    """
    level = max(level_of(ty) for ty in given)
    active = joined([found for ty in given for found in contained(ty)])
    assert active is not None
    stored = stored_arguments(dispatcher, given)
    star = starred(dispatcher)
    copies: dict[int, types.Type] = {}
    for position, ty in enumerate(given):
        parameter = min(position, star)
        if parameter not in stored.passive | stored.active:
            continue
        leaves = trees.leaf_types(ty)
        if level_of(ty) == level:
            leaves = [leaf for leaf in leaves if not contained(leaf)]
        if not any(map(_is_mutable, leaves)):
            continue
        for leaf in leaves:
            if _is_mutable(leaf) and not isinstance(leaf, types.Array | types.List):
                raise _refusal(dispatcher, parameter, leaf, given)
        copies[position] = private(ty, active if parameter in stored.active else None)
    return copies


def private_copy(stage: Stage, value: Any, ty: types.Type, copy: types.Type) -> Any:
    """A copy that is ours to release."""
    return copied(stage.context, stage.builder, ty, copy, value)


def _is_mutable(leaf: Any) -> bool:
    return not isinstance(leaf, _IMMUTABLE) and contained(leaf) != [leaf]


def _refusal(
    dispatcher: ActiveDispatcher, position: int, leaf: types.Type, given: Sequence[types.Type]
) -> UnsupportedError:
    name = repr(dispatcher.py_func.__code__.co_varnames[position])
    what, way_out = f"a {type(leaf).__name__}", "create it inside the function, or use an array or a list"
    if isinstance(leaf, types.ClassInstanceType):
        what = f"an instance of {leaf.classname!r}"
        way_out = "return what changes instead of storing it in the instance"
    place = place_of_store(dispatcher, position, methods_in(given))
    where = f" ({place.loc.filename}, line {place.loc.line})" if place is not None else ""
    does = f"it stores into its argument {name}{where}"
    if place is not None and place.method:
        does = f"its argument {name} may be changed by the method {place.method!r}{where}"
        if not isinstance(leaf, types.ClassInstanceType):
            way_out = "make the method an @njit function"
    return UnsupportedError(
        f"cannot differentiate {dispatcher.py_func.__qualname__!r}: {does}; derivatives store into a copy "
        f"instead, and {what} cannot be copied: {way_out}"
    )
