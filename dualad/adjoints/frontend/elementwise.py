"""Array expressions as loops over elements: operations, indices, stores.

An operation on arrays stays an expression until it is bound, stored, passed on or reduced; then its
elements are computed in one loop, as Numba does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, Builder, allocation, root_of
from ..ir.joins import joined_element
from ..ir.nodes import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    OTHER,
    SINGLE,
    WIDTHS,
    Complex,
    Const,
    Operand,
    Tuple,
    Value,
    split,
)
from ..runtime import advances, common_extent
from . import things

NAMES = {"float64": FLOAT, "float32": SINGLE, "int64": INT, "bool": BOOL, **{n: n for n in WIDTHS}}
DTYPES = {FLOAT: "", SINGLE: ", dtype=np.float32", INT: ", dtype=np.int64", BOOL: ", dtype=np.bool_"}
DTYPES |= {name: f", dtype=np.{name}" for name in WIDTHS}


@dataclass(eq=False)
class ArrayExpression:
    """An operation whose result is an array that is not computed yet."""

    function: Any
    args: tuple[Any, ...]
    extents: tuple[Operand, ...] = ()
    time: int = 0  # when it was written, by the builder's clock
    type: str = field(default="", init=False)  # of the elements, once it is known

    @property
    def chooses(self) -> bool:
        """Whether the first argument tells which of the others an element is of."""
        return self.function is np.where


def is_array(thing: Any) -> bool:
    """Whether it is an array, or an expression whose result is one."""
    return isinstance(thing, ArrayExpression) or (isinstance(thing, Value) and thing.is_array)


def extents_of(thing: Any) -> tuple[Operand, ...]:
    """The shape of an array or an expression; of a scalar none."""
    return tuple(thing.extents) if is_array(thing) else ()


def operation(build: Builder, function: Any, args: tuple[Any, ...]) -> Any:
    """An elementwise operation, or one on scalars."""
    args = tuple(getattr(arg, "cell", arg) for arg in args)
    if any(map(things.is_thing, args)):
        return things.operation(build, function, *args)
    for arg in args:
        if not isinstance(arg, Value | Const | ArrayExpression) or (
            isinstance(arg, Const) and arg.kind == OTHER
        ):
            raise NotTransformable(f"an operation on {described(arg)}")
    if not any(map(extents_of, args)):  # of arrays without axes Numba makes numbers
        return build.op(function, *(build.load(arg, ()) if is_array(arg) else arg for arg in args))
    return ArrayExpression(function, args, broadcast(build, [extents_of(arg) for arg in args]), build.clock)


def where(build: Builder, condition: Any, one: Any, other: Any) -> Any:
    """``np.where`` of arrays and numbers; of numbers alone, Numba makes an array without axes."""
    args = (condition, one, other)
    if not all(is_array(arg) or is_scalar(arg) for arg in args):
        raise NotTransformable("np.where of something that is neither a number nor an array")
    if not any(map(is_array, args)):
        test = condition if condition.kind == BOOL else build.op(operator.ne, condition, Const(0))
        chosen = build.branch(test, lambda: {"chosen": one}, lambda: {"chosen": other})["chosen"]
        out = empty(build, (), joined_element(one.element, other.element), ANONYMOUS)
        build.store(out, (), chosen)
        return out
    if not is_array(condition) or element_kind(build, condition) != BOOL:
        condition = operation(build, operator.ne, (condition, Const(0)))
    thing = ArrayExpression(np.where, (condition, one, other), (), build.clock)
    thing.extents = broadcast(build, [extents_of(arg) for arg in args])
    return computed(build, thing, ANONYMOUS)


def element_kind(build: Builder, thing: Any) -> str:
    """The kind of the elements of an array or an expression."""
    return split(element_type(build, thing))[0]


def element_type(build: Builder, thing: Any) -> str:
    """The type of the elements of an array or an expression: their kind, or one of WIDTHS."""
    element: str = _type_of(build, thing) if isinstance(thing, ArrayExpression) else thing.element
    return element


def broadcast(build: Builder, shapes: Sequence[tuple[Operand, ...]]) -> tuple[Operand, ...]:
    """The shape to which these are broadcast."""
    rank = max(map(len, shapes))
    result: list[Operand] = []
    for axis in range(rank):
        extents = [s[axis - rank + len(s)] for s in shapes if axis - rank + len(s) >= 0]
        extent = extents[0]
        for other in extents[1:]:
            if extent == Const(1):
                extent = other
            elif other not in (extent, Const(1)):
                extent = build.op(common_extent, extent, other, hint="n")
        result.append(extent)
    return tuple(result)


def size_of(build: Builder, extents: Sequence[Operand]) -> Operand:
    """The number of elements."""
    size: Operand = Const(1)
    for extent in extents:
        size = extent if size == Const(1) else build.op(operator.mul, size, extent)
    return size


def each(build: Builder, extents: Sequence[Operand], body: Callable[[tuple[Operand, ...]], None]) -> None:
    """Run `body` for each index, in C order."""

    def one(index: tuple[Operand, ...], carried: dict[str, Any]) -> dict[str, Any]:
        body(index)
        return {}

    _loops(build, extents, {}, one)


def _loops(
    build: Builder,
    extents: Sequence[Operand],
    carried: dict[str, Any],
    body: Callable[[tuple[Operand, ...], dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """A loop for each extent, from the outermost, all of which carry the same; `body` gives it anew."""

    def nested(done: tuple[Operand, ...], carried: dict[str, Any]) -> dict[str, Any]:
        if len(done) == len(extents):
            return body(done, carried)

        def iteration(index: Any, heads: dict[str, Any]) -> Any:
            return nested((*done, index), heads), Const(False)

        bounds = (Const(0), extents[len(done)], Const(1))
        return build.loop(bounds, carried, iteration, "ijklmn"[len(done) % 6])

    return nested((), carried)


def reduced(
    build: Builder, thing: Any, init: Operand, step: Callable[[Operand, Operand], Operand], hint: str
) -> Operand:
    """Fold the elements in the order of memory, as Numba does."""
    extents = extents_of(thing)
    steps = steps_of(build, thing, extents)
    order = -1 if layout_of(thing) == "F" else 1

    def one(index: tuple[Operand, ...], carried: dict[str, Any]) -> dict[str, Any]:
        return {hint: step(carried[hint], element(build, thing, index[::order], extents, steps))}

    result: Operand = _loops(build, extents[::order], {hint: init}, one)[hint]
    return result


def steps_of(build: Builder, thing: Any, whole: Sequence[Operand]) -> dict[Any, Operand]:
    """For axes that may have the extent 1 where the whole has another: how far they advance."""
    steps: dict[Any, Operand] = {}

    def visit(part: Any) -> None:
        if isinstance(part, ArrayExpression):
            for arg in part.args:
                if isinstance(arg, Value) and arg.is_array and build.is_stored_since(arg, part.time):
                    raise NotTransformable("an array expression whose operands change before it is computed")
                visit(arg)
        elif is_array(part):
            offset = len(whole) - len(part.extents)
            for axis, extent in enumerate(part.extents):
                wanted = whole[axis + offset]
                if extent not in (wanted, Const(1)) and (extent, wanted) not in steps:
                    steps[extent, wanted] = build.op(advances, extent, wanted, hint="step")

    visit(thing)
    return steps


def element(
    build: Builder,
    thing: Any,
    index: tuple[Operand, ...],
    whole: Sequence[Operand],
    steps: dict[Any, Operand],
) -> Operand:
    """One element of an expression that is broadcast to a whole; `steps` are of :func:`steps_of`."""
    loaded: dict[int, Operand] = {}

    def visit_apart(part: Any) -> Operand:
        """What is loaded on one side of a branch is not there on the other."""
        before = dict(loaded)
        found = stored(part)
        loaded.clear()
        loaded.update(before)
        return found

    def stored(part: Any) -> Operand:
        """As it is in the array that Numba makes of an expression: rounded, or cut."""
        value = visit(part)
        if not isinstance(part, ArrayExpression):
            return value
        found = _type_of(build, part)
        if found in WIDTHS and value.element != found:
            return build.op(getattr(np, found), value)
        return build.op(np.float32, value) if found == SINGLE and value.kind == FLOAT else value

    def visit(part: Any) -> Operand:
        if isinstance(part, ArrayExpression) and part.chooses:
            condition, *sides = part.args
            one, other = ((lambda side=side: {"chosen": visit_apart(side)}) for side in sides)
            chosen: Operand = build.branch(stored(condition), one, other)["chosen"]
            return chosen
        if isinstance(part, ArrayExpression):
            return build.op(part.function, *map(visit if _is_fused(part.function) else stored, part.args))
        if not is_array(part):
            scalar: Operand = part
            return scalar
        if id(part) not in loaded:
            offset = len(index) - len(part.extents)
            place: list[Operand] = []
            for axis, extent in enumerate(part.extents):
                at = index[axis + offset]
                if extent == Const(1) and whole[axis + offset] != Const(1):
                    at = Const(0)
                elif (extent, whole[axis + offset]) in steps:
                    at = build.op(operator.mul, at, steps[extent, whole[axis + offset]])
                place.append(at)
            loaded[id(part)] = build.load(part, tuple(place))
        return loaded[id(part)]

    with build.of_model("numpy"):  # of arrays they do not raise
        return stored(thing)


def _is_fused(function: Any) -> bool:
    """Whether Numba computes an operation on arrays in one loop with those that give its operands."""
    return isinstance(function, np.ufunc) or getattr(operator, function.__name__, None) is function


def layout_of(thing: Any) -> str:
    """The layout of an array, or of what an expression is computed into, as Numba infers it."""
    if isinstance(thing, Value):
        return thing.layout if thing.is_array else ""
    if not isinstance(thing, ArrayExpression):
        return ""
    if thing.chooses:
        return "C"
    layouts = [layout_of(arg) for arg in thing.args]
    return "F" if "F" in layouts and "C" not in layouts else "C"


def transposed(build: Builder, array: Value) -> Value:
    """``array.T``."""
    extents = array.extents or ()
    layout = array.layout if len(extents) < 2 else {"C": "F", "F": "C"}.get(array.layout, "A")
    return build.view(array, "{0}.T", (), extents[::-1], ANONYMOUS, layout)


def computed(build: Builder, thing: Any, hint: str) -> Any:
    """The thing, with an expression computed into a new array."""
    if isinstance(thing, Tuple | Complex):
        return thing.like([computed(build, item, ANONYMOUS) for item in thing.items])
    if not isinstance(thing, ArrayExpression):
        return thing
    out = empty(build, thing.extents, _type_of(build, thing), hint, layout=layout_of(thing))
    copy_into(build, out, thing)
    return out


def _type_of(build: Builder, thing: ArrayExpression) -> str:
    """The type of the elements of an expression."""
    if not thing.type:
        found = [element_type(build, arg) for arg in thing.args]
        if thing.chooses:
            thing.type = joined_element(*found[1:])
            return thing.type
        operands = [of_type(one, is_array(arg)) for one, arg in zip(found, thing.args, strict=True)]
        thing.type = build.element_of(thing.function, operands, array=True)
    return thing.type


def of_type(element: str, array: bool = False) -> Value:
    """What stands for a number or an array of a type."""
    kind, width = split(element)
    return Value("", kind, () if array else None, width=width)


def empty(
    build: Builder,
    extents: Sequence[Operand],
    element: str,
    hint: str,
    *,
    zeroed: bool = False,
    layout: str = "C",
) -> Value:
    """A new array of the shape."""
    layout = "F" if layout == "F" and len(extents) > 1 else "C"
    form = allocation("zeros" if zeroed else "empty", len(extents), DTYPES[element], layout)
    return build.alloc(form, tuple(extents), extents, element, hint, zeroed=zeroed, layout=layout)


def copy_into(build: Builder, target: Value, thing: Any) -> None:
    """Store the elements of `thing`, broadcast to the shape of the target."""
    extents = target.extents or ()
    if len(extents_of(thing)) > len(extents):
        raise NotTransformable("a store of an array of higher rank")
    steps = steps_of(build, thing, extents)
    each(
        build, extents, lambda index: build.store(target, index, element(build, thing, index, extents, steps))
    )


def leaves_of(thing: Any) -> list[Value]:
    """The arrays that an expression is made of."""
    if isinstance(thing, ArrayExpression):
        return [leaf for arg in thing.args for leaf in leaves_of(arg)]
    return [thing] if is_array(thing) else []


def overlaps(target: Value, thing: Any) -> bool:
    """Whether a store to `target` may change what `thing` still reads."""
    root = root_of(target)
    return any(root is None or root_of(leaf) in (None, root) for leaf in leaves_of(thing))


def frozen(build: Builder, name: str, array: np.ndarray, named: dict[str, Any]) -> Value:
    """An array among the globals: a constant of the compiled code."""
    for value in named.values():
        if isinstance(value, tuple) and value[0] is array:
            return value[1]
    element = COMPLEX if array.dtype == np.complex128 else NAMES.get(array.dtype.name)
    if element is None:
        raise NotTransformable(f"the global array {name!r} of dtype {array.dtype}")
    extents = tuple(Const(n) for n in array.shape)
    value = build.value(name, element, extents)
    value.layout = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "A"
    build.names.lasting.add(value.name)
    named[value.name] = (array, value)
    return value


def copied(build: Builder, thing: Any, hint: str, layout: str = "") -> Value:
    """A new array with the elements of another, in its layout if none is given."""
    if isinstance(thing, ArrayExpression) and layout in ("", layout_of(thing)):
        result: Value = computed(build, thing, hint)
        return result
    out = empty(build, extents_of(thing), element_type(build, thing), hint, layout=layout or layout_of(thing))
    copy_into(build, out, thing)
    return out


def is_scalar(value: Any) -> bool:
    """Whether something is a number."""
    return isinstance(value, Value | Const) and not value.is_array and value.kind != OTHER


def described(thing: Any) -> str:
    """What something is, for messages."""
    if is_array(thing):
        return "an array"
    if isinstance(thing, Tuple):
        return "a tuple"
    if isinstance(thing, Complex):
        return f"{'an array of complex numbers' if thing.is_array else 'a complex number'}"
    if isinstance(thing, Const):
        return f"the constant {thing.value!r}"
    if isinstance(thing, Value):
        return f"{thing.described} of type {thing.type}" if things.is_thing(thing) else "a number"
    named = {
        "ListOf": "a list",
        "ListIn": "a list",
        "ListRef": "a list",
        "BoundMethod": "a method",
        "Closure": "a function",
        "Slice": "a slice",
    }
    return named.get(type(thing).__name__, "something that is neither a number nor an array")
