"""Dictionaries and sets: lists of entries that are searched from the start.

Few entries are searched as fast as they are hashed. A table whose size changes in a loop may have many: it
is left to the tape.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import NotTransformable
from ..ir.joins import Reference
from ..ir.nodes import OTHER, Const, Operand, Tuple, leaves, map_tree
from ..runtime import key_position
from . import elementwise, lists
from .iteration import ZERO, ListIn, ListOf, ZipOf

NONE = Const(None)


@dataclass(frozen=True)
class TableOf(Reference):
    """A literal of constant keys that does not change; of a set the values are None."""

    entries: tuple[tuple[Const, Any], ...]
    is_set: bool
    site: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class TableRef(Reference):
    """A table that is searched, or changes.

    Attributes
    ----------
    entries : ListRef
        Of pairs of a key and a value, or of keys.
    depth : int
        The number of loops in which it is made.
    """

    entries: lists.ListRef
    is_set: bool
    depth: int


TABLES = (TableOf, TableRef)


def made(reader: Any, site: Any, entries: Sequence[tuple[Any, Any]], *, is_set: bool) -> Any:
    """A new table."""
    if site not in reader.callees.lists and entries and all(isinstance(key, Const) for key, _ in entries):
        distinct = {key: value for key, value in entries}  # noqa: C416
        return TableOf(tuple(distinct.items()), is_set, site)
    reader.callees.lists.setdefault(site, None)
    if any(isinstance(leaf, Const) and leaf.kind == OTHER for key, _ in entries for leaf in leaves(key)):
        raise NotTransformable("a table that is searched, of keys other than numbers")
    table = TableRef(lists.of_items(reader, site, ()), is_set, len(reader.loops))
    for key, value in entries:
        assign(reader, table, key, value)
    return table


def _searched(reader: Any, table: TableOf) -> Exception:
    """Have a table made as one that is searched; what to raise then."""
    return lists.changing(reader, table.site, [_entry(table, key, value) for key, value in table.entries])


def _entry(table: Any, key: Any, value: Any) -> Any:
    return key if table.is_set else Tuple((key, value))


def _parts(reader: Any, table: TableRef) -> tuple[Any, Any]:
    """Views of the keys and of the values."""
    arrays = lists.snapshot_arrays(reader, table.entries)
    if table.is_set:
        return arrays, NONE
    if not isinstance(arrays, Tuple):  # nothing is known of it yet
        return arrays, arrays
    keys, values = arrays.items
    return keys, values


def _found(reader: Any, table: TableRef, key: Any) -> Operand:
    """The position of a key, -1 if it is not there."""
    keys, _ = _parts(reader, table)
    place: Operand
    if isinstance(keys, Tuple) and isinstance(key, Tuple) and len(keys.items) == len(key.items) == 2:
        place = reader.inline(_place_of_pair, [*keys.items, *key.items], {})
    elif not isinstance(keys, Tuple) and elementwise.is_scalar(key):
        place = reader.inline(_place, [keys, key], {})
    else:
        raise NotTransformable("a key that is not a number or a pair of numbers")
    return place


def _position(reader: Any, table: TableRef, key: Any) -> Operand:
    """The position of a key; a KeyError if it is not there."""
    place = _found(reader, table, key)
    if reader.frame.trials:
        reader.test(reader.build.op(operator.lt, place, ZERO))
        return place
    shown = key if elementwise.is_scalar(key) else ZERO
    position: Operand = reader.build.op(key_position, place, shown)
    return position


def _place(keys, key):  # type: ignore[no-untyped-def]
    for i in range(keys.size):
        if keys[i] == key:
            return i
    return -1


def _place_of_pair(firsts, seconds, first, second):  # type: ignore[no-untyped-def]
    for i in range(firsts.size):
        if firsts[i] == first and seconds[i] == second:
            return i
    return -1


_OF_SETS: dict[str, Callable[..., Any]] = {}
_OF_DICTIONARIES: dict[str, Callable[..., Any]] = {}


def _of_sets(function: Callable[..., Any]) -> Callable[..., Any]:
    """Enter a method of sets under its name."""
    _OF_SETS[function.__name__] = function
    return function


def _of_dictionaries(function: Callable[..., Any]) -> Callable[..., Any]:
    """Enter a method of dictionaries under its name."""
    _OF_DICTIONARIES[function.__name__] = function
    return function


# -- read -------------------------------------------------------------------------------------------


def item(reader: Any, table: Any, key: Any) -> Any:
    """``table[key]``."""
    if isinstance(table, TableOf):
        for known, value in table.entries:
            if known == key:
                return value
        raise _searched(reader, table)
    place = _position(reader, table, key)
    return map_tree(_parts(reader, table)[1], lambda array: reader.build.load(array, (place,)))


def contains(reader: Any, table: Any, key: Any) -> Operand:
    """``key in table``."""
    if isinstance(table, TableOf):
        if isinstance(key, Const):
            return Const(any(known == key for known, _ in table.entries))
        raise _searched(reader, table)
    found: Operand = reader.build.op(operator.ge, _found(reader, table, key), ZERO)
    return found


def length(reader: Any, table: Any) -> Operand:
    """``len(table)``."""
    if isinstance(table, TableOf):
        return Const(len(table.entries))
    count: Operand = reader.variables[table.entries.count]
    return count


@_of_dictionaries
def keys(reader: Any, table: Any) -> Any:
    """What iterates over the keys."""
    if table.is_set:
        raise NotTransformable("a loop over a set, whose order is that of hashes")
    if isinstance(table, TableOf):
        return Tuple(tuple(key for key, _ in table.entries))
    return _iterable(_parts(reader, table)[0])


@_of_dictionaries
def values(reader: Any, table: Any) -> Any:
    """``table.values()``."""
    if isinstance(table, TableOf):
        return ListOf(tuple(value for _, value in table.entries))
    return _iterable(_parts(reader, table)[1])


@_of_dictionaries
def items(reader: Any, table: Any) -> Any:
    """``table.items()``."""
    if isinstance(table, TableOf):
        return Tuple(tuple(Tuple(entry) for entry in table.entries))
    return ZipOf((keys(reader, table), values(reader, table)))


def _iterable(arrays: Any) -> Any:
    if isinstance(arrays, Tuple):
        return ZipOf(tuple(map(_iterable, arrays.items)))
    return ListIn(arrays)


@_of_dictionaries
def get(reader: Any, table: Any, key: Any, default: Any) -> Any:
    """``table.get(key, default)``."""
    if isinstance(table, TableOf):
        if not isinstance(key, Const):
            raise _searched(reader, table)
        return next((value for known, value in table.entries if known == key), default)
    place = _found(reader, table, key)
    found = _parts(reader, table)[1]
    if isinstance(found, Tuple):
        raise NotTransformable("get of a table of tuples")
    there: Callable[[], Any] = lambda: {"value": reader.build.load(found, (place,))}  # noqa: E731
    missing: Callable[[], Any] = lambda: {"value": default}  # noqa: E731
    return reader.build.branch(reader.build.op(operator.ge, place, ZERO), there, missing)["value"]


# -- changed ----------------------------------------------------------------------------------------


def assign(reader: Any, table: Any, key: Any, value: Any) -> None:
    """``table[key] = value``."""
    if isinstance(table, TableOf):
        raise _searched(reader, table)
    entry = _entry(table, key, value)
    if reader.variables[table.entries.count] == ZERO:
        lists.append(reader, table.entries, entry)
        return
    place = _found(reader, table, key)
    if isinstance(place, Const) and place.value < 0:
        lists.append(reader, table.entries, entry)
        return
    _refuse_loops(reader, table)

    def new() -> None:
        lists.append(reader, table.entries, entry)

    def known() -> None:
        lists.replace(reader, table.entries, place, entry)

    reader.branch(reader.build.op(operator.lt, place, ZERO), new, known)


def update(reader: Any, table: Any, key: Any, function: Callable[[Any], Any]) -> None:
    """``table[key] += value`` and its kin, of a key that must be there; `function` takes the old value."""
    if isinstance(table, TableOf):
        raise _searched(reader, table)
    place = _position(reader, table, key)
    old = map_tree(_parts(reader, table)[1], lambda array: reader.build.load(array, (place,)))
    lists.replace(reader, table.entries, place, Tuple((key, function(old))))


@_of_dictionaries
def pop(reader: Any, table: Any, key: Any) -> Any:
    """``table.pop(key)``, and ``del table[key]``."""
    if isinstance(table, TableOf):
        raise _searched(reader, table)
    _refuse_loops(reader, table)
    entry = lists.pop(reader, table.entries, _position(reader, table, key))
    return NONE if table.is_set else entry.items[1]


@_of_sets
def discard(reader: Any, table: Any, key: Any) -> None:
    """``table.discard(key)``."""
    if isinstance(table, TableOf):
        raise _searched(reader, table)
    _refuse_loops(reader, table)
    place = _found(reader, table, key)
    taken: Callable[[], Any] = lambda: lists.pop(reader, table.entries, place)  # noqa: E731
    reader.branch(reader.build.op(operator.ge, place, ZERO), taken, lambda: None)


@_of_sets
def add(reader: Any, table: Any, key: Any) -> None:
    """``table.add(key)`` of a set."""
    assign(reader, table, key, NONE)


@_of_sets
def remove(reader: Any, table: Any, key: Any) -> None:
    """``table.remove(key)`` of a set."""
    pop(reader, table, key)


def _refuse_loops(reader: Any, table: TableRef) -> None:
    if len(reader.loops) > table.depth:
        raise NotTransformable("a dictionary or set whose size changes in a loop")


def method(reader: Any, table: Any, name: str, args: Sequence[Any]) -> Any:
    """A call of a table's method."""
    known = _OF_SETS if table.is_set else _OF_DICTIONARIES
    if name not in known:
        raise NotTransformable(f"the method {name!r} of a {'set' if table.is_set else 'dictionary'}")
    try:
        found = known[name](reader, table, *args)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            raise NotTransformable(f"these arguments of {name}") from error
        raise
    return NONE if found is None else found
