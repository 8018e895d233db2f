"""What the transformation knows of Python's and NumPy's functions."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..rules.arrays.table import rule_for
from ..rules.table import for_call
from . import arrays
from .arrays import Lazy, Slice, computed, empty, extents_of, is_array
from .builder import ANONYMOUS, Builder
from .errors import Untransformable
from .ir import BOOL, FLOAT, INT, Call, Const, Operand, Tuple, Value

ZERO = Const(0)

if TYPE_CHECKING:
    from .reader import Reader


@dataclass(frozen=True)
class Known:
    """A method of an array."""

    array: Any
    name: str


@dataclass(frozen=True)
class ListOf:
    """A list literal: what ``np.array`` and loops take."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class RangeOf:
    """``range(...)``."""

    bounds: tuple[Any, Any, Any]


@dataclass(frozen=True)
class EnumerateOf:
    """``enumerate(...)``."""

    inner: Any
    start: Any


@dataclass(frozen=True)
class ZipOf:
    """``zip(...)``."""

    parts: tuple[Any, ...]


Handler = Callable[..., Any]
_handlers: dict[Any, Handler] = {}


def _for(*functions: Any) -> Callable[[Handler], Handler]:
    def enter(handler: Handler) -> Handler:
        _handlers.update(dict.fromkeys(functions, handler))
        return handler

    return enter


def knows(function: Any) -> bool:
    """Whether it is one of the functions here, or of the tables."""
    try:
        return function in _handlers or for_call(function) is not None or rule_for(function) is not None
    except TypeError:
        return False


