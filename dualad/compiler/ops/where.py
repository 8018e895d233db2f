"""``np.where(condition, x, y)`` with active choices: element by element, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import types
from numba.extending import lower_builtin

from ...numba_api import (
    AbstractTemplate,
    Signature,
    UfuncKernel,
    empty_nd_impl,
    numpy_ufunc_kernel,
    signature,
)
from ...rules.table import lookup
from ...staging.stage import Stage
from ...types.active import contained, is_complex, is_number, storage
from .elementwise import item, item_type, operand, operand_type

FUNCTION = np.where
_KEY = ("dualad", "where")


@cache
def template_for(typing_key: Any) -> type[AbstractTemplate]:
    """A template that answers for active choices only; like Numba's, the result is an array always."""

    class ActiveWhere(AbstractTemplate):
        key = typing_key

        def generic(self, args: Any, kws: Any) -> Signature | None:
            if kws or len(args) != 3 or not any(map(contained, args)):
                return None
            args = [storage(types.unliteral(ty)) for ty in args]
            scalars = [ty.dtype if isinstance(ty, types.Array) else ty for ty in args]
            if not all(map(is_number, scalars)):
                return None
            element = self.context.unify_pairs(scalars[1], scalars[2])
            if element is None:
                return None
            ndim = max((ty.ndim for ty in args if isinstance(ty, types.Array)), default=0)
            return signature(types.Array(storage(element), ndim, "C"), *args)

        def get_impl_key(self, sig: Signature) -> Any:
            return _KEY

    return ActiveWhere


@lower_builtin(_KEY, types.VarArg(types.Any))
def _lower(context: Any, builder: Any, sig: Signature, args: Sequence[Any]) -> Any:
    if sig.return_type.ndim == 0:
        array = empty_nd_impl(context, builder, sig.return_type, ())
        items = [item(context, builder, ty, arg) for ty, arg in zip(sig.args, args, strict=True)]
        chosen = _chosen(context, builder, [*map(item_type, sig.args)], items, sig.return_type.dtype)
        context.pack_value(builder, sig.return_type.dtype, chosen, array.data)
        return array._getvalue()
    values = [operand(context, builder, ty, arg) for ty, arg in zip(sig.args, args, strict=True)]
    sig = signature(sig.return_type, *map(operand_type, sig.args))
    shape = SimpleNamespace(nin=3, nout=1, nargs=4, __name__="where")
    return numpy_ufunc_kernel(context, builder, sig, values, shape, _Element)


class _Element(UfuncKernel):
    """The body of the loop over broadcast operands."""

    def generate(self, *args: Any) -> Any:
        return _chosen(self.context, self.builder, self.outer_sig.args, args, self.outer_sig.return_type)


def _chosen(
    context: Any, builder: Any, given: Sequence[types.Type], args: Sequence[Any], ty: types.Type
) -> Any:
    """One element; the condition is looked at, not differentiated."""
    stage = Stage(context, builder)
    truth = stage.value(types.boolean, context.is_true(builder, given[0], args[0]))
    choices = [stage.cast(stage.value(t, ll), ty) for t, ll in zip(given[1:], args[1:], strict=True)]
    if is_complex(ty):
        parts = [tuple(c.real for c in choices), tuple(c.imag for c in choices)]
        chosen = stage.complex(*(stage.operate(lookup("where"), (truth, *both)) for both in parts))
    else:
        chosen = stage.operate(lookup("where"), (truth, *choices))
    return stage.cast(chosen, ty).ll
