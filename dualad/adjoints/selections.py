"""Indices that are arrays: of integers, which gather and scatter, and of booleans, which select."""

from __future__ import annotations

import operator
from typing import Any

from . import arrays
from .arrays import Slice, computed
from .builder import ANONYMOUS, Builder
from .errors import Untransformable
from .ir import BOOL, INT, Const, Operand, Value
from .runtime import common_length

EVERY = Slice(*(Const(None),) * 3)


def split(build: Builder, array: Value, index: tuple[Any, ...]) -> tuple[Value, Value, int]:
    """What the other parts of an index leave of an array, the positions in it, and the axis they are for.

    A mask is turned into the positions where it holds.
    """
    found = [i for i, part in enumerate(index) if arrays.is_array(part)]
    place = found[0]
    positions = computed(build, index[place], ANONYMOUS)
    others = [part for i, part in enumerate(index) if i != place]
    if len(found) > 1 or any(part == Const(None) for part in others) or positions.kind not in (INT, BOOL):
        raise Untransformable("an index of several arrays, or of an array and None")
    integers = [i for i, part in enumerate(index) if i != place and not isinstance(part, Slice)]
    if any(abs(i - place) > len(integers) for i in integers):
        raise Untransformable("an index of an array and an integer with a slice between them")
    if positions.kind == BOOL:
        if len(positions.extents or ()) != 1:
            raise Untransformable("an index that is a mask of several axes")
        extent = (array.extents or ())[place]
        if extent != positions.extents[0]:
            build.op(common_length, extent, positions.extents[0])
        positions = _positions_of(build, positions)
    axis = sum(isinstance(part, Slice) for part in index[:place])
    rest = tuple(EVERY if i == place else part for i, part in enumerate(index))
    if all(part == EVERY for part in rest):
        return array, positions, axis
    return arrays.item(build, array, rest), positions, axis


def gathered(build: Builder, array: Value, index: tuple[Any, ...]) -> Value:
    """``array[index]``, a copy."""
    whole, positions, axis = split(build, array, index)
    arrays.refuse_narrow(whole)
    extents, place = _shape(whole, positions, axis)
    out = arrays.empty(build, extents, whole.kind, ANONYMOUS)
    arrays.each(build, extents, lambda at: build.store(out, at, build.load(whole, place(build, at))))
    return out


def scattered(build: Builder, array: Value, index: tuple[Any, ...], value: Any) -> None:
    """``array[index] = value``."""
    if arrays.overlaps(array, value):
        value = arrays.copied(build, value, ANONYMOUS)
    whole, positions, axis = split(build, array, index)
    extents, place = _shape(whole, positions, axis)
    if arrays.is_array(value) and len(arrays.extents_of(value)) > len(extents):
        raise Untransformable("a store of an array of higher rank")
    steps = arrays.steps_of(build, value, extents)
    arrays.each(
        build,
        extents,
        lambda at: build.store(whole, place(build, at), arrays.element(build, value, at, extents, steps)),
    )


def _shape(whole: Value, positions: Value, axis: int) -> tuple[tuple[Operand, ...], Any]:
    """The shape of what is selected, and from an index into it to one into the whole."""
    given, chosen = whole.extents or (), positions.extents or ()
    extents = (*given[:axis], *chosen, *given[axis + 1 :])

    def place(build: Builder, at: tuple[Operand, ...]) -> tuple[Operand, ...]:
        inside = at[axis : axis + len(chosen)]
        return (*at[:axis], build.load(positions, inside), *at[axis + len(chosen) :])

    return extents, place


def _positions_of(build: Builder, mask: Value) -> Value:
    """Where a mask holds."""
    (extent,) = mask.extents or ()
    zero, one = Const(0), Const(1)

    def counted(body: Any) -> Operand:
        def trip(index: Any, heads: Any) -> Any:
            def held() -> Any:
                if body is not None:
                    body(heads["count"], index)
                return {"count": build.op(operator.add, heads["count"], one)}

            return build.branch(build.load(mask, (index,)), held, lambda: heads), Const(False)

        result: Operand = build.loop((zero, extent, one), {"count": zero}, trip)["count"]
        return result

    count = counted(None)
    out = arrays.empty(build, (count,), INT, ANONYMOUS)
    counted(lambda position, index: build.store(out, (position,), index))
    return out
