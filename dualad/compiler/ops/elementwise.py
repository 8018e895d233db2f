"""Operators and ufuncs on active arrays, element by element with broadcasting.

Numba's own loop over broadcast operands does the walking; the element is the scalar op. Numba also
fuses chains of such calls into one loop whose body it compiles as a function: there the scalar
templates answer, and a chain is one statement of the tape per element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import types

from ...numba_api import (
    NumpyRulesArrayOperator,
    NumpyRulesInplaceArrayOperator,
    NumpyRulesUnaryArrayOperator,
    Signature,
    UfuncKernel,
    cgutils,
    force_error_model,
    lower_array_expr,
    numpy_ufunc_kernel,
    signature,
    ufuncs_of_operators,
)
from ...rules.table import Op, for_call
from ...staging.stage import Stage
from ...types.active import Active, ActiveComplex, contained, is_number, storage

_OPERATORS: dict[Any, Any] = {
    function: getattr(np, name)
    for rules in (NumpyRulesArrayOperator, NumpyRulesUnaryArrayOperator)
    for function, name in ufuncs_of_operators(rules).items()
}
_IN_PLACE: dict[Any, Any] = {
    function: getattr(np, name)
    for function, name in ufuncs_of_operators(NumpyRulesInplaceArrayOperator).items()
}


def ufunc_of(function: Any) -> np.ufunc | None:
    """The ufunc that `function` is on arrays, or None."""
    found = function if isinstance(function, np.ufunc) else _OPERATORS.get(function, _IN_PLACE.get(function))
    return found if found is not None and for_call(found) is not None else None


def array_signature(
    typing: Any, function: Any, args: Sequence[types.Type], takes: Any, result_type: Any
) -> Signature | None:
    """The signature of an elementwise call, or None if it is not one.

    `takes` says whether a scalar op takes operands of some types, `result_type` gives the type of its result:
    ``takes(op, types)``, ``result_type(typing, op, function, types)``.
    """
    ufunc = ufunc_of(function)
    if ufunc is None or not any(isinstance(ty, types.Array) for ty in args):
        return None
    args = [storage(types.unliteral(ty)) for ty in args]
    inputs = args[: ufunc.nin]
    scalars = [ty.dtype if isinstance(ty, types.Array) else ty for ty in inputs]
    if len(inputs) < ufunc.nin or not all(map(is_number, scalars)) or not contained(types.Tuple(args)):
        return None
    op = for_call(ufunc)
    if op is None or not takes(op, scalars):
        return None
    element = result_type(typing, op, ufunc, scalars)
    element = _each(storage, element)
    arrays = [ty for ty in inputs if isinstance(ty, types.Array)]
    if function in _IN_PLACE and isinstance(args[0], types.Array):
        out = args[0]
    elif len(args) == ufunc.nin + 1:
        out = args[-1]
    elif len(args) > ufunc.nin or not arrays:
        return None
    else:
        ndim = max(ty.ndim for ty in arrays)
        if ndim == 0:
            return signature(element, *args)
        layout = "F" if all(ty.layout == "F" and ty.ndim == ndim for ty in arrays) else "C"
        return signature(_each(lambda ty: types.Array(ty, ndim, layout), element), *args)
    if ufunc.nout > 1 or not isinstance(out, types.Array) or typing.can_convert(element, out.dtype) is None:
        return None
    return signature(out, *args)


def _each(function: Callable[[types.Type], types.Type], ty: types.Type) -> types.Type:
    """A type made of another, or a tuple of types made of those of a tuple."""
    if isinstance(ty, types.BaseTuple):
        return types.BaseTuple.from_types([function(item) for item in ty])
    return function(ty)


def lower(context: Any, builder: Any, function: Any, sig: Signature, args: Sequence[Any]) -> Any:
    """Emit an elementwise call."""
    ufunc = ufunc_of(function)
    assert ufunc is not None
    op = for_call(ufunc)
    assert op is not None
    if function in _IN_PLACE and isinstance(sig.args[0], types.Array):
        sig, args = signature(sig.return_type, *sig.args, sig.args[0]), [*args, args[0]]
    kernel = _kernel(op, ufunc)
    results = sig.return_type if isinstance(sig.return_type, types.BaseTuple) else [sig.return_type]
    if not any(isinstance(ty, types.Array) for ty in results):
        items = [item(context, builder, ty, arg) for ty, arg in zip(sig.args, args, strict=True)]
        inner = signature(sig.return_type, *map(item_type, sig.args))
        return kernel(context, builder, inner).generate(*items)
    args = [operand(context, builder, ty, arg) for ty, arg in zip(sig.args, args, strict=True)]
    sig = signature(sig.return_type, *map(operand_type, sig.args))
    count = ufunc.nin + ufunc.nout
    shape = SimpleNamespace(nin=ufunc.nin, nout=ufunc.nout, nargs=count, __name__=ufunc.__name__)
    return numpy_ufunc_kernel(context, builder, sig, args, shape, kernel)


def item_type(ty: types.Type) -> types.Type:
    """The type of what :func:`item` gives."""
    return ty.dtype if isinstance(ty, types.Array) else ty


def item(context: Any, builder: Any, ty: types.Type, value: Any) -> Any:
    """The element of an array without dimensions; a number is one."""
    if not isinstance(ty, types.Array):
        return value
    return context.unpack_value(builder, ty.dtype, context.make_array(ty)(context, builder, value).data)


def lower_fused(lowerer: Any, expr: Any) -> Any:
    """Emit a chain of elementwise calls that Numba has fused."""
    return lower_array_expr(_WithScalarsAsArrays(lowerer), expr)


class _WithScalarsAsArrays:
    """A lowerer that shows active scalars as arrays without dimensions: Numba's loop knows no others."""

    def __init__(self, lowerer: Any) -> None:
        self._lowerer = lowerer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lowerer, name)

    def typeof(self, name: str) -> types.Type:
        return operand_type(self._lowerer.typeof(name))

    def loadvar(self, name: str) -> Any:
        ty, lowerer = self._lowerer.typeof(name), self._lowerer
        return operand(lowerer.context, lowerer.builder, ty, lowerer.loadvar(name))


