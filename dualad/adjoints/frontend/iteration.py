"""Iterables: ranges, arrays, and enumerate, zip, np.ndenumerate and the like over them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, Builder
from ..ir.joins import joined_kind
from ..ir.nodes import FLOAT, INT, SINGLE, Const, Extent, Operand, Tuple, Value
from . import complex_numbers, elementwise, indexing, things
from .elementwise import computed, extents_of, is_array

ZERO, ONE = Const(0), Const(1)
CONVERSIONS: dict[str, Any] = {FLOAT: np.float64, SINGLE: np.float32}
Bounds = tuple[Operand, Operand, Operand]


@dataclass(frozen=True)
class ListOf:
    """A list literal; `site` is where it is made."""

    items: tuple[Any, ...]
    site: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class ListIn:
    """A list of numbers that a comprehension makes: its items are those of an array."""

    array: Value
    site: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class RowsIn:
    """A list of vectors: so many, each by its position."""

    count: Operand
    item: Callable[[Operand], Value] = field(compare=False)


@dataclass(frozen=True)
class RangeOf:
    """``range(...)``."""

    bounds: Bounds


@dataclass(frozen=True)
class EnumerateOf:
    """``enumerate(...)``."""

    inner: Any
    start: Any


@dataclass(frozen=True)
class ZipOf:
    """``zip(...)``; a list of tuples, of the class `cls` if they are named."""

    parts: tuple[Any, ...]
    cls: Any = None


@dataclass(frozen=True)
class FlatOf:
    """``array.flat``, and ``np.nditer(array)`` with `cells`, which are read by ``.item()``."""

    array: Value
    cells: bool = False


@dataclass(frozen=True)
class Cell:
    """An item of ``np.nditer``: an array without axes, which operations treat as its element."""

    cell: Operand


@dataclass(frozen=True)
class IndicesOf:
    """``np.ndindex(...)``, and ``np.ndenumerate(array)``."""

    extents: tuple[Operand, ...]
    array: Value | None = None


ITERABLES = (ListOf, ListIn, RowsIn, RangeOf, EnumerateOf, ZipOf, FlatOf, IndicesOf, Cell)


@dataclass(frozen=True)
class Nest:
    """Loops in one another.

    Attributes
    ----------
    bounds : tuple
        Of the loops, from the outermost.
    item : callable
        From their indices to what the target of the user's loop is bound to.
    """

    bounds: tuple[Bounds, ...]
    item: Callable[[tuple[Operand, ...]], Any]

    def flat(self, build: Builder) -> Nest:
        """One loop that does the same: it can be left at once."""
        extents = [stop for _, stop, _ in self.bounds]
        whole = elementwise.size_of(build, extents)

        def item(indices: tuple[Operand, ...]) -> Any:
            (rest,) = indices
            found: list[Operand] = []
            for extent in reversed(extents[1:]):
                found.append(build.op(operator.mod, rest, extent))
                rest = build.op(operator.floordiv, rest, extent)
            return self.item((rest, *reversed(found)))

        return Nest(((ZERO, whole, ONE),), item)


def nest(build: Builder, iterable: Any) -> Nest:
    """The loops over an iterable."""
    if isinstance(iterable, ListIn):
        return nest(build, iterable.array)
    if isinstance(iterable, RangeOf):
        return Nest((iterable.bounds,), lambda indices: indices[0])
    if isinstance(iterable, FlatOf):
        order = -1 if iterable.cells and iterable.array.layout == "F" else 1
        extents = extents_of(iterable.array)[::order]

        def cell(indices: tuple[Operand, ...]) -> Any:
            value = build.load(iterable.array, indices[::order])
            return Cell(value) if iterable.cells else value

        return Nest(tuple((ZERO, extent, ONE) for extent in extents), cell)
    if isinstance(iterable, IndicesOf):

        def place(indices: tuple[Operand, ...]) -> Any:
            if iterable.array is None:
                return Tuple(indices)
            return Tuple((Tuple(indices), build.load(iterable.array, indices)))

        return Nest(tuple((ZERO, extent, ONE) for extent in iterable.extents), place)
    length, item = _sequence(build, iterable)
    return Nest(((ZERO, length, ONE),), lambda indices: item(indices[0]))


def trips(build: Builder, bounds: Bounds) -> Operand | None:
    """How many iterations a loop has; None if its step is not a constant."""
    start, stop, step = bounds
    if not isinstance(step, Const) or step == ZERO:
        return None
    first, last = (start, stop) if step.value > 0 else (stop, start)
    length = build.op(operator.sub, last, first)
    if abs(step.value) > 1:
        length = build.op(operator.add, length, Const(abs(step.value) - 1))
        length = build.op(operator.floordiv, length, Const(abs(step.value)))
    if isinstance(length, Value) and isinstance(length.producer, Extent):
        return length
    return build.op(max, length, ZERO)


def _sequence(build: Builder, iterable: Any) -> tuple[Operand, Callable[[Operand], Any]]:
    """The length, and the item at a position."""
    if isinstance(iterable, ListIn):
        iterable = iterable.array
    if isinstance(iterable, RowsIn):
        return iterable.count, iterable.item
    if isinstance(iterable, RangeOf):
        start, stop, step = iterable.bounds
        if step != ONE:
            raise NotTransformable("a range with a step inside enumerate or zip")
        length = build.op(max, build.op(operator.sub, stop, start), ZERO)
        return length, lambda index: build.op(operator.add, index, start)
    if isinstance(iterable, Tuple | ListOf):
        items = common(build, ListOf(iterable.items))
        return Const(len(items.items)), lambda index: item_of_list(build, ListOf(items.items), index)
    if isinstance(iterable, FlatOf | IndicesOf):
        loops = nest(build, iterable)
        if len(loops.bounds) != 1:
            loops = loops.flat(build)
        return loops.bounds[0][1], lambda index: loops.item((index,))
    if complex_numbers.is_array(iterable):
        return complex_numbers.extents_of(iterable)[0], lambda index: complex_numbers.item(
            build, iterable, (index,)
        )
    if things.is_thing(iterable):
        length = things.operation(build, len, iterable)
        return length, lambda index: things.operation(build, operator.getitem, iterable, index)
    if is_array(iterable):
        array = computed(build, iterable, ANONYMOUS)
        return array.extents[0], lambda index: indexing.item(build, array, (index,))
    if isinstance(iterable, EnumerateOf):
        length, item = _sequence(build, iterable.inner)
        start = iterable.start
        return length, lambda index: Tuple((build.op(operator.add, index, start), item(index)))
    if isinstance(iterable, ZipOf):
        parts = [_sequence(build, part) for part in iterable.parts]
        length = parts[0][0]
        for other, _ in parts[1:]:
            length = length if other == length else build.op(min, length, other)
        return length, lambda index: Tuple(tuple(item(index) for _, item in parts), iterable.cls)
    raise NotTransformable("a loop over something that is neither a range nor an array")


# -- lists ----------------------------------------------------------------------------------------


def common(build: Builder, whole: ListOf) -> Tuple:
    """The items of a list, numbers all of one kind."""
    items = [computed(build, item, ANONYMOUS) for item in whole.items]
    if any(map(complex_numbers.is_number, items)):
        return Tuple(tuple(complex_numbers.as_number(build, item) for item in items))
    if not all(isinstance(item, Value | Const) and not item.is_array for item in items) or not items:
        return Tuple(tuple(items))
    kind = items[0].kind
    for item in items[1:]:
        kind = joined_kind(kind, item.kind)
    return Tuple(tuple(_as(build, kind, item) for item in items))


def _as(build: Builder, kind: str, item: Operand) -> Operand:
    if item.kind == kind or kind not in CONVERSIONS:
        return item
    if isinstance(item, Const):
        return Const(np.float32(item.value) if kind == SINGLE else float(item.value))
    return build.op(CONVERSIONS[kind], item)


def item_of_list(build: Builder, whole: ListOf, index: Any) -> Any:
    """An item of a list of numbers."""
    items = common(build, whole).items
    if isinstance(index, Const) and isinstance(index.value, int) and index.value < len(items):
        return items[index.value]
    if not (isinstance(index, Value) and index.kind == INT and items):
        raise NotTransformable("this index of a list")
    return build.load(array_of(build, items), (index,))


def array_of(build: Builder, items: tuple[Any, ...]) -> Value:
    """An array of numbers of one kind."""
    if not all(isinstance(item, Value | Const) and not item.is_array for item in items):
        raise NotTransformable("a list of something other than numbers")
    out = elementwise.empty(build, (Const(len(items)),), items[0].element, ANONYMOUS)
    for position, item in enumerate(items):
        build.store(out, (Const(position),), item)
    return out


def store_in_flat(build: Builder, flat: FlatOf, index: Any, value: Operand) -> None:
    """``array.flat[index] = value``."""
    if not (isinstance(index, Value | Const) and index.kind == INT and isinstance(value, Value | Const)):
        raise NotTransformable("this store into array.flat")
    extents, place = extents_of(flat.array), []
    for extent in reversed(extents[1:]):
        place.append(build.op(operator.mod, index, extent))
        index = build.op(operator.floordiv, index, extent)
    build.store(flat.array, (index, *reversed(place)), value)


def item_of_flat(build: Builder, flat: FlatOf, index: Any) -> Any:
    """``array.flat[index]``."""
    if not (isinstance(index, Value | Const) and index.kind == INT):
        raise NotTransformable("this index of array.flat")
    loops = nest(build, flat)
    return (loops if len(loops.bounds) == 1 else loops.flat(build)).item((index,))


def reversed_of(build: Builder, whole: Any) -> Any:
    """``reversed(...)``."""
    if isinstance(whole, Tuple | ListOf):
        return type(whole)(whole.items[::-1])
    if not (isinstance(whole, RangeOf) and whole.bounds[2] == ONE):
        raise NotTransformable("reversed of something that is neither a range nor a tuple")
    start, stop, _ = whole.bounds
    return RangeOf((build.op(operator.sub, stop, ONE), build.op(operator.sub, start, ONE), Const(-1)))