def call(reader: Reader, function: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
    """The result of a function of Python, NumPy, math or scipy.special."""
    name = getattr(function, "__name__", repr(function))
    try:
        handler = _handlers.get(function)
    except TypeError:
        handler = None
    if handler is not None:
        try:
            return handler(reader, *args, **keywords)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                raise Untransformable(f"these arguments of {name}") from error
            raise
    rule = rule_for(function)
    if rule is not None and rule.name in _RESULTS and not keywords:
        return _ruled(reader.build, rule, args)
    if for_call(function) is not None and not keywords:
        return arrays.operation(reader.build, function, tuple(args))
    raise Untransformable(f"a call of {name}" + (" with keywords" if keywords and handler else ""))


# -- trees and iteration --------------------------------------------------------------------------


def items_of(build: Builder, value: Any, count: int) -> list[Any]:
    """What unpacking gives."""
    if isinstance(value, Tuple | ListOf):
        if len(value.items) != count:
            raise Untransformable("an unpacking of another length")
        return list(value.items)
    if is_array(value):
        return [arrays.item(build, value, (Const(i),)) for i in range(count)]
    raise Untransformable("an unpacking of something that is no tuple")


def item_of(whole: Tuple, index: Any) -> Any:
    """An item of a tuple."""
    if isinstance(index, Slice) and all(isinstance(e, Const) for e in (index.lower, index.upper, index.step)):
        return Tuple(whole.items[index.lower.value : index.upper.value : index.step.value])
    if isinstance(index, Const) and isinstance(index.value, int):
        return whole.items[index.value]
    raise Untransformable("an index into a tuple that is not a constant")


def iteration(build: Builder, iterable: Any) -> tuple[Any, Callable[[Operand], Any]]:
    """The bounds of a loop over `iterable`, and its item at an index."""
    if isinstance(iterable, RangeOf):
        return iterable.bounds, lambda index: index
    length, item = _sequence(build, iterable)
    return (Const(0), length, Const(1)), item


def _sequence(build: Builder, iterable: Any) -> tuple[Operand, Callable[[Operand], Any]]:
    """The length, and the item at a position."""
    if isinstance(iterable, RangeOf):
        start, stop, step = iterable.bounds
        if step != Const(1):
            raise Untransformable("a range with a step inside enumerate or zip")
        length = build.op(max, build.op(operator.sub, stop, start), Const(0))
        return length, lambda index: build.op(operator.add, index, start)
    if is_array(iterable):
        array = computed(build, iterable, ANONYMOUS)
        return array.extents[0], lambda index: arrays.item(build, array, (index,))
    if isinstance(iterable, EnumerateOf):
        length, item = _sequence(build, iterable.inner)
        start = iterable.start
        return length, lambda index: Tuple((build.op(operator.add, index, start), item(index)))
    if isinstance(iterable, ZipOf):
        parts = [_sequence(build, part) for part in iterable.parts]
        length = parts[0][0]
        for other, _ in parts[1:]:
            length = length if other == length else build.op(min, length, other)
        return length, lambda index: Tuple(tuple(item(index) for _, item in parts))
    raise Untransformable("a loop over something that is neither a range nor an array")


@_for(range)
def _range(reader: Reader, *ends: Any) -> RangeOf:
    if len(ends) == 1:
        return RangeOf((Const(0), ends[0], Const(1)))
    return RangeOf((ends[0], ends[1], ends[2] if len(ends) == 3 else Const(1)))


@_for(reversed)
def _reversed(reader: Reader, whole: Any) -> RangeOf:
    if not (isinstance(whole, RangeOf) and whole.bounds[2] == Const(1)):
        raise Untransformable("reversed of something that is no range")
    start, stop, _ = whole.bounds
    build = reader.build
    return RangeOf(
        (build.op(operator.sub, stop, Const(1)), build.op(operator.sub, start, Const(1)), Const(-1))
    )


@_for(enumerate)
def _enumerate(reader: Reader, inner: Any, start: Any = ZERO) -> Any:
    if isinstance(inner, Tuple):
        if not isinstance(start, Const):
            raise Untransformable("enumerate of a tuple from a number that is not known")
        return Tuple(tuple(Tuple((Const(start.value + k), item)) for k, item in enumerate(inner.items)))
    return EnumerateOf(inner, start)


@_for(zip)
def _zip(reader: Reader, *parts: Any) -> Any:
    if parts and all(isinstance(part, Tuple) for part in parts):
        return Tuple(tuple(Tuple(row) for row in zip(*(p.items for p in parts), strict=False)))
    return ZipOf(parts)


@_for(len)
def _len(reader: Reader, thing: Any) -> Any:
    if isinstance(thing, Tuple | ListOf):
        return Const(len(thing.items))
    if not is_array(thing):
        raise Untransformable("len of something that is no array")
    return extents_of(thing)[0]


@_for(tuple)
def _tuple(reader: Reader, thing: Any) -> Any:
    if isinstance(thing, Tuple | ListOf):
        return Tuple(tuple(thing.items))
    raise Untransformable("tuple of something that is no tuple")


# -- creation -------------------------------------------------------------------------------------


def shape_of(thing: Any) -> tuple[Operand, ...]:
    """A shape argument."""
    parts = thing.items if isinstance(thing, Tuple | ListOf) else (thing,)
    if not all(isinstance(p, Value | Const) and p.kind == INT for p in parts):
        raise Untransformable("a shape that is not made of integers")
    return tuple(parts)


def kind_of(dtype: Any, default: str = FLOAT) -> str:
    """The kind of a dtype argument."""
    if dtype is None or dtype == Const(None):
        return default
    if isinstance(dtype, Const):
        for kind, names in (
            (FLOAT, (float, np.float64)), (INT, (int, np.int64, np.intp)), (BOOL, (bool, np.bool_))
        ):  # fmt: skip
            if dtype.value in names:
                return kind
    raise Untransformable("a dtype other than float64, int64 and bool")


@_for(np.zeros)
def _zeros(reader: Reader, shape: Any, dtype: Any = None) -> Value:
    return empty(reader.build, shape_of(shape), kind_of(dtype), ANONYMOUS, zeroed=True)


@_for(np.empty)
def _empty(reader: Reader, shape: Any, dtype: Any = None) -> Value:
    return empty(reader.build, shape_of(shape), kind_of(dtype), ANONYMOUS)


@_for(np.ones)
def _ones(reader: Reader, shape: Any, dtype: Any = None) -> Value:
    return _full(reader, shape, Const(1), Const(None) if dtype is None else dtype)


@_for(np.full)
def _full(reader: Reader, shape: Any, value: Any, dtype: Any = None) -> Value:
    kind = value.kind if dtype is None else kind_of(dtype)
    out = empty(reader.build, shape_of(shape), kind, ANONYMOUS)
    if kind == FLOAT and isinstance(value, Const):
        value = Const(float(value.value))
    arrays.copy_into(reader.build, out, value)
    return out


@_for(np.zeros_like)
def _zeros_like(reader: Reader, a: Any, dtype: Any = None) -> Value:
    return empty(
        reader.build, extents_of(a), kind_of(dtype, _element_kind(reader, a)), ANONYMOUS, zeroed=True
    )


@_for(np.empty_like)
def _empty_like(reader: Reader, a: Any, dtype: Any = None) -> Value:
    return empty(reader.build, extents_of(a), kind_of(dtype, _element_kind(reader, a)), ANONYMOUS)


@_for(np.ones_like)
def _ones_like(reader: Reader, a: Any, dtype: Any = None) -> Value:
    return _full_like(reader, a, Const(1), dtype)


@_for(np.full_like)
def _full_like(reader: Reader, a: Any, value: Any, dtype: Any = None) -> Value:
    kind = kind_of(dtype, _element_kind(reader, a))
    out = empty(reader.build, extents_of(a), kind, ANONYMOUS)
    arrays.copy_into(reader.build, out, Const(float(value.value)) if isinstance(value, Const) else value)
    return out


def _element_kind(reader: Reader, a: Any) -> str:
    if not is_array(a):
        raise Untransformable("an array like something that is no array")
    return arrays._kind_of(reader.build, a) if isinstance(a, Lazy) else a.kind


@_for(np.array)
def _array(reader: Reader, thing: Any, dtype: Any = None) -> Value:
    build = reader.build
    if is_array(thing) and dtype is None:
        return arrays.copied(build, thing, ANONYMOUS)
    if not isinstance(thing, ListOf | Tuple) or not thing.items:
        raise Untransformable("np.array of something that is no list of numbers")
    rows = [item.items if isinstance(item, ListOf | Tuple) else None for item in thing.items]
    flat = [x for row, item in zip(rows, thing.items, strict=True) for x in (row or (item,))]
    if not all(isinstance(x, Value | Const) and not x.is_array for x in flat):
        raise Untransformable("np.array of something that is no list of numbers")
    kind = kind_of(dtype) if dtype is not None else FLOAT if any(x.kind == FLOAT for x in flat) else INT
    extents = (Const(len(rows)),) if rows[0] is None else (Const(len(rows)), Const(len(rows[0])))
    if len({None if row is None else len(row) for row in rows}) != 1:
        raise Untransformable("np.array of rows of different lengths")
    out = empty(build, extents, kind, ANONYMOUS)
    for position, x in enumerate(flat):
        index = np.unravel_index(position, [e.value for e in extents])
        build.store(out, tuple(Const(int(i)) for i in index), x)
    return out


@_for(np.arange)
def _arange(reader: Reader, *ends: Any) -> Value:
    if not 1 <= len(ends) <= 3 or any(end.kind != INT for end in ends):
        raise Untransformable("np.arange of something else than integers")
    text = ", ".join(f"{{{i + 1}}}" for i in range(len(ends)))
    return reader.build.alloc(f"np.arange({text})", ends, (None,), INT, ANONYMOUS)


@_for(np.eye, np.identity)
def _eye(reader: Reader, n: Any) -> Value:
    return reader.build.alloc("np.eye({1})", (n,), (n, n), FLOAT, ANONYMOUS)


@_for(np.copy)
def _copy(reader: Reader, a: Any) -> Value:
    if not is_array(a):
        raise Untransformable("a copy of something that is no array")
    return arrays.copied(reader.build, a, ANONYMOUS)


# -- reductions -----------------------------------------------------------------------------------


@_for(np.sum, builtins.sum)
def _sum(reader: Reader, a: Any, axis: Any = None) -> Any:
    build = reader.build
    if not is_array(a):
        raise Untransformable("a sum of something that is no array")
    kind = _element_kind(reader, a)
    zero = Const(0.0 if kind == FLOAT else 0)
    if axis is None or axis == Const(None):
        return arrays.reduced(build, a, zero, lambda s, x: build.op(operator.add, s, x), "total")
    extents = extents_of(a)
    if not (isinstance(axis, Const) and -len(extents) <= axis.value < len(extents)):
        raise Untransformable("a sum along an axis that is not a constant")
    along = axis.value % len(extents)
    kept = tuple(e for position, e in enumerate(extents) if position != along)
    if not kept:
        return _sum(reader, a)
    out = empty(build, kept, FLOAT if kind == FLOAT else INT, "totals", zeroed=True)
    steps = arrays.steps_of(build, a, extents)

    def one(index: tuple[Operand, ...]) -> None:
        place = tuple(i for position, i in enumerate(index) if position != along)
        build.store(out, place, arrays.element(build, a, index, extents, steps), add=True)

    arrays.each(build, extents, one)
    return out


@_for(np.mean)
def _mean(reader: Reader, a: Any) -> Any:
    return reader.build.op(np.true_divide, _sum(reader, a), _size(reader.build, extents_of(a)))


def _size(build: Builder, extents: Sequence[Operand]) -> Operand:
    size: Operand = Const(1)
    for extent in extents:
        size = extent if size == Const(1) else build.op(operator.mul, size, extent)
    return size


def _extreme(compare: Any) -> Handler:
    def handler(reader: Reader, a: Any) -> Any:
        build = reader.build
        if not is_array(a) or _element_kind(reader, a) != FLOAT:
            raise Untransformable("the largest or smallest element of something that is no float array")
        a = computed(build, a, ANONYMOUS)
        first = build.load(a, (Const(0),) * len(a.extents))

        def step(best: Operand, x: Operand) -> Operand:
            # As Numba does: a NaN stays.
            better = build.branch(
                build.op(math.isnan, x),
                lambda: {"better": Const(True)},
                lambda: {"better": build.op(compare, x, best)},
            )["better"]
            result: Operand = build.branch(better, lambda: {"best": x}, lambda: {"best": best})["best"]
            return result

        return arrays.reduced(build, a, first, step, "best")

    return handler


_handlers[np.max] = _handlers[np.amax] = _extreme(operator.gt)
_handlers[np.min] = _handlers[np.amin] = _extreme(operator.lt)


def _pairwise(function: Any, reduction: Any) -> Handler:
    """Python's min and max: of numbers by the op table, of an array its reduction."""

    def handler(reader: Reader, *args: Any) -> Any:
        if len(args) == 1:
            if isinstance(args[0], Tuple | ListOf):
                return handler(reader, *args[0].items)
            return _handlers[reduction](reader, *args)
        return arrays.operation(reader.build, function, args)

    return handler


_handlers[min], _handlers[max] = _pairwise(min, np.min), _pairwise(max, np.max)


# -- rules of whole arrays ------------------------------------------------------------------------


def _of_dot(a: Any, b: Any) -> tuple[Operand, ...]:
    if len(a.extents) == 1:
        return tuple(b.extents[1:])
    return (a.extents[0], *b.extents[1:])


# The shape of the result by those of the arguments.
_RESULTS: dict[str, Callable[..., tuple[Operand, ...]]] = {
    "dot": _of_dot,
    "vdot": lambda a, b: (),
    "solve": lambda a, b: tuple(b.extents),
    "inv": lambda a: tuple(a.extents),
    "det": lambda a: (),
    "cholesky": lambda a: tuple(a.extents),
}  # fmt: skip


def _ruled(build: Builder, rule: Any, args: list[Any]) -> Any:
    args = [computed(build, arg, ANONYMOUS) for arg in args]
    if not all(isinstance(a, Value) and a.is_array and a.kind == FLOAT for a in args):
        raise Untransformable(f"{rule.name} of something that is no float array")
    if rule.backward is None or any(len(a.extents) > 2 for a in args):
        raise Untransformable(f"these arguments of {rule.name}")
    extents = _RESULTS[rule.name](*args)
    out = build.value(rule.name, FLOAT, extents or None)
    out.anonymous = True
    return build.emit(Call((out,), rule, tuple(args)), out)


# -- attributes and methods -----------------------------------------------------------------------


def attribute(build: Builder, whole: Any, name: str) -> Any:
    """``whole.name``."""
    if isinstance(whole, Tuple) and whole.cls is not None and name in whole.cls._fields:
        return whole.items[whole.cls._fields.index(name)]
    if not is_array(whole):
        raise Untransformable(f"the attribute {name!r}")
    extents = extents_of(whole)
    if name == "shape":
        return Tuple(extents)
    if name == "size":
        return _size(build, extents)
    if name == "ndim":
        return Const(len(extents))
    if name == "dtype":
        kind = arrays._kind_of(build, whole) if isinstance(whole, Lazy) else whole.kind
        return Const({FLOAT: np.float64, INT: np.int64, BOOL: np.bool_}[kind])
    if name == "T":
        array = computed(build, whole, ANONYMOUS)
        return build.view(array, "{0}.T", (), extents[::-1], ANONYMOUS)
    return Known(whole, name)


_METHODS: dict[str, Any] = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "copy": np.copy, "dot": np.dot,
}  # fmt: skip


