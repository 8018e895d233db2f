"""Complex numbers, and arrays of them, as pairs of real ones.

A complex number is a tree of its two parts, an array of them one of two arrays; so branches merge them, and
loops carry them, as they do tuples. What Numba computes with complex numbers is written with the parts, or
by ops that give a part of it (:mod:`dualad.rules.parts`).
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numba import types

from ...compiler.ops.formulas import formula, op_of
from ...registry import entering, entry
from ...rules.parts import PARTS, parts
from ...rules.table import Op as Rule
from ...rules.table import table
from ..errors import NotTransformable
from ..ir.builder import ANONYMOUS, Builder
from ..ir.nodes import (
    COMPLEX,
    FLOAT,
    OTHER,
    SINGLE,
    UNREACHABLE,
    Block,
    Complex,
    Const,
    Op,
    Operand,
    Raise,
    Tuple,
    Value,
)
from . import elementwise, indexing

ZERO = Const(0.0)


def number(real: Operand, imag: Operand) -> Complex:
    """A complex number."""
    return Complex((real, imag))


def is_complex(thing: Any) -> bool:
    """Whether it is a complex number, or an array of them."""
    return isinstance(thing, Complex)


def is_number(thing: Any) -> bool:
    """Whether it is a complex number."""
    return isinstance(thing, Complex) and not thing.is_array


def is_array(thing: Any) -> bool:
    """Whether it is an array of complex numbers."""
    return isinstance(thing, Complex) and thing.is_array


def split(build: Builder, leaf: Any) -> Any:
    """A leaf of the parameters, or a global; of a complex number, or an array of them, its parts."""
    if not isinstance(leaf, Value) or leaf.kind != COMPLEX:
        return leaf
    if not leaf.is_array:
        return number(_taken(build, np.real, leaf), _taken(build, np.imag, leaf))
    like = Value("", FLOAT, ())
    views = [
        build.view(leaf, f"{{0}}.{part}", (), leaf.extents or (), leaf.name, "A", like) for part in PARTS
    ]
    return number(*views)


def _taken(build: Builder, function: Any, whole: Value) -> Operand:
    """A part of a complex number of Numba's."""
    out = build.value(whole.name, FLOAT)
    result: Operand = build.emit(Op(out, None, function, (whole,)), out)
    return result


def constant(value: complex) -> Complex:
    """A constant."""
    return number(Const(float(value.real)), Const(float(value.imag)))


def as_number(build: Builder, thing: Any) -> Complex:
    """A number as a complex one."""
    if is_number(thing):
        whole: Complex = thing
        return whole
    return number(_real(build, thing), ZERO)


def _real(build: Builder, thing: Any) -> Operand:
    """A real number as a part of a complex one."""
    if not elementwise.is_scalar(thing) or thing.kind == OTHER:
        raise NotTransformable(f"a complex number made of {elementwise.described(thing)}")
    if thing.kind == SINGLE:
        raise NotTransformable("complex numbers in single precision")
    if isinstance(thing, Const):
        return Const(float(thing.value))
    return thing if thing.kind == FLOAT else build.op(np.float64, thing)


# -- operations on numbers ------------------------------------------------------------------------

_CODE: dict[Any, Callable[..., Any]] = {}
_handles = partial(entering, _CODE)
_BY_CMATH: dict[Any, Rule] = {op.cmath: op for op in table() if op.cmath is not None}


def knows(function: Any) -> bool:
    """Whether it is a function of :mod:`cmath`, whose arguments need not be complex numbers."""
    return entry(_BY_CMATH, function) is not None or function in (cmath.phase, cmath.polar)


def operation(build: Builder, function: Any, args: Sequence[Any]) -> Any:
    """An operation on numbers some of which are complex, or on arrays of such, element by element."""
    if any(elementwise.is_array(arg) or is_array(arg) for arg in args):
        return _of_arrays(build, function, args)
    given = [as_number(build, getattr(arg, "cell", arg)) for arg in args]
    code = entry(_CODE, function)
    if code is not None:
        return code(build, *given)
    rule = entry(_BY_CMATH, function) or op_of(function)
    if rule is not None and rule.truth and len(given) == 1:
        return _either(build, rule, function, given[0])
    if rule is None or not rule.on_complex or len(given) != rule.arity:
        raise NotTransformable(f"{getattr(function, '__name__', 'an operation')} of a complex number")
    return _by_parts(build, rule, function, given)


