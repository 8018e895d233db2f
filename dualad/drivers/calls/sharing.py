"""Arguments that share memory: refused where the function stores into one of them.

Derivatives give a function copies of the arguments that they differentiate or that it stores into, and
copies do not share. If nothing is stored, this makes no difference. Which arguments a function may store into
is known when the derivative is compiled: addresses are compared at the call only for those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

from numba import njit, types

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
    written = written_arguments(function.dispatcher, argtypes)
    if not written:
        return
    arrays = [
        (position in written, found)
        for position, (ty, value) in enumerate(zip(argtypes, args, strict=True))
        for found in _arrays(stage, function.parameter(position), ty, value)
    ]
    for (stored, one), (other_stored, other) in combinations(arrays, 2):
        if not (stored or other_stored) or (one.ll is other.ll and one.path and other.path):
            continue
        sig = signature(types.boolean, one.type, other.type)
        overlap = stage.context.compile_internal(
            stage.builder, _comparison(one.path, other.path), sig, (one.ll, other.ll)
        )
        with cgutils.if_unlikely(stage.builder, overlap):
            name, other_name = one.name, other.name
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


@dataclass(frozen=True)
class _Array:
    """An array in an argument.

    Attributes
    ----------
    name : str
        What a message calls it.
    type : Type
        Of `ll`: the array, or an instance of a class that holds it.
    path : str
        The attributes from `ll` to it.
    """

    name: str
    type: types.Type
    ll: Any
    path: str = ""


def _arrays(stage: Stage, name: str, ty: Any, value: Any) -> Iterator[_Array]:
    """The arrays in an argument."""
    if isinstance(ty, types.BaseTuple):
        fields = getattr(ty, "fields", None)
        for i, item in enumerate(ty):
            part = f"{name}.{fields[i]}" if fields else f"{name}[{i}]"
            yield from _arrays(stage, part, item, stage.builder.extract_value(value, i))
    elif isinstance(ty, types.Array):
        yield _Array(name, ty, value)
    elif isinstance(ty, types.ClassInstanceType):
        for path in _paths(ty):
            yield _Array(name + path, ty, value, path)


def _paths(ty: Any) -> Iterator[str]:
    """The attributes that lead from an instance to arrays."""
    for name, held in ty.struct.items():
        if isinstance(held, types.Array):
            yield f".{name}"
        elif isinstance(held, types.ClassInstanceType) and held != ty:
            yield from (f".{name}{path}" for path in _paths(held))


@cache
def _comparison(path: str, other_path: str) -> Callable[[Any, Any], bool]:
    """The comparison of two arrays that these attributes lead to."""
    function: Callable[[Any, Any], bool] = eval(
        f"lambda a, b: have_common_memory(a{path}, b{other_path})", {"have_common_memory": have_common_memory}
    )
    return function


@njit
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
