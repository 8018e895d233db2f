"""Builds programs: values with their kinds, statements in their blocks, loops and branches."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import numpy as np

from ...catalogue import stated
from ...compiler.ops.formulas import op_of
from ..errors import NotTransformable
from ..runtime import (
    POSITIONS,
    advances,
    common_extent,
    common_length,
    exponent,
    is_too_large,
    with_room,
)
from . import divisions, numba_types
from .joins import (
    CONFLICT,
    UNDEFINED,
    Reference,
    Undefined,
    as_complex,
    form_of,
    joined_element,
    wider,
)
from .nodes import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    OTHER,
    SINGLE,
    UNREACHABLE,
    WIDTHS,
    ZEROS,
    Alloc,
    Block,
    Call,
    Carry,
    Complex,
    Const,
    Extent,
    If,
    Load,
    Loop,
    Merge,
    Names,
    Op,
    Operand,
    Routine,
    Store,
    Tuple,
    Value,
    View,
    base_of,
    blocks_of,
    is_inside,
    map_tree,
    outputs,
    split,
)

_EXTENTS = (common_extent, common_length, advances, exponent, *POSITIONS)
_OURS = (*_EXTENTS, is_too_large)
_CONVERSIONS = {getattr(np, name): name for name in WIDTHS}


_DIFFERENTIATED = (Op, Call)
ANONYMOUS = "t"


def root_of(array: Value) -> Value | None:
    """The allocation or parameter that a view shows; None if it may be one of several."""
    base = base_of(array)
    return base if base.producer is None or isinstance(base.producer, Alloc) else None


def allocation(function: str, rank: int, dtype: str = "", layout: str = "C") -> str:
    """The form of a new array of some extents; in Fortran order it is the transpose of one in C order."""
    parts = [f"{{{axis + 1}}}" for axis in range(rank)]
    in_columns = layout == "F" and rank > 1
    shape = ", ".join(parts[::-1] if in_columns else parts)
    return f"np.{function}({shape if rank == 1 else f'({shape})'}{dtype}){'.T' * in_columns}"


GROWN = Routine(with_room, (0,), rebinds=True)


class Builder:
    """Appends statements to the current block."""

    def __init__(self, names: Names, model: str = "python") -> None:
        self.names = names
        # Numba's error models of the program, and of the function that is read: what a division by zero does.
        self.model = self.reads = model
        self.block = Block()
        self.line, self.file = 0, ""
        self.count = 0  # of statements, those of bodies that were read again included
        self.most = math.inf
        self.nested = False  # whether what is read is a derivative inside the function
        # When arrays were made and last stored into; under None those that are not known.
        self.clock = 0
        self.born: dict[Value | None, int] = {}
        self.stored: dict[Value | None, int] = {}
        self.growing: dict[Value, None] = {}  # arrays whose extent is that at the end of their block
        self.appended: list[Any] = []  # the vectors that were copied into lists (see `frontend.rows`)
        self.late: set[Extent] = set()  # what asks for these extents

    # -- values and statements --------------------------------------------------------------------

    def value(self, hint: str, element: str, extents: Any = None) -> Value:
        kind, width = split(element)
        return Value(self.names.new(hint), kind, extents, anonymous=hint == ANONYMOUS, width=width)

    def emit(self, statement: Any, *outs: Value) -> Any:
        statement.line, statement.file = self.line, self.file
        if isinstance(statement, _DIFFERENTIATED):
            statement.nested = self.nested
        self.count += 1
        if self.count > self.most:
            raise NotTransformable("too many statements")
        for out in outs:
            out.defined(self.block, statement)
        self.block.statements.append(statement)
        return outs[0] if outs else None

    @contextmanager
    def at_most(self, statements: int) -> Any:
        """Refuse what takes more."""
        before, self.most = self.most, min(self.most, self.count + statements)
        try:
            yield
        finally:
            self.most = before

    @contextmanager
    def of_derivative(self) -> Any:
        """Mark what is read meanwhile as a derivative inside the function."""
        before, self.nested = self.nested, True
        try:
            yield
        finally:
            self.nested = before

    @contextmanager
    def inside(self, block: Block) -> Any:
        """Append to `block` for a while."""
        before, self.block = self.block, block
        try:
            yield block
            self.settle_growing()
        finally:
            self.block = before

    def settle_growing(self) -> None:
        """At the end of a block, ask for the extents of the arrays of it that have grown."""
        for array in [array for array in self.growing if array.block is self.block]:
            self.extent_of_grown(array)

    def extent_of_grown(self, array: Value) -> Value:
        """The final extent of an array that has grown: its adjoint is as long from the start."""
        (extent,) = array.extents or ()
        del self.growing[array]
        statement = Extent(extent, array, 0)
        self.late.add(statement)
        result: Value = self.emit(statement, extent)
        return result

    def grow(self, array: Value, needed: Operand) -> None:
        """See to it that a vector has room for so many elements."""
        if array not in self.growing:
            array.extents = (self.value(f"{array.name}_n0", INT),)
            self.growing[array] = None
        self.emit(Call((), GROWN, (array, needed)))
        self.note_store(array)

    @contextmanager
    def of_model(self, model: str) -> Any:
        """Read a function of another error model meanwhile."""
        before, self.reads = self.reads, model
        try:
            yield
        finally:
            self.reads = before

    def op(self, function: Any, *args: Operand, hint: str = ANONYMOUS) -> Operand:
        """A scalar operation that the op table or Python knows."""
        if function is operator.invert and args[0].kind == BOOL:
            function = operator.not_  # as Numba and NumPy have it; Python's is an integer's
        known, rule = stated(function), op_of(function)
        if Value not in map(type, args) and known.static and all(a.kind != SINGLE for a in args):
            try:
                folded = function(*(a.value for a in args if isinstance(a, Const)))
            except ArithmeticError:
                pass
            else:
                if not isinstance(folded, int) or abs(folded) < 2**62:
                    return Const(folded)
        if self.reads != self.model and known.raises and rule is not None and rule.divisor is not None:
            return divisions.divided(self, rule, function, *args)
        compares = known.static and rule is not None and rule.truth and len(args) == 2
        if compares and args[0] is args[1] and args[0].kind in (INT, BOOL):
            return Const(function(0, 0))
        if any(a.kind == OTHER for a in args):
            raise NotTransformable(f"{_name_of(function)} of something that is not a number")
        element = self.element_of(function, args)
        if rule is not None and rule.fold and len(args) > 2:
            first = self.op(function, *args[:2])
            return self.op(function, first, *args[2:], hint=hint)
        out = self.value(hint, element)
        result: Value = self.emit(Op(out, rule, function, args), out)
        return result

    def element_of(self, function: Any, args: Sequence[Operand], array: bool = False) -> str:
        """The type of what an operation gives; of `array` on operands of which some are arrays."""
        kinds = tuple([a.kind for a in args])
        if function in _CONVERSIONS:
            return _CONVERSIONS[function]
        rule = op_of(function)
        if rule is not None and rule.exponent is not None and stated(function).integral:
            exponent = args[rule.exponent]
            integers = not set(kinds) - {INT, BOOL} and not args[0].width.startswith("u")
            if integers and isinstance(exponent, Const):
                return INT if exponent.value >= 0 else FLOAT
        elements = tuple([a.element for a in args])
        ranks = tuple(int(array and a.is_array) for a in args)
        if elements != kinds and function not in _OURS and not (rule and rule.truth):
            return numba_types.element_of_result(function, elements, ranks)
        kind = _kind_of(function, kinds)
        if kind == FLOAT and (SINGLE in kinds or function is np.float32):
            return numba_types.element_of_result(function, kinds, ranks)
        return kind

    def load(self, array: Value, index: tuple[Operand, ...], hint: str = ANONYMOUS) -> Value:
        out = self.value(hint, array.element)
        result: Value = self.emit(Load(out, array, index), out)
        return result

    def loaded_at(self, place: int, array: Value, index: tuple[Operand, ...]) -> Value:
        """An element as it was before the statement at a place of the current block."""
        out = self.load(array, index)
        self.block.statements.insert(place, self.block.statements.pop())
        return out

    def store(self, array: Value, index: tuple[Operand, ...], value: Operand, add: bool = False) -> None:
        self.emit(Store(array, index, value, add))
        self.note_store(array)

    def note_store(self, array: Value) -> None:
        """Remember that what was loaded from the array is no longer in it."""
        self.clock += 1
        self.stored[root_of(array)] = self.clock

    def is_stored_since(self, array: Value, time: int) -> bool:
        """Whether elements of `array` may have changed."""
        root = root_of(array)
        suspects = (
            [None, root] if root is not None else [r for r in self.stored if self.born.get(r, 0) <= time]
        )
        return any(self.stored.get(suspect, -1) > time for suspect in suspects)

    def view(
        self,
        array: Value,
        form: str,
        args: tuple[Operand, ...],
        extents: Sequence[Any],
        hint: str,
        layout: str = "C",
        like: Value | None = None,
        fixed: tuple[tuple[int, int], ...] = (),
    ) -> Value:
        """A view, its elements like those of `like`; an extent that is None is asked for where it is made."""
        out = self.value(hint, (like or array).element, ())
        out.layout = layout
        self.emit(View(out, array, form, args, fixed), out)
        return self.with_extents(out, extents)

    def extent(self, array: Value, axis: int) -> Value:
        out = self.value(f"{array.name}_n{axis}", INT)
        out.of = array, f"_n{axis}"
        result: Value = self.emit(Extent(out, array, axis), out)
        return result

    def alloc(
        self,
        form: str,
        args: tuple[Operand, ...],
        extents: Sequence[Operand | None],
        element: str,
        hint: str,
        *,
        zeroed: bool = False,
        layout: str = "C",
    ) -> Value:
        """A new array; an extent that is None is asked for."""
        out = self.value(hint, element, ())
        out.layout = layout
        self.clock += 1
        self.born[out] = self.clock
        self.emit(Alloc(out, form, args, zeroed), out)
        return self.with_extents(out, extents)

    def with_extents(self, array: Value, extents: Sequence[Any]) -> Value:
        """An array with its extents; those that are None are asked for."""
        array.extents = tuple(self.extent(array, axis) if e is None else e for axis, e in enumerate(extents))
        return array

    # -- branches ---------------------------------------------------------------------------------

    def branch(
        self,
        condition: Operand,
        then: Callable[[], dict[str, Any]],
        orelse: Callable[[], dict[str, Any]],
        hint: Callable[[str], str] = lambda key: key,
    ) -> dict[str, Any]:
        """Both sides of a condition, and what their variables are afterwards."""
        if isinstance(condition, Const):
            return then() if condition.value else orelse()
        statement = If(condition, Block(self.block), Block(self.block))
        with self.inside(statement.then):
            first = then()
        with self.inside(statement.orelse):
            second = orelse()
        self.emit(statement)
        if first.get(UNREACHABLE) and second.get(UNREACHABLE):
            return first
        if first.get(UNREACHABLE):
            self._move_behind(statement.orelse)
            return second
        if second.get(UNREACHABLE):
            self._move_behind(statement.then)
            return first
        merged = {}
        for key in (*first, *(k for k in second if k not in first)):
            one, other = first.get(key, UNDEFINED), second.get(key, UNDEFINED)
            merged[key] = self._merged(statement, one, other, hint(key))
        return merged

    def _move_behind(self, side: Block) -> None:
        """Take the statements of a side out of their branch: the other side goes nowhere."""
        for statement in side.statements:
            if statement in self.late:
                self.growing[statement.array] = None  # it may grow on
            for out in outputs(statement):
                out.block = self.block
            for inner in blocks_of(statement):
                inner.parent = self.block
        self.block.statements += [s for s in side.statements if s not in self.late]
        side.statements = []

    def _merged(self, statement: If, one: Any, other: Any, hint: str) -> Any:
        if one is other or one == other:
            return one
        if CONFLICT in (one, other):
            return CONFLICT
        if isinstance(one, Complex) or isinstance(other, Complex):
            one, other = as_complex(one), as_complex(other)
        if isinstance(one, Tuple | Complex) and other is UNDEFINED:
            other = one.like((UNDEFINED,) * len(one.items))
        elif isinstance(other, Tuple | Complex) and one is UNDEFINED:
            one = other.like((UNDEFINED,) * len(other.items))
        if (
            isinstance(one, Tuple | Complex)
            and isinstance(other, type(one))
            and len(one.items) == len(other.items)
        ):
            pairs = zip(one.items, other.items, strict=True)
            return one.like([self._merged(statement, a, b, hint) for a, b in pairs])
        sides = [side for side in (one, other) if side is not UNDEFINED]
        if not all(isinstance(side, Value | Const) for side in sides):
            return CONFLICT
        arrays = [side.is_array for side in sides]
        things = [numba_types.of_thing(side) for side in sides if side.kind == OTHER]
        alike = len(things) == 2 and things[0] == things[1] is not None
        if any(arrays) != all(arrays) or (things and not alike):
            return CONFLICT
        element = sides[0].element
        if len(sides) == 2:
            element = joined_element(element, sides[1].element)
        extents = None
        if arrays[0]:
            if len({(len(side.extents), side.kind, side.width) for side in sides}) != 1:
                return CONFLICT
            # Where it is not defined, an array without elements stands for it.
            same = len(sides) == 2 and sides[0].extents == sides[1].extents
            inner = any(
                isinstance(e, Value) and any(is_inside(e.block, b) for b in blocks_of(statement))
                for e in sides[0].extents
            )
            extents = sides[0].extents if same and not inner else ()
        out = self.value(hint, element, extents).defined(self.block, statement)
        out.type = things[0] if things else None
        if arrays[0]:
            out.layout = sides[0].layout if len({side.layout for side in sides}) == 1 else "A"
        statement.merges.append(
            Merge(out, None if one is UNDEFINED else one, None if other is UNDEFINED else other)
        )
        return self.with_extents(out, (None,) * len(sides[0].extents)) if extents == () else out

    # -- loops ------------------------------------------------------------------------------------

    def loop(
        self,
        bounds: tuple[Operand, Operand, Operand] | None,
        carried: dict[str, Any],
        body: Callable[[Value | None, dict[str, Any]], tuple[dict[str, Any], Operand]],
        index_hint: str = "i",
        hint: Callable[[str], str] = lambda key: key,
    ) -> dict[str, Any]:
        """A loop that carries trees by key; `body` returns the next ones, and whether to end the loop.

        The body is read again until the kinds of what it carries no longer change.
        """
        line = self.line
        shapes = {key: map_tree(tree, form_of) for key, tree in carried.items()}
        while True:
            taken = set(self.names.taken)
            statement = Loop(None, bounds, Block(self.block))
            with self.inside(statement.body):
                if bounds is not None:
                    statement.index = self.value(index_hint, INT).defined(statement.body, statement)
                heads = {
                    key: map_tree(shape, partial(self._head, statement=statement, hint=hint(key)))
                    for key, shape in shapes.items()
                }
                after, ended = body(statement.index, heads)
                after = {key: after.get(key, UNDEFINED) for key in carried}
            widened = {key: wider(shapes[key], after[key]) for key in shapes}
            if widened == shapes:
                break
            shapes = widened
            self.names.taken = taken | self.names.lasting
        statement.ended = ended
        self.emit(statement)
        statement.line = line
        outs = {}
        for key, init in carried.items():
            outs[key] = self._carried(statement, heads[key], init, after[key], hint(key))
        return outs

    def _head(self, form: Any, statement: Loop, hint: str) -> Any:
        if isinstance(form, Const | Undefined | Reference):
            return form
        kind, ndim, extents, layout, width, ty = form
        head = self.value(hint, kind, None if ndim is None else extents or ())
        head.layout, head.width, head.type = layout, width, ty
        head.defined(self.block, statement)
        return self.with_extents(head, (None,) * ndim) if ndim is not None and extents is None else head

    def _carried(self, statement: Loop, head: Any, init: Any, after: Any, hint: str) -> Any:
        if isinstance(head, Complex):
            init, after = as_complex(init), as_complex(after)
        if isinstance(head, Tuple | Complex):
            inits = (init,) * len(head.items) if init is UNDEFINED else init.items
            parts = zip(head.items, inits, after.items, strict=True)
            return head.like([self._carried(statement, h, i, a, hint) for h, i, a in parts])
        if isinstance(head, Const | Undefined | Reference):
            return head
        if init is UNDEFINED:
            if head.kind == OTHER:
                raise NotTransformable(
                    f"{head.described}, which is not defined before a loop that assigns it"
                )
            init = None if head.is_array else Const(ZEROS[head.kind])
        statement.carries.append(Carry(head, init, after, self._out(statement, head, hint)))
        return statement.carries[-1].out

    def _out(self, statement: Loop, head: Value, hint: str) -> Value:
        extents = head.extents or ()
        inner = any(isinstance(e, Value) and e.block is statement.body for e in extents)
        out = self.value(hint, head.element, () if inner else head.extents).defined(self.block, statement)
        out.layout, out.type = head.layout, head.type
        return self.with_extents(out, (None,) * len(extents)) if inner else out


def _name_of(function: Any) -> str:
    module = getattr(function, "__module__", None) or ""
    name = getattr(function, "__name__", repr(function))
    return f"{module}.{name}" if module.startswith(("numpy", "scipy", "math")) else str(name)


@cache
def _kind_of(function: Any, kinds: tuple[str, ...]) -> str:
    """The kind of the result of an operation; all floats count as one kind."""
    rule = op_of(function)
    if function is is_too_large or (rule is not None and rule.truth):
        return BOOL
    if OTHER in kinds:
        raise NotTransformable(f"{_name_of(function)} of something that is not a number")
    known = stated(function)
    if function in _EXTENTS or (known.integer and (rule is None or len(kinds) == rule.arity)):
        return INT
    if known.integral and not any(kind in FLOATS for kind in kinds):
        return BOOL if known.logical and set(kinds) == {BOOL} else INT
    if rule is None:
        raise NotTransformable(f"a call of {_name_of(function)}")
    if rule.outputs != 1:
        raise NotTransformable(f"{rule.name} with several results")
    return FLOAT
