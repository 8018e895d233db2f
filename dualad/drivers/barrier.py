"""``stop_gradient``: makes a value a constant of every derivative."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic, overload

from ..numba_api import impl_ret_borrowed
from ..staging import trees
from ..staging.stage import Stage
from ..staging.value import Value
from ..types.active import Active, contained, scalar_base

__all__ = ["stop_gradient"]


def stop_gradient(x: Any) -> Any:
    """Return `x` as a constant of every derivative.

    Parameters
    ----------
    x : float, array, or tuple of these
        Anything else is returned unchanged.

    Returns
    -------
    same as `x`
        The same value; while a derivative is computed, an array is copied.

    Examples
    --------
    >>> import dualad as da
    >>> def f(x):
    ...     return x * da.stop_gradient(x)
    >>> da.grad(f)(3.0)
    3.0
    """
    return x


@overload(stop_gradient, strict=False)
def _stop_gradient(x: Any) -> Any:
    return (lambda x: _stopped(x)) if contained(x) else (lambda x: x)


@intrinsic(prefer_literal=False)
def _stopped(typingctx: Any, x: Any) -> Any:
    result = trees.map_types(x, _passive_leaf)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        stage = Stage(context, builder)
        parts = []
        for leaf in trees.leaves(stage, x, args[0]):
            if contained(leaf.type):
                [new] = trees.mapped(stage, [leaf], scalar_base, lambda value, at: _passive(value))
                parts.append(new.ll)
            else:
                parts.append(impl_ret_borrowed(context, builder, leaf.type, leaf.ll))
        return trees.rebuild(stage, result, iter(parts))

    return result(x), codegen


def _passive_leaf(ty: types.Type) -> types.Type:
    if isinstance(ty, types.Array) and contained(ty):
        return types.Array(scalar_base(ty.dtype), ty.ndim, "C")
    return scalar_base(ty)


def _passive(value: Value) -> Value:
    while isinstance(value.type, Active):
        value = value.primal
    return value
