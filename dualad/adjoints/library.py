"""What the transformation knows of Python's and NumPy's functions."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.core import types

from ..compiler.implementations import implementations, is_random
from ..rules.arrays.table import rule_for
from ..rules.table import for_call
from . import arrays, definitions, foreign, numba_types
from .arrays import Slice, computed, empty, extents_of, is_array
from .builder import ANONYMOUS, Builder
from .errors import Untransformable
from .ir import BOOL, FLOAT, INT, Const, Operand, Tuple, Value
from .iteration import (
    ONE,
    ZERO,
    Cell,
    EnumerateOf,
    FlatOf,
    IndicesOf,
    ListOf,
    RangeOf,
    ZipOf,
    reversed_of,
)

if TYPE_CHECKING:
    from .reader import Reader


@dataclass(frozen=True)
class Known:
    """A method of an array."""

    array: Any
    name: str


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
    if rule is not None:
        return foreign.ruled(reader, function, rule, args, keywords)
    if for_call(function) is not None:
        return _elementwise(reader, function, args, keywords)
    definition = definitions.definition(function)
    if definition is not None:
        given = [arrays.computed(reader.build, arg, ANONYMOUS) for arg in args]
        return reader.function(definition, given, keywords)
    if foreign.is_passive(function):
        return foreign.passive(reader, function, args, keywords)
    if implementations(function) and not is_random(function):
        return foreign.as_numba(reader, function, args, keywords)
    raise Untransformable(f"a call of {name}" + (" with keywords" if keywords and handler else ""))


def _elementwise(reader: Reader, function: Any, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """An operation of the op table; with a place for its result, that is stored to."""
    build = reader.build
    count = getattr(function, "nin", len(args))
    out = keywords.get("out", args[count] if len(args) == count + 1 else None)
    if set(keywords) - {"out"} or len(args) > count + 1:
        raise Untransformable(f"these arguments of {function.__name__}")
    result = arrays.operation(build, function, tuple(args[:count]))
    if out is None:
        return result
    every = Slice(*(Const(None),) * 3)
    arrays.assign(build, out, (every,) * len(extents_of(out)), result)
    return out


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


@_for(range)
def _range(reader: Reader, *ends: Any) -> RangeOf:
    if len(ends) == 1:
        return RangeOf((ZERO, ends[0], ONE))
    return RangeOf((ends[0], ends[1], ends[2] if len(ends) == 3 else ONE))


@_for(reversed)
def _reversed(reader: Reader, whole: Any) -> Any:
    return reversed_of(reader.build, whole)


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


@_for(np.ndindex)
def _ndindex(reader: Reader, *extents: Any) -> IndicesOf:
    return IndicesOf(shape_of(extents[0] if len(extents) == 1 else Tuple(extents)))


@_for(np.ndenumerate)
def _ndenumerate(reader: Reader, a: Any) -> IndicesOf:
    array = _array_in(reader, a)
    return IndicesOf(array.extents or (), array)


@_for(np.nditer)
def _nditer(reader: Reader, a: Any) -> FlatOf:
    array = _array_in(reader, a)
    return FlatOf(array, cells=True)


def _array_in(reader: Reader, a: Any) -> Value:
    if not is_array(a):
        raise Untransformable("an argument that is no array where there should be one")
    array: Value = computed(reader.build, a, ANONYMOUS)
    return array


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
    if isinstance(dtype, Const) and isinstance(dtype.value, types.Type):
        named = getattr(dtype.value, "instance_type", getattr(dtype.value, "dtype", dtype.value))
        if named in numba_types.KINDS:
            return numba_types.KINDS[named]
    elif isinstance(dtype, Const):
        for kind, names in (
            (FLOAT, (float, np.float64)), (INT, (int, np.int64, np.intp)), (BOOL, (bool, np.bool_))
        ):  # fmt: skip
            if dtype.value in names or dtype.value == np.dtype(names[1]):
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
    arrays.refuse_narrow(a)
    return arrays.element_kind(reader.build, a)


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
def _arange(reader: Reader, *ends: Any, dtype: Any = None) -> Value:
    if dtype is not None or not 1 <= len(ends) <= 3 or any(end.kind != INT for end in ends):
        given = {} if dtype is None else {"dtype": dtype}
        result: Value = foreign.as_numba(reader, np.arange, list(ends), given)
        return result
    text = ", ".join(f"{{{i + 1}}}" for i in range(len(ends)))
    return reader.build.alloc(f"np.arange({text})", ends, (None,), INT, ANONYMOUS)


@_for(np.eye, np.identity)
def _eye(reader: Reader, n: Any) -> Value:
    return reader.build.alloc("np.eye({1})", (n,), (n, n), FLOAT, ANONYMOUS)


def _joining(form: Callable[[int], tuple[Any, int]]) -> Handler:
    """A function that joins arrays; by their rank it concatenates or stacks them, along an axis."""

    def handler(reader: Reader, whole: Any, axis: Any = None) -> Any:
        if not isinstance(whole, Tuple | ListOf) or not all(map(is_array, whole.items)):
            raise Untransformable("a join of something that is no tuple of arrays")
        items = tuple(computed(reader.build, item, ANONYMOUS) for item in whole.items)
        ranks = {len(item.extents) for item in items}
        if len(ranks) != 1 or not (axis is None or (isinstance(axis, Const) and axis.kind == INT)):
            raise Untransformable(
                "a join of arrays of different ranks, or along an axis that is not a constant"
            )
        (rank,) = ranks
        definition, along = form(rank)
        if axis is not None:
            along = axis.value
        new = definition is definitions.stack
        along = along + rank + new if along < 0 else along
        if not 0 <= along < min(rank + new, 2) or (rank > 1 and all(i.layout == "F" for i in items)):
            raise Untransformable("a join of arrays along this axis, or of arrays in Fortran order")
        kinds = [item.kind for item in items]
        kind = FLOAT if FLOAT in kinds else INT if INT in kinds else BOOL
        dtype = Const({FLOAT: np.float64, INT: np.int64, BOOL: np.bool_}[kind])
        return reader.function(definition, [Tuple(items), Const(along), dtype], {})

    return handler


_handlers[np.concatenate] = _joining(lambda rank: (definitions.concatenate, 0))
_handlers[np.stack] = _joining(lambda rank: (definitions.stack, 0))
_handlers[np.hstack] = _joining(lambda rank: (definitions.concatenate, 0 if rank == 1 else 1))
_handlers[np.vstack] = _joining(lambda rank: (definitions.stack if rank == 1 else definitions.concatenate, 0))
_handlers[np.column_stack] = _joining(
    lambda rank: (definitions.stack if rank == 1 else definitions.concatenate, 1)
)


@_for(np.repeat)
def _repeat(reader: Reader, a: Any, repeats: Any) -> Any:
    if is_array(repeats):
        raise Untransformable("np.repeat by an array")
    return reader.function(definitions.repeat, [_array_in(reader, a), repeats], {})


@_for(np.swapaxes, np.moveaxis)
def _swapaxes(reader: Reader, a: Any, first: Any, second: Any) -> Any:
    array = _array_in(reader, a)
    if len(array.extents or ()) != 2:
        raise Untransformable("axes exchanged of an array that is no matrix")
    return reader.function(definitions.swapaxes, [array, first, second], {})


@_for(np.ascontiguousarray)
def _ascontiguousarray(reader: Reader, a: Any) -> Value:
    array = _array_in(reader, a)
    return array if array.layout == "C" else arrays.copied(reader.build, array, ANONYMOUS, "C")


@_for(np.asfortranarray)
def _asfortranarray(reader: Reader, a: Any) -> Value:
    array = _array_in(reader, a)
    if array.layout == "F" or len(array.extents or ()) == 1:
        return array if array.layout in "CF" else arrays.copied(reader.build, array, ANONYMOUS)
    return arrays.copied(reader.build, array, ANONYMOUS, "F")


@_for(np.asarray)
def _asarray(reader: Reader, a: Any, dtype: Any = None) -> Any:
    if is_array(a) and (dtype is None or kind_of(dtype) == _element_kind(reader, a)):
        return computed(reader.build, a, ANONYMOUS)
    return _array(reader, a, dtype)


@_for(np.ravel)
def _ravel(reader: Reader, a: Any) -> Any:
    return _reshaped(reader, Known(a, "ravel"), [])


@_for(np.reshape)
def _reshape(reader: Reader, a: Any, *shape: Any) -> Any:
    return _reshaped(reader, Known(a, "reshape"), list(shape))


@_for(np.transpose)
def _transpose(reader: Reader, a: Any, *axes: Any) -> Any:
    return _reshaped(reader, Known(a, "transpose"), list(axes))


@_for(divmod)
def _divmod(reader: Reader, a: Any, b: Any) -> Any:
    if not all(isinstance(x, Value | Const) and x.kind == INT and not x.is_array for x in (a, b)):
        raise Untransformable("divmod of something else than integers")
    build = reader.build
    return Tuple((build.op(operator.floordiv, a, b), build.op(operator.mod, a, b)))


@_for(np.copy)
def _copy(reader: Reader, a: Any) -> Value:
    if not is_array(a):
        raise Untransformable("a copy of something that is no array")
    return arrays.copied(reader.build, a, ANONYMOUS)


@_for(np.where)
def _where(reader: Reader, condition: Any, *sides: Any) -> Any:
    if not sides:
        return _nonzero(reader, condition)
    return arrays.where(reader.build, condition, *sides)


@_for(np.nonzero)
def _nonzero(reader: Reader, a: Any) -> Any:
    return reader.function(definitions.nonzero, [_array_in(reader, a)], {})


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
    kept = without_axis(extents, axis)
    if not kept:
        return _sum(reader, a)
    along = axis.value % len(extents)
    out = empty(build, kept, FLOAT if kind == FLOAT else INT, "totals", zeroed=True)
    steps = arrays.steps_of(build, a, extents)

    def one(index: tuple[Operand, ...]) -> None:
        place = tuple(i for position, i in enumerate(index) if position != along)
        build.store(out, place, arrays.element(build, a, index, extents, steps), add=True)

    arrays.each(build, extents, one)
    return out


def without_axis(extents: Sequence[Operand], axis: Any) -> tuple[Operand, ...]:
    """The shape of what is left by a reduction along an axis; along all of them if it is None."""
    if axis == Const(None):
        return ()
    if not (isinstance(axis, Const) and -len(extents) <= axis.value < len(extents)):
        raise Untransformable("a reduction along an axis that is not a constant")
    along = axis.value % len(extents)
    return tuple(e for position, e in enumerate(extents) if position != along)


@_for(np.mean)
def _mean(reader: Reader, a: Any) -> Any:
    return reader.build.op(np.true_divide, _sum(reader, a), arrays.size_of(reader.build, extents_of(a)))


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


# -- attributes and methods -----------------------------------------------------------------------


def attribute(build: Builder, whole: Any, name: str) -> Any:
    """``whole.name``."""
    if isinstance(whole, Tuple) and whole.cls is not None and name in whole.cls._fields:
        return whole.items[whole.cls._fields.index(name)]
    if name == "real" and (is_array(whole) or isinstance(whole, Value | Const)):
        return whole  # complex numbers there are none
    if isinstance(whole, Cell) and name == "item":
        return Known(whole, name)
    if not is_array(whole):
        raise Untransformable(f"the attribute {name!r}")
    extents = extents_of(whole)
    if name == "shape":
        return Tuple(extents)
    if name == "size":
        return arrays.size_of(build, extents)
    if name == "ndim":
        return Const(len(extents))
    if name == "dtype":
        arrays.refuse_narrow(whole)
        kind = arrays.element_kind(build, whole)
        return Const({FLOAT: np.float64, INT: np.int64, BOOL: np.bool_}[kind])
    if name == "flat":
        return FlatOf(computed(build, whole, ANONYMOUS))
    if name == "T":
        return arrays.transposed(build, computed(build, whole, ANONYMOUS))
    return Known(whole, name)


# Methods that are not the function of the same name.
_OWN_METHODS = frozenset(("fill", "astype", "reshape", "ravel", "flatten", "transpose", "item", "sort"))


def method(reader: Reader, known: Known, args: list[Any], keywords: dict[str, Any]) -> Any:
    """A call of an array's method."""
    if known.name == "item" and not args:
        array = known.array
        return (
            array.cell if isinstance(array, Cell) else reader.build.load(array, (ZERO,) * len(array.extents))
        )
    if known.name in ("reshape", "ravel", "transpose") and not keywords:
        return _reshaped(reader, known, args)
    if known.name == "fill" and len(args) == 1 and isinstance(known.array, Value):
        arrays.copy_into(reader.build, known.array, args[0])
        return Const(None)
    if known.name == "flatten" and not args:
        return _reshaped(reader, Known(arrays.copied(reader.build, known.array, ANONYMOUS, "C"), "ravel"), [])
    if known.name == "sort" and not args:
        ordered = call(reader, np.sort, [known.array], {})
        arrays.copy_into(reader.build, known.array, ordered)
        return Const(None)
    if known.name == "astype" and len(args) == 1:
        return _astype(reader, known.array, kind_of(args[0]))
    function = getattr(np, known.name, None)
    if function is not None and known.name not in _OWN_METHODS and not isinstance(known.array, Cell):
        return call(reader, function, [known.array, *args], keywords)
    raise Untransformable(f"the method {known.name!r}")