def operand_type(ty: types.Type) -> types.Type:
    """The type under which Numba's loop takes an operand."""
    return types.Array(storage(ty), 0, "C") if isinstance(ty, Active | ActiveComplex) else ty


def operand(context: Any, builder: Any, ty: types.Type, value: Any) -> Any:
    """An active scalar as an array without dimensions, in the caller's frame."""
    if not isinstance(ty, Active | ActiveComplex):
        return value
    wrapped = operand_type(ty)
    stored = context.cast(builder, value, ty, wrapped.dtype)
    data = cgutils.alloca_once(builder, context.get_data_type(wrapped.dtype))
    context.pack_value(builder, wrapped.dtype, stored, data)
    array = context.make_array(wrapped)(context, builder)
    itemsize = context.get_constant(types.intp, context.get_abi_sizeof(data.type.pointee))
    context.populate_array(array, data=data, shape=(), strides=(), itemsize=itemsize, meminfo=None)
    return array._getvalue()


def _kernel(op: Op, ufunc: np.ufunc) -> type:
    class Element(UfuncKernel):
        """The body of the loop: the scalar op, stored as the element type of the result."""

        def generate(self, *args: Any) -> Any:
            stage = Stage(self.context, self.builder)
            operands = [stage.value(ty, arg) for ty, arg in zip(self.outer_sig.args, args, strict=True)]
            with force_error_model(self.context, "numpy"):
                result = stage.call(op, ufunc, operands)
            wanted = self.outer_sig.return_type
            if ufunc.nout == 1:
                return stage.cast(result, wanted).ll
            parts = [stage.cast(part, ty).ll for part, ty in zip(result, wanted, strict=True)]
            return self.context.make_tuple(self.builder, wanted, parts)

    return Element
