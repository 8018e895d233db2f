"""Arguments that share memory: refused where the function stores into one of them.

Derivatives give a function copies of the arguments that they differentiate or that it stores into, and
copies do not share. If nothing is stored, this makes no difference. Which arguments a function may store into
is known when the derivative is compiled: addresses are compared at the call only for those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from numba import types

from ...compiler.analysis.summaries import written_arguments
from ...errors import ArgumentError
from ...numba_api import cgutils, signature
from ...staging.stage import Stage
from .function import Function

# mypy: disable-error-code="no-untyped-def"


def refuse_shared(
    stage: Stage, function: Function, argtypes: Sequence[types.Type], args: Sequence[Any]
) -> None:
    """Emit the check that what the function stores into has no memory in common with another argument."""
    written = written_arguments(function.dispatcher, len(argtypes))
    if not written:
        return
    arrays = [
        (position in written, name, leaf_type, ll)
        for position, (ty, value) in enumerate(zip(argtypes, args, strict=True))
        for name, leaf_type, ll in _arrays(stage, function.parameter(position), ty, value)
    ]
    for (stored, name, ty, ll), (other_stored, other_name, other_ty, other_ll) in combinations(arrays, 2):
        if not (stored or other_stored):
            continue
        sig = signature(types.boolean, ty, other_ty)
        overlap = stage.context.compile_internal(stage.builder, have_common_memory, sig, (ll, other_ll))
        with cgutils.if_unlikely(stage.builder, overlap):
            message = (
                f"the arguments {name!r} and {other_name!r} of {_name_of(function.dispatcher)!r} share "
                f"memory, and it stores into {name if stored else other_name!r}: derivatives work on copies, "
                f"where the other would not change; pass a copy"
            )
            stage.context.call_conv.return_user_exc(stage.builder, ArgumentError, (message,))


def _name_of(dispatcher: Any) -> str:
    """The name of the user's function below a driver of drivers."""
    while hasattr(dispatcher, "differentiated"):
        dispatcher = dispatcher.differentiated
    return str(dispatcher.py_func.__name__)


def _arrays(stage: Stage, name: str, ty: Any, value: Any) -> Iterator[tuple[str, types.Type, Any]]:
    """The arrays in an argument, with what a message calls them."""
    if isinstance(ty, types.BaseTuple):
        fields = getattr(ty, "fields", None)
        for i, item in enumerate(ty):
            part = f"{name}.{fields[i]}" if fields else f"{name}[{i}]"
            yield from _arrays(stage, part, item, stage.builder.extract_value(value, i))
    elif isinstance(ty, types.Array):
        yield name, ty, value


def have_common_memory(a, b):
    """Whether two arrays have an element in common: their addresses may, if all strides are stepped along."""
    if a.size == 0 or b.size == 0:
        return False
    a_low = a_high = a_first = a.ctypes.data
    b_low = b_high = b_first = b.ctypes.data
    step = 0  # addresses of elements differ by multiples of it
    for i in range(a.ndim):
        reach, stride = (a.shape[i] - 1) * a.strides[i], abs(a.strides[i])
        if reach < 0:
            a_low += reach
        else:
            a_high += reach
        while a.shape[i] > 1 and stride != 0:
            step, stride = stride, step % stride
    for i in range(b.ndim):
        reach, stride = (b.shape[i] - 1) * b.strides[i], abs(b.strides[i])
        if reach < 0:
            b_low += reach
        else:
            b_high += reach
        while b.shape[i] > 1 and stride != 0:
            step, stride = stride, step % stride
    if a_high + a.itemsize <= b_low or b_high + b.itemsize <= a_low:
        return False
    if step == 0:
        return True
    apart = (a_first - b_first) % step
    return apart < b.itemsize or step - apart < a.itemsize
