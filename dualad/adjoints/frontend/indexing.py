"""Indexing: elements, views, and arrays of positions or booleans; loads, stores and updates."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...compiler.ops.formulas import op_of
from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import BOOL, FLOATS, INT, Const, Operand, Value
from ..runtime import common_length
from . import elementwise
from .elementwise import ArrayExpression, computed, described, is_array, is_scalar


@dataclass(frozen=True)
class Slice:
    """``lower:upper:step`` in an index."""

    lower: Any
    upper: Any
    step: Any


EVERY = Slice(*(Const(None),) * 3)


def item(build: Builder, array: Any, index: tuple[Any, ...]) -> Any:
    """``array[index]``: an element or a view."""
    if isinstance(array, ArrayExpression):
        array = computed(build, array, ANONYMOUS)
    if not (isinstance(array, Value) and array.extents is not None):
        raise NotTransformable(f"an index of {described(array)}")
    if any(map(is_array, index)):
        return _gathered(build, array, _whole(index, len(array.extents)))
    if len(index) == len(array.extents) and all(_is_position(part) for part in index):
        return build.load(array, index)
    index = _spelled(index, len(array.extents))
    if len(index) == len(array.extents) and all(_is_position(part) for part in index):
        return build.load(array, index)
    parts: list[str] = []
    used: list[Operand] = []
    extents: list[Operand | None] = []
    fixed: list[tuple[int, int]] = []
    axes = iter(enumerate(array.extents))

    def shown(operand: Any) -> str:
        if operand == Const(None):
            return ""
        used.append(operand)
        return f"{{{len(used)}}}"

    for part in index:
        if part == Const(None):
            parts.append("None")
            extents.append(Const(1))
            continue
        axis, extent = next(axes, (-1, Const(0)))
        if axis < 0:
            raise NotTransformable("an index with too many parts")
        if isinstance(part, Slice):
            ends = (part.lower, part.upper, part.step)
            if not all(end == Const(None) or _is_position(end) for end in ends):
                raise NotTransformable("a slice that is not made of integers")
            whole = all(end == Const(None) for end in ends)
            extents.append(extent if whole else _sliced(part, extent))
            lower, upper = shown(part.lower), shown(part.upper)
            step = "" if part.step == Const(None) else f":{shown(part.step)}"
            parts.append(f"{lower}:{upper}{step}")
        elif _is_position(part):
            fixed.append((axis, len(used)))
            parts.append(shown(part))
        else:
            raise NotTransformable(f"an index that is {described(part)}")
    extents += [extent for _, extent in axes]
    layout = _layout_of_part(array.layout, index, len(array.extents))
    form, at = f"{{0}}[{', '.join(parts)}]", tuple(fixed)
    return build.view(array, form, tuple(used), extents, ANONYMOUS, layout, fixed=at)


def _layout_of_part(layout: str, index: tuple[Any, ...], rank: int) -> str:
    """The layout that Numba infers for a view."""

    def keeps(part: Any, innermost: bool) -> bool:
        if isinstance(part, Slice):
            return innermost and part.step == Const(None)
        return True

    parts = index[::-1] if layout == "F" else index
    if layout == "F" and sum(part != Const(None) for part in index) != rank:
        return "A"
    for position, part in enumerate(parts):
        if not keeps(part, all(later == Const(None) for later in parts[position + 1 :])):
            return "A"
    return layout


def _whole(index: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    """An index with a part for every axis."""
    index = _spelled(index, rank)
    given = sum(part != Const(None) for part in index)
    return (*index, *(EVERY,) * (rank - given))


def _spelled(index: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    """An index with slices in the place of ``...``, which ``()`` stands for."""
    index = index or (Const(Ellipsis),)
    if Const(Ellipsis) not in index:
        return index
    position = index.index(Const(Ellipsis))
    given = sum(part != Const(None) for part in index) - 1
    every = EVERY
    return (*index[:position], *(every,) * (rank - given), *index[position + 1 :])


def _sliced(part: Slice, extent: Operand) -> Operand | None:
    """The extent of a slice where it is known."""
    ends = [None if end == Const(None) else end for end in (part.lower, part.upper, part.step)]
    if isinstance(extent, Const) and all(end is None or isinstance(end, Const) for end in ends):
        return Const(
            len(range(*slice(*(None if e is None else e.value for e in ends)).indices(extent.value)))
        )
    return None


def _is_position(part: Any) -> bool:
    return isinstance(part, Value | Const) and not part.is_array and part.kind == INT


def assign(build: Builder, array: Any, index: tuple[Any, ...], value: Any) -> None:
    """``array[index] = value``."""
    if not (isinstance(array, Value) and array.extents is not None):
        raise NotTransformable(f"a store into {described(array)}")
    index = _spelled(index, len(array.extents))
    if any(map(is_array, index)):
        _scattered(build, array, _whole(index, len(array.extents)), value)
        return
    if len(index) == len(array.extents or ()) and all(map(_is_position, index)):
        if not is_scalar(value):
            raise NotTransformable("a store of something that is not a number")
        build.store(array, index, value)
        return
    target = item(build, array, index)
    if not is_array(value) and not is_scalar(value):
        raise NotTransformable(f"a store of {described(value)}")
    if elementwise.overlaps(target, value):
        value = elementwise.copied(build, value, ANONYMOUS)
    elementwise.copy_into(build, target, value)


def update(build: Builder, array: Value, function: Any, value: Any) -> None:
    """``array += value`` and its kin."""
    if not is_array(value) and not is_scalar(value):
        raise NotTransformable(f"an update by {described(value)}")
    # Numba computes an expression first; another view of the array it reads as it is then.
    others = any(leaf is not array for leaf in elementwise.leaves_of(value))
    if isinstance(value, ArrayExpression) and others and elementwise.overlaps(array, value):
        value = computed(build, value, ANONYMOUS)
    extents = array.extents or ()
    steps = elementwise.steps_of(build, value, extents)

    def one(index: tuple[Operand, ...]) -> None:
        element = elementwise.element(build, value, index, extents, steps)
        with build.of_model("numpy"):
            _update_element(build, array, index, function, element)

    elementwise.each(build, extents, one)


def update_item(
    build: Builder, array: Any, index: tuple[Any, ...], function: Any, evaluate: Callable[[], Any]
) -> None:
    """``array[index] += value`` and its kin, where `evaluate` gives the value.

    Elements are read before the value is computed, which may change them; a slice is a view of them.
    """
    if not (isinstance(array, Value) and array.extents is not None):
        raise NotTransformable(f"a store into {described(array)}")
    index = _spelled(index, len(array.extents))
    time, place = build.clock, len(build.block.statements)
    value = evaluate()
    changed = build.is_stored_since(array, time)
    if len(index) == len(array.extents or ()) and all(map(_is_position, index)):
        if not is_scalar(value):
            raise NotTransformable("an update by something that is not a number")
        if changed:
            old = build.loaded_at(place, array, index)
            build.store(array, index, build.op(function, old, value))
        else:
            _update_element(build, array, index, function, value)
        return
    if any(map(is_array, index)):
        if changed:
            raise NotTransformable("an update of an array by an expression that changes it")
        whole = computed(
            build, elementwise.operation(build, function, (item(build, array, index), value)), ANONYMOUS
        )
        assign(build, array, index, whole)
        return
    update(build, item(build, array, index), function, value)


def _update_element(build: Builder, array: Value, index: Any, function: Any, value: Operand) -> None:
    rule = op_of(function)
    if array.kind in FLOATS and rule is not None and rule.linear:
        by = value if rule.partials == (1, 1) else build.op(operator.neg, value)
        build.store(array, index, by, add=True)
        return
    build.store(array, index, build.op(function, build.load(array, index), value))


# -- arrays as indices: of integers, which gather and scatter, and of booleans, which select -------


def _split(build: Builder, array: Value, index: tuple[Any, ...]) -> tuple[Value, Value, int]:
    """What the other parts of an index leave of an array, the positions in it, and the axis they are for.

    A mask is turned into the positions where it holds.
    """
    found = [i for i, part in enumerate(index) if is_array(part)]
    place = found[0]
    positions = computed(build, index[place], ANONYMOUS)
    others = [part for i, part in enumerate(index) if i != place]
    if len(found) > 1 or any(part == Const(None) for part in others) or positions.kind not in (INT, BOOL):
        raise NotTransformable("an index of several arrays, or of an array and None")
    integers = [i for i, part in enumerate(index) if i != place and not isinstance(part, Slice)]
    if any(abs(i - place) > len(integers) for i in integers):
        raise NotTransformable("an index of an array and an integer with a slice between them")
    if positions.kind == BOOL:
        if len(positions.extents or ()) != 1:
            raise NotTransformable("an index that is a mask of several axes")
        extent = (array.extents or ())[place]
        if extent != positions.extents[0]:
            build.op(common_length, extent, positions.extents[0])
        positions = _positions_of(build, positions)
    axis = sum(isinstance(part, Slice) for part in index[:place])
    rest = tuple(EVERY if i == place else part for i, part in enumerate(index))
    if all(part == EVERY for part in rest):
        return array, positions, axis
    return item(build, array, rest), positions, axis


def _gathered(build: Builder, array: Value, index: tuple[Any, ...]) -> Value:
    """``array[index]``, a copy."""
    whole, positions, axis = _split(build, array, index)
    extents, place = _shape(whole, positions, axis)
    out = elementwise.empty(build, extents, whole.element, ANONYMOUS)
    elementwise.each(build, extents, lambda at: build.store(out, at, build.load(whole, place(build, at))))
    return out


def _scattered(build: Builder, array: Value, index: tuple[Any, ...], value: Any) -> None:
    """``array[index] = value``."""
    if elementwise.overlaps(array, value):
        value = elementwise.copied(build, value, ANONYMOUS)
    whole, positions, axis = _split(build, array, index)
    extents, place = _shape(whole, positions, axis)
    if is_array(value) and len(elementwise.extents_of(value)) > len(extents):
        raise NotTransformable("a store of an array of higher rank")
    steps = elementwise.steps_of(build, value, extents)
    elementwise.each(
        build,
        extents,
        lambda at: build.store(
            whole, place(build, at), elementwise.element(build, value, at, extents, steps)
        ),
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
        def iteration(index: Any, heads: Any) -> Any:
            def held() -> Any:
                if body is not None:
                    body(heads["count"], index)
                return {"count": build.op(operator.add, heads["count"], one)}

            return build.branch(build.load(mask, (index,)), held, lambda: heads), Const(False)

        result: Operand = build.loop((zero, extent, one), {"count": zero}, iteration)["count"]
        return result

    count = counted(None)
    out = elementwise.empty(build, (count,), INT, ANONYMOUS)
    counted(lambda position, index: build.store(out, (position,), index))
    return out