def method(reader: Reader, known: Known, args: list[Any], keywords: dict[str, Any]) -> Any:
    """A call of an array's method."""
    if known.name in _METHODS:
        return call(reader, _METHODS[known.name], [known.array, *args], keywords)
    if known.name in ("reshape", "ravel", "transpose") and not keywords:
        return _reshaped(reader, known, args)
    if known.name == "fill" and len(args) == 1 and isinstance(known.array, Value):
        arrays.copy_into(reader.build, known.array, args[0])
        return Const(None)
    if known.name == "astype" and len(args) == 1 and kind_of(args[0]) == _element_kind(reader, known.array):
        return arrays.copied(reader.build, known.array, ANONYMOUS)
    raise Untransformable(f"the method {known.name!r}")


def _reshaped(reader: Reader, known: Known, args: list[Any]) -> Value:
    build = reader.build
    array = computed(build, known.array, ANONYMOUS)
    extents = extents_of(array)
    if known.name == "ravel" or known.name == "transpose":
        if args:
            raise Untransformable(f"arguments of {known.name}")
        if known.name == "transpose":
            return build.view(array, "{0}.T", (), extents[::-1], ANONYMOUS)
        size = _size(build, extents)
        return build.view(array, "{0}.reshape({1})", (size,), (size,), ANONYMOUS)
    shape = shape_of(args[0] if len(args) == 1 else Tuple(tuple(args)))
    text = ", ".join(f"{{{i + 1}}}" for i in range(len(shape)))
    wanted = [None if part == Const(-1) else part for part in shape]
    return build.view(array, f"{{0}}.reshape(({text},))", shape, wanted, ANONYMOUS)