def _by_parts(build: Builder, rule: Rule, function: Any, given: Sequence[Complex]) -> Complex:
    flat = [part for one in given for part in one.items]
    return number(*(build.op(formula(op.name), *flat) for op in parts(rule, function)))


def _either(build: Builder, rule: Rule, function: Any, z: Complex) -> Operand:
    """A predicate that looks at both parts."""
    if rule.cmath is None:
        raise NotTransformable(f"{function.__name__} of a complex number")
    join = operator.and_ if rule.kernel is math.isfinite else operator.or_
    return build.op(join, *(build.op(rule.kernel, part) for part in z.items))


@_handles(operator.add, operator.iadd, np.add)
def _add(build: Builder, x: Complex, y: Complex) -> Complex:
    return number(*(build.op(operator.add, a, b) for a, b in zip(x.items, y.items, strict=True)))


@_handles(operator.sub, operator.isub, np.subtract)
def _sub(build: Builder, x: Complex, y: Complex) -> Complex:
    return number(*(build.op(operator.sub, a, b) for a, b in zip(x.items, y.items, strict=True)))


@_handles(operator.mul, operator.imul, np.multiply)
def _mul(build: Builder, x: Complex, y: Complex) -> Complex:
    rule = op_of(operator.mul)
    assert rule is not None
    flat = [*x.items, *y.items]
    return number(*(build.op(formula(op.name), *flat) for op in parts(rule)))


@_handles(operator.truediv, operator.itruediv)
def _truediv(build: Builder, x: Complex, y: Complex) -> Complex:
    """The quotient; like Numba's it raises whatever the error model is."""
    zeros = [build.op(operator.eq, part, ZERO) for part in y.items]

    def fail() -> dict[str, Any]:
        build.emit(Raise(ZeroDivisionError, (Const("complex division by zero"),)))
        return {UNREACHABLE: True}

    both = build.op(operator.and_, *zeros)
    if both != Const(False):
        build.branch(both, fail, dict)
    rule = op_of(operator.truediv)
    assert rule is not None
    return _by_parts(build, rule, operator.truediv, (x, y))


@_handles(operator.neg, np.negative)
def _neg(build: Builder, z: Complex) -> Complex:
    return number(*(build.op(operator.neg, part) for part in z.items))


@_handles(operator.pos, np.positive)
def _pos(build: Builder, z: Complex) -> Complex:
    return z


@_handles(np.conjugate)
def conjugate(build: Builder, z: Complex) -> Complex:
    """``np.conj``."""
    return number(z.items[0], build.op(operator.neg, z.items[1]))


@_handles(abs, np.absolute)
def _modulus(build: Builder, z: Complex) -> Operand:
    return build.op(math.hypot, *z.items)


@_handles(cmath.phase)
def _phase(build: Builder, z: Complex) -> Operand:
    return build.op(math.atan2, *z.items[::-1])


@_handles(cmath.polar)
def _polar(build: Builder, z: Complex) -> Tuple:
    return Tuple((_modulus(build, z), _phase(build, z)))


@_handles(operator.eq, np.equal)
def _eq(build: Builder, x: Complex, y: Complex) -> Operand:
    same = [build.op(operator.eq, a, b) for a, b in zip(x.items, y.items, strict=True)]
    return build.op(operator.and_, *same)


@_handles(operator.ne, np.not_equal)
def _ne(build: Builder, x: Complex, y: Complex) -> Operand:
    different = [build.op(operator.ne, a, b) for a, b in zip(x.items, y.items, strict=True)]
    return build.op(operator.or_, *different)


# -- arrays ---------------------------------------------------------------------------------------


def extents_of(thing: Any) -> tuple[Operand, ...]:
    """The shape of an array; of a number none."""
    return elementwise.extents_of(thing.items[0] if is_array(thing) else thing)


def empty(
    build: Builder, extents: Sequence[Operand], hint: str, *, zeroed: bool = False, layout: str = "C"
) -> Complex:
    """A new array."""
    parts = [elementwise.empty(build, extents, FLOAT, hint, zeroed=zeroed, layout=layout) for _ in range(2)]
    return number(*parts)


