"""scipy.special's logsumexp, softmax and log_softmax of arrays, in double precision: their rules' primals."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import overload

from ..rules.arrays import ArrayRule, softmax
from .arrays import ruled

# Compared with the implementation's, where annotations are none.
# mypy: disable-error-code="no-untyped-def"


def register(rule: ArrayRule, function: Any) -> None:
    """Make one of the functions known to Numba."""
    compiled = ruled(rule)

    if rule is softmax.logsumexp:

        @overload(function)
        def choose_sum(a, axis=None, b=None):
            if _fits(a, axis) and (_is_absent(b) or (isinstance(b, types.Array) and b.ndim == a.ndim)):
                return lambda a, axis=None, b=None: compiled(a, axis, b)
            return None

    else:

        @overload(function)
        def choose_shares(x, axis=None):
            return (lambda x, axis=None: compiled(x, axis)) if _fits(x, axis) else None


def _is_absent(ty: Any) -> bool:
    return (
        ty is None or isinstance(ty, types.NoneType) or (isinstance(ty, types.Omitted) and ty.value is None)
    )


def _fits(a: Any, axis: Any) -> bool:
    return isinstance(a, types.Array) and (_is_absent(axis) or isinstance(axis, types.Integer))


RULES = (softmax.logsumexp, softmax.softmax, softmax.log_softmax)
