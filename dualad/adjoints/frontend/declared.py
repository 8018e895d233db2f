"""Types that users declare for their functions, to which Numba converts.

The transformation converts nothing: a function is read if what it is called with and what it returns
have the declared types already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba import types

from ...numba_api import is_open
from ..errors import Untransformable
from ..ir import numba_types
from ..ir.nodes import Const, Tuple, Value


def check(dispatcher: Any, args: Sequence[Any], result: Any) -> None:
    """Raise unless a dispatcher's declarations change nothing for these trees."""
    name = dispatcher.__name__
    if dispatcher.locals:
        raise Untransformable(f"the declared types of variables of {name!r}")
    if is_open(dispatcher):
        return
    for signature in dispatcher.nopython_signatures:
        if len(signature.args) == len(args) and all(map(_has, args, signature.args)):
            if _has(result, signature.return_type):
                return
            raise Untransformable(f"the result of {name!r}, which is converted to the declared type")
    raise Untransformable(f"the arguments of {name!r}, which are converted to the declared types")


def _has(tree: Any, ty: Any) -> bool:
    """Whether a tree has a type."""
    if isinstance(ty, types.BaseTuple):
        return isinstance(tree, Tuple) and len(tree.items) == len(ty) and all(map(_has, tree.items, ty))
    if isinstance(tree, Const) and tree.value is None:
        return isinstance(ty, types.NoneType)
    if not isinstance(tree, Value | Const):
        return False
    if isinstance(ty, types.Array):
        return (
            isinstance(tree, Value)
            and len(tree.extents or ()) == ty.ndim
            and numba_types.KINDS.get(ty.dtype) == tree.kind
        )
    return not tree.is_array and numba_types.KINDS.get(ty) == tree.kind
