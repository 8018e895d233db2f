"""Sums and extremes."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arrays, definitions
from ..arrays import computed, empty, extents_of, is_array
from ..builder import ANONYMOUS
from ..errors import Untransformable
from ..ir import FLOATS, INT, SINGLE, ZEROS, Const, Operand, Tuple
from ..iteration import (
    ListIn,
    ListOf,
)
from .handlers import HANDLERS, Handler, element_kind, handles

if TYPE_CHECKING:
    from ..expressions import Expressions


@handles(np.sum)
def _sum(reader: Expressions, a: Any, axis: Any = None) -> Any:
    build = reader.build
    a = a.array if isinstance(a, ListIn) else a
    if not is_array(a):
        raise Untransformable("a sum of something that is no array")
    kind = element_kind(reader, a)
    zero = Const(ZEROS[kind if kind in FLOATS else INT])
    if axis is None or axis == Const(None):
        return arrays.reduced(build, a, zero, lambda s, x: build.op(operator.add, s, x), "total")
    extents = extents_of(a)
    kept = without_axis(extents, axis)
    if not kept:
        return _sum(reader, a)
    along = axis.value % len(extents)
    out = empty(build, kept, kind if kind in FLOATS else INT, "totals", zeroed=True)
    steps = arrays.steps_of(build, a, extents)

    def one(index: tuple[Operand, ...]) -> None:
        place = tuple(i for position, i in enumerate(index) if position != along)
        build.store(out, place, arrays.element(build, a, index, extents, steps), add=True)

    arrays.each(build, extents, one)
    return out


@handles(builtins.sum)
def _sum_from_zero(reader: Expressions, a: Any) -> Any:
    """As of Python: from the integer 0, and so not in single precision."""
    a = a.array if isinstance(a, ListIn) else a
    if not is_array(a) or element_kind(reader, a) != SINGLE:
        return _sum(reader, a)
    build = reader.build
    return arrays.reduced(build, a, Const(0.0), lambda s, x: build.op(operator.add, s, x), "total")


def without_axis(extents: Sequence[Operand], axis: Any) -> tuple[Operand, ...]:
    """The shape of what is left by a reduction along an axis; along all of them if it is None."""
    if axis == Const(None):
        return ()
    if not (isinstance(axis, Const) and -len(extents) <= axis.value < len(extents)):
        raise Untransformable("a reduction along an axis that is not a constant")
    along = axis.value % len(extents)
    return tuple(e for position, e in enumerate(extents) if position != along)


@handles(np.mean)
def _mean(reader: Expressions, a: Any) -> Any:
    build, total = reader.build, _sum(reader, a)
    size = arrays.size_of(build, extents_of(a))
    if total.kind == SINGLE:  # the quotient of a float64 is rounded
        return build.op(np.float32, build.op(np.true_divide, build.op(np.float64, total), size))
    return build.op(np.true_divide, total, size)


def _extreme(compare: Any, name: str) -> Handler:
    def handler(reader: Expressions, a: Any) -> Any:
        build = reader.build
        if not is_array(a) or element_kind(reader, a) not in FLOATS:
            raise Untransformable("the largest or smallest element of something that is no float array")
        a = computed(build, a, ANONYMOUS)
        message = f"zero-size array to reduction operation {name} which has no identity"
        reader.function(definitions.check_some, [a, Const(message)], {})
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


HANDLERS[np.max] = HANDLERS[np.amax] = _extreme(operator.gt, "maximum")
HANDLERS[np.min] = HANDLERS[np.amin] = _extreme(operator.lt, "minimum")


def _pairwise(function: Any, reduction: Any) -> Handler:
    """Python's min and max: of numbers by the op table, of an array its reduction."""

    def handler(reader: Expressions, *args: Any) -> Any:
        if len(args) == 1:
            if isinstance(args[0], Tuple | ListOf):
                return handler(reader, *args[0].items)
            if isinstance(args[0], ListIn):
                return HANDLERS[reduction](reader, args[0].array)
            return HANDLERS[reduction](reader, *args)
        return arrays.operation(reader.build, function, args)

    return handler


HANDLERS[min], HANDLERS[max] = _pairwise(min, np.min), _pairwise(max, np.max)
