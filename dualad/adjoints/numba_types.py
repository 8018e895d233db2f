"""The types that Numba gives to the values of a program."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import typeof
from numba.core import types
from numba.np.numpy_support import from_dtype

from .errors import Untransformable
from .ir import BOOL, FLOAT, INT, Const, Tuple, Value

_SCALARS = {FLOAT: types.float64, INT: types.int64, BOOL: types.boolean}


KINDS = {ty: kind for kind, ty in _SCALARS.items()}


def of(tree: Any) -> types.Type:
    """The type of a tree."""
    if isinstance(tree, Tuple):
        items = tuple(map(of, tree.items))
        if tree.cls is not None:
            return types.NamedTuple(items, tree.cls)
        return types.Tuple(items) if len(set(items)) != 1 else types.UniTuple(items[0], len(items))
    if isinstance(tree, Value) and tree.kind in _SCALARS:
        scalar = _SCALARS[tree.kind]
        if tree.extents is None:
            return scalar
        if tree.narrow:
            raise Untransformable("an argument that is an array of integers of less than 64 bits")
        return types.Array(scalar, len(tree.extents), tree.layout)
    if isinstance(tree, Const):
        if isinstance(tree.value, type) and issubclass(tree.value, np.generic):
            return types.NumberClass(from_dtype(np.dtype(tree.value)))
        try:
            return types.unliteral(typeof(tree.value))
        except ValueError as error:
            raise Untransformable(f"an argument that is {tree.value!r}") from error
    raise Untransformable("an argument that is neither a number nor an array")