def _of_arrays(build: Builder, function: Any, args: Sequence[Any]) -> Any:
    """An operation element by element, into new arrays."""
    if entry(_CODE, function) is _truediv:
        # Numba rounds it as np.true_divide where it stands alone, and as that of numbers in an expression.
        raise NotTransformable("a division of arrays of complex numbers")
    given = [elementwise.computed(build, arg, ANONYMOUS) for arg in args]
    whole = elementwise.broadcast(build, [extents_of(arg) for arg in given])
    layout = _layout(given)
    found: list[Any] = []

    def element(index: tuple[Operand, ...]) -> Any:
        return operation(build, function, [_element(build, arg, index, whole) for arg in given])

    with build.inside(Block(build.block)):  # read once to know what it gives
        found.append(element((Const(0),) * len(whole)))
    if is_number(found[0]):
        out: Any = empty(build, whole, ANONYMOUS, layout=layout)
    elif elementwise.is_scalar(found[0]):
        out = elementwise.empty(build, whole, found[0].kind, ANONYMOUS, layout=layout)
    else:
        raise NotTransformable(f"{function.__name__} of arrays of complex numbers")
    elementwise.each(build, whole, lambda index: store(build, out, index, element(index)))
    return out


def _layout(given: Sequence[Any]) -> str:
    layouts = [elementwise.layout_of(arg.items[0] if is_array(arg) else arg) for arg in given]
    return "F" if "F" in layouts and "C" not in layouts else "C"


def _element(build: Builder, thing: Any, index: tuple[Operand, ...], whole: Sequence[Operand]) -> Any:
    """One element of what is broadcast to a whole; a number is its own."""
    if is_array(thing):
        return number(*(_element(build, part, index, whole) for part in thing.items))
    if not elementwise.is_array(thing):
        return thing
    steps = elementwise.steps_of(build, thing, whole)
    return elementwise.element(build, thing, index, whole, steps)


def store(build: Builder, target: Any, index: tuple[Operand, ...], value: Any) -> None:
    """Store a number."""
    if not is_array(target):
        build.store(target, index, value)
        return
    for part, of in zip(target.items, as_number(build, value).items, strict=True):
        build.store(part, index, of)


def item(build: Builder, whole: Complex, index: tuple[Any, ...]) -> Complex:
    """``whole[index]``: a number, or a view."""
    found = [indexing.item(build, part, index) for part in whole.items]
    return number(*found)


def assign(build: Builder, target: Any, index: tuple[Any, ...], value: Any) -> None:
    """``target[index] = value``."""
    if not is_array(target):
        raise NotTransformable("a store of complex numbers into an array of real ones")
    value = elementwise.computed(build, value, ANONYMOUS)
    sides = value.items if is_complex(value) else (value, ZERO)
    for part, side in zip(target.items, sides, strict=True):
        indexing.assign(build, part, index, _float(build, side))


def _float(build: Builder, side: Any) -> Any:
    return _real(build, side) if elementwise.is_scalar(side) else side


def update(build: Builder, target: Complex, function: Any, value: Any) -> None:
    """``target += value`` and its kin."""
    whole = (indexing.EVERY,) * len(extents_of(target))
    assign(build, target, whole, operation(build, function, (target, value)))


def update_item(
    build: Builder, target: Complex, index: tuple[Any, ...], function: Any, evaluate: Callable[[], Any]
) -> None:
    """``target[index] += value`` and its kin, where `evaluate` gives the value."""
    time = build.clock
    old = item(build, target, index)
    value = elementwise.computed(build, evaluate(), ANONYMOUS)
    if any(build.is_stored_since(part, time) for part in target.items):
        raise NotTransformable("an update of an array by an expression that changes it")
    if is_array(old):
        update(build, old, function, value)
    else:
        assign(build, target, index, operation(build, function, (old, value)))


def is_dtype(thing: Any) -> bool:
    """Whether it names the type complex128."""
    value = getattr(thing, "value", None)
    if isinstance(value, types.Type):
        named = getattr(value, "instance_type", getattr(value, "dtype", value))
        return named == types.complex128
    return (
        value is complex or value is np.complex128 or (isinstance(value, np.dtype) and value == np.complex128)
    )