def _astype(reader: Reader, array: Any, kind: str) -> Value:
    """A copy with elements of another kind."""
    if (kind, _element_kind(reader, array)) in ((INT, FLOAT), (BOOL, INT), (BOOL, FLOAT)):
        array = computed(reader.build, array, ANONYMOUS)
    elif kind == _element_kind(reader, array):
        return arrays.copied(reader.build, array, ANONYMOUS)
    out = empty(reader.build, extents_of(array), kind, ANONYMOUS, layout=arrays.layout_of(array))
    if kind == BOOL:
        array = arrays.operation(reader.build, operator.ne, (array, ZERO))
    arrays.copy_into(reader.build, out, array)
    return out


def _reshaped(reader: Reader, known: Known, args: list[Any]) -> Value:
    build = reader.build
    array = computed(build, known.array, ANONYMOUS)
    extents = extents_of(array)
    if known.name == "transpose":
        axes = args[0].items if len(args) == 1 and isinstance(args[0], Tuple) else args
        if axes and [getattr(axis, "value", None) for axis in axes] != list(range(len(extents)))[::-1]:
            raise Untransformable("a transpose to an order of axes that is not the opposite one")
        return arrays.transposed(build, array)
    if known.name == "ravel":
        if args:
            raise Untransformable("arguments of ravel")
        if array.layout != "C":
            array = arrays.copied(build, array, ANONYMOUS, "C")
        size = arrays.size_of(build, extents)
        return build.view(array, "{0}.reshape({1})", (size,), (size,), ANONYMOUS)
    if array.layout != "C":
        raise Untransformable("a reshape of an array that may not be contiguous")
    shape = shape_of(args[0] if len(args) == 1 else Tuple(tuple(args)))
    text = ", ".join(f"{{{i + 1}}}" for i in range(len(shape)))
    wanted = [None if part == Const(-1) else part for part in shape]
    return build.view(array, f"{{0}}.reshape(({text},))", shape, wanted, ANONYMOUS)
