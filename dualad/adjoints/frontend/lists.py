"""Lists that change: their items in arrays with room for more, and a count of them.

A list is an identity (`ListRef`). What it holds are variables of the reader: loops carry them and branches
merge them like the user's own. The kinds of the items are those of all that is put in anywhere: where
they turn out wider than a list was made for, the function is read again.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from ...catalogue import stated
from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, Builder
from ..ir.joins import Reference, joined_element
from ..ir.nodes import FLOAT, INT, OTHER, Block, Const, Op, Operand, Tuple, Value, is_inside, leaves, map_tree
from ..runtime import item_position, last_position, popped_position, stored_position
from . import elementwise, indexing, rows, trying
from .iteration import ONE, ZERO, ListIn, ListOf, RangeOf, ZipOf, array_of, common, trips
from .rows import Rows

ITEMS, COUNT = "items{}$", "count{}$"
FEWEST = 4  # items that are copied one by one
NONE = Const(None)


@dataclass(frozen=True)
class ListRef(Reference):
    """A list that changes, or may; `site` is where it is made, `form` the kinds of its items."""

    number: int
    site: Any
    form: Any
    block: Block = field(compare=False)

    @property
    def items(self) -> str:
        return ITEMS.format(self.number)

    @property
    def count(self) -> str:
        return COUNT.format(self.number)


class ListWidenedError(Exception):
    """A list is to hold what it was not made for: what was read of the function is void."""


class NoRoomError(Exception):
    """A loop puts more into a list than it made room for."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class StateChangedError(Exception):
    """A loop changes lists that it was not read to carry."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(names)
        self.names = names


@dataclass(frozen=True)
class Room:
    """Room that a loop made in a list.

    Attributes
    ----------
    allowed : dict
        How often each of the loops inside, and itself, appends to the list in one of its iterations.
    left : dict
        How much of that is left in the iteration that is being read.
    """

    allowed: dict[Any, int]
    left: dict[Any, int]

    def begin(self, loop: ast.AST) -> None:
        """An iteration begins."""
        self.left[loop] = self.allowed.get(loop, 0)

    def take(self, loop: ast.AST | None) -> bool:
        """Append, if there is room."""
        if self.left.get(loop, 0) <= 0:
            return False
        self.left[loop] -= 1
        return True


class Reader(Protocol):
    """What keeps the state of lists."""

    build: Builder
    callees: Any
    rooms: dict[str, Room]
    loops: list[Any]
    made_lists: int

    @property
    def frame(self) -> Any:
        """The function that is being read."""

    def test(self, condition: Operand) -> None:
        """Inside `try`: what is read raises an exception if the condition holds."""

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the function that is being read."""

    def inline(self, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What a Python function returns for these trees."""


def is_state(name: str) -> bool:
    """Whether a variable holds what is in a list."""
    return name.endswith("$") and name.startswith(("items", "count"))


# -- kinds ------------------------------------------------------------------------------------------


def _form_of(item: Any) -> Any:
    """The kinds of an item."""
    if elementwise.is_array(item) and len(elementwise.extents_of(item)) == 1 and isinstance(item, Value):
        return Rows(item.element)

    def kind(leaf: Any) -> str:
        if not isinstance(leaf, Value | Const) or leaf.is_array or leaf.kind == OTHER:
            raise NotTransformable(f"a list that changes, of items that are {elementwise.described(leaf)}")
        return leaf.element

    return map_tree(item, kind)


def _joined(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return one or other
    if isinstance(one, Tuple) and isinstance(other, Tuple) and len(one.items) == len(other.items):
        return Tuple(tuple(map(_joined, one.items, other.items)), one.cls)
    if isinstance(one, Rows) and one == other:
        return one
    if any(isinstance(form, Tuple | Rows) for form in (one, other)):
        raise NotTransformable("a list of items of different types")
    return joined_element(one, other)


def changing(reader: Reader, site: Any, items: Sequence[Any] = ()) -> Exception:
    """Have the list of a site made as one that changes and may hold such items; what to raise then."""
    known = reader.callees.lists
    form = known.get(site)
    for item in items:
        form = _joined(form, _form_of(item))
    known[site] = form
    return ListWidenedError()


def _fits(reader: Reader, ref: ListRef, form: Any) -> bool:
    """Whether a list was made for such items."""
    return reader.callees.lists.get(ref.site) is not None and _joined(ref.form, form) == ref.form


def _changed(reader: Reader, whole: Any) -> Exception:
    """As `changing`, of a list that did not change so far."""
    if whole.site is None:
        return NotTransformable("a list inside a list, which changes")
    return changing(reader, whole.site)


# -- made -------------------------------------------------------------------------------------------


def made(reader: Reader, site: Any, length: Operand) -> ListRef:
    """A new list of so many items, which are not stored yet."""
    reader.made_lists += 1
    form = reader.callees.lists.get(site) or FLOAT
    ref = ListRef(reader.made_lists, site, form, reader.build.block)
    if isinstance(form, Rows) and length != ZERO:
        raise NotTransformable("a list of arrays that is made with items")
    reader.variables[ref.items] = _room(reader.build, ref, length)
    reader.variables[ref.count] = length
    return ref


def of_items(reader: Reader, site: Any, items: Sequence[Any]) -> ListRef:
    """A new list of these."""
    computed = [elementwise.computed(reader.build, item, ANONYMOUS) for item in items]
    form = None
    for item in computed:
        form = _joined(form, _form_of(item))
    known = reader.callees.lists.get(site)
    if form is not None and _joined(known, form) != known:
        raise changing(reader, site, computed)
    if isinstance(reader.callees.lists.get(site), Rows):
        ref = made(reader, site, ZERO)
        for item in computed:
            append(reader, ref, item)
        return ref
    ref = made(reader, site, Const(len(items)))
    for position, item in enumerate(computed):
        _store(reader, ref, Const(position), item)
    return ref


def of_array(reader: Reader, site: Any, array: Value) -> ListRef:
    """A new list of the numbers in a vector."""
    sample = elementwise.of_type(array.element)
    known = reader.callees.lists.get(site)
    if _joined(known, array.element) != known:
        raise changing(reader, site, [sample])
    (length,) = array.extents or ()
    ref = made(reader, site, length)
    items = reader.variables[ref.items]
    elementwise.each(
        reader.build, (length,), lambda at: reader.build.store(items, at, reader.build.load(array, at))
    )
    return ref


def _room(build: Builder, ref: ListRef, capacity: Operand) -> Any:
    if isinstance(ref.form, Rows):
        return rows.empty(build, ref.form)
    return map_tree(ref.form, lambda kind: elementwise.empty(build, (capacity,), kind, "items"))


# -- read -------------------------------------------------------------------------------------------


def snapshot(reader: Reader, thing: Any) -> Any:
    """What iterates over, and is read as, the items that a list has now; anything else as it is."""
    if not isinstance(thing, ListRef):
        return thing
    count = reader.variables[thing.count]
    if isinstance(thing.form, Rows):
        return rows.snapshot(reader.build, reader.variables[thing.items], count)

    def part(array: Value) -> ListIn:
        return ListIn(reader.build.view(array, "{0}[:{1}]", (count,), (count,), ANONYMOUS))

    parts = map_tree(reader.variables[thing.items], part)
    return _zipped(parts)


def _zipped(parts: Any) -> Any:
    return ZipOf(tuple(map(_zipped, parts.items)), parts.cls) if isinstance(parts, Tuple) else parts


def position(reader: Reader, count: Operand, index: Any, checked: Any = item_position) -> Operand:
    """An index counted from the start, in a list of so many items; an IndexError if it has no such item."""
    build = reader.build
    if not (isinstance(index, Value | Const) and not index.is_array and index.kind == INT):
        raise NotTransformable("this index of a list")
    if isinstance(index, Const) and isinstance(count, Const) and -count.value <= index.value < count.value:
        return Const(index.value % count.value)
    if isinstance(index, Value) and _is_within(index, count):
        return index
    if reader.frame.trials:
        below = build.op(operator.lt, index, ZERO)
        place = build.op(operator.add, index, build.op(operator.mul, count, below))
        beyond = build.op(operator.ge, place, count)
        reader.test(trying.any_of(build, [build.op(operator.lt, place, ZERO), beyond]))
        return place
    return build.op(checked, index, count)


def _is_within(index: Value, count: Operand) -> bool:
    """Whether it is the index of a loop over the positions."""
    bounds = getattr(index.producer, "bounds", None)
    return bounds is not None and index.producer.index is index and bounds == (ZERO, count, ONE)


def item(reader: Reader, whole: Any, index: Any) -> Any:
    """``whole[index]``."""
    if isinstance(whole, ListOf):
        items = common(reader.build, whole).items
        place = position(reader, Const(len(items)), index)
        if isinstance(place, Const):
            return items[place.value]
        if whole.site is not None and all(map(elementwise.is_scalar, items)):
            raise changing(reader, whole.site)  # into an array that is made once
        return reader.build.load(array_of(reader.build, items), (place,))
    if isinstance(whole, ListIn):
        array = whole.array
        place = position(reader, (array.extents or ())[0], index)
        found = indexing.item(reader.build, array, (place,))
        return found if not found.is_array else ListIn(found)
    place = position(reader, reader.variables[whole.count], index)
    if isinstance(whole.form, Rows):
        return rows.item(reader.build, reader.variables[whole.items], place)
    return map_tree(reader.variables[whole.items], lambda array: reader.build.load(array, (place,)))


def sliced(reader: Reader, whole: Any, part: indexing.Slice, site: Any) -> Any:
    """``whole[start:stop]``, a new list."""
    if isinstance(whole, ListOf):
        ends = (part.lower, part.upper, part.step)
        if not all(isinstance(end, Const) for end in ends):
            raise _changed(reader, whole)
        return ListOf(whole.items[slice(*(end.value for end in ends))], site)
    return _copied(reader, whole, lambda array: indexing.item(reader.build, array, (part,)), site)


def _copied(reader: Reader, whole: Any, part: Callable[[Value], Any], site: Any) -> Any:
    """A new list of a part of the items."""
    if not isinstance(snapshot(reader, whole), ListIn):
        raise NotTransformable("a part of a list of something other than numbers")
    array = part(snapshot(reader, whole).array)
    if site in reader.callees.lists:
        return of_array(reader, site, array)
    return ListIn(elementwise.copied(reader.build, array, ANONYMOUS, "C"), site)


def converted(reader: Reader, site: Any, thing: Any = None) -> Any:
    """``list(thing)``."""
    if thing is None:
        return of_items(reader, site, ()) if site in reader.callees.lists else ListOf((), site)
    if isinstance(thing, ListOf | Tuple):
        items = thing.items
        return of_items(reader, site, items) if site in reader.callees.lists else ListOf(items, site)
    if isinstance(thing, RangeOf):
        thing = reader.build.alloc(
            "np.arange({1}, {2}, {3})", thing.bounds, (trips(reader.build, thing.bounds),), INT, ANONYMOUS
        )
    return _copied(reader, thing if isinstance(thing, ListRef | ListIn) else ListIn(thing), lambda a: a, site)


def combined(reader: Reader, site: Any, op: ast.operator, left: Any, right: Any) -> Any:
    """``one + other`` of lists, and ``list * count``."""
    if isinstance(op, ast.Add) and isinstance(left, ListOf) and isinstance(right, ListOf):
        both = common(reader.build, ListOf((*left.items, *right.items))).items
        return of_items(reader, site, both) if site in reader.callees.lists else ListOf(both, site)
    if site not in reader.callees.lists:
        raise changing(reader, site)
    if isinstance(op, ast.Add) and isinstance(left, LISTS) and isinstance(right, LISTS):
        ref = of_items(reader, site, ())
        extend(reader, ref, left)
        extend(reader, ref, right)
        return ref
    if isinstance(op, ast.Mult) and isinstance(left, ListOf) and getattr(right, "kind", "") == INT:
        return _repeated(reader, site, left, right)
    raise NotTransformable("an operation on a list")


def _repeated(reader: Reader, site: Any, whole: ListOf, times: Operand) -> ListRef:
    """A list of the same items several times over."""
    ref = of_items(reader, site, whole.items)
    build, size = reader.build, Const(len(whole.items))
    count = build.op(operator.mul, size, build.op(max, times, ZERO))
    ref = made(reader, site, count)
    items = common(build, whole).items

    def one(at: tuple[Operand, ...]) -> None:
        start = at[0] if size == ONE else build.op(operator.mul, at[0], size)
        for offset, value in enumerate(items):
            _store(reader, ref, build.op(operator.add, start, Const(offset)) if offset else start, value)

    elementwise.each(build, (build.op(max, times, ZERO),), one)
    return ref


def of_rows(reader: Reader, length: Operand, sample: Any, row: Callable[[Operand], Any], site: Any) -> ListIn:
    """A list of lists of one length, as a matrix."""
    build = reader.build
    if isinstance(sample, ListOf):
        width: Operand = Const(len(sample.items))
        kind = array_kind(common(build, sample).items)
    else:
        if len(sample.array.extents) != 1:
            raise NotTransformable("a list of lists of lists")
        (width,) = sample.array.extents
        kind = sample.array.element
    width = _outside(build, width)
    out = elementwise.empty(build, (length, width), kind, "rows")

    def one(at: tuple[Operand, ...]) -> None:
        found = row(at[0])
        if isinstance(found, ListOf):
            for position, value in enumerate(common(build, found).items):
                build.store(out, (at[0], Const(position)), value)
            return
        target = indexing.item(build, out, (at[0],))
        elementwise.copy_into(build, target, found.array)

    elementwise.each(build, (length,), one)
    return ListIn(out)


def array_kind(items: Sequence[Any]) -> str:
    """The kind of numbers that are all of one."""
    kinds = {getattr(item, "element", OTHER) for item in items if elementwise.is_scalar(item)}
    if len(kinds) != 1 or not all(map(elementwise.is_scalar, items)):
        raise NotTransformable("a list of lists of something other than numbers")
    return kinds.pop()


def _outside(build: Builder, width: Operand) -> Operand:
    """A number that was computed inside a loop, from what is known before it."""
    if isinstance(width, Const) or is_inside(build.block, width.block or build.block):
        return width
    made = width.producer
    if isinstance(made, Op) and width.kind == INT and not stated(made.function).raises:
        return build.op(made.function, *(_outside(build, arg) for arg in made.args))
    raise NotTransformable("a list of lists of different lengths")


def assign(reader: Reader, ref: Any, index: Any, value: Any) -> None:
    """``whole[index] = value``, which is converted to the type of the items."""
    if isinstance(ref, ListIn) and len(ref.array.extents or ()) == 1:
        if _joined(ref.array.element, _form_of(value)) != ref.array.element:
            raise NotTransformable("a store into a list of another type")
        place = position(reader, (ref.array.extents or ())[0], index, stored_position)
        reader.build.store(ref.array, (place,), value)
        return
    if not isinstance(ref, ListRef):
        raise _changed(reader, ref)
    if isinstance(ref.form, Rows):
        raise NotTransformable("a store of an array into a list")
    if _joined(ref.form, _form_of(value)) != ref.form:
        raise NotTransformable("a store into a list of another type")
    _store(reader, ref, position(reader, reader.variables[ref.count], index, stored_position), value)


def _store(reader: Reader, ref: ListRef, place: Operand, value: Any) -> None:
    def into(array: Any, part: Any) -> None:
        if isinstance(array, Tuple):
            for inner, one in zip(array.items, part.items, strict=True):
                into(inner, one)
        elif not isinstance(array, Value):
            raise NotTransformable("a list of complex numbers that changes")
        else:
            reader.build.store(array, (place,), part)

    into(reader.variables[ref.items], value)


def replace(reader: Reader, ref: ListRef, place: Operand, value: Any) -> None:
    """Store an item at a position that there is."""
    if not _fits(reader, ref, _form_of(value)):
        raise changing(reader, ref.site, [value])
    _store(reader, ref, place, value)


METHODS: dict[str, Callable[..., Any]] = {}


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Enter a method of lists under its name."""
    METHODS[function.__name__] = function
    return function


# -- changed ----------------------------------------------------------------------------------------


@_method
def append(reader: Reader, ref: ListRef, value: Any) -> None:
    """``whole.append(value)``."""
    value = elementwise.computed(reader.build, value, ANONYMOUS)
    if not _fits(reader, ref, _form_of(value)):
        raise changing(reader, ref.site, [value])
    room = reader.rooms.get(ref.items)
    count = reader.variables[ref.count]
    if isinstance(ref.form, Rows):
        rows.append(reader.build, reader.variables[ref.items], count, value)
        reader.variables[ref.count] = reader.build.op(operator.add, count, ONE)
        return
    if room is None:
        make_room(reader, ref, reader.build.op(operator.add, count, ONE))
    elif not room.take(reader.loops[-1] if reader.loops else None):
        raise NoRoomError(ref.items)
    _store(reader, ref, count, value)
    reader.variables[ref.count] = reader.build.op(operator.add, count, ONE)


def make_room(reader: Reader, ref: ListRef, needed: Operand) -> None:
    """See to it that the arrays hold so many items."""
    build, items, count = reader.build, reader.variables[ref.items], reader.variables[ref.count]
    if ref.items in reader.rooms:
        raise NoRoomError(ref.items)
    arrays = list(leaves(items))
    if build.block is ref.block and isinstance(count, Const) and not any(a in build.growing for a in arrays):
        (capacity,) = arrays[0].extents
        if not (isinstance(needed, Const) and isinstance(capacity, Const) and needed.value <= capacity.value):
            # Right after a literal: an array of the right size.
            reader.variables[ref.items] = new = _room(build, ref, needed)
            _moved(build, items, new, count)
        return
    for array in arrays:
        build.grow(array, needed)


def _moved(build: Builder, old: Any, new: Any, count: Const) -> None:
    """Copy the items."""
    if isinstance(old, Tuple):
        for one, other in zip(old.items, new.items, strict=True):
            _moved(build, one, other, count)
    elif count.value <= FEWEST:
        for at in range(count.value):
            build.store(new, (Const(at),), build.load(old, (Const(at),)))
    else:
        elementwise.each(build, (count,), lambda at: build.store(new, at, build.load(old, at)))


@_method
def extend(reader: Reader, ref: ListRef, more: Any) -> None:
    """``whole.extend(more)``, ``whole += more``."""
    if isinstance(more, ListOf):
        for value in more.items:
            append(reader, ref, value)
        return
    items = snapshot(reader, more)
    array = items.array if isinstance(items, ListIn) else items
    if not (elementwise.is_array(array) and len(elementwise.extents_of(array)) == 1):
        raise NotTransformable(
            "a list that is extended by something that is not a list of numbers or a vector"
        )
    array = elementwise.computed(reader.build, array, ANONYMOUS)
    if not _fits(reader, ref, array.element):
        raise changing(reader, ref.site, [elementwise.of_type(array.element)])
    build, (length,) = reader.build, array.extents
    make_room(reader, ref, build.op(operator.add, reader.variables[ref.count], length))
    count, target = reader.variables[ref.count], reader.variables[ref.items]

    def one(at: tuple[Operand, ...]) -> None:
        build.store(target, (build.op(operator.add, count, at[0]),), build.load(array, at))

    elementwise.each(build, (length,), one)
    reader.variables[ref.count] = build.op(operator.add, count, length)


@_method
def pop(reader: Reader, ref: ListRef, index: Any = Const(-1)) -> Any:  # noqa: B008
    """``whole.pop(index)``."""
    build, count = reader.build, reader.variables[ref.count]
    is_last = index == Const(-1)
    place = _last(reader, count) if is_last else position(reader, count, index, popped_position)
    items = reader.variables[ref.items]
    found = map_tree(items, lambda array: build.load(array, (place,)))
    if is_last:
        reader.variables[ref.count] = place
        return found
    last = build.op(operator.sub, count, ONE)
    map_tree(items, partial(_shift_down, build, place, last))
    reader.variables[ref.count] = last
    return found


def _last(reader: Reader, count: Operand) -> Operand:
    """The position of the last item, which is taken out."""
    build = reader.build
    if reader.frame.trials:
        reader.test(build.op(operator.eq, count, ZERO))
    elif count == ZERO or isinstance(count, Value):
        return build.op(last_position, count)
    return build.op(operator.sub, count, ONE)


def _shift_down(build: Builder, start: Operand, stop: Operand, array: Value) -> None:
    def iteration(at: Any, heads: Any) -> Any:
        build.store(array, (at,), build.load(array, (build.op(operator.add, at, ONE),)))
        return {}, Const(False)

    build.loop((start, stop, ONE), {}, iteration, "i")


@_method
def insert(reader: Reader, ref: ListRef, index: Any, value: Any) -> None:
    """``whole.insert(index, value)``; positions beyond the ends are the ends."""
    if index != ZERO:
        raise NotTransformable("an insertion into a list elsewhere than at its start")
    append(reader, ref, value)
    build, items = reader.build, reader.variables[ref.items]
    last = build.op(operator.sub, reader.variables[ref.count], ONE)
    new = map_tree(items, lambda array: build.load(array, (last,)))

    def up(array: Value) -> None:
        def iteration(at: Any, heads: Any) -> Any:
            build.store(array, (at,), build.load(array, (build.op(operator.sub, at, ONE),)))
            return {}, Const(False)

        build.loop((last, ZERO, Const(-1)), {}, iteration, "i")

    map_tree(items, up)
    _store(reader, ref, ZERO, new)


@_method
def clear(reader: Reader, ref: ListRef) -> None:
    """``whole.clear()``."""
    reader.variables[ref.count] = ZERO


@_method
def reverse(reader: Reader, ref: ListRef) -> None:
    """``whole.reverse()``."""
    map_tree(snapshot_arrays(reader, ref), lambda array: reader.inline(_reverse, [array], {}))


def snapshot_arrays(reader: Reader, ref: ListRef) -> Any:
    """Views of the arrays of items, as long as the list."""
    count = reader.variables[ref.count]
    return map_tree(
        reader.variables[ref.items],
        lambda array: reader.build.view(array, "{0}[:{1}]", (count,), (count,), ANONYMOUS),
    )


def _reverse(items):  # type: ignore[no-untyped-def]
    n = items.size
    for i in range(n // 2):
        other = items[n - 1 - i]
        items[n - 1 - i] = items[i]
        items[i] = other


def contains(items, wanted):  # type: ignore[no-untyped-def]
    """Whether a vector has an element."""
    for value in items:  # noqa: SIM110
        if value == wanted:
            return True
    return False


LISTS = (ListOf, ListIn, ListRef)


def method(reader: Reader, whole: Any, name: str, args: Sequence[Any]) -> Any:
    """A call of a list's method; a list that did not change so far is made anew as one that does."""
    if name == "copy" and not args:
        raise NotTransformable("a copy of a list")
    if isinstance(getattr(whole, "form", None), Rows) and name not in ("append", "extend"):
        raise NotTransformable(f"the method {name!r} of a list of arrays")
    if name not in METHODS:
        raise NotTransformable(f"the method {name!r} of a list")
    if not isinstance(whole, ListRef):
        raise _changed(reader, whole)
    try:
        found = METHODS[name](reader, whole, *args)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            raise NotTransformable(f"these arguments of {name}") from error
        raise
    return NONE if found is None else found
